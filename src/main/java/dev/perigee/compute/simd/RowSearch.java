package dev.perigee.compute.simd;

import dev.perigee.compute.TopK;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.util.Arrays;

/**
 * Searches whole rows, all of them or those of probed lists, for a block of queries: a float pass spread over the cores,
 * each with candidates of its own, then re-scoring spread over the queries.
 */
final class RowSearch {
    /** Fewer rows x queries x dims than this are not worth waking another core for. */
    private static final long SPREAD_FROM = 1 << 20;
    /** Rows of one task of a flat pass. */
    private static final int TASK = 128 * Tile.STRIP;
    /** Packed queries of a flat pass stay in the last-level cache. */
    private static final long FLAT_BLOCK_BYTES = 3 << 20;
    /** With lists, more queries share each of them. */
    private static final long LIST_BLOCK_BYTES = 64 << 20;
    private static final long CANDIDATE_BYTES = 64 << 20;
    private static final int MAX_BLOCK = 4096;
    private static final int[] ALL_ROWS = {0};

    private final Workers workers;
    private final Scratch.Pool pool;

    RowSearch(Workers workers, Scratch.Pool pool) {
        this.workers = workers;
        this.pool = pool;
    }

    /** What becomes of a query once its candidates are there. */
    interface Finish {
        void query(Candidates candidates, int q, int query, Rescorer.Bound bound);
    }

    /** Queries of one block, by what their candidates and weights take. */
    int block(int keep, int dim, boolean flat) {
        long candidates = CANDIDATE_BYTES / (Candidates.bytes(keep) * (workers.threads() + 1));
        long weights = (flat ? FLAT_BLOCK_BYTES : LIST_BLOCK_BYTES) / Matrix.stride(dim);
        long block = Math.max(FloatPass.TILE_FROM, Math.min(MAX_BLOCK, Math.min(candidates, Math.max(96, weights))));
        return (int) (block / Tile.QUERIES * Tile.QUERIES + (block < Tile.QUERIES ? block : 0));
    }

    /** The k nearest of all rows, merged into {@code into}, for queries {@code from} to {@code to}. */
    void searchFlat(Slots slots, Matrix queries, int from, int to, TopK into) {
        pass(slots, queries, from, to, keeps(into, from, to), into, (candidates, q, query, bound) ->
                Rescorer.finish(candidates, q, bound, slots, ALL_ROWS, queries, query, into));
    }

    static int[] keeps(TopK into, int from, int to) {
        int[] keep = new int[to - from];
        for (int q = 0; q < keep.length; q++) {
            keep[q] = Rescorer.keep(into.k(from + q));
        }
        return keep;
    }

    /**
     * A pass over all rows with {@code keep} candidates per query, each handed to {@code finish}.
     *
     * @param into what the candidates will be merged into, null if they are not
     */
    void pass(Slots slots, Matrix queries, int from, int to, int[] keep, TopK into, Finish finish) {
        int count = to - from;
        int rows = slots.data().count();
        boolean spread = (long) rows * count * queries.dim() >= SPREAD_FROM;
        int tasks = (rows + TASK - 1) / TASK;
        if (count < FloatPass.TILE_FROM) {
            Rescorer.Bound bound = direct(slots.data(), queries, from, to);
            onePass(keep, bound, into, from, tasks * count, spread, queries.dim(), false, finish, (pass, task) -> {
                int q = task / tasks;
                int begin = task % tasks * TASK;
                pass.scanOne(slots, begin, Math.min(rows, begin + TASK), queries, from + q, q);
            });
            return;
        }
        long packedBytes = (count + Tile.QUERIES - 1) / Tile.QUERIES * Tile.groupBytes(queries.dim());
        try (Scratch memory = pool.take(Weights.bytes(count, queries.dim()) + packedBytes)) {
            Weights weights = Weights.of(slots.data(), queries, from, to, memory.address());
            long packed = memory.address() + Weights.bytes(count, queries.dim());
            int[] all = FloatPass.all(count);
            FloatPass.pack(weights, all, 0, count, queries.dim(), packed);
            onePass(keep, (q, key) -> weights.bounds()[q], into, from, tasks, spread, queries.dim(), true, finish,
                    (pass, task) -> pass.scan(slots, task * TASK, Math.min(rows, (task + 1) * TASK), packed,
                            all, 0, count, weights));
        }
    }

    /**
     * The k nearest among the rows of each query's lists, merged into {@code into}.
     *
     * @param probes lists of each query of the block, none twice
     */
    void searchLists(Slots slots, Matrix queries, int from, int to, int[][] probes, TopK into) {
        int count = to - from;
        int lists = slots.lists().lists();
        int[] keep = keeps(into, from, to);
        Finish finish = (candidates, q, query, bound) ->
                Rescorer.finish(candidates, q, bound, slots, probes[q], queries, query, into);
        int[] begins = new int[lists + 1];
        int[] members = members(probes, begins);
        long work = (long) slots.data().count() / Math.max(1, lists) * members.length * queries.dim();
        if (members.length < (long) FloatPass.TILE_FROM * lists) {
            Rescorer.Bound bound = direct(slots.data(), queries, from, to);
            onePass(keep, bound, into, from, count, work >= SPREAD_FROM, queries.dim(), false, finish, (pass, q) -> {
                for (int list : probes[q]) {
                    pass.scanOne(slots, slots.begin(list), slots.begin(list) + slots.size(list), queries, from + q, q);
                }
            });
            return;
        }
        try (Scratch memory = pool.take(Weights.bytes(count, queries.dim()))) {
            Weights weights = Weights.of(slots.data(), queries, from, to, memory.address());
            onePass(keep, (q, key) -> weights.bounds()[q], into, from, lists, work >= SPREAD_FROM, queries.dim(), true, finish,
                    (pass, list) -> pass.scan(slots, slots.begin(list), slots.begin(list) + slots.size(list),
                            members, begins[list], begins[list + 1], weights));
        }
    }

    /** Queries of each list, in order of lists: those of list l from begins[l] to begins[l + 1]. */
    private static int[] members(int[][] probes, int[] begins) {
        for (int[] lists : probes) {
            for (int list : lists) {
                begins[list + 1]++;
            }
        }
        for (int l = 1; l < begins.length; l++) {
            begins[l] += begins[l - 1];
        }
        int[] next = begins.clone();
        int[] members = new int[begins[begins.length - 1]];
        for (int q = 0; q < probes.length; q++) {
            for (int list : probes[q]) {
                members[next[list]++] = q;
            }
        }
        return members;
    }

    private static Rescorer.Bound direct(FlatData data, Matrix queries, int from, int to) {
        double[] lengths = new double[to - from];
        for (int q = 0; q < lengths.length; q++) {
            lengths[q] = Rescorer.length(queries, from + q);
        }
        return (q, key) -> data.directBound(lengths[q], key);
    }

    private interface Scan {
        void task(FloatPass pass, int task);
    }

    /** Tasks over the cores, one {@link FloatPass} for each, then the finish of each query over the cores. */
    private void onePass(int[] keep, Rescorer.Bound bound, TopK into, int from, int tasks, boolean spread, int dim,
            boolean tiles, Finish finish, Scan scan) {
        FloatPass[] passes = new FloatPass[workers.threads()];
        try {
            workers.run(tasks, spread, (worker, task) -> {
                if (passes[worker] == null) {
                    passes[worker] = new FloatPass(limited(keep, bound, into, from), pool, dim, tiles);
                }
                scan.task(passes[worker], task);
            });
        } finally {
            for (FloatPass pass : passes) {
                if (pass != null) {
                    pass.close();
                }
            }
        }
        Candidates[] parts = Arrays.stream(passes).filter(p -> p != null).map(p -> p.candidates).toArray(Candidates[]::new);
        if (parts.length == 0) {
            return; // no rows
        }
        int share = 16;
        workers.run((keep.length + share - 1) / share, spread, (worker, task) -> {
            for (int q = task * share; q < Math.min(keep.length, (task + 1) * share); q++) {
                for (int part = 1; part < parts.length; part++) {
                    parts[0].offerAll(q, parts[part], q);
                }
                finish.query(parts[0], q, from + q, bound);
            }
        });
    }

    /** Candidates that let in only what can still enter {@code into} (null: everything). */
    private static Candidates limited(int[] keep, Rescorer.Bound bound, TopK into, int from) {
        Candidates candidates = new Candidates(keep);
        for (int q = 0; into != null && q < keep.length; q++) {
            double threshold = into.threshold(from + q);
            if (threshold < Float.MAX_VALUE) {
                candidates.limit(q, Rescorer.limit(into, from + q, bound.at(q, (float) threshold) * 1.001));
            }
        }
        return candidates;
    }
}
