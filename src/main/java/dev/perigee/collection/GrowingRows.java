package dev.perigee.collection;

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
    private final Space space;
    private final RowMapper mapper;
    private final Matrix given;
    /** Those of the space, which may be the rows as given. */
    private final Matrix rows;
    private final MemorySegment starts;
    private final long[] ids;
    private Matrix mean;
    private boolean centred;
    private FlatData.Extent extent = FlatData.Extent.NONE;
    private int count;

    /** @param mapper into the space, to stay open while rows are added */
    GrowingRows(Space space, RowMapper mapper, int capacity) {
        this.space = space;
        this.mapper = mapper;
        this.given = Matrix.allocate(arena, capacity, space.spec().dim());
        this.rows = mapper.changes() ? Matrix.allocate(arena, capacity, space.dim()) : given;
        this.starts = arena.allocate(capacity * 4L);
        this.ids = new long[capacity];
        this.mean = Matrix.allocate(arena, 1, space.dim());
    }

    int room() {
        return ids.length - count;
    }

    /** Adds rows {@code from} to {@code to}, for which there is room. */
    void add(Matrix source, Segment.Ids sourceIds, int from, int to) {
        given.copy(source, from, count, to - from);
        Matrix added = rows.slice(count, count + to - from);
        if (mapper.changes()) {
            mapper.map(given.slice(count, count + to - from), added);
        }
        if (!centred) {
            centred = true;
            mean = FlatData.mean(added, arena); // any mean is right; that of the first rows is near the others
        }
        extent = extent.or(FlatData.starts(space.distance(), added, mean, starts.asSlice(count * 4L)));
        for (int i = from; i < to; i++) {
            ids[count + i - from] = sourceIds.id(i);
        }
        count += to - from;
    }

    /** The rows so far; holds this memory until it is freed. */
    Segment segment() {
        boolean alive = retain();
        assert alive;
        FlatData data = new FlatData(space.distance(), rows.slice(0, count), mean, starts, extent.radius(), extent.length());
        return new Segment(given.slice(0, count), row -> ids[row], data, data, List.of(), () -> { }, this::release);
    }

    @Override
    protected void free() {
        arena.close();
    }
}
