package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.ProductShape.GROUP;
import static dev.perigee.compute.cuda.ProductShape.PANEL;
import static dev.perigee.compute.cuda.Slot.Part.ALPHA;
import static dev.perigee.compute.cuda.Slot.Part.BETA;
import static dev.perigee.compute.cuda.Slot.Part.CONSTANT;
import static dev.perigee.compute.cuda.Slot.Part.GAMMA;
import static dev.perigee.compute.cuda.Slot.Part.LIMITS;
import static dev.perigee.compute.cuda.Slot.Part.LIST;
import static dev.perigee.compute.cuda.Slot.Part.LIST_COUNTS;
import static dev.perigee.compute.cuda.Slot.Part.MINIMA;
import static dev.perigee.compute.cuda.Slot.Part.PRODUCTS;
import static dev.perigee.compute.cuda.Slot.Part.QUERIES;
import static dev.perigee.compute.cuda.Slot.Part.SHADOWS;
import static dev.perigee.compute.cuda.Slot.Part.UNIT;

import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.util.function.Supplier;

/** The search of a tile of rows, all of them. */
final class FlatTile extends TileSearch {
    /** From here on rows are collected by a second product rather than whole groups re-scored... */
    private static final int APPEND_FROM = 129;
    /** ... and so they are where the groups are not many times the places, and not few. */
    private static final int GROUPS_PER_PLACE = 64;
    private static final int LEAST_GROUPS = 16;
    /** Blocks that a multiprocessor should find to do in a product, so that the last ones do not count. */
    private static final int BLOCKS_PER_MULTIPROCESSOR = 12;
    private static final int MOST_STRIP = 64;
    private static final int MOST_BLOCKS_Y = 65_535;

    private final FlatData data;
    private final Scale scale;
    private final DeviceBuffer centre;
    private final DeviceRows rows;
    private final DeviceBuffer mask;
    private final long position;
    private final boolean l2;
    private final int dim;
    private final int slice;
    private final Supplier<Multiplication.Product> product;

    /**
     * @param position of the first of the rows
     * @param slice    rows of one product, for {@link Scan#PRODUCTS}
     * @param product  what makes it
     */
    FlatTile(QueryBlock block, DeviceSegment segment, DeviceRows rows, RowMask mask, long position, int slice,
            Supplier<Multiplication.Product> product) {
        super(block);
        this.data = segment.data();
        this.scale = segment.scale();
        this.centre = segment.centre();
        this.rows = rows;
        this.mask = mask == null ? null : slot.mask(mask, ProductShape.groups(data.count()));
        this.position = position;
        this.l2 = data.distance() == Distance.L2;
        this.dim = block.dim;
        this.slice = slice;
        this.product = product;
    }

    /** Rows that have room as candidates of a query with so many places. */
    private static int rowCapacity(int most) {
        return 2 * most + 4096;
    }

    /** Makes the memory that the search of any tile of so many groups takes. The stream is idle. */
    static void reserve(QueryBlock block, int groups) {
        Slot slot = block.slot;
        int padded = padded(block.count);
        slot.reserve(SHADOWS, ProductShape.shadowBytes(padded, block.dim));
        for (Slot.Part perQuery : new Slot.Part[] {ALPHA, BETA, GAMMA, LIMITS, LIST_COUNTS}) {
            slot.reserve(perQuery, block.count * 4L);
        }
        slot.reserve(UNIT, block.count * 8L);
        slot.reserve(CONSTANT, block.count * 8L);
        slot.reserve(MINIMA, (long) padded * groups * 4);
        slot.reserve(LIST, (long) block.count * Math.max(block.groupCapacity, rowCapacity(block.most)) * 4);
    }

    /** Queries rounded up to what the product takes. */
    static int padded(int count) {
        return (count + ProductShape.QUERY_PADDING - 1) / ProductShape.QUERY_PADDING * ProductShape.QUERY_PADDING;
    }

    @Override
    int groups() {
        return rows.groups();
    }

    private boolean appends() {
        boolean many = rows.groups() >= LEAST_GROUPS && block.most * GROUPS_PER_PLACE >= rows.groups();
        return rows.scan() == Scan.SHADOWS && (block.most >= APPEND_FROM || many);
    }

    @Override
    void collect(DeviceBuffer active, int queries, boolean again, int begin, int end) {
        if (active == null && appends()) {
            select(null, queries, false, 0, 0, 0);
            append();
            rescore(null, queries, 1, rowCapacity(block.most));
        } else {
            select(active, queries, again, begin, end, block.groupCapacity);
            rescore(active, queries, GROUP, block.groupCapacity);
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
        Arguments a = block.putQueries(slot.of(Kernel.INGEST_QUERIES)).put(block.count).put(dim).put(centre)
                .put(l2 ? 1 : 0).put(scale.queries()).put(scale.rows()).put(accumulation)
                .put(shadowed ? 0 : data.length());
        (shadowed ? a.put(slot.at(SHADOWS)) : a.none()).put(slot.at(ALPHA)).put(slot.at(BETA)).put(slot.at(GAMMA))
                .put(slot.at(UNIT)).put(slot.at(CONSTANT));
        slot.launch(padded(block.count) / 8, 1, 256, 0);
    }

    @Override
    void scan() {
        ingestQueries();
        switch (rows.scan()) {
            case SHADOWS -> scanShadows();
            case DIRECT -> scanDirectly();
            case PRODUCTS -> scanProducts();
        }
    }

    private void scanShadows() {
        ProductShape shape = ProductShape.of(block.count, ProductShape.chunks(dim));
        putProduct(slot.of(shape.groupMinima), shape).put(slot.at(MINIMA)).put(rows.groups());
        launch(shape);
    }

    private void scanDirectly() {
        putMask(block.putQueries(slot.of(Kernel.DIRECT_GROUPMIN)).put(block.count).put(rows.rows)
                .put(data.rows().stride() / 4).put(rows.count()).put(dim).put(l2 ? 1 : 0), 0)
                .put(slot.at(MINIMA)).put(rows.groups());
        slot.launch((block.count + 63) / 64, (rows.panels() * PANEL + 63) / 64, 256, 0);
    }

    /** Slice by slice of the rows; the last gives the groups past their end too. */
    private void scanProducts() {
        DeviceMatrix queries = DeviceMatrix.of(slot.at(QUERIES), block.count, dim);
        for (int first = 0; first < rows.count(); first += slice) {
            int n = Math.min(slice, rows.count() - first);
            int groups = (first + n == rows.count() ? rows.groups() : (first + n) / GROUP) - first / GROUP;
            DeviceMatrix some = new DeviceMatrix(rows.rows, first * data.rows().stride(), n, dim, data.rows().stride());
            DeviceMatrix products = new DeviceMatrix(slot.at(PRODUCTS), 0, block.count, n, Matrix.stride(slice));
            product.get().multiply(slot, queries, some, products);
            Arguments a = slot.of(Kernel.PRODUCT_GROUPMIN).put(slot.at(PRODUCTS)).put(products.stride() / 4).put(n);
            a = rows.starts() == null ? a.none() : a.put(rows.starts(), first * 4L);
            putMask(a, first / GROUP).put(slot.at(MINIMA), first / GROUP * 4L).put(groups).put(rows.groups());
            slot.launch((groups + 7) / 8, block.count, 256, 0);
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
        return (block.count + product.queries - 1) / product.queries;
    }

    private void launch(ProductShape product) {
        int strip = strip(product);
        slot.launch(columns(product), (rows.panels() + strip - 1) / strip, product.threads,
                product.sharedBytes(ProductShape.chunks(dim)));
    }

    private void append() {
        slot.at(LIST_COUNTS).fill(0, block.count * 4L, 0, slot.stream());
        ProductShape product = ProductShape.of(block.count, ProductShape.chunks(dim));
        putProduct(slot.of(product.append), product).put(slot.at(ALPHA)).put(slot.at(BETA)).put(slot.at(GAMMA))
                .put(rows.groupNorm).put(rows.groupError).put(rows.groupStart).put(scale.accumulation())
                .put(slot.at(LIMITS)).put(block.count).put(rowCapacity(block.most)).put(slot.at(LIST_COUNTS)).put(slot.at(LIST));
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
                .put(block.ks()).put(slot.at(ALPHA)).put(slot.at(BETA)).put(slot.at(GAMMA)).put(slot.at(UNIT))
                .put(slot.at(CONSTANT)).put(rows.groupNorm).put(rows.groupError).put(rows.groupStart).put(rows.largest)
                .put(accumulation).put(relative);
        block.putFound(a).put(again ? 1 : 0).put(begin).put(end).put(slot.at(LIMITS)).put(capacity)
                .put(slot.at(LIST_COUNTS)).put(slot.at(LIST));
        slot.launch(queries, 1, selectThreads(), 0);
    }

    private void rescore(DeviceBuffer active, int queries, int span, int capacity) {
        Arguments a = slot.of(Kernel.RESCORE_EXACT);
        a = block.putQueries(active == null ? a.none() : a.put(active)).put(rows.rows).put(data.rows().stride() / 4)
                .put(rows.count()).put(dim).put(l2 ? 1 : 0);
        putMask(a, 0).none().put(span).put(slot.at(LIST_COUNTS)).put(slot.at(LIST)).put(capacity).put(slot.at(LIMITS))
                .put(slot.at(GAMMA)).put(slot.at(UNIT)).put(slot.at(CONSTANT)).put(position);
        block.putPool(a);
        slot.launch(rescoreBlocks(queries), queries, 256, 0);
    }
}
