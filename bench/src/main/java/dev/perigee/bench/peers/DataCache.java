package dev.perigee.bench.peers;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.Filter;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.UpsertRequest;
import dev.perigee.backend.Backends;
import dev.perigee.bench.workers.Share;
import dev.perigee.collection.Collection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.dataset.Vectors;
import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Makes data sets ready to measure and keeps them, with their true neighbours, under a key of their content. */
final class DataCache {
    private static final String FORMAT = "1";
    private static final int HOLD_OUT_SEED = 1;
    private static final int CHUNK_BYTES = 16 << 20;

    private final Path cache;
    private final Path source;
    private final Consumer<String> notes;

    /** @param source where files of the catalogue lie; null if nobody said */
    DataCache(Path cache, Path source, Consumer<String> notes) {
        this.cache = cache;
        this.source = source;
        this.notes = notes;
    }

    /** @throws PerigeeException NOT_FOUND if a file is not there; errors of the readers */
    DataSet get(Catalogue.Data data) {
        Path folder = cache.resolve(data.name() + "-" + key(data));
        if (!Files.exists(folder)) {
            notes.accept("%s: preparing rows and true neighbours".formatted(data.name()));
            make(data, folder);
        }
        int[] shape = RawFile.readInts(folder.resolve("shape.i32"));
        return new DataSet(data.name(), data.distance(), folder.resolve("base.f32"), shape[0], shape[1],
                folder.resolve("queries.f32"), shape[2], RawFile.readInts(folder.resolve("truth.i32")), Share.ALL);
    }

    /** The same, where only a share of the rows may be found: their true neighbours are kept too. */
    DataSet sharing(DataSet data, Share share) {
        Path file = data.base().resolveSibling("truth-%s-%d-percent.i32".formatted(
                data.queries().getFileName().toString().replace(".f32", ""), share.percent()));
        if (!Files.exists(file)) {
            int least = Math.min(DataSet.TRUE_NEIGHBOURS, share.rows(data.rows()).length);
            RawFile.writeInts(file, truth(data.base(), data.queries(), new int[] {data.rows(), data.dim(), data.queryCount()},
                    DataSet.distance(data.distance()), least, share));
        }
        return data.withShare(share, RawFile.readInts(file));
    }

    private String key(Catalogue.Data data) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(List.of(FORMAT, data.base(), data.queries(), data.holdOut(), data.baseRows(), data.synthetic(),
                    data.distance()).toString().getBytes(StandardCharsets.UTF_8));
            for (String name : Stream.concat(data.base().stream(), data.queries().stream()).toList()) {
                try (InputStream in = new DigestInputStream(Files.newInputStream(file(name, true)), digest)) {
                    in.transferTo(java.io.OutputStream.nullOutputStream());
                }
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param bare without the #member of an npz */
    private Path file(String name, boolean bare) {
        check(source != null, "data: nobody says where '%s' is (expected its folder in PERIGEE_DATA)", name);
        Path whole = source.resolve(name);
        Path onDisk = source.resolve(name.replaceAll("#.*", ""));
        if (!Files.isRegularFile(onDisk)) {
            throw new PerigeeException(ErrorCode.NOT_FOUND,
                    "data: '%s' is not there (PERIGEE_DATA is '%s')".formatted(name, source));
        }
        return bare ? onDisk : whole;
    }

    private void make(Catalogue.Data data, Path folder) {
        Path part = folder.resolveSibling(folder.getFileName() + ".part" + ProcessHandle.current().pid());
        try {
            Files.createDirectories(part);
            int[] shape = data.synthetic().isPresent() ? makeUp(data.synthetic().get(), part) : copy(data, part);
            RawFile.writeInts(part.resolve("shape.i32"), shape);
            RawFile.writeInts(part.resolve("truth.i32"),
                    truth(part.resolve("base.f32"), part.resolve("queries.f32"), shape, DataSet.distance(data.distance()),
                            Math.min(DataSet.TRUE_NEIGHBOURS, shape[0]), Share.ALL));
            Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            if (Files.exists(folder)) {
                return; // another run was faster
            }
            throw new PerigeeException(ErrorCode.IO, "cache: '%s': %s".formatted(folder, e), e);
        } finally {
            delete(part);
        }
    }

    private static int[] makeUp(Synthetic synthetic, Path folder) {
        try (RawFile.Writer base = new RawFile.Writer(folder.resolve("base.f32"));
                RawFile.Writer queries = new RawFile.Writer(folder.resolve("queries.f32"))) {
            synthetic.make(base::write, queries::write);
        }
        return new int[] {synthetic.rows(), synthetic.dim(), synthetic.queries()};
    }

    private int[] copy(Catalogue.Data data, Path folder) {
        int[] shape = new int[3]; // rows, dim, queries
        try (Arena arena = Arena.ofShared(); RawFile.Writer base = new RawFile.Writer(folder.resolve("base.f32"));
                RawFile.Writer queries = new RawFile.Writer(folder.resolve("queries.f32"))) {
            List<Matrix> parts = data.base().stream().map(name -> rows(file(name, false), arena)).toList();
            shape[1] = parts.getFirst().dim();
            int all = parts.stream().mapToInt(Matrix::rows).sum();
            check(data.holdOut() < all, "hold_out: %d (expected less than the %d rows of '%s')", data.holdOut(), all,
                    data.name());
            int most = data.baseRows() == 0 ? Integer.MAX_VALUE : data.baseRows();
            BitSet heldOut = draw(data.holdOut(), all);
            int row = 0;
            for (Matrix part : parts) {
                check(part.dim() == shape[1], "dim: %d (expected %d, '%s')", part.dim(), shape[1], data.name());
                for (int i = 0; i < part.rows(); i++, row++) {
                    if (heldOut.get(row)) {
                        queries.write(part.get(i));
                        shape[2]++;
                    } else if (shape[0] < most) {
                        base.write(part.get(i));
                        shape[0]++;
                    }
                }
            }
            if (data.queries().isPresent()) {
                Matrix asked = Vectors.read(file(data.queries().get(), false), arena);
                check(asked.dim() == shape[1], "dim: %d of queries (expected %d, '%s')", asked.dim(), shape[1], data.name());
                shape[2] = asked.rows();
                for (int i = 0; i < asked.rows(); i++) {
                    queries.write(asked.get(i));
                }
            }
        }
        return shape;
    }

    private static Matrix rows(Path file, Arena arena) {
        return ColumnMajor.read(file, arena).orElseGet(() -> Vectors.read(file, arena));
    }

    /** {@code count} different ones of {@code all} rows. */
    private static BitSet draw(int count, int all) {
        SplittableRandom random = new SplittableRandom(HOLD_OUT_SEED);
        BitSet drawn = new BitSet(all);
        while (drawn.cardinality() < count) {
            drawn.set(random.nextInt(all));
        }
        return drawn;
    }

    /** The nearest rows of every query [queries, k], by exact search on the CPU. */
    private static int[] truth(Path rows, Path asked, int[] shape, Distance distance, int k, Share share) {
        try (Arena arena = Arena.ofShared(); ComputeBackend backend = Backends.open("simd", 0);
                Collection collection = Collection.create(
                        new CollectionSpec("truth", shape[1], distance, IndexSpec.FLAT), backend)) {
            MemorySegment base = RawFile.map(rows, arena);
            int chunk = (int) Math.max(1, CHUNK_BYTES / Matrix.stride(shape[1]));
            for (int from = 0; from < shape[0]; from += chunk) {
                try (Arena some = Arena.ofConfined()) {
                    collection.add(UpsertRequest.of(matrix(some, base, from, Math.min(chunk, shape[0] - from), shape[1])));
                }
            }
            Matrix queries = matrix(arena, RawFile.map(asked, arena), 0, shape[2], shape[1]);
            int[] truth = new int[shape[2] * k];
            SearchRequest request = share.equals(Share.ALL) ? SearchRequest.nearest(k)
                    : SearchRequest.nearest(k).withFilter(Filter.of(share.rows(shape[0])));
            for (int from = 0; from < shape[2]; from += 1000) {
                int to = Math.min(shape[2], from + 1000);
                SearchResult result = collection.search(queries.slice(from, to), request);
                for (int i = 0; i < result.ids().length; i++) {
                    truth[from * k + i] = (int) result.ids()[i];
                }
            }
            return truth;
        }
    }

    private static Matrix matrix(Arena arena, MemorySegment raw, int from, int count, int dim) {
        Matrix matrix = Matrix.allocate(arena, count, dim);
        for (int i = 0; i < count; i++) {
            MemorySegment.copy(raw, (long) (from + i) * dim * Float.BYTES, matrix.segment(), i * matrix.stride(),
                    (long) dim * Float.BYTES);
        }
        return matrix;
    }

    private static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : (List<Path>) files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
