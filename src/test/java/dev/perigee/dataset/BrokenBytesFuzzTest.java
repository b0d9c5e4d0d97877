package dev.perigee.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sound files with random damage: they are read or refused, with PerigeeException and nothing else. */
class BrokenBytesFuzzTest {
    private static final long SEED = Long.getLong("perigee.seed", 20250801);
    /** Damaged copies of each file; the system property is for longer runs. */
    private static final int ROUNDS = Integer.getInteger("perigee.rounds", 400);

    @TempDir
    Path folder;

    private static Map<String, byte[]> sound() {
        double[][] rows = {{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}};
        double[] flat = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
        byte[] npy = VectorBytes.npy(1, "<i8", "(12,)", VectorBytes.values("i8", ByteOrder.LITTLE_ENDIAN, flat));
        byte[] npy2 = VectorBytes.npy(2, ">f2", "(3, 4)", VectorBytes.values("f2", ByteOrder.BIG_ENDIAN, flat));
        byte[] zip = VectorBytes.zip(true, Map.of("X.npy", npy2));
        Map<String, byte[]> files = new TreeMap<>(Map.of(
                "a.fvecs", VectorBytes.prefixed("f4", rows),
                "b.ivecs", VectorBytes.prefixed("i4", new double[] {1}, new double[] {2}),
                "c.bvecs", VectorBytes.prefixed("u1", rows),
                "d.npy", npy,
                "e.npy", npy2,
                "f.npz", zip,
                "g.npz", VectorBytes.zip(false, Map.of("X.npy", npy)),
                "h.idx", VectorBytes.idx("i4", new int[] {3, 2, 2}, flat),
                "i.txt", "12\n-7\n3000000000\n".getBytes(StandardCharsets.US_ASCII)));
        for (String name : files.keySet().toArray(String[]::new)) {
            files.put(name + ".gz", VectorBytes.gz(files.get(name)));
        }
        return files;
    }

    @Test
    @Timeout(600)
    void nothingButPerigeeExceptionComesOut() throws IOException {
        Random random = new Random(SEED);
        int refused = 0;
        int tried = 0;
        for (Map.Entry<String, byte[]> sound : sound().entrySet()) {
            Path file = folder.resolve(sound.getKey());
            Files.write(file, sound.getValue());
            assertThat(accepts(file)).as("sound " + file).isTrue();
            for (int i = 0; i < ROUNDS; i++) {
                Files.write(file, damaged(sound.getValue(), random));
                tried++;
                refused += accepts(file) ? 0 : 1;
            }
        }
        // most damage is found; what only changes a value of an unchecked format cannot be
        assertThat(refused).isGreaterThan(tried / 2);
    }

    /** Whether a reader took the file. Any throwable but PerigeeException fails the test, with the file and the seed. */
    private static boolean accepts(Path file) {
        boolean text = file.toString().contains(".txt");
        boolean accepted = true;
        try (Arena arena = Arena.ofConfined()) {
            if (!text) {
                Matrix matrix = Vectors.read(file, arena);
                assertThat((long) matrix.rows() * matrix.dim()).isLessThan(1 << 20);
            }
        } catch (PerigeeException e) {
            assertThat(e).hasMessageContaining(file.toString());
            accepted = false;
        } catch (Throwable e) {
            throw new AssertionError("%s, seed %d: %s".formatted(file, SEED, e), e);
        }
        try {
            Vectors.readIds(file, Optional.empty());
        } catch (PerigeeException e) {
            assertThat(e).hasMessageContaining(file.toString());
            accepted = accepted && !text;
        } catch (Throwable e) {
            throw new AssertionError("ids of %s, seed %d: %s".formatted(file, SEED, e), e);
        }
        return accepted;
    }

    private static byte[] damaged(byte[] sound, Random random) {
        byte[] bytes = sound.clone();
        int kind = random.nextInt(4);
        if (kind == 0) {
            return Arrays.copyOf(bytes, random.nextInt(bytes.length));
        }
        if (kind == 1) { // four bytes that a length or a size may be made of
            int at = random.nextInt(bytes.length);
            int value = new int[] {-1, Integer.MAX_VALUE, 1 << 30, 1 << 16, 0}[random.nextInt(5)];
            for (int i = 0; i < 4 && at + i < bytes.length; i++) {
                bytes[at + i] = (byte) (value >>> 8 * i);
            }
            return bytes;
        }
        int flips = 1 + random.nextInt(kind == 2 ? 1 : 20);
        for (int i = 0; i < flips; i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }
}
