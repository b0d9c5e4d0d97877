package dev.perigee.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VectorsTest {
    @TempDir
    Path folder;

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    private Path text(String name, String text) throws IOException {
        return file(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private static long[] ids(Path file) {
        return Vectors.readIds(file, Optional.empty());
    }

    private static byte[] npy(String descr, double... values) {
        ByteOrder order = descr.startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        return VectorBytes.npy(1, descr, "(%d,)".formatted(values.length), VectorBytes.values(descr.substring(1), order, values));
    }

    private String[] names() {
        return folder.toFile().list();
    }

    @Test
    void readsWholeFilesWithRowsUnknownInAdvance() throws IOException {
        double[][] rows = {{1, 2}, {3, 4}, {5, 6}};
        Path file = file("a.fvecs.gz", VectorBytes.gz(VectorBytes.prefixed("f4", rows)));
        try (Arena arena = Arena.ofConfined()) {
            Matrix matrix = Vectors.read(file, arena);
            assertThat(matrix.rows()).isEqualTo(3);
            assertThat(matrix.get(2)).containsExactly(5, 6);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"|u1", "|i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8"})
    void idsOfNpy(String descr) throws IOException {
        assertThat(ids(file("a.npy", npy(descr, 1, 7, 120)))).containsExactly(1, 7, 120);
        assertThat(ids(file("a.npy.gz", VectorBytes.gz(npy(descr, 1, 7, 120))))).containsExactly(1, 7, 120);
        assertThat(ids(file("a.npz", VectorBytes.zip(true, Map.of("y.npy", npy(descr, 3)))))).containsExactly(3);
    }

    @Test
    void idsKeepAllTheirBits() throws IOException {
        assertThat(ids(file("a.npy", npy("<i8", 1L << 53, -1, 3_000_000_000L)))).containsExactly(1L << 53, -1, 3_000_000_000L);
        assertThat(ids(text("a.txt", "9223372036854775807\n-9223372036854775808\n")))
                .containsExactly(Long.MAX_VALUE, Long.MIN_VALUE);
        assertThat(ids(file("a.ivecs", VectorBytes.prefixed("i4", new double[] {-1}, new double[] {Integer.MAX_VALUE}))))
                .containsExactly(-1, Integer.MAX_VALUE);
        assertThat(ids(file("a-idx1-ubyte", VectorBytes.idx("u1", new int[] {2}, 255, 0)))).containsExactly(255, 0);
        assertThat(ids(file("a-idx1-short.gz", VectorBytes.gz(VectorBytes.idx("i2", new int[] {2}, -2, 1622)))))
                .containsExactly(-2, 1622);
    }

    @Test
    void idsOfText() throws IOException {
        assertThat(ids(text("a.txt", "1\n-2\n3"))).containsExactly(1, -2, 3);
        assertThat(ids(text("a.TXT", " 1 \r\n+2\r\n"))).containsExactly(1, 2);
        long[] many = LongStream.range(0, 300_000).map(i -> i * 1_000_003).toArray();
        String lines = String.join("\n", LongStream.of(many).mapToObj(Long::toString).toList());
        assertThat(ids(file("a.txt.gz", VectorBytes.gz(lines.getBytes(StandardCharsets.US_ASCII))))).isEqualTo(many);
        for (String[] bad : new String[][] {{"1\n\n3\n", "line 2: '' (expected one integer of 64 bits, ", "offset 2)"},
            {"1\n2 3\n", "line 2: '2 3'", "offset 2)"}, {"12\n3.5\n", "line 2: '3.5'", "offset 3)"},
            {"9223372036854775808\n", "line 1: '9223372036854775808'", "offset 0)"}, {"\u00e9\n", "line 1: '??'", "offset 0)"},
            {"7".repeat(1000), "line 1: '" + "7".repeat(64) + "...'", "offset 0)"}}) {
            Path file = text("bad.txt", bad[0]);
            assertThatThrownBy(() -> ids(file)).isInstanceOf(PerigeeException.class).hasMessageContaining(bad[1])
                    .hasMessageContaining(file.toString()).hasMessageContaining(bad[2])
                    .extracting(e -> ((PerigeeException) e).code()).isEqualTo(ErrorCode.CORRUPT_FILE);
        }
    }

    @Test
    void idsAreIntegersOnePerRow() throws IOException {
        assertInvalid(() -> ids(file("a.npy", npy("<f4", 1, 2))), "type: f32 (expected integers, file '");
        assertInvalid(() -> ids(file("a.fvecs", VectorBytes.prefixed("f4", new double[] {1}))), "type: f32 (expected integers");
        assertInvalid(() -> ids(file("a.ivecs", VectorBytes.prefixed("i4", new double[] {1, 2}))),
                "dim: 2 (expected 1, one id per row");
        assertThat(ids(text("a.csv", "1\n"))).as("any other name is text").containsExactly(1);
        assertThat(Vectors.readIds(file("b.txt", npy("<i8", 4)), Optional.of(VectorFormat.NPY))).containsExactly(4);
    }

    private static void assertInvalid(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(PerigeeException.class).hasMessageStartingWith(message)
                .extracting(e -> ((PerigeeException) e).code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }

    @Test
    void readsGroundTruth() throws IOException {
        byte[] bytes = VectorBytes.prefixed("i4", new double[] {3, -1}, new double[] {Integer.MAX_VALUE, 0});
        int[][] expected = {{3, -1}, {Integer.MAX_VALUE, 0}};
        assertThat(Vectors.readIvecs(file("gt.ivecs", bytes))).isDeepEqualTo(expected);
        assertThat(Vectors.readIvecs(file("gt.ivecs.gz", VectorBytes.gz(bytes)))).isDeepEqualTo(expected);
    }

    @Test
    void hitsAsIvecsAndNpy() throws IOException {
        long[] ids = {5, -1, Integer.MAX_VALUE, 0, 7, 8};
        Path ivecs = folder.resolve("hits.ivecs");
        Vectors.writeHits(ivecs, ids, 3, 2);
        assertThat(ivecs).hasBinaryContent(
                VectorBytes.prefixed("i4", new double[] {5, -1}, new double[] {Integer.MAX_VALUE, 0}, new double[] {7, 8}));

        Path npy = folder.resolve("hits.NPY");
        long[] large = {5, -1, 3_000_000_000L, Long.MIN_VALUE};
        Vectors.writeHits(npy, large, 2, 2);
        byte[] values = new byte[32];
        java.nio.ByteBuffer.wrap(values).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().put(large);
        assertThat(npy).hasBinaryContent(VectorBytes.npy(1, "<i8", "(2, 2)", values));
        Vectors.writeHits(npy, large, 4, 1);
        assertThat(ids(npy)).isEqualTo(large);
        Vectors.writeHits(npy, new long[0], 0, 10);
        assertThat(ids4k()).isEqualTo(4096);
        assertThat(names()).containsExactlyInAnyOrder("hits.ivecs", "hits.NPY", "many.npy");
    }

    /** A wide header: sizes of many digits still end on a multiple of 64 and read back. */
    private int ids4k() {
        Path many = folder.resolve("many.npy");
        Vectors.writeHits(many, new long[4096], 4096, 1);
        return ids(many).length;
    }

    @Test
    void fvecsReadBack() throws IOException {
        Path file = folder.resolve("a.fvecs");
        Vectors.writeFvecs(file, new float[] {1, Float.NaN, -0f, 4}, 2, 2);
        assertThat(file).hasBinaryContent(VectorBytes.prefixed("f4", new double[] {1, Double.NaN}, new double[] {-0.0, 4}));
        try (Arena arena = Arena.ofConfined()) {
            assertThat(Vectors.read(file, arena).get(1)).containsExactly(-0f, 4);
        }
    }

    @Test
    void anIdTooLargeForIvecsIsRefusedBeforeTheFileIsMade() {
        assertInvalid(() -> Vectors.writeHits(folder.resolve("a.ivecs"), new long[] {1, 3_000_000_000L}, 1, 2),
                "id 3000000000 does not fit ivecs (expected <= 2147483647; use .npy)");
        assertThat(names()).isEmpty();
    }

    @Test
    void otherEndingsAndShapesAreRefused() {
        assertInvalid(() -> Vectors.writeHits(folder.resolve("a.fvecs"), new long[1], 1, 1), "file: '");
        assertInvalid(() -> Vectors.writeHits(folder.resolve("a.npy.gz"), new long[1], 1, 1), "file: '");
        assertInvalid(() -> Vectors.writeFvecs(folder.resolve("a.npy"), new float[1], 1, 1), "file: '");
        assertInvalid(() -> Vectors.writeHits(folder.resolve("a.npy"), new long[5], 2, 2), "ids: 5 (expected 2 x 2)");
        assertInvalid(() -> Vectors.writeHits(folder.resolve("a.npy"), new long[0], 0, 0), "ids: 0 (expected 0 x 0)");
        assertInvalid(() -> Vectors.writeHits(folder.resolve("a.npy"), new long[0], 0, 65_537), "k: 65537 (expected 1 to 65536)");
        assertInvalid(() -> Vectors.writeFvecs(folder.resolve("a.fvecs"), new float[3], 1, 2), "values: 3 (expected 1 x 2)");
        assertThat(names()).isEmpty();
    }

    @Test
    void aFailedWriteLeavesNothing() throws IOException {
        Path taken = Files.createDirectories(folder.resolve("a.npy/full"));
        assertThatThrownBy(() -> Vectors.writeHits(taken.getParent(), new long[1], 1, 1)).isInstanceOf(PerigeeException.class)
                .extracting(e -> ((PerigeeException) e).code()).isEqualTo(ErrorCode.IO);
        assertThatThrownBy(() -> Vectors.writeHits(folder.resolve("none/a.npy"), new long[1], 1, 1))
                .isInstanceOf(PerigeeException.class).hasMessageContaining("none/a.npy")
                .extracting(e -> ((PerigeeException) e).code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThatThrownBy(() -> NewFile.write(folder.resolve("b.npy"), stream -> {
            stream.write(new byte[1 << 21]);
            throw new IOException("disk full");
        })).isInstanceOf(PerigeeException.class).hasMessageContaining("disk full");
        assertThat(names()).containsExactly("a.npy");
    }

    @Test
    void anExistingFileIsReplacedAndOthersMayReadIt() throws IOException {
        Path file = file("a.npy", new byte[9]);
        Vectors.writeHits(file, new long[] {4}, 1, 1);
        assertThat(ids(file)).containsExactly(4);
        Path plain = Files.createFile(folder.resolve("plain"));
        assertThat(Files.getPosixFilePermissions(file))
                .asInstanceOf(InstanceOfAssertFactories.collection(PosixFilePermission.class))
                .containsExactlyInAnyOrderElementsOf(Files.getPosixFilePermissions(plain));
    }
}
