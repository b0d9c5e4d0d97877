package dev.perigee.collection;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.vector.Matrix;
import java.util.List;

/**
 * The end of a collection, where rows are added: a chunk of memory that grows, and the last segment, which shows what is in
 * it. Not thread-safe.
 */
final class GrowingTail {
    /** Of the first chunk, about; later ones are as large as all rows in memory before them, up to the most. */
    private static final long MIN_CHUNK_BYTES = 4 << 20;
    private static final long MAX_CHUNK_BYTES = 256 << 20;

    private final Space space;
    private final ComputeBackend backend;
    private GrowingRows chunk;
    private RowMapper mapper;
    /** What is seen of the chunk, or null where nothing is yet. */
    private Segment seen;

    GrowingTail(Space space, ComputeBackend backend) {
        this.space = space;
        this.backend = backend;
    }

    /** A segment without rows, for a collection without any; its first owner is the caller. */
    static Segment empty(Space space, ComputeBackend backend) {
        try (RowMapper mapper = new RowMapper(space, backend)) {
            GrowingRows none = new GrowingRows(space, mapper, 0);
            Segment empty = none.segment();
            none.release();
            return empty;
        }
    }

    /**
     * Some segments with rows more at their end; to be followed by {@link #seen} or, if nobody is to see them, {@link #end}.
     *
     * @param segments all there are, in order; this list is changed and returned
     * @param made     gets the segments that are new; the caller is their first owner
     */
    List<Segment> append(List<Segment> segments, Matrix rows, Segment.Ids ids, List<Segment> made) {
        for (int from = 0; from < rows.rows();) {
            if (chunk == null || chunk.room() == 0) {
                startChunk(segments, rows.rows() - from);
            }
            segments.remove(seen); // what was in the chunk before is seen anew
            int to = (int) Math.min(rows.rows(), (long) from + chunk.room());
            chunk.add(rows, ids, from, to);
            made.add(chunk.segment());
            segments.add(made.getLast());
            from = to;
        }
        return segments;
    }

    /** The last segment that {@link #append} made is part of the collection now. */
    void seen(Segment last) {
        seen = last;
    }

    private void startChunk(List<Segment> segments, int wanted) {
        end();
        long inMemory = segments.stream().filter(s -> !s.isInFiles()).mapToLong(Segment::count).sum();
        long rowBytes = Matrix.stride(space.spec().dim());
        long least = Math.clamp(MIN_CHUNK_BYTES / rowBytes, 64, 4096);
        long most = Math.max(least, MAX_CHUNK_BYTES / rowBytes);
        mapper = new RowMapper(space, backend);
        chunk = new GrowingRows(space, mapper, (int) Math.clamp(Math.max(inMemory, wanted), least, most));
    }

    /** What is added next begins a chunk of its own. Segments that show this one stay. */
    void end() {
        if (chunk != null) {
            chunk.release();
            chunk = null;
            mapper.close();
        }
        seen = null;
    }
}
