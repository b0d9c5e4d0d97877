package dev.perigee.compute.simd;

import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfPqData;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;

/**
 * Codes of 4 bits a part: {@link FastScan} bounds all keys from below; codes are summed in the order of their bounds, until the
 * next bound lies above the best keys. Where the bounds that were kept run out before that, the lists are scanned again, and
 * every code is summed whose bound does not.
 */
final class ShortCodeScan implements CodeScan {
    /** Blocks that are compared with one threshold. */
    private static final int CHUNK = 8;
    /** Codes that are summed before the threshold is lowered. */
    private static final int STEP = 32;

    private final FastScan kernel = FastScan.best();
    private final IvfPqData data;
    private final CodeBlocks blocks;
    private final RowMask mask;
    private final LookupTables.Tables tables;
    private final Scratch scratch;
    private final ByteTables bytes;
    private final long bounds;
    private final long marks;
    private final int[] slots = new int[STEP];
    private final float[] sums = new float[STEP];
    private final float[] added = new float[STEP];
    private int filled;

    ShortCodeScan(IvfPqData data, LookupTables tables, CodeBlocks blocks, RowMask mask, Scratch.Pool pool) {
        this.data = data;
        this.blocks = blocks;
        this.mask = mask;
        this.tables = tables.new Tables();
        long tableBytes = ByteTables.bytes(blocks.parts());
        this.scratch = pool.take(tableBytes + CHUNK * (FastScan.BLOCK + 1) * 4L);
        this.bytes = new ByteTables(this.tables.groups, blocks.parts(), scratch.address());
        this.bounds = scratch.address() + tableBytes;
        this.marks = bounds + CHUNK * FastScan.BLOCK * 4L;
    }

    @Override
    public Candidates search(Matrix queries, int query, int keep, int[] lists, float[] constants) {
        tables.fill(queries, query);
        bytes.fill();
        int[] starts = new int[lists.length]; // slots of the lists, numbered in this order
        Candidates near = new Candidates(new int[] {Math.addExact(Math.multiplyExact(2, keep), STEP)});
        int start = 0;
        for (int i = 0; i < lists.length; i++) {
            starts[i] = start;
            int from = start - data.lists().begin(lists[i]);
            scan(lists[i], constants[i], near, (slot, bound) -> near.offer(0, bound, from + slot));
            start += InvertedLists.padded(data.lists().size(lists[i]));
        }
        Candidates best = new Candidates(new int[] {keep});
        return sumNearest(near, best, starts, lists, constants) ? best : sumAll(best.threshold(0), keep, lists, constants);
    }

    /** Whether no code that {@code near} let go can be among the best. */
    private boolean sumNearest(Candidates near, Candidates best, int[] starts, int[] lists, float[] constants) {
        int count = near.finish(0);
        for (int i = 0; i < count && near.key(0, i) <= best.threshold(0); i++) {
            int place = near.row(0, i);
            int at = last(starts, place);
            sum(data.lists().begin(lists[at]) + place - starts[at], constants[at], best);
            if (filled == 0) {
                best.tighten(0);
            }
        }
        offer(best);
        best.tighten(0);
        return !near.dropped(0) || near.threshold(0) > best.threshold(0);
    }

    private Candidates sumAll(float threshold, int keep, int[] lists, float[] constants) {
        Candidates best = new Candidates(new int[] {keep});
        best.limit(0, threshold);
        for (int i = 0; i < lists.length; i++) {
            float constant = constants[i];
            scan(lists[i], constant, best, (slot, bound) -> sum(slot, constant, best));
        }
        offer(best);
        return best;
    }

    /** The last start that is at most {@code place}: of several it belongs to the list that is not empty. */
    private static int last(int[] starts, int place) {
        int from = 0;
        int to = starts.length;
        while (to - from > 1) {
            int middle = (from + to) >>> 1;
            if (starts[middle] <= place) {
                from = middle;
            } else {
                to = middle;
            }
        }
        return from;
    }

    private interface Marked {
        void slot(int slot, float bound);
    }

    /** Hears of the codes of a list that may be returned and whose bounds are at most the threshold of {@code candidates}. */
    private void scan(int list, float constant, Candidates candidates, Marked marked) {
        float add = bytes.add(constant, blocks.largestTerm(list));
        int end = data.lists().begin(list) + data.lists().size(list);
        for (int slot = data.lists().begin(list); slot < end; slot += CHUNK * FastScan.BLOCK) {
            int count = Math.min(CHUNK * FastScan.BLOCK, end - slot);
            int chunk = (count + FastScan.BLOCK - 1) / FastScan.BLOCK;
            kernel.scan(blocks.address(slot), chunk, blocks.parts(), bytes.address(), data.terms().address() + slot * 4L,
                    bytes.scale(), add, candidates.threshold(0), bounds, marks);
            for (int b = 0; b < chunk; b++) {
                int bits = Lanes.ALL.get(InvertedLists.INT, marks + b * 4L);
                for (; bits != 0; bits &= bits - 1) {
                    int i = b * FastScan.BLOCK + Integer.numberOfTrailingZeros(bits);
                    if (i < count && (mask == null || mask.allows(data.lists().row(slot + i)))) {
                        marked.slot(slot + i, Lanes.get(bounds + i * 4L));
                    }
                }
            }
        }
    }

    private void sum(int slot, float constant, Candidates best) {
        slots[filled] = slot;
        added[filled] = constant;
        if (++filled == STEP) {
            offer(best);
        }
    }

    /** Offers the codes that wait for their sums. */
    private void offer(Candidates best) {
        for (int i = 0; i < filled; i++) {
            sums[i] = data.terms().get(Matrix.FLOAT, slots[i] * 4L);
        }
        for (int g = 0; g < tables.groups.length; g++) {
            long parts = blocks.address(0) + g * 2L * CodeKernel.GROUP * FastScan.PART;
            CodeKernel.addShort(parts, blocks.stride(), slots, filled, tables.groups[g], sums);
        }
        for (int i = 0; i < filled; i++) {
            best.offer(0, sums[i] + added[i], data.lists().row(slots[i])); // ties go in order of rows, whatever their lists
        }
        filled = 0;
    }

    @Override
    public void close() {
        scratch.close();
    }
}
