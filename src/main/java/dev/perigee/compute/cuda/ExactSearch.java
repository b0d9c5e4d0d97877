package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.ProductShape.GROUP;
import static dev.perigee.compute.cuda.ProductShape.PANEL;
import static dev.perigee.compute.cuda.Slot.Part.ACTIVE;
import static dev.perigee.compute.cuda.Slot.Part.ALPHA;
import static dev.perigee.compute.cuda.Slot.Part.ANSWERS;
import static dev.perigee.compute.cuda.Slot.Part.BETA;
import static dev.perigee.compute.cuda.Slot.Part.CONSTANT;
import static dev.perigee.compute.cuda.Slot.Part.GAMMA;
import static dev.perigee.compute.cuda.Slot.Part.KS;
import static dev.perigee.compute.cuda.Slot.Part.LIMITS;
import static dev.perigee.compute.cuda.Slot.Part.LIST;
import static dev.perigee.compute.cuda.Slot.Part.LIST_COUNTS;
import static dev.perigee.compute.cuda.Slot.Part.MINIMA;
import static dev.perigee.compute.cuda.Slot.Part.POOL_DISTANCES;
import static dev.perigee.compute.cuda.Slot.Part.POOL_POSITIONS;
import static dev.perigee.compute.cuda.Slot.Part.PRODUCTS;
import static dev.perigee.compute.cuda.Slot.Part.QUERIES;
import static dev.perigee.compute.cuda.Slot.Part.SHADOWS;
import static dev.perigee.compute.cuda.Slot.Part.UNIT;

import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The exact search of a block of queries on one slot: a scan that gives the smallest key of every 32 rows, the groups that
 * can hold a neighbour by proven bounds, their rows re-scored in double in the order of the reference.
 *
 * <p>What a query finds is collected in its pool on the device, tile after tile, and limits what later tiles need to look at.
 * A query whose candidates outgrow their memory is searched again in small pieces, so every answer is exact.
 */
final class ExactSearch {
    /** From here on rows are collected by a second product rather than whole groups re-scored. */
    private static final int APPEND_FROM = 128;
    private static final int MOST_QUERIES = 16_384;
    private static final int RESCORE_BLOCKS_PER_MULTIPROCESSOR = 8;
    private static final int RESCORE_MOST = 32;
    /** Blocks that a multiprocessor should find to do in a product, so that the last ones do not count. */
    private static final int BLOCKS_PER_MULTIPROCESSOR = 12;
    private static final int MOST_STRIP = 64;
    private static final int MOST_BLOCKS_Y = 65_535;
    /** Part of the memory that a slice of products takes. */
    private static final int PRODUCT_PART = 8;
    private static final int MOST_SLICE = 1 << 16;
    /** Answers that are worth more than one core. */
    private static final int SPREAD_FROM = 1 << 16;

    private final Slot slot;
    private final CudaStream stream;
    private final SearchBatch batch;
    private final int from;
    private final int count;
    private final int most;
    private final long stride;
    private final int dim;
    private final int poolCapacity;
    private final int groupCapacity;
    private final int rowCapacity;
    private final int slice;
    private final Supplier<Multiplication.Product> product;
    private final AnswerLayout layout;
    /** The answers so far, on the host: fetched after each tile. */
    private MemorySegment answers;

    private ExactSearch(Slot slot, SearchBatch batch, int from, int count, int most, int slice,
            Supplier<Multiplication.Product> product) {
        this.slot = slot;
        this.stream = slot.stream();
        this.batch = batch;
        this.from = from;
        this.count = count;
        this.most = most;
        this.stride = batch.queries().stride();
        this.dim = batch.queries().dim();
        this.poolCapacity = poolCapacity(most);
        this.groupCapacity = 2 * most + 256;
        this.rowCapacity = most < APPEND_FROM ? 0 : 2 * most + 4096;
        this.layout = new AnswerLayout(count, most);
        this.slice = slice;
        this.product = product;
    }

    private static int poolCapacity(int k) {
        return 2 * k + 1024;
    }

    /**
     * Searches all queries of the batch and merges what is found into {@code into}.
     *
     * @param workBytes device memory to use
     * @param product   what multiplies for {@link Scan#PRODUCTS}
     */
    static void run(Slot slot, DeviceSegment[] segments, SearchBatch batch, long workBytes,
            Supplier<Multiplication.Product> product, TopK into) {
        slot.stream().synchronize(); // a search that failed may have left work
        int groups = 0;
        for (DeviceSegment segment : segments) {
            int rows = Math.min(segment.data().count(), DeviceSegment.MOST_ROWS);
            groups = Math.max(groups, ProductShape.groups(rows));
        }
        for (int next = 0; next < batch.count();) {
            int most = Arrays.stream(batch.k(), next, batch.count()).max().orElseThrow();
            long perQuery = groups * 4L + poolCapacity(most) * 16L + (4L * most + 8192) * 4 + most * 16L
                    + 2 * batch.queries().stride() + 64;
            int block = (int) Math.clamp(workBytes / perQuery, 1, MOST_QUERIES);
            int count = Math.min(block, batch.count() - next);
            int slice = (int) Math.clamp(workBytes / PRODUCT_PART / (count * 4L), PANEL, MOST_SLICE) / PANEL * PANEL;
            new ExactSearch(slot, batch, next, count, most, slice, product).search(segments, groups, into);
            next += count;
        }
    }

    private void search(DeviceSegment[] segments, int groups, TopK into) {
        reserve(segments, groups);
        Matrix queries = batch.queries().slice(from, from + count);
        slot.at(QUERIES).upload(0, queries.segment().asSlice(0, count * stride), stream);
        slot.upload(KS, Arrays.copyOfRange(batch.k(), from, from + count));
        slot.at(ANSWERS).fill(0, layout.counted(), 0, stream);
        for (int s = 0; s < segments.length; s++) {
            DeviceSegment segment = segments[s];
            RowMask mask = batch.mask(s);
            long position = TopK.at(s, 0);
            segment.eachTile(slot, tile -> new Tile(segment, tile, mask, position + tile.first()).search());
        }
        collect(segments[0].data().distance(), into);
    }

    private void reserve(DeviceSegment[] segments, int groups) {
        int padded = padded();
        slot.reserve(QUERIES, count * stride);
        slot.reserve(KS, count * 4L);
        slot.reserve(ACTIVE, count * 4L);
        slot.reserve(SHADOWS, ProductShape.shadowBytes(padded, dim));
        for (Slot.Part perQuery : new Slot.Part[] {ALPHA, BETA, GAMMA, LIMITS, LIST_COUNTS}) {
            slot.reserve(perQuery, count * 4L);
        }
        slot.reserve(UNIT, count * 8L);
        slot.reserve(CONSTANT, count * 8L);
        slot.reserve(MINIMA, (long) padded * groups * 4);
        slot.reserve(LIST, (long) count * Math.max(groupCapacity, rowCapacity) * 4);
        slot.reserve(POOL_DISTANCES, (long) count * poolCapacity * 8);
        slot.reserve(POOL_POSITIONS, (long) count * poolCapacity * 8);
        slot.reserve(ANSWERS, layout.bytes());
        if (segments[0].byProducts()) {
            slot.reserve(PRODUCTS, Matrix.bytes(count, slice));
        }
    }

    private int padded() {
        return (count + ProductShape.QUERY_PADDING - 1) / ProductShape.QUERY_PADDING * ProductShape.QUERY_PADDING;
    }

    private void fetch() {
        answers = slot.host(layout.bytes()).asSlice(0, layout.bytes());
        slot.at(ANSWERS).download(0, answers, stream);
        stream.synchronize();
    }

    private int answer(long offset, int query) {
        return answers.get(ValueLayout.JAVA_INT, offset + query * 4L);
    }

    /** Merges what was fetched last. */
    private void collect(Distance distance, TopK into) {
        if (answers == null) {
            return; // no rows
        }
        IntStream queries = IntStream.range(0, count);
        ((long) count * most < SPREAD_FROM ? queries : queries.parallel()).forEach(q -> collect(distance, q, into));
    }

    private void collect(Distance distance, int q, TopK into) {
        int found = answer(layout.topCounts(), q);
        double[] d = new double[found];
        long[] p = new long[found];
        MemorySegment.copy(answers, ValueLayout.JAVA_DOUBLE, layout.distances() + (long) q * most * 8, d, 0, found);
        MemorySegment.copy(answers, ValueLayout.JAVA_LONG, layout.positions() + (long) q * most * 8, p, 0, found);
        for (int i = 0; distance != Distance.L2 && i < found; i++) {
            d[i] = d[i] == 0 ? -0.0 : d[i]; // the negated product is what the reference gives
        }
        into.offerSorted(from + q, d, p, 0, found);
    }

    /** The search of one tile of rows. */
    private final class Tile {
        private final FlatData data;
        private final Scale scale;
        private final DeviceBuffer centre;
        private final DeviceRows rows;
        private final DeviceBuffer mask;
        private final long position;
        private final boolean l2;

        Tile(DeviceSegment segment, DeviceRows rows, RowMask mask, long position) {
            this.data = segment.data();
            this.scale = segment.scale();
            this.centre = segment.centre();
            this.rows = rows;
            this.mask = mask == null ? null : slot.mask(mask, ProductShape.groups(data.count()));
            this.position = position;
            this.l2 = data.distance() == Distance.L2;
        }

        void search() {
            ingestQueries();
            scan();
            if (rows.scan() == Scan.SHADOWS && most >= APPEND_FROM) {
                select(null, count, false, 0, 0, 0);
                append();
                rescore(null, count, 1, rowCapacity);
            } else {
                select(null, count, false, 0, rows.groups(), groupCapacity);
                rescore(null, count, GROUP, groupCapacity);
            }
            merge(null, count);
            fetch();
            int[] again = overflown();
            if (again.length > 0) {
                searchInPieces(again);
                fetch();
            }
        }

        /** @param group of the tile, from which on the mask is wanted */
        private Arguments putMask(Arguments arguments, int group) {
            return mask == null ? arguments.none() : arguments.put(mask, (rows.firstGroup() + group) * 4L);
        }

        private void ingestQueries() {
            boolean shadowed = rows.scan() == Scan.SHADOWS;
            float accumulation = switch (rows.scan()) {
                case SHADOWS -> scale.accumulation();
                case DIRECT -> 0;
                case PRODUCTS -> (dim + 8) * 0x1.12p-24f; // of a sum of products in float, in any order
            };
            Arguments a = slot.of(Kernel.INGEST_QUERIES).put(slot.at(QUERIES)).put(stride / 4).put(count).put(dim).put(centre)
                    .put(l2 ? 1 : 0).put(scale.queries()).put(scale.rows()).put(accumulation).put(data.length());
            (shadowed ? a.put(slot.at(SHADOWS)) : a.none()).put(slot.at(ALPHA)).put(slot.at(BETA)).put(slot.at(GAMMA))
                    .put(slot.at(UNIT)).put(slot.at(CONSTANT));
            slot.launch(padded() / 8, 1, 256, 0);
        }

        private void scan() {
            switch (rows.scan()) {
                case SHADOWS -> scanShadows();
                case DIRECT -> scanDirectly();
                case PRODUCTS -> scanProducts();
            }
        }

        private void scanShadows() {
            ProductShape shape = ProductShape.of(count, ProductShape.chunks(dim));
            putProduct(slot.of(shape.groupMinima), shape).put(slot.at(MINIMA)).put(rows.groups());
            launch(shape);
        }

        private void scanDirectly() {
            putMask(slot.of(Kernel.DIRECT_GROUPMIN).put(slot.at(QUERIES)).put(stride / 4).put(count).put(rows.rows)
                    .put(data.rows().stride() / 4).put(rows.count()).put(dim).put(l2 ? 1 : 0), 0)
                    .put(slot.at(MINIMA)).put(rows.groups());
            slot.launch((count + 63) / 64, (rows.panels() * PANEL + 63) / 64, 256, 0);
        }

        /** Slice by slice of the rows; the last gives the groups past their end too. */
        private void scanProducts() {
            DeviceMatrix queries = DeviceMatrix.of(slot.at(QUERIES), count, dim);
            for (int first = 0; first < rows.count(); first += slice) {
                int n = Math.min(slice, rows.count() - first);
                int groups = (first + n == rows.count() ? rows.groups() : (first + n) / GROUP) - first / GROUP;
                DeviceMatrix some = new DeviceMatrix(rows.rows, first * data.rows().stride(), n, dim, data.rows().stride());
                DeviceMatrix products = new DeviceMatrix(slot.at(PRODUCTS), 0, count, n, Matrix.stride(slice));
                product.get().multiply(slot, queries, some, products);
                Arguments a = slot.of(Kernel.PRODUCT_GROUPMIN).put(slot.at(PRODUCTS)).put(products.stride() / 4).put(n);
                a = rows.starts() == null ? a.none() : a.put(rows.starts(), first * 4L);
                putMask(a, first / GROUP).put(slot.at(MINIMA), first / GROUP * 4L).put(groups).put(rows.groups());
                slot.launch((groups + 7) / 8, count, 256, 0);
            }
        }

        private Arguments putProduct(Arguments arguments, ProductShape product) {
            return putMask(arguments.put(slot.at(SHADOWS)).put(rows.shadows()).put(rows.starts()), 0)
                    .put(ProductShape.chunks(dim)).put(rows.panels()).put(strip(product));
        }

        /** Panels that a block walks along: long, so that queries are loaded seldom, but with blocks enough for all. */
        private int strip(ProductShape product) {
            long blocks = (long) rows.panels() * columns(product);
            long strip = blocks / ((long) slot.device().multiprocessors() * BLOCKS_PER_MULTIPROCESSOR);
            long least = (rows.panels() + MOST_BLOCKS_Y - 1) / MOST_BLOCKS_Y;
            return (int) Math.max(least, Math.clamp(strip, 1, MOST_STRIP));
        }

        private int columns(ProductShape product) {
            return (count + product.queries - 1) / product.queries;
        }

        private void launch(ProductShape product) {
            int strip = strip(product);
            slot.launch(columns(product), (rows.panels() + strip - 1) / strip, product.threads,
                    product.sharedBytes(ProductShape.chunks(dim)));
        }

        private void append() {
            slot.at(LIST_COUNTS).fill(0, count * 4L, 0, stream);
            ProductShape product = ProductShape.of(count, ProductShape.chunks(dim));
            putProduct(slot.of(product.append), product).put(slot.at(ALPHA)).put(slot.at(BETA)).put(slot.at(GAMMA))
                    .put(rows.groupNorm).put(rows.groupError).put(rows.groupStart).put(scale.accumulation())
                    .put(slot.at(LIMITS)).put(count).put(rowCapacity).put(slot.at(LIST_COUNTS)).put(slot.at(LIST));
            launch(product);
        }

        /**
         * Limits, and the groups of some range that are within them.
         *
         * @param active the queries in question, null for all
         * @param again  whether limits are there already
         */
        private void select(DeviceBuffer active, int queries, boolean again, int begin, int end, int capacity) {
            float accumulation = switch (rows.scan()) {
                case SHADOWS -> scale.accumulation();
                case DIRECT -> 0;
                case PRODUCTS -> l2 ? 0x1p-22f : 0; // roundings of start - 2 product
            };
            float relative = rows.scan() == Scan.DIRECT && l2 ? (dim + 8) * 0x1.1p-24f : 0;
            Arguments a = slot.of(Kernel.GROUPS_SELECT);
            (active == null ? a.none() : a.put(active)).put(slot.at(MINIMA)).put(rows.groups()).put(rows.groups())
                    .put(slot.at(KS)).put(slot.at(ALPHA)).put(slot.at(BETA)).put(slot.at(GAMMA)).put(slot.at(UNIT))
                    .put(slot.at(CONSTANT)).put(rows.groupNorm).put(rows.groupError).put(rows.groupStart).put(accumulation)
                    .put(relative).put(slot.at(ANSWERS), layout.topCounts()).put(slot.at(ANSWERS), layout.distances()).put(most).put(again ? 1 : 0)
                    .put(begin).put(end).put(slot.at(LIMITS)).put(capacity).put(slot.at(LIST_COUNTS)).put(slot.at(LIST));
            slot.launch(queries, 1, 512, 0);
        }

        private void rescore(DeviceBuffer active, int queries, int span, int capacity) {
            int blocks = Math.clamp(slot.device().multiprocessors() * RESCORE_BLOCKS_PER_MULTIPROCESSOR / queries, 1, RESCORE_MOST);
            Arguments a = slot.of(Kernel.RESCORE_EXACT);
            a = (active == null ? a.none() : a.put(active)).put(slot.at(QUERIES)).put(stride / 4).put(rows.rows)
                    .put(data.rows().stride() / 4).put(rows.count()).put(dim).put(l2 ? 1 : 0);
            putMask(a, 0).put(span).put(slot.at(LIST_COUNTS)).put(slot.at(LIST)).put(capacity).put(slot.at(LIMITS))
                    .put(slot.at(GAMMA)).put(slot.at(UNIT)).put(slot.at(CONSTANT)).put(position).put(poolCapacity)
                    .put(slot.at(ANSWERS), layout.poolCounts()).put(slot.at(POOL_DISTANCES)).put(slot.at(POOL_POSITIONS));
            slot.launch(blocks, queries, 256, 0);
        }

        private void merge(DeviceBuffer active, int queries) {
            DeviceBuffer memory = slot.at(ANSWERS);
            Arguments a = slot.of(Kernel.MERGE_TOP);
            (active == null ? a.none() : a.put(active)).put(slot.at(KS)).put(poolCapacity).put(memory, layout.poolCounts())
                    .put(slot.at(POOL_DISTANCES)).put(slot.at(POOL_POSITIONS)).put(memory, layout.topCounts())
                    .put(memory, layout.distances()).put(memory, layout.positions()).put(most).put(memory, layout.overflow());
            slot.launch(queries, 1, most < APPEND_FROM ? 128 : 512, 0);
        }

        /** The queries whose candidates were more than their memory holds; their pools are as before the tile. */
        private int[] overflown() {
            return IntStream.range(0, count).filter(q -> answer(layout.overflow(), q) != 0).toArray();
        }

        /** So few groups at a time that all their rows have room in the pool. */
        private void searchInPieces(int[] queries) {
            slot.upload(ACTIVE, queries);
            DeviceBuffer active = slot.at(ACTIVE);
            int piece = Math.min(groupCapacity, (poolCapacity - most) / GROUP);
            for (int begin = 0; begin < rows.groups(); begin += piece) {
                select(active, queries.length, true, begin, Math.min(rows.groups(), begin + piece), groupCapacity);
                rescore(active, queries.length, GROUP, groupCapacity);
                merge(active, queries.length);
            }
        }
    }
}
