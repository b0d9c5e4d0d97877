package dev.perigee.compute.simd;

import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfPqData;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;

/** Marks the codes of 4 bits a part that may be near by {@link FastScan}, sums those in float and offers them. */
final class ShortCodeScan implements CodeScan {
    /** Blocks that are marked against one threshold. */
    private static final int CHUNK = 8;

    private final FastScan kernel = FastScan.best();
    private final IvfPqData data;
    private final CodeBlocks blocks;
    private final RowMask mask;
    private final LookupTables.Tables tables;
    private final Scratch scratch;
    private final ByteTables bytes;
    private final long marks;
    private final int[] slots = new int[CHUNK * FastScan.BLOCK];
    private final float[] sums = new float[CHUNK * FastScan.BLOCK];

    ShortCodeScan(IvfPqData data, LookupTables tables, CodeBlocks blocks, RowMask mask, Scratch.Pool pool) {
        this.data = data;
        this.blocks = blocks;
        this.mask = mask;
        this.tables = tables.new Tables();
        long tableBytes = ByteTables.bytes(blocks.parts());
        this.scratch = pool.take(tableBytes + CHUNK * 4L);
        this.bytes = new ByteTables(this.tables.groups, blocks.parts(), scratch.memory().asSlice(0, tableBytes));
        this.marks = scratch.address() + tableBytes;
    }

    @Override
    public void query(Matrix queries, int query) {
        tables.fill(queries, query);
        bytes.fill();
    }

    @Override
    public void list(Candidates candidates, int list, float constant) {
        int end = data.lists().begin(list) + data.lists().size(list);
        for (int slot = data.lists().begin(list); slot < end; slot += CHUNK * FastScan.BLOCK) {
            int count = Math.min(CHUNK * FastScan.BLOCK, end - slot);
            float limit = bytes.limit(candidates.threshold(0), constant, blocks.largestTerm(list));
            kernel.mark(blocks.address(slot), (count + FastScan.BLOCK - 1) / FastScan.BLOCK, blocks.parts(), bytes.address(),
                    data.terms().address() + slot * 4L, bytes.scale(), limit, marks);
            offer(candidates, marked(slot, count), constant);
        }
    }

    /** Lists the slots that are marked and allowed; returns how many. */
    private int marked(int from, int count) {
        int found = 0;
        for (int b = 0; b * FastScan.BLOCK < count; b++) {
            int bits = Lanes.ALL.get(InvertedLists.INT, marks + b * 4L);
            while (bits != 0) {
                int i = b * FastScan.BLOCK + Integer.numberOfTrailingZeros(bits);
                bits &= bits - 1;
                if (i < count && (mask == null || mask.allows(data.lists().row(from + i)))) {
                    slots[found++] = from + i;
                }
            }
        }
        return found;
    }

    private void offer(Candidates candidates, int count, float constant) {
        for (int i = 0; i < count; i++) {
            sums[i] = data.terms().get(Matrix.FLOAT, slots[i] * 4L);
        }
        int stride = data.model().quantizer().codeStride();
        for (int g = 0; g < tables.groups.length; g++) {
            CodeKernel.addShort(data.codes().address() + g * CodeKernel.GROUP, stride, slots, count, tables.groups[g], sums);
        }
        for (int i = 0; i < count; i++) {
            float key = sums[i] + constant;
            if (key <= candidates.threshold(0)) {
                candidates.offer(0, key, data.lists().row(slots[i])); // ties go in order of rows, whatever their lists
            }
        }
    }

    @Override
    public void close() {
        scratch.close();
    }
}
