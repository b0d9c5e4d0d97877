package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.MASK;

import dev.perigee.compute.TopK;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The queries of a batch that one core searches in codes, and its memory for them: {@link #scan} goes list by list, up to four
 * queries of a list at a time, and {@link #compare} looks at the rows of what is left. A (query, list) is a <em>pair</em>;
 * those of a query lie together, nearest list first. Queries go by their place in the chunk.
 */
final class CodeChunk implements AutoCloseable {
    /** A buffer holds so many times what is kept before it is cut. */
    private static final int TIMES = 2;
    /** Room of a buffer for what a kernel looks at in one step. */
    private static final int LEAST_KEPT = 128;

    /** A segment. */
    record Part(IvfPqData data, CodeBlocks blocks, SlotMask allowed, int segment) {
    }

    private final Part part;
    private final IvfPqData data;
    private final FastScan kernel;
    private final Matrix queries;
    /** Their numbers in the batch. */
    private final int[] numbers;
    private final int count;
    private final int[] keep;
    /** First pair of each query, and the end. */
    private final int[] begins;
    private final int[] lists;
    private final int[] owners;
    private final float[] constants;
    /** Of a kernel without bounds. */
    private final LookupTables.Tables[] tables;
    private final ByteTables[] bounds;
    private final SqEntries entries;
    private final ExactRows exactRows = ExactRows.best();
    private final Refinement refinement = new Refinement();
    private final Scratch scratch;
    private final long byteTables;
    private final long floatTables;
    private final long byteStep;
    private final long floatStep;
    private final float[][][] members = new float[FastScan.QUERIES][][];

    /**
     * @param from    number in the batch of the first of {@code keep} and {@code probes}
     * @param some    the queries of the chunk, by their places there
     * @param keep    codes to keep
     * @param probes  lists to search
     */
    CodeChunk(Part part, LookupTables lookUps, Scratch.Pool pool, Matrix queries, int from, int[] some, int[] keep,
            int[][] probes) {
        this.part = part;
        this.data = part.data();
        this.kernel = FastScan.of(data.model().quantizer().bits());
        this.queries = queries;
        this.count = some.length;
        this.numbers = new int[count];
        this.keep = new int[count];
        this.begins = new int[count + 1];
        for (int q = 0; q < count; q++) {
            numbers[q] = from + some[q];
            this.keep[q] = keep[some[q]];
            begins[q + 1] = begins[q] + probes[some[q]].length;
        }
        this.lists = new int[begins[count]];
        this.owners = new int[lists.length];
        this.constants = new float[lists.length];
        this.tables = new LookupTables.Tables[kernel.bounds() ? 0 : count];
        Arrays.setAll(tables, i -> lookUps.take());
        this.bounds = new ByteTables[count];
        int capacity = capacity(Arrays.stream(this.keep).max().orElse(0));
        this.byteStep = byteStep(part);
        this.floatStep = kernel.bounds() ? lookUps.bytes() : 0;
        this.scratch = pool.take(FastScan.QUERIES * FastScan.QUERY_BYTES + count * (byteStep + floatStep + capacity * 8L));
        this.byteTables = scratch.address() + FastScan.QUERIES * FastScan.QUERY_BYTES;
        this.floatTables = byteTables + count * byteStep;
        this.entries = new SqEntries(floatTables + count * floatStep, capacity, this.keep);
        makeTables(lookUps);
        for (int q = 0; q < count; q++) {
            sortNearestFirst(q, probes[some[q]]);
        }
    }

    private static int capacity(int keep) {
        return Math.toIntExact(SqEntries.capacity(Math.max(keep, LEAST_KEPT)));
    }

    private static long byteStep(Part part) {
        return part.blocks() == null ? 0 : ByteTables.bytes(part.blocks().parts(), part.data().model().quantizer().size());
    }

    /** Bytes that one query takes. */
    static long bytes(Part part, LookupTables lookUps, int keep) {
        return byteStep(part) + lookUps.bytes() + capacity(keep) * 8L;
    }

    /** Makes the tables of all queries. */
    private void makeTables(LookupTables lookUps) {
        for (int q = 0; q < tables.length; q++) {
            tables[q].fill(queries, numbers[q]);
        }
        if (kernel.bounds()) {
            lookUps.fill(queries, numbers, floatTables);
            for (int q = 0; q < count; q++) {
                bounds[q] = ByteTables.make(floatTables + q * floatStep, data.model().quantizer().codeStride() / CodeKernel.GROUP,
                        part.blocks().parts(), data.model().quantizer().size(), byteTables + q * byteStep);
            }
        }
    }

    /** Sorts lists by what they add to every key, so that thresholds are low early; this order changes no answer. */
    private void sortNearestFirst(int q, int[] probes) {
        Matrix centroids = data.model().centroids().rows();
        long[] order = Arrays.stream(probes).asLongStream().toArray();
        double[] distances = new double[order.length];
        exactRows.between(data.codeDistance(), queries, numbers[q], centroids, order, order.length, distances);
        for (int i = 0; i < order.length; i++) {
            order[i] = Candidates.entry((float) distances[i], probes[i]);
        }
        Arrays.sort(order);
        for (int i = 0; i < order.length; i++) {
            lists[begins[q] + i] = Candidates.row(order[i]);
            constants[begins[q] + i] = Candidates.key(order[i]);
            owners[begins[q] + i] = q;
        }
    }

    /** Finds the least entries of all queries. */
    void scan() {
        scan(0, 1);
        for (int q = 0; q < count; q++) {
            entries.cut(q); // the nearest list leaves a threshold that few codes of the others pass
        }
        scan(1, Integer.MAX_VALUE);
    }

    /** Scans the lists of each query from the {@code from}-th nearest on to before the {@code to}-th. */
    private void scan(int from, int to) {
        int[] pairs = inOrderOfLists(from, to);
        int end;
        for (int begin = 0; begin < pairs.length; begin = end) {
            int list = lists[pairs[begin]];
            for (end = begin + 1; end < pairs.length && lists[pairs[end]] == list; ) {
                end++;
            }
            if (data.lists().size(list) > 0) {
                FastScan.Codes codes = codes(list);
                for (int first = begin; first < end; first += FastScan.QUERIES) {
                    scan(list, codes, pairs, first, Math.min(end, first + FastScan.QUERIES));
                }
            }
        }
    }

    private int[] inOrderOfLists(int from, int to) {
        long[] entries = new long[lists.length];
        int size = 0;
        for (int q = 0; q < count; q++) {
            for (int p = begins[q] + from; p < begins[q] + Math.min(to, begins[q + 1] - begins[q]); p++) {
                entries[size++] = (long) lists[p] << 32 | p;
            }
        }
        if (count > 1) {
            Arrays.sort(entries, 0, size);
        }
        int[] pairs = new int[size];
        Arrays.setAll(pairs, i -> (int) entries[i]);
        return pairs;
    }

    private FastScan.Codes codes(int list) {
        int slot = data.lists().begin(list);
        int stride = data.model().quantizer().codeStride();
        return new FastScan.Codes(part.blocks() == null ? 0 : part.blocks().address(slot),
                part.blocks() == null ? 0 : part.blocks().parts(), data.codes().address() + (long) slot * stride, stride,
                data.terms().address() + slot * 4L, data.lists().rows().address() + slot * 4L,
                part.allowed() == null ? 0 : part.allowed().bits(list));
    }

    /** Scans a list for the pairs {@code pairs[begin]} to {@code pairs[end - 1]}, at most four. */
    private void scan(int list, FastScan.Codes codes, int[] pairs, int begin, int end) {
        int blocks = InvertedLists.padded(data.lists().size(list)) / FastScan.BLOCK;
        for (int i = 0; i < end - begin; i++) {
            write(list, pairs[begin + i], i);
        }
        int block = 0;
        while (block < blocks) {
            block = kernel.scan(scratch.address(), members, end - begin, codes, block, blocks);
            for (int i = 0; i < end - begin; i++) {
                int q = owners[pairs[begin + i]];
                long query = scratch.address() + i * FastScan.QUERY_BYTES;
                entries.filled(q, ALL.get(ValueLayout.JAVA_INT, query + FastScan.SIZE & MASK));
                if (block < blocks || entries.size(q) > TIMES * keep[q]) {
                    entries.cut(q);
                    show(q, query);
                }
            }
        }
    }

    /** Writes what a kernel reads of a pair as member {@code i} of a call. */
    private void write(int list, int pair, int i) {
        int q = owners[pair];
        long query = scratch.address() + i * FastScan.QUERY_BYTES;
        ALL.set(ValueLayout.JAVA_LONG, query + FastScan.BUFFER & MASK, entries.buffer(q));
        ALL.set(ValueLayout.JAVA_INT, query + FastScan.CAPACITY & MASK, entries.capacity());
        Lanes.set(query + FastScan.CONSTANT, constants[pair]);
        if (kernel.bounds()) {
            ALL.set(ValueLayout.JAVA_LONG, query + FastScan.BYTES & MASK, byteTables + q * byteStep);
            ALL.set(ValueLayout.JAVA_LONG, query + FastScan.FLOATS & MASK, floatTables + q * floatStep);
            Lanes.set(query + FastScan.SCALE, bounds[q].scale());
            Lanes.set(query + FastScan.ADD, bounds[q].add(constants[pair], part.blocks().largestTerm(list)));
        } else {
            members[i] = tables[q].groups;
        }
        show(q, query);
    }

    private void show(int q, long query) {
        ALL.set(ValueLayout.JAVA_INT, query + FastScan.SIZE & MASK, entries.size(q));
        Lanes.set(query + FastScan.THRESHOLD, entries.threshold(q));
    }

    /** Compares what the scan left, and merges it into {@code into}. */
    void compare(SearchParams[] params, TopK into) {
        long[] least = new long[entries.capacity()];
        for (int q = 0; q < count; q++) {
            entries.least(q, least);
            int size = entries.size(q);
            if (size < into.k(numbers[q])) {
                compareAll(q, into); // few rows, or keys that float cannot hold
            } else if (((SearchParams.IvfPq) params[numbers[q]]).refine() > 0) {
                refinement.merge(data.rows(), part.segment(), queries, numbers[q], least, size, into);
            } else {
                for (int i = 0; i < size; i++) {
                    into.offer(numbers[q], data.fromCode(Candidates.key(least[i])), TopK.at(part.segment(), Candidates.row(least[i])));
                }
            }
        }
    }

    /** Compares all rows of the lists that may be returned. */
    private void compareAll(int q, TopK into) {
        long[] rows = new long[FastScan.BLOCK];
        for (int p = begins[q]; p < begins[q + 1]; p++) {
            int begin = data.lists().begin(lists[p]);
            int end = begin + data.lists().size(lists[p]);
            for (int slot = begin; slot < end; slot += FastScan.BLOCK) {
                int bits = part.allowed() == null ? -1
                        : ALL.get(ValueLayout.JAVA_INT, part.allowed().bits(lists[p]) + (slot - begin) / 8);
                int size = 0;
                for (int i = 0; i < Math.min(FastScan.BLOCK, end - slot); i++) {
                    if ((bits >>> i & 1) != 0) {
                        rows[size++] = data.lists().row(slot + i);
                    }
                }
                if (size > 0) {
                    refinement.merge(data.rows(), part.segment(), queries, numbers[q], rows, size, into);
                }
            }
        }
    }

    @Override
    public void close() {
        scratch.close();
        for (LookupTables.Tables one : tables) {
            one.close();
        }
    }
}
