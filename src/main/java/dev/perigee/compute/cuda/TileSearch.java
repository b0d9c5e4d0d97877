package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.ProductShape.GROUP;
import static dev.perigee.compute.cuda.Slot.Part.ACTIVE;

/**
 * The search of a tile for a block of queries: a scan gives the smallest key of each group of 32 rows, the groups that can hold
 * a neighbour by proven bounds are re-scored as the reference does, and merged with what was found before. A query whose
 * candidates outgrow their memory is searched again in small pieces, so nothing is ever left out.
 */
abstract class TileSearch {
    private static final int RESCORE_BLOCKS_PER_MULTIPROCESSOR = 8;
    private static final int RESCORE_MOST = 32;
    private static final int SELECT_LEAST = 128;
    private static final int SELECT_MOST = 512;
    /** Groups of a thread that selects, beyond which a block has as many threads as it can. */
    private static final int SELECT_GROUPS = 32;

    final QueryBlock block;
    final Slot slot;

    TileSearch(QueryBlock block) {
        this.block = block;
        this.slot = block.slot;
    }

    /** Most groups of a query. */
    abstract int groups();

    /** Gives the minima. */
    abstract void scan();

    /**
     * Adds the rows of the groups {@code begin} to {@code end} that can be neighbours to the pools.
     *
     * @param active the queries in question, null for all
     * @param again  whether the limits are there already
     */
    abstract void collect(DeviceBuffer active, int queries, boolean again, int begin, int end);

    /** Blocks that share the candidates of a query. */
    final int rescoreBlocks(int queries) {
        return Math.clamp(slot.device().multiprocessors() * RESCORE_BLOCKS_PER_MULTIPROCESSOR / queries, 1, RESCORE_MOST);
    }

    /** Threads that select groups of a query: four times its places, for its limit is the k-th smallest of what each saw. */
    final int selectThreads() {
        int threads = Math.max(4 * block.most, groups() / SELECT_GROUPS);
        return Math.clamp(ChainKey.rounded(threads), SELECT_LEAST, SELECT_MOST);
    }

    /** Gives all of it to the stream; whether candidates overflowed is known once the block is fetched. */
    final void enqueue() {
        scan();
        collect(null, block.count, false, 0, groups());
        block.merge(null, block.count);
    }

    /** The same until every answer is complete: fetches, and searches again what overflowed. */
    final void search() {
        enqueue();
        block.fetch();
        if (complete()) {
            block.fetch();
        }
    }

    /** After a fetch: searches again what overflowed. @return whether anything did */
    final boolean complete() {
        int[] queries = block.overflown();
        if (queries.length == 0) {
            return false;
        }
        slot.upload(ACTIVE, queries);
        DeviceBuffer active = slot.at(ACTIVE);
        // so few groups at a time that all their rows have room in the pool
        int piece = Math.min(block.groupCapacity, (block.poolCapacity - block.most) / GROUP);
        for (int begin = 0; begin < groups(); begin += piece) {
            collect(active, queries.length, true, begin, Math.min(groups(), begin + piece));
            block.merge(active, queries.length);
        }
        return true;
    }
}
