package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.MASK;

import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.SqReference;
import dev.perigee.compute.TopK;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.SqModel;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The queries of a batch that one core searches, and its memory for them: {@link #project} and {@link #choose} find the lists
 * of each query, then {@link #scan} goes through a segment list by list, up to six queries of a list at a time, and
 * a {@link Comparison} looks at the rows of what is left. A (query, list) is a <em>pair</em>; those of a query lie together,
 * nearest list first.
 *
 * <p>Where float32 cannot hold what a query needs, {@link SqReference} searches it.
 */
final class SqChunk implements AutoCloseable {
    private final SqProbes probes;
    private final SqModel model;
    private final SqTile tile;
    private final SearchBatch batch;
    /** Their numbers in the batch; all else here goes by their place in this array. */
    private final int[] queries;
    private final int count;
    /** First pair of each query, and the end. */
    private final int[] begins;
    private final int[] lists;
    private final int[] owners;
    /** y . centroid of each pair. */
    private final float[] products;
    private final boolean[] odd;
    /** Pairs of all queries with their nearest lists, and all others, in order of the lists. */
    private int[] nearest;
    private int[] others;
    private final SqEntries entries;
    private final Scratch scratch;
    private final long coordinates;
    private final long group;
    private final long residual;
    private final long integers;
    private final long free;

    SqChunk(SqProbes probes, SqTile tile, Scratch.Pool pool, SearchBatch batch, int[] queries, int[] keeps) {
        this.probes = probes;
        this.model = probes.model();
        this.tile = tile;
        this.batch = batch;
        this.queries = queries;
        this.count = queries.length;
        this.begins = new int[count + 1];
        int[] keep = new int[count];
        int most = 0;
        for (int q = 0; q < count; q++) {
            keep[q] = keeps[queries[q]];
            most = Math.max(most, keep[q]);
            int asked = batch.params()[queries[q]].probes();
            begins[q + 1] = begins[q] + Math.min(asked, model.lists());
        }
        this.lists = new int[begins[count]];
        this.owners = new int[lists.length];
        this.products = new float[lists.length];
        this.odd = new boolean[count];
        int capacity = Math.toIntExact(SqEntries.capacity(most));
        int block = Math.min(count, Axes.BLOCK);
        long wide = probes.axes().columns() * 4L;
        long entryBytes = (long) capacity * 8 * count;
        long blockBytes = Math.max(probes.axes().scratchBytes(block), probes.choiceBytes()
                + probes.centroids().scratchBytes(block) + block * probes.centroids().columns() * 4L);
        this.scratch = pool.take(count * wide + entryBytes + SqTile.groupBytes() + 2 * wide + blockBytes);
        this.coordinates = scratch.address();
        this.group = coordinates + count * wide;
        this.residual = group + SqTile.groupBytes();
        this.integers = residual + wide;
        this.entries = new SqEntries(integers + wide, capacity, keep);
        this.free = integers + wide + entryBytes;
    }

    private long coordinates(int q) {
        return coordinates + q * (probes.axes().columns() * 4L);
    }

    /** Finds the coordinates of all queries. */
    void project() {
        for (int first = 0; first < count; first += Axes.BLOCK) {
            int end = Math.min(count, first + Axes.BLOCK);
            probes.axes().coordinates(batch.queries(), queries, first, end, free, coordinates(first));
        }
    }

    /** Finds the lists of all queries by their coordinates. */
    void choose() {
        SqProbes.Choice choice = probes.new Choice(free);
        long packed = free + probes.choiceBytes();
        long wide = probes.axes().columns() * 4L;
        long row = probes.centroids().columns() * 4L;
        for (int first = 0; first < count; first += Axes.BLOCK) {
            int end = Math.min(count, first + Axes.BLOCK);
            long all = packed + probes.centroids().scratchBytes(end - first);
            probes.centroids().multiply(coordinates(first), wide, end - first, packed, all, row);
            for (int q = first; q < end; q++) {
                choose(choice, q, all + (q - first) * row);
            }
        }
        nearest = inOrderOfLists(true);
        others = inOrderOfLists(false);
    }

    private void choose(SqProbes.Choice choice, int q, long all) {
        odd[q] = !choice.choose(all, lists, begins[q], begins[q + 1] - begins[q]);
        for (int p = begins[q]; p < begins[q + 1]; p++) {
            owners[p] = q;
            if (odd[q]) {
                lists[p] = p - begins[q]; // any, but each once
            }
            products[p] = Lanes.get(all + lists[p] * 4L);
        }
    }

    /** Finds the least entries of all queries in a segment. */
    void scan(IvfSqData data, SlotMask allowed) {
        entries.clear();
        scan(data, allowed, nearest, others.length == 0 ? -1 : lists[others[0]]);
        for (int q = 0; q < count; q++) {
            entries.cut(q); // the nearest list leaves a threshold that few rows of the others pass
        }
        scan(data, allowed, others, -1);
    }

    /** Scans the lists of some pairs; {@code last} comes after them, or none if it is negative. */
    private void scan(IvfSqData data, SlotMask allowed, int[] pairs, int last) {
        int end;
        for (int begin = 0; begin < pairs.length; begin = end) {
            int list = lists[pairs[begin]];
            for (end = begin + 1; end < pairs.length && lists[pairs[end]] == list; ) {
                end++;
            }
            if (data.lists().size(list) > 0) {
                int next = end < pairs.length ? lists[pairs[end]] : last;
                int groups = (end - begin + SqTile.QUERIES - 1) / SqTile.QUERIES;
                for (int g = 0; g < groups; g++) {
                    announce(data, g == groups - 1 ? next : -1);
                    int first = begin + (end - begin) * g / groups;
                    scan(data, allowed, list, pairs, first, begin + (end - begin) * (g + 1) / groups);
                }
            }
        }
    }

    /** Tells the tile which list comes after the one that it is going to scan. */
    private void announce(IvfSqData data, int list) {
        int blocks = 0;
        if (list >= 0) {
            int slot = data.lists().begin(list);
            blocks = InvertedLists.padded(data.lists().size(list)) / SqTile.SLOTS;
            ALL.set(ValueLayout.JAVA_LONG, (group + SqTile.NEXT_CODES) & MASK, codes(data, slot));
            ALL.set(ValueLayout.JAVA_LONG, (group + SqTile.NEXT_TERMS) & MASK, data.terms().address() + slot * 4L);
        }
        ALL.set(ValueLayout.JAVA_INT, (group + SqTile.NEXT_BLOCKS) & MASK, blocks);
    }

    private long codes(IvfSqData data, int slot) {
        return data.codes().address() + (long) slot * model.dims();
    }

    private int[] inOrderOfLists(boolean nearest) {
        int[] pairs = new int[nearest ? count : lists.length - count];
        if (count == 1) {
            Arrays.setAll(pairs, i -> nearest ? i : i + 1);
            return pairs;
        }
        int[] next = new int[model.lists() + 1];
        for (int q = 0; q < count; q++) {
            for (int p = first(q, nearest); p < end(q, nearest); p++) {
                next[lists[p] + 1]++;
            }
        }
        for (int l = 1; l < next.length; l++) {
            next[l] += next[l - 1];
        }
        for (int q = 0; q < count; q++) {
            for (int p = first(q, nearest); p < end(q, nearest); p++) {
                pairs[next[lists[p]]++] = p;
            }
        }
        return pairs;
    }

    private int first(int q, boolean nearest) {
        return nearest ? begins[q] : begins[q] + 1;
    }

    private int end(int q, boolean nearest) {
        return nearest ? begins[q] + 1 : begins[q + 1];
    }

    /** Scans a list for the pairs {@code pairs[begin]} to {@code pairs[end - 1]}, at most six. */
    private void scan(IvfSqData data, SlotMask allowed, int list, int[] pairs, int begin, int end) {
        int members = end - begin;
        for (int i = 0; i < members; i++) {
            prepare(data, list, pairs[begin + i], i, members);
        }
        ALL.set(ValueLayout.JAVA_INT, (group + SqTile.CAPACITY) & MASK, entries.capacity());
        int slot = data.lists().begin(list);
        int blocks = InvertedLists.padded(data.lists().size(list)) / SqTile.SLOTS;
        long codes = codes(data, slot);
        long terms = data.terms().address() + slot * 4L;
        long rows = data.lists().rows().address() + slot * 4L;
        long bits = allowed == null ? 0 : allowed.bits(list);
        int block = 0;
        while (true) {
            block = tile.scan(group, members, model.dims(), codes, terms, rows, bits, block, blocks);
            for (int i = 0; i < members; i++) {
                entries.filled(owners[pairs[begin + i]], ALL.get(ValueLayout.JAVA_INT, (group + SqTile.SIZE + i * 4L) & MASK));
            }
            if (block == blocks) {
                return;
            }
            for (int i = 0; i < members; i++) {
                int q = owners[pairs[begin + i]];
                if (entries.size(q) + SqTile.SLOTS > entries.capacity()) {
                    entries.cut(q);
                    show(q, i);
                }
            }
        }
    }

    /** Writes a pair's query into the group, as member {@code i} of {@code members}. */
    private void prepare(IvfSqData data, int list, int pair, int i, int members) {
        int q = owners[pair];
        long bytes = probes.bytes();
        float most = SqKernel.residual(coordinates(q), probes.centroid(list), residual, bytes);
        float unit = most / model.queryMax();
        float quotient = model.queryMax() / most;
        float inverse = quotient <= Float.MAX_VALUE ? quotient : 0;
        int sum = SqKernel.quantise(residual, bytes, inverse, integers);
        tile.pack(group, i, members, model.dims(), integers);
        Lanes.set(group + SqTile.SCALE + i * 4L, -2f * (Lanes.get(data.steps().address() + list * 4L) * unit));
        float low = Lanes.get(data.lows().address() + list * 4L);
        Lanes.set(group + SqTile.ADD + i * 4L, Math.fma(-2f * (low * unit), (float) sum, -2f * products[pair]));
        ALL.set(ValueLayout.JAVA_LONG, (group + SqTile.BUFFER + i * 8L) & MASK, entries.buffer(q));
        show(q, i);
    }

    private void show(int q, int i) {
        ALL.set(ValueLayout.JAVA_INT, (group + SqTile.SIZE + i * 4L) & MASK, entries.size(q));
        Lanes.set(group + SqTile.THRESHOLD + i * 4L, entries.threshold(q));
    }

    /**
     * The rows of what the scan of a segment left, compared and merged into {@code into}. Several threads may {@link #run} it:
     * who has nothing left to scan helps. Closing waits for those who do.
     */
    final class Comparison implements AutoCloseable {
        private static final int QUERIES = 8;

        private final SqSearch.Part part;
        private final SlotMask allowed;
        private final TopK into;
        private final AtomicInteger taken = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();

        Comparison(SqSearch.Part part, SlotMask allowed, TopK into) {
            this.part = part;
            this.allowed = allowed;
            this.into = into;
        }

        /** Compares some queries at a time until none are left. */
        void run() {
            if (taken.get() >= count) {
                return;
            }
            Refinement refinement = new Refinement();
            long[] least = new long[entries.capacity()];
            for (int first = taken.getAndAdd(QUERIES); first < count; first = taken.getAndAdd(QUERIES)) {
                int end = Math.min(count, first + QUERIES);
                try {
                    for (int i = first; i < end; i++) { // nearest the same list: those that follow each other have rows in common
                        compare(owners[nearest[i]], refinement, least);
                    }
                } finally {
                    done.addAndGet(end - first);
                }
            }
        }

        private void compare(int q, Refinement refinement, long[] least) {
            entries.least(q, least);
            int size = entries.size(q);
            if (odd[q] || size > 0 && Candidates.key(least[0]) == Float.NEGATIVE_INFINITY) {
                new SqReference(part.data(), part.segment(), batch.mask(part.segment())).search(batch, queries[q], into);
            } else if (size < into.k(queries[q])) {
                for (int p = begins[q]; p < begins[q + 1]; p++) { // few rows, or keys that float cannot hold
                    refinement.mergeList(part.data().rows(), part.segment(), batch.queries(), queries[q], part.data().lists(),
                            lists[p], allowed, into);
                }
            } else {
                refinement.merge(part.data().rows(), part.segment(), batch.queries(), queries[q], least, size, into);
            }
        }

        @Override
        public void close() {
            int begun = Math.min(count, taken.getAndSet(count));
            while (done.get() < begun) {
                Thread.onSpinWait();
            }
        }
    }

    @Override
    public void close() {
        scratch.close();
    }
}
