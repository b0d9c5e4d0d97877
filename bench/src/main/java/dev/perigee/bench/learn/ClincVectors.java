package dev.perigee.bench.learn;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.dataset.Vectors;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * CLINC150 as vectors of a frozen encoder, which are made once and kept, with a checksum, under a key of the texts and the model.
 *
 * @param rows   [22,500, 384], of length 1
 * @param labels the intent of each, by the sorted order of their names
 */
record ClincVectors(Matrix rows, int[] labels) {
    /** Reads them, or makes them if there are none or they are broken. Memory is of {@code arena}. */
    static ClincVectors of(Clinc clinc, Path cache, Arena arena, Consumer<String> notes) {
        Path file = cache.resolve("clinc150-%s.fvecs".formatted(key(clinc)));
        Path sum = cache.resolve(file.getFileName() + ".sha256");
        try {
            if (Files.exists(file) && Files.exists(sum)) {
                if (sha256(Files.readAllBytes(file)).equals(Files.readString(sum).strip())) {
                    return new ClincVectors(Vectors.read(file, arena), clinc.labels());
                }
                notes.accept("%s does not fit its checksum and is made again".formatted(file));
            }
            Files.createDirectories(cache);
            Matrix rows = Matrix.allocate(arena, clinc.texts().size(), TextEncoder.DIM);
            notes.accept("encoding %,d texts by %s, once".formatted(rows.rows(), TextEncoder.MODEL));
            try (TextEncoder encoder = new TextEncoder()) {
                encoder.encode(clinc.texts(), rows, done -> { });
            }
            Vectors.writeFvecs(file, values(rows), rows.rows(), rows.dim());
            Files.writeString(sum, sha256(Files.readAllBytes(file)) + "\n");
            return new ClincVectors(rows, clinc.labels());
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.IO, "cache: %s (file '%s')".formatted(e.getMessage(), file), e);
        }
    }

    private static float[] values(Matrix rows) {
        float[] values = new float[rows.rows() * rows.dim()];
        for (int i = 0; i < rows.rows(); i++) {
            System.arraycopy(rows.get(i), 0, values, i * rows.dim(), rows.dim());
        }
        return values;
    }

    private static String key(Clinc clinc) {
        return sha256((TextEncoder.MODEL + "\n" + String.join("\n", clinc.texts())).getBytes(StandardCharsets.UTF_8)).substring(0,
                16);
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Some of them, copied to memory of {@code arena}. */
    ClincVectors where(IntPredicate wanted, Arena arena) {
        int[] chosen = IntStream.range(0, labels.length).filter(wanted).toArray();
        return new ClincVectors(rows.select(arena, chosen), Arrays.stream(chosen).map(i -> labels[i]).toArray());
    }
}
