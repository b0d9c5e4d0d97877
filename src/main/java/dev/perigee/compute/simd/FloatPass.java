package dev.perigee.compute.simd;

import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.util.Arrays;

/**
 * One worker's part of a float pass: scans ranges of slots for some queries and offers what is near to its own candidates,
 * by slot. Keys are estimates of the distance, off by the bound of the way they were made at the most.
 */
final class FloatPass implements AutoCloseable {
    /** From this many queries on, packing the rows costs less than reading them again for each query. */
    static final int TILE_FROM = 4;
    /** Queries of a list that are packed together: their groups stay in the second-level cache. */
    private static final int PACKED = 40 * Tile.QUERIES;
    /** Rows whose distances are made before they are looked at. */
    private static final int CHUNK = 512;
    static final float[] NO_START = new float[Tile.STRIP];

    final Candidates candidates;
    private final Scratch scratch;
    private final float[] products = new float[Tile.QUERIES * Tile.STRIP];
    private final float[] starts = new float[Tile.STRIP];
    private final float[] distances;

    FloatPass(Candidates candidates, Scratch.Pool pool, int dim, boolean tiles) {
        this.candidates = candidates;
        this.scratch = tiles ? pool.take(Tile.stripBytes(dim) + PACKED / Tile.QUERIES * Tile.groupBytes(dim)) : null;
        this.distances = tiles ? null : new float[CHUNK];
    }

    /** Packs the queries {@code members[begin]} to {@code members[end - 1]} of a block at {@code to}, groups of six in order. */
    static void pack(Weights weights, int[] members, int begin, int end, int dim, long to) {
        for (int i = 0; i < end - begin; i++) {
            Tile.packQuery(weights.row(members[begin + i]), dim, to + i / Tile.QUERIES * Tile.groupBytes(dim), i % Tile.QUERIES);
        }
    }

    /** All queries of a block, as members. */
    static int[] all(int count) {
        int[] members = new int[count];
        Arrays.setAll(members, q -> q);
        return members;
    }

    /** Scans slots for the queries {@code members[begin]} to {@code members[end - 1]} of the block, packed here. */
    void scan(Slots slots, int from, int to, int[] members, int begin, int end, Weights weights) {
        long packed = scratch.address() + Tile.stripBytes(slots.data().dim());
        for (int first = begin; first < end; first += PACKED) {
            int last = Math.min(end, first + PACKED);
            pack(weights, members, first, last, slots.data().dim(), packed);
            scan(slots, from, to, packed, members, first, last, weights);
        }
    }

    /** The same for queries that lie packed at {@code packed}. */
    void scan(Slots slots, int from, int to, long packed, int[] members, int begin, int end, Weights weights) {
        int dim = slots.data().dim();
        for (int slot = from; slot < to; slot += Tile.STRIP) {
            int rows = packStrip(slots, slot, to);
            for (int first = begin; first < end; first += Tile.QUERIES) {
                long group = packed + (first - begin) / Tile.QUERIES * Tile.groupBytes(dim);
                Tile.multiply(group, scratch.address(), dim, products);
                for (int i = 0; i < Math.min(Tile.QUERIES, end - first); i++) {
                    int q = members[first + i];
                    take(i, q, weights.constants()[q], slot, rows);
                }
            }
        }
    }

    /** Scans slots for one query (member {@code q} of the block, row {@code query} of {@code queries}) without packing. */
    void scanOne(Slots slots, int from, int to, Matrix queries, int query, int q) {
        FlatData data = slots.data();
        for (int slot = from; slot < to; slot += CHUNK) {
            int count = Math.min(CHUNK, to - slot);
            direct(data, queries.address(query), slot, count, distances);
            for (int i = 0; slots.mask() != null && i < count; i++) {
                if (!slots.allows(slot + i)) {
                    distances[i] = Float.POSITIVE_INFINITY;
                }
            }
            for (int i = 0; i < count; i += Tile.STRIP) {
                if (Tile.anyAtMost(distances, i, NO_START, candidates.threshold(q))) {
                    offer(distances, i, NO_START, 0f, q, slot + i, Math.min(Tile.STRIP, count - i));
                }
            }
        }
    }

    /** Distances of one query to {@code count} rows, directly in float, without the mean. */
    static void direct(FlatData data, long query, int row, int count, float[] distances) {
        if (data.distance() == Distance.L2) {
            RowKernel.l2(query, data.rows().address(row), count, data.rows().stride(), distances);
        } else {
            RowKernel.negatedDot(query, data.rows().address(row), count, data.rows().stride(), distances);
        }
    }

    /** Packs the strip at {@code slot}; rows that may not be returned get an infinite start. Returns the rows in it. */
    private int packStrip(Slots slots, int slot, int to) {
        FlatData data = slots.data();
        int rows = Math.min(Tile.STRIP, to - slot);
        Tile.packRows(data.rows().address(slot), data.rows().stride(), rows, data.mean().address(0), data.dim(),
                scratch.address());
        for (int i = 0; i < rows; i++) {
            starts[i] = slots.allows(slot + i) ? Lanes.get(data.starts().address() + (slot + i) * 4L) : Float.POSITIVE_INFINITY;
        }
        Arrays.fill(starts, rows, Tile.STRIP, Float.POSITIVE_INFINITY);
        return rows;
    }

    /** Looks at the products of member {@code i} of the tile, which is query {@code q} of the block. */
    private void take(int i, int q, float constant, int slot, int rows) {
        if (Tile.anyAtMost(products, i * Tile.STRIP, starts, candidates.threshold(q) - constant)) {
            offer(products, i * Tile.STRIP, starts, constant, q, slot, rows);
        }
    }

    private void offer(float[] keys, int o, float[] start, float constant, int q, int slot, int rows) {
        for (int i = 0; i < rows; i++) {
            candidates.offer(q, keys[o + i] + start[i] + constant, slot + i);
        }
    }

    @Override
    public void close() {
        if (scratch != null) {
            scratch.close();
        }
    }
}
