package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.Slot.Part.FACTORS;
import static dev.perigee.compute.cuda.Slot.Part.LIMITS;
import static dev.perigee.compute.cuda.Slot.Part.LIST;
import static dev.perigee.compute.cuda.Slot.Part.LIST_COUNTS;
import static dev.perigee.compute.cuda.Slot.Part.LIST_PROBES;
import static dev.perigee.compute.cuda.Slot.Part.WORDS;

import dev.perigee.vector.RowMask;

/**
 * The search of lists of scalar-quantised residuals, whose keys {@link dev.perigee.index.IvfSqData} defines: sums of integers
 * and three float operations, the same in the scan and when chosen groups are scored, so that no key has an error.
 */
final class SqListSearch extends ListTileSearch {
    /** Queries of an item. */
    private static final int QUERIES = 8;

    private final ListTile.SqCodes codes;
    private final int dims;
    private final long position;

    SqListSearch(QueryBlock block, QueryBlock coarse, DeviceLists lists, ListTile tile, RowMask mask, long position) {
        super(block, coarse, lists, tile, mask);
        this.codes = tile.sqCodes();
        this.dims = lists.sqModel().model().dims();
        this.position = position;
    }

    /** Bytes of shared memory that a block takes to scan. */
    static long scanBytes(int dims) {
        return (long) QUERIES * dims;
    }

    @Override
    void scan() {
        planProbes();
        planItems(QUERIES);
        int shared = (int) scanBytes(dims);
        Arguments a = slot.of(Kernel.SCAN_SQ).put(codes.codes()).put(dims).put(codes.terms());
        putPlan(putMask(a).put(slot.at(WORDS)).put(slot.at(FACTORS)));
        slot.launch(blocks(Kernel.SCAN_SQ, 256, shared), 1, 256, shared);
    }

    @Override
    void collect(DeviceBuffer active, int queries, boolean again, int begin, int end) {
        DeviceBuffer none = codes.noErrors();
        select(active, queries, again, begin, end, new Errors(none, none, none, none, 0, 0, 0));
        Arguments a = putActive(slot.of(Kernel.RESCORE_SQ), active).put(codes.codes()).put(dims).put(codes.terms())
                .put(tile.rowOf);
        putMask(a).put(slot.at(WORDS)).put(slot.at(FACTORS)).put(probes()).put(slot.at(LIST_COUNTS)).put(slot.at(LIST))
                .put(slot.at(LIST_PROBES)).put(block.groupCapacity).put(slot.at(LIMITS)).put(position);
        block.putPool(a);
        slot.launch(rescoreBlocks(queries), queries, 256, 0);
    }
}
