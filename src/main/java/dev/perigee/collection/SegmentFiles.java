package dev.perigee.collection;

import static dev.perigee.PerigeeException.check;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.index.FlatData;
import dev.perigee.index.FlatFile;
import dev.perigee.index.IndexData;
import dev.perigee.index.ListFile;
import dev.perigee.index.ModelFile;
import dev.perigee.storage.BlockFile;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** Opens the files of a segment: rows and space, with model and lists where it has an IVF index. */
final class SegmentFiles {
    private static final Set<String> ROW_BLOCKS = Set.of("rows", "ids");
    /** Rows that are worked on at a time. */
    private static final int BLOCK_ROWS = 1024;

    private SegmentFiles() {
    }

    /**
     * @param paths   two or four files; the segment closes them
     * @param working hears that they are used, and when no more
     */
    static Segment open(List<Path> paths, Space space, WorkingFolder working) {
        List<AutoCloseable> open = new ArrayList<>();
        try {
            BlockFile rowFile = opened(paths.get(0), open);
            rowFile.requireKnown(ROW_BLOCKS);
            int dim = space.spec().dim();
            rowFile.attributes().integer("dim", dim, dim);
            int count = rowFile.attributes().integer("rows", 0, Integer.MAX_VALUE - 64);
            Matrix rows = rowFile.matrix("rows", count, dim);
            FlatData flat = FlatFile.read(opened(paths.get(1), open), rows, space.dim(), space.isMapped());
            check(flat.distance() == space.distance(), "distance: %s (expected %s, file %s)", flat.distance().label(),
                    space.distance().label(), paths.get(1));
            IndexData index = flat;
            if (paths.size() == 4) {
                Arena arena = Arena.ofShared();
                open.add(arena::close);
                index = ListFile.read(opened(paths.get(3), open), ModelFile.read(opened(paths.get(2), open), arena), flat);
            }
            List<Path> files = List.copyOf(paths);
            working.retain(files);
            open.addFirst(() -> working.release(files)); // last, when they are closed
            return new Segment(rows, ids(rowFile, count), flat, index, files, () -> requireInPlace(open), () -> close(open));
        } catch (Throwable e) {
            close(open);
            throw e;
        }
    }

    /**
     * Maps the rows of a file, which is whole, into a space and writes the file of that.
     *
     * @param mapped hears how many rows are mapped; they are gone through twice
     */
    static void mapRows(Path rowFile, Path spaceFile, Space space, ComputeBackend backend, LongConsumer mapped) {
        try (BlockFile file = BlockFile.open(rowFile); RowMapper mapper = new RowMapper(space, backend); Arena arena = Arena.ofShared()) {
            int count = file.attributes().integer("rows", 0, Integer.MAX_VALUE - 64);
            Matrix rows = file.matrix("rows", count, space.spec().dim());
            Matrix buffer = Matrix.allocate(arena, mapper.changes() ? BLOCK_ROWS : 0, space.dim());
            long[] done = {0};
            FlatFile.write(spaceFile, space.distance(), count, space.dim(), space.isMapped(), to -> blocks(rows, block -> {
                if (mapper.changes()) {
                    Matrix into = buffer.slice(0, block.rows());
                    mapper.map(block, into);
                    to.accept(into);
                } else {
                    to.accept(block);
                }
                mapped.accept(done[0] += block.rows());
            }));
        }
    }

    /** Writes the file of a space for rows of segments that are in it already, one after another, to the last bit. */
    static void copyMapped(List<Segment> segments, Path spaceFile, Space space) {
        int count = Math.toIntExact(SpaceSegments.rows(segments));
        FlatFile.write(spaceFile, space.distance(), count, space.dim(), space.isMapped(),
                to -> segments.forEach(segment -> blocks(segment.flat().rows(), to)));
    }

    private static void blocks(Matrix rows, Consumer<Matrix> to) {
        for (int from = 0; from < rows.rows(); from += BLOCK_ROWS) {
            to.accept(rows.slice(from, Math.min(rows.rows(), from + BLOCK_ROWS)));
        }
    }

    private static Segment.Ids ids(BlockFile file, int count) {
        if (file.attributes().has("first_id")) {
            long first = file.attributes().number("first_id", 0, Long.MAX_VALUE - count);
            return row -> first + row;
        }
        MemorySegment ids = file.block("ids", count * 8L);
        return row -> ids.get(BlockFile.LONG, row * 8L);
    }

    private static void requireInPlace(List<AutoCloseable> open) {
        open.stream().filter(o -> o instanceof BlockFile).forEach(file -> ((BlockFile) file).requireInPlace());
    }

    private static BlockFile opened(Path path, List<AutoCloseable> open) {
        BlockFile file = BlockFile.open(path);
        open.add(file);
        return file;
    }

    private static void close(List<AutoCloseable> open) {
        Collections.reverse(open);
        for (AutoCloseable each : open) {
            try {
                each.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
