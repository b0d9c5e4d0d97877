package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.Slot.Part.ALPHA;
import static dev.perigee.compute.cuda.Slot.Part.BEGINS;
import static dev.perigee.compute.cuda.Slot.Part.BETA;
import static dev.perigee.compute.cuda.Slot.Part.CONSTANT;
import static dev.perigee.compute.cuda.Slot.Part.CURSORS;
import static dev.perigee.compute.cuda.Slot.Part.GAMMA;
import static dev.perigee.compute.cuda.Slot.Part.ITEM_BEGINS;
import static dev.perigee.compute.cuda.Slot.Part.LIMITS;
import static dev.perigee.compute.cuda.Slot.Part.LIST;
import static dev.perigee.compute.cuda.Slot.Part.LIST_COUNTS;
import static dev.perigee.compute.cuda.Slot.Part.LIST_PROBES;
import static dev.perigee.compute.cuda.Slot.Part.MINIMA;
import static dev.perigee.compute.cuda.Slot.Part.PAIRS;
import static dev.perigee.compute.cuda.Slot.Part.PAIR_BEGINS;
import static dev.perigee.compute.cuda.Slot.Part.PAIR_COUNTS;
import static dev.perigee.compute.cuda.Slot.Part.SHADOWS;
import static dev.perigee.compute.cuda.Slot.Part.UNIT;

import dev.perigee.vector.RowMask;

/**
 * The search of a tile of inverted lists, for the lists that each query probes: list by list, with all queries that probe it.
 * Which kernel scans follows from how many those are; it changes no answer.
 */
abstract class ListTileSearch extends TileSearch {
    /** Groups of an item of the plan, and of a small one where there are few. */
    private static final int ITEM_GROUPS = 64;
    private static final int SMALL_ITEM_GROUPS = 16;
    private static final int FEW_QUERIES = 64;

    final ListTile tile;
    final int columns;
    private final QueryBlock coarse;
    private final DeviceLists lists;
    private final RowMask mask;

    /** @param coarse whose answers are the lists that each query probes */
    ListTileSearch(QueryBlock block, QueryBlock coarse, DeviceLists lists, ListTile tile, RowMask mask) {
        super(block);
        this.coarse = coarse;
        this.lists = lists;
        this.tile = tile;
        this.mask = mask;
        this.columns = (int) lists.mostGroups(coarse.most);
    }

    static ListTileSearch of(QueryBlock block, QueryBlock coarse, DeviceLists lists, ListTile tile, RowMask mask, long position) {
        if (tile.sqCodes() != null) {
            return new SqListSearch(block, coarse, lists, tile, mask, position);
        }
        return tile.codes() == null ? new RowListSearch(block, coarse, lists, tile, mask, position)
                : new CodeListSearch(block, coarse, lists, tile, mask, position);
    }

    /** Makes the memory that it takes, but for what {@link FlatTile#reserve} makes. The stream is idle. */
    static void reserve(QueryBlock block, QueryBlock coarse, DeviceLists lists) {
        Slot slot = block.slot;
        long pairs = (long) block.count * coarse.most;
        int count = lists.lists().lists();
        slot.reserve(LIST_PROBES, (long) block.count * block.groupCapacity * 4);
        slot.reserve(BEGINS, (long) block.count * (coarse.most + 1) * 4);
        slot.reserve(PAIRS, pairs * 4);
        for (Slot.Part perList : new Slot.Part[] {PAIR_COUNTS, CURSORS, PAIR_BEGINS, ITEM_BEGINS}) {
            slot.reserve(perList, (count + 1) * 4L);
        }
    }

    @Override
    final int groups() {
        return columns;
    }

    final int lists() {
        return lists.lists().lists();
    }

    /** Queries that share a list, on average. */
    final double sharing() {
        return (double) block.count * coarse.most / lists();
    }

    final Arguments putMask(Arguments a) {
        return mask == null ? a.none() : a.put(slot.mask(mask, lists.lists()), tile.firstGroup() * 4L);
    }

    final Arguments putActive(Arguments a, DeviceBuffer active) {
        return active == null ? a.none() : a.put(active);
    }

    /** The lists of each query: numbers, counts and how many there may be. */
    final Arguments putProbes(Arguments a) {
        return putProbeCounts(putLists(a));
    }

    final Arguments putLists(Arguments a) {
        return a.put(coarse.memory(), coarse.layout().positions());
    }

    final Arguments putProbeCounts(Arguments a) {
        return a.put(coarse.memory(), coarse.layout().topCounts()).put(coarse.most);
    }

    final Arguments putCentroidDistances(Arguments a) {
        return a.put(coarse.memory(), coarse.layout().distances());
    }

    final int probes() {
        return coarse.most;
    }

    private int itemGroups() {
        return block.count <= FEW_QUERIES ? SMALL_ITEM_GROUPS : ITEM_GROUPS;
    }

    /** Blocks that walk along the items: as many as run at a time. */
    final int blocks(Kernel kernel, int threads, int sharedBytes) {
        return slot.device().multiprocessors() * Math.max(1, slot.module().blocksPerMultiprocessor(kernel, threads, sharedBytes));
    }

    /** Numbers the groups of each query. */
    final void planProbes() {
        slot.at(PAIR_COUNTS).fill(0, lists() * 4L, 0, slot.stream());
        putProbes(slot.of(Kernel.PLAN_PROBES)).put(block.count).put(tile.listGroups).put(slot.at(BEGINS))
                .put(slot.at(PAIR_COUNTS));
        slot.launch((block.count + 7) / 8, 1, 256, 0);
    }

    /** Makes items of up to so many queries. */
    final void planItems(int queries) {
        slot.of(Kernel.PLAN_LISTS).put(slot.at(PAIR_COUNTS)).put(tile.listGroups).put(lists()).put(queries).put(itemGroups())
                .put(slot.at(PAIR_BEGINS)).put(slot.at(ITEM_BEGINS)).put(slot.at(CURSORS));
        slot.launch(1, 1, 512, 0);
        putProbes(slot.of(Kernel.PLAN_PAIRS)).put(block.count).put(tile.listGroups).put(slot.at(CURSORS)).put(slot.at(PAIRS));
        slot.launch((block.count + 7) / 8, 1, 256, 0);
    }

    /** The plan and where minima go: the last arguments of a scan. */
    final Arguments putPlan(Arguments a) {
        return a.put(slot.at(PAIRS)).put(slot.at(PAIR_BEGINS)).put(slot.at(ITEM_BEGINS)).put(tile.listGroups)
                .put(tile.firstGroups).put(lists()).put(itemGroups()).put(probes()).put(slot.at(BEGINS)).put(slot.at(MINIMA)).put((long) columns);
    }

    /** What bounds the error of a key: of the groups, then of sums, of the key itself, and besides. */
    record Errors(DeviceBuffer norm, DeviceBuffer error, DeviceBuffer start, DeviceBuffer largest, float accumulation,
            float relative, double slack) {
    }

    final void select(DeviceBuffer active, int queries, boolean again, int begin, int end, Errors errors) {
        Arguments a = putActive(slot.of(Kernel.LISTS_SELECT), active).put(slot.at(MINIMA)).put((long) columns)
                .put(slot.at(BEGINS));
        putProbeCounts(putLists(a)).put(tile.firstGroups).put(block.ks()).put(slot.at(ALPHA)).put(slot.at(BETA))
                .put(slot.at(GAMMA)).put(slot.at(UNIT)).put(slot.at(CONSTANT)).put(errors.norm).put(errors.error)
                .put(errors.start).put(errors.largest).put(errors.accumulation).put(errors.relative).put(errors.slack);
        block.putFound(a).put(again ? 1 : 0).put(begin).put(end).put(slot.at(LIMITS)).put(block.groupCapacity)
                .put(slot.at(LIST_COUNTS)).put(slot.at(LIST)).put(slot.at(LIST_PROBES));
        slot.launch(queries, 1, selectThreads(), 0);
    }

    /**
     * Makes keys of queries comparable with those of the tile.
     *
     * @param centre what vectors are taken around
     * @param shadowed whether shadows of the queries are wanted
     * @param longest norm of the longest row where the distances are float, else 0
     */
    final void ingestQueries(DeviceBuffer centre, boolean l2, double queryScale, double rowScale, float accumulation,
            boolean shadowed, double longest) {
        Arguments a = block.putQueries(slot.of(Kernel.INGEST_QUERIES)).put(block.count).put(block.dim).put(centre)
                .put(l2 ? 1 : 0).put(queryScale).put(rowScale).put(accumulation).put(longest);
        (shadowed ? a.put(slot.at(SHADOWS)) : a.none()).put(slot.at(ALPHA)).put(slot.at(BETA)).put(slot.at(GAMMA))
                .put(slot.at(UNIT)).put(slot.at(CONSTANT));
        slot.launch(FlatTile.padded(block.count) / 8, 1, 256, 0);
    }
}
