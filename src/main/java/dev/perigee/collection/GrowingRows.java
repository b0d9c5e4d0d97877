package dev.perigee.collection;

import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Rows in memory, added at the end until it is full. What was added is seen through {@link #segment}s, which are never
 * changed: rows behind their end may be. One writer at a time.
 */
final class GrowingRows extends Shared {
    private final Arena arena = Arena.ofShared();
    private final Distance distance;
    private final Matrix given;
    /** For cosine the unit rows, else the rows as given. */
    private final Matrix rows;
    private final MemorySegment starts;
    private final long[] ids;
    private Matrix mean;
    private boolean centred;
    private FlatData.Extent extent = FlatData.Extent.NONE;
    private int count;

    GrowingRows(Distance distance, int dim, int capacity) {
        this.distance = distance;
        this.given = Matrix.allocate(arena, capacity, dim);
        this.rows = distance == Distance.COSINE ? Matrix.allocate(arena, capacity, dim) : given;
        this.starts = arena.allocate(capacity * 4L);
        this.ids = new long[capacity];
        this.mean = Matrix.allocate(arena, 1, dim);
    }

    int room() {
        return ids.length - count;
    }

    /** Adds rows {@code from} to {@code to}, for which there is room. */
    void add(Matrix source, Segment.Ids sourceIds, int from, int to) {
        given.copy(source, from, count, to - from);
        Matrix added = rows.slice(count, count + to - from);
        if (distance == Distance.COSINE) {
            UnitRows.copy(given.slice(count, count + to - from), added);
        }
        if (!centred) {
            centred = true;
            mean = FlatData.mean(added, arena); // any mean is right; that of the first rows is near the others
        }
        extent = extent.or(FlatData.starts(distance, added, mean, starts.asSlice(count * 4L)));
        for (int i = from; i < to; i++) {
            ids[count + i - from] = sourceIds.id(i);
        }
        count += to - from;
    }

    /** The rows so far; holds this memory until it is freed. */
    Segment segment() {
        boolean alive = retain();
        assert alive;
        FlatData data = new FlatData(distance, rows.slice(0, count), mean, starts, extent.radius(), extent.length());
        return new Segment(given.slice(0, count), row -> ids[row], data, data, List.of(), () -> { }, this::release);
    }

    @Override
    protected void free() {
        arena.close();
    }
}
