package dev.perigee.bench.peers;

import dev.perigee.bench.workers.Share;
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
import java.util.Arrays;

/**
 * A data set as engines read it, in a folder of the cache.
 *
 * @param base    raw float32 [rows, dim]
 * @param queries raw float32 [queryCount, dim]
 * @param truth   the {@value #TRUE_NEIGHBOURS} nearest rows of each query (fewer where there are fewer rows), by exact search
 * @param share   the rows that may be found
 */
record DataSet(String name, String distance, Path base, int rows, int dim, Path queries, int queryCount, int[] truth,
        Share share) {
    static final int TRUE_NEIGHBOURS = 100;

    /** How many true neighbours of each query are known. */
    int trueNeighbours() {
        return truth.length / queryCount;
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
        return count == queryCount ? queries : cut(0, count, "%d".formatted(count));
    }

    /** The same rows with a part of the queries. */
    DataSet part(int from, int to) {
        int k = trueNeighbours();
        return new DataSet(name, distance, base, rows, dim, cut(from, to, "%d-%d".formatted(from, to)), to - from,
                Arrays.copyOfRange(truth, from * k, to * k), share);
    }

    /** The same, where only a share of the rows may be found. */
    DataSet withShare(Share some, int[] itsTruth) {
        return new DataSet(name, distance, base, rows, dim, queries, queryCount, itsTruth, some);
    }

    private Path cut(int from, int to, String name) {
        Path file = queries.resolveSibling(queries.getFileName().toString().replace(".f32", "-" + name + ".f32"));
        if (!Files.exists(file)) {
            Path part = file.resolveSibling(file.getFileName() + ".part" + ProcessHandle.current().pid());
            long row = (long) dim * Float.BYTES;
            try (Arena arena = Arena.ofConfined();
                    FileChannel out = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                out.write(RawFile.map(queries, arena).asSlice(from * row, (to - from) * row).asByteBuffer());
                Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return file;
    }
}
