package dev.perigee.bench.peers;

import dev.perigee.distance.Distance;
import java.nio.file.Files;
import java.nio.file.Path;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A data set as engines read it, in a folder of the cache.
 *
 * @param base    raw float32 [rows, dim]
 * @param queries raw float32 [queryCount, dim]
 * @param truth   the {@value #TRUE_NEIGHBOURS} nearest rows of each query (fewer where there are fewer rows), by exact search
 */
record DataSet(String name, String distance, Path base, int rows, int dim, Path queries, int queryCount, int[] truth) {
    static final int TRUE_NEIGHBOURS = 100;

    /** How many true neighbours of each query are known. */
    int trueNeighbours() {
        return Math.min(TRUE_NEIGHBOURS, rows);
    }

    /** The product's name of the distance. */
    static Distance distance(String name) {
        return switch (name) {
            case "l2" -> Distance.L2;
            case "cosine" -> Distance.COSINE;
            default -> Distance.INNER_PRODUCT;
        };
    }

    /** A file of the first {@code count} queries, made if it is not there yet. */
    Path firstQueries(int count) {
        if (count == queryCount) {
            return queries;
        }
        Path file = queries.resolveSibling("queries-%d.f32".formatted(count));
        if (!Files.exists(file)) {
            Path part = file.resolveSibling(file.getFileName() + ".part" + ProcessHandle.current().pid());
            try (Arena arena = Arena.ofConfined();
                    FileChannel out = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                MemorySegment some = RawFile.map(queries, arena).asSlice(0, (long) count * dim * Float.BYTES);
                out.write(some.asByteBuffer());
                Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return file;
    }
}
