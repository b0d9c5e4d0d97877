package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.Slot.Part.ANSWERS;
import static dev.perigee.compute.cuda.Slot.Part.KEEPS;
import static dev.perigee.compute.cuda.Slot.Part.KS;
import static dev.perigee.compute.cuda.Slot.Part.PROBES;
import static dev.perigee.compute.cuda.Slot.Part.PROBE_COUNTS;
import static dev.perigee.compute.cuda.Slot.Part.REFINED;

import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.IndexData;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.RowMask;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The search of a segment's inverted lists on one slot, a block of queries at a time: the exact search of the centroids,
 * whose answers stay on the device, then that of the lists that each query probes, then for codes the refinement from rows.
 * Where the lists are there as a whole that is one chain of launches; what overflowed is looked at when it is through.
 */
final class ListSearch {
    private final Slot slot;
    private final Probing probing;
    private final DeviceLists lists;
    private final int segment;
    private final boolean part;
    private final SearchBatch batch;
    private final int from;
    private final QueryBlock coarse;
    private final QueryBlock block;
    private final int asked;
    /** Per query, 0 for those that fill the block up: lists to probe, candidates to keep, whether they are refined. */
    private final int[] probes;
    private final int[] keeps;
    private final int[] refined;

    private ListSearch(Slot slot, Probing probing, DeviceLists lists, int segment, boolean part, SearchBatch batch,
            int from, int asked, int count, int mostProbes, int mostKept) {
        this.slot = slot;
        this.probing = probing;
        this.lists = lists;
        this.segment = segment;
        this.part = part;
        this.batch = batch;
        this.from = from;
        this.asked = asked;
        this.coarse = new QueryBlock(slot, count, batch.queries(), mostProbes, PROBE_COUNTS, PROBES);
        this.block = new QueryBlock(slot, count, batch.queries(), mostKept, KEEPS, ANSWERS);
        this.probes = new int[count];
        this.keeps = new int[count];
        this.refined = new int[count];
        for (int q = 0; q < asked; q++) {
            probes[q] = probes(q + from);
            keeps[q] = keep(q + from);
            refined[q] = refine(q + from) > 0 ? 1 : 0;
        }
    }

    /**
     * Searches all queries of the batch and merges what is found into {@code into}.
     *
     * @param segment its number in the space
     * @param part    whether others have lists of the segment too: then few candidates here mean nothing
     */
    static void run(Slot slot, Probing probing, DeviceLists lists, int segment, boolean part, SearchBatch batch,
            long workBytes, TopK into) {
        for (int from = 0; from < batch.count();) {
            int left = batch.count() - from;
            ListSearch rest = new ListSearch(slot, probing, lists, segment, part, batch, from, left, left, 1, 1);
            int mostProbes = Math.min(probing.lists(), ChainKey.rounded(Arrays.stream(rest.probes).max().orElseThrow()));
            int mostKept = ChainKey.rounded(Arrays.stream(rest.keeps).max().orElseThrow());
            long bytes = probing.bytesPerQuery(mostProbes) + 4 * lists.mostGroups(mostProbes) + mostProbes * 12L
                    + QueryBlock.bytesPerQuery(mostProbes, batch.queries()) + QueryBlock.bytesPerQuery(mostKept, batch.queries());
            int most = QueryBlock.most(workBytes, bytes);
            int count = Math.min(most, left);
            int filled = Math.min(most, ChainKey.filled(count));
            new ListSearch(slot, probing, lists, segment, part, batch, from, count, filled, mostProbes, mostKept).search(into);
            from += count;
        }
    }

    private int probes(int query) {
        return Math.min(probing.lists(), batch.params()[query].probes());
    }

    /** Candidates to refine, 0 where the keys of codes are the answer. */
    private int refine(int query) {
        return switch (batch.params()[query]) {
            case SearchParams.IvfPq p -> p.refine();
            case SearchParams.IvfSq p -> part ? 0 : Math.max(1, p.refine());
            default -> 0;
        };
    }

    private int keep(int query) {
        int k = batch.k()[query];
        return k == 0 ? 0 : Math.max(k, refine(query));
    }

    private void search(TopK into) {
        slot.stream().synchronize(); // a search that failed may have left work
        boolean whole = probing.isWhole(slot) & lists.isWhole(slot);
        reserve();
        upload();
        if (!whole || !searchInOneChain()) {
            block.clear();
            enqueue(true);
            block.fetch();
        }
        collect(into);
    }

    /** @return false if a query's lists overflowed, so that the answers mean nothing */
    private boolean searchInOneChain() {
        block.reserveHost(coarse);
        RowMask mask = batch.mask(segment);
        if (mask != null) {
            slot.mask(mask, lists.lists()); // before anything is recorded
        }
        boolean refines = Arrays.stream(refined).sum() > 0;
        ChainKey key = block.count > ChainKey.MOST_QUERIES ? null
                : new ChainKey(lists, segment, block.count, coarse.most, block.most, refines, mask);
        slot.run(key, () -> {
            block.clear();
            enqueue(false);
            block.download(coarse);
        });
        block.fetched(coarse);
        if (coarse.overflown().length > 0) {
            return false;
        }
        TileSearch tile = block.overflown().length == 0 ? null : tile();
        if (tile != null && tile.complete()) {
            refine();
            block.fetch();
        }
        return true;
    }

    private void reserve() {
        coarse.reserve();
        block.reserve();
        probing.reserve(coarse);
        FlatTile.reserve(block, (int) lists.mostGroups(coarse.most));
        ListTileSearch.reserve(block, coarse, lists);
        slot.reserve(KS, block.count * 4L);
        slot.reserve(REFINED, block.count * 4L);
    }

    private void upload() {
        block.upload(batch.queries().slice(from, from + asked));
        slot.upload(PROBE_COUNTS, probes);
        slot.upload(KEEPS, keeps);
        int[] ks = new int[block.count];
        System.arraycopy(batch.k(), from, ks, 0, asked);
        slot.upload(KS, ks);
        slot.upload(REFINED, refined);
    }

    /**
     * Gives all of it to the stream.
     *
     * @param stepwise whether each tile is finished before the next begins, as it must be where there are several
     */
    private void enqueue(boolean stepwise) {
        coarse.clear();
        probing.enqueue(coarse, stepwise);
        RowMask mask = batch.mask(segment);
        lists.eachTile(slot, tile -> {
            if (tile.slots() > 0) {
                run(ListTileSearch.of(block, coarse, lists, tile, mask, TopK.at(segment, 0)), stepwise);
            }
        });
        refine();
    }

    /** The search of the one tile. */
    private TileSearch tile() {
        TileSearch[] one = new TileSearch[1];
        RowMask mask = batch.mask(segment);
        lists.eachTile(slot, tile -> one[0] = ListTileSearch.of(block, coarse, lists, tile, mask, TopK.at(segment, 0)));
        return one[0];
    }

    private static void run(TileSearch tile, boolean stepwise) {
        if (stepwise) {
            tile.search();
        } else {
            tile.enqueue();
        }
    }

    /** Exact distances instead of those of codes, for the queries that want them. */
    private void refine() {
        if (!lists.isCodes() || Arrays.stream(refined).sum() == 0) {
            return;
        }
        Arguments a = block.putQueries(slot.of(Kernel.REFINE_EXACT).put(slot.at(REFINED)));
        lists.rows().put(a).put(block.dim).put(lists.data().distance() == Distance.L2 ? 1 : 0)
                .put(block.memory(), block.layout().topCounts()).put(block.memory(), block.layout().positions()).put(block.most);
        block.putPool(a);
        slot.launch(block.count, 1, 256, 0);
        block.merge(null, block.count, slot.at(KS), block.layout().unused());
    }

    private void collect(TopK into) {
        if (!lists.isCodes()) {
            block.collect(lists.data().distance(), into, from, asked);
            return;
        }
        IndexData data = lists.data();
        Queue<Integer> few = new ConcurrentLinkedQueue<>();
        block.collect((q, distances, positions, top) -> {
            if (!part && distances.length < batch.k()[from + q]) {
                few.add(q); // few rows, or keys that float cannot hold
                return;
            }
            for (int i = 0; i < distances.length; i++) {
                if (refined[q] == 0 && data instanceof IvfPqData codes) {
                    distances[i] = codes.fromCode(distances[i]);
                } else if (data.distance() != Distance.L2) {
                    distances[i] = distances[i] == 0 ? -0.0 : distances[i]; // as the reference has it
                }
            }
            top.offerSorted(from + q, distances, positions, 0, distances.length);
        }, into, asked);
        few.parallelStream().forEach(q -> CodeFallback.compareAll(data, segment, batch, from + q, into));
    }
}
