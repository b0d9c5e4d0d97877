package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.ProductShape.GROUP;
import static dev.perigee.compute.cuda.Slot.Part.CONSTANT;
import static dev.perigee.compute.cuda.Slot.Part.GAMMA;
import static dev.perigee.compute.cuda.Slot.Part.LIMITS;
import static dev.perigee.compute.cuda.Slot.Part.LIST;
import static dev.perigee.compute.cuda.Slot.Part.LIST_COUNTS;
import static dev.perigee.compute.cuda.Slot.Part.SHADOWS;
import static dev.perigee.compute.cuda.Slot.Part.UNIT;

import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IvfFlatData;
import dev.perigee.vector.RowMask;

/** The search of lists of rows: exact among the rows of the lists that are probed. */
final class RowListSearch extends ListTileSearch {
    private static final int WIDE = 64;
    private static final int NARROW = 16;
    /** Fewer queries than this to a list, and a narrow block wastes less than it lacks. */
    private static final int WIDE_FROM = 20;
    private static final int WIDE_STAGES = 4;
    private static final int NARROW_STAGES = 6;

    private final FlatData data;
    private final Scale scale;
    private final DeviceBuffer centre;
    private final DeviceRows rows;
    private final long position;
    private final boolean l2;

    RowListSearch(QueryBlock block, QueryBlock coarse, DeviceLists lists, ListTile tile, RowMask mask, long position) {
        super(block, coarse, lists, tile, mask);
        this.data = ((IvfFlatData) lists.data()).slots();
        this.scale = lists.scale();
        this.centre = lists.centre();
        this.rows = tile.rows();
        this.position = position;
        this.l2 = data.distance() == Distance.L2;
    }

    @Override
    void scan() {
        planProbes();
        if (rows.scan() == Scan.SHADOWS) {
            ingestQueries(centre, l2, scale.queries(), scale.rows(), scale.accumulation(), true, 0);
            scanShadows(sharing() >= WIDE_FROM);
        } else {
            ingestQueries(centre, l2, 0, 0, 0, false, data.length());
            planItems(WIDE);
            Arguments a = block.putQueries(slot.of(Kernel.LISTS_DIRECT)).put(rows.rows).put(data.rows().stride() / 4)
                    .put(block.dim).put(l2 ? 1 : 0);
            putPlan(putMask(a).put(tile.rowOf));
            slot.launch(blocks(Kernel.LISTS_DIRECT, 256, 0), 1, 256, 0);
        }
    }

    private void scanShadows(boolean wide) {
        int queries = wide ? WIDE : NARROW;
        planItems(queries);
        Kernel kernel = wide ? Kernel.LISTS_GROUPMIN : Kernel.LISTS_GROUPMIN_NARROW;
        int bytes = (wide ? WIDE_STAGES : NARROW_STAGES) * ProductShape.stageBytes(queries);
        Arguments a = slot.of(kernel).put(slot.at(SHADOWS))
                .put(rows.shadows()).put(rows.starts());
        putPlan(putMask(a).put(ProductShape.chunks(block.dim)));
        slot.launch(blocks(kernel, 128, bytes), 1, 128, bytes);
    }

    @Override
    void collect(DeviceBuffer active, int queries, boolean again, int begin, int end) {
        boolean shadowed = rows.scan() == Scan.SHADOWS;
        float relative = !shadowed && l2 ? (block.dim + 8) * 0x1.1p-24f : 0;
        select(active, queries, again, begin, end, new Errors(rows.groupNorm, rows.groupError, rows.groupStart, rows.largest,
                shadowed ? scale.accumulation() : 0, relative, 0));
        Arguments a = block.putQueries(putActive(slot.of(Kernel.RESCORE_EXACT), active)).put(rows.rows)
                .put(data.rows().stride() / 4).put(tile.slots()).put(block.dim).put(l2 ? 1 : 0);
        putMask(a).put(tile.rowOf).put(GROUP).put(slot.at(LIST_COUNTS)).put(slot.at(LIST)).put(block.groupCapacity)
                .put(slot.at(LIMITS)).put(slot.at(GAMMA)).put(slot.at(UNIT)).put(slot.at(CONSTANT)).put(position);
        block.putPool(a);
        slot.launch(rescoreBlocks(queries), queries, 256, 0);
    }
}
