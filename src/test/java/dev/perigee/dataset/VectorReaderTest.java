package dev.perigee.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VectorReaderTest {
    private static final byte[] SIX = VectorBytes.values("f4", ByteOrder.LITTLE_ENDIAN, 1, 2, 3, 4, 5, 6);

    @TempDir
    Path folder;

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    /** All rows, read in pieces of {@code step}. */
    private static float[][] rows(Path file, Optional<VectorFormat> format, int step) {
        try (Arena arena = Arena.ofConfined(); VectorReader reader = VectorReader.open(file, format)) {
            List<float[]> rows = new ArrayList<>();
            Matrix into = Matrix.allocate(arena, step + 1, reader.dim());
            int n = step;
            while (n == step) {
                n = reader.read(into, 1, step);
                for (int i = 0; i < n; i++) {
                    rows.add(into.get(i + 1));
                }
                assertThat(reader.row()).isEqualTo(rows.size());
            }
            assertThat(reader.read(into, 0, 1)).isZero();
            if (reader.rows().isPresent()) {
                assertThat(reader.rows().getAsLong()).isEqualTo(rows.size());
            }
            return rows.toArray(float[][]::new);
        }
    }

    private static float[][] rows(Path file) {
        return rows(file, Optional.empty(), 1);
    }

    private static double[][] grid(int rows, int dim, double scale) {
        double[][] grid = new double[rows][dim];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < dim; j++) {
                grid[i][j] = (i * dim + j) % 100 * scale;
            }
        }
        return grid;
    }

    private static double[] flat(double[][] rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }

    private static float[][] floats(double[][] rows) {
        float[][] floats = new float[rows.length][rows[0].length];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < rows[i].length; j++) {
                floats[i][j] = (float) rows[i][j];
            }
        }
        return floats;
    }

    @ParameterizedTest
    @CsvSource({"fvecs,f4,0.5", "ivecs,i4,-3", "bvecs,u1,2"})
    void prefixedRows(String format, String type, double scale) throws IOException {
        double[][] rows = grid(7, 13, scale);
        byte[] bytes = VectorBytes.prefixed(type, rows);
        for (int step : new int[] {1, 3, 7, 8}) {
            assertThat(rows(file("a." + format, bytes), Optional.empty(), step)).isDeepEqualTo(floats(rows));
            assertThat(rows(file("a." + format + ".gz", VectorBytes.gz(bytes)), Optional.empty(), step))
                    .isDeepEqualTo(floats(rows));
        }
        try (VectorReader plain = VectorReader.open(folder.resolve("a." + format));
                VectorReader zipped = VectorReader.open(folder.resolve("a." + format + ".gz"))) {
            assertThat(plain.rows()).isEqualTo(OptionalLong.of(7));
            assertThat(zipped.rows()).isEmpty();
            assertThat(zipped.dim()).isEqualTo(13);
        }
    }

    static Stream<Arguments> npyTypes() {
        return Stream.of("<f4", ">f4", "<f8", ">f8", "<f2", ">f2", "|u1", "|i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8")
                .flatMap(descr -> Stream.of(1, 2, 3).map(v -> Arguments.of(descr, v)));
    }

    @ParameterizedTest
    @MethodSource("npyTypes")
    void npy(String descr, int version) throws IOException {
        String type = descr.substring(1);
        double[][] rows = grid(5, 7, type.startsWith("f") ? 0.25 : type.equals("u1") ? 2 : type.equals("i1") ? -1 : -7);
        ByteOrder order = descr.startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        byte[] bytes = VectorBytes.npy(version, descr, "(5, 7)", VectorBytes.values(type, order, flat(rows)));
        assertThat(rows(file("a.npy", bytes), Optional.empty(), 2)).isDeepEqualTo(floats(rows));
        assertThat(rows(file("a.npy.gz", VectorBytes.gz(bytes)), Optional.empty(), 2)).isDeepEqualTo(floats(rows));
        try (VectorReader zipped = VectorReader.open(folder.resolve("a.npy.gz"))) {
            assertThat(zipped.rows()).isEqualTo(OptionalLong.of(5));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"u1", "i1", "i2", "i4", "f4", "f8"})
    void idx(String type) throws IOException {
        double[][] rows = grid(4, 6, type.startsWith("f") ? 0.25 : type.equals("u1") ? 2 : -1);
        byte[] bytes = VectorBytes.idx(type, new int[] {4, 2, 3}, flat(rows));
        assertThat(rows(file("a.idx", bytes))).isDeepEqualTo(floats(rows));
        assertThat(rows(file("a-idx3-ubyte.gz", VectorBytes.gz(bytes)))).isDeepEqualTo(floats(rows));
    }

    @Test
    void bytesAreUnsigned() throws IOException {
        assertThat(rows(file("a.bvecs", VectorBytes.prefixed("u1", new double[] {0, 127, 128, 255}))))
                .isDeepEqualTo(new float[][] {{0, 127, 128, 255}});
    }

    @Test
    void halfPrecisionByItsBits() throws IOException {
        byte[] bits = {0x00, 0x3c, 0x00, (byte) 0xc0, (byte) 0xff, 0x7b, 0x01, 0x00, 0x00, 0x7c, 0x01, 0x7e, 0x55, 0x35};
        float[] row = rows(file("a.npy", VectorBytes.npy(1, "<f2", "(1, 7)", bits)))[0];
        assertThat(row).containsExactly(1f, -2f, 65504f, 0x1p-24f, Float.POSITIVE_INFINITY, Float.NaN, 0.333251953125f);
    }

    @Test
    void valuesAreRoundedAndNeedNotBeFinite() throws IOException {
        double[] doubles = {0.1, 1e300, -1e300, Double.NaN, Math.nextUp(1.0)};
        byte[] values = VectorBytes.values("f8", ByteOrder.LITTLE_ENDIAN, doubles);
        assertThat(rows(file("a.npy", VectorBytes.npy(1, "<f8", "(1, 5)", values)))[0])
                .containsExactly(0.1f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN, 1f);
        double[] ints = {(1 << 24) + 1, Integer.MAX_VALUE};
        assertThat(rows(file("a.ivecs", VectorBytes.prefixed("i4", ints)))).isDeepEqualTo(new float[][] {{1 << 24, 0x1p31f}});
    }

    @Test
    void dimensionsAfterTheFirstAreFlattened() throws IOException {
        assertThat(rows(file("a.npy", VectorBytes.npy(1, "<f4", "(6,)", SIX))))
                .isDeepEqualTo(new float[][] {{1}, {2}, {3}, {4}, {5}, {6}});
        assertThat(rows(file("b.npy", VectorBytes.npy(1, "<f4", "(1, 3, 2)", SIX))))
                .isDeepEqualTo(new float[][] {{1, 2, 3, 4, 5, 6}});
        assertThat(rows(file("c.npy", VectorBytes.npy(1, "<f4", "(2L, 3L)", SIX))))
                .isDeepEqualTo(new float[][] {{1, 2, 3}, {4, 5, 6}});
        assertThat(rows(file("d.idx", VectorBytes.idx("u1", new int[] {3}, 7, 8, 9))))
                .isDeepEqualTo(new float[][] {{7}, {8}, {9}});
        assertThat(rows(file("e.npy", VectorBytes.npy(1, "<f4", "(0, 3)", new byte[0])))).isEmpty();
        assertThat(rows(file("f.npy.gz", VectorBytes.gz(VectorBytes.npy(1, "<f4", "(0,)", new byte[0]))))).isEmpty();
    }

    @Test
    void npzMembers() throws IOException {
        byte[] x = VectorBytes.npy(1, "<f4", "(2, 3)", SIX);
        byte[] y = VectorBytes.npy(1, "|u1", "(2,)", new byte[] {4, 5});
        for (boolean deflate : new boolean[] {true, false}) {
            byte[] two = VectorBytes.zip(deflate, Map.of("X.npy", x, "y.npy", y, "notes.txt", new byte[3]));
            byte[] one = VectorBytes.zip(deflate, Map.of("arr_0.npy", x, "notes.txt", new byte[3]));
            file("two.npz", two);
            file("one.npz", one);
            float[][] expected = {{1, 2, 3}, {4, 5, 6}};
            assertThat(rows(folder.resolve("two.npz#X"))).isDeepEqualTo(expected);
            assertThat(rows(folder.resolve("two.npz#X.npy"))).isDeepEqualTo(expected);
            assertThat(rows(folder.resolve("two.npz#y"))).isDeepEqualTo(new float[][] {{4}, {5}});
            assertThat(rows(folder.resolve("one.npz"))).isDeepEqualTo(expected);
            file("two.npz.gz", VectorBytes.gz(two));
            file("one.npz.gz", VectorBytes.gz(one));
            assertThat(rows(folder.resolve("two.npz.gz#y"))).isDeepEqualTo(new float[][] {{4}, {5}});
            assertThat(rows(folder.resolve("one.npz.gz"))).isDeepEqualTo(expected);
            assertThatThrownBy(() -> rows(folder.resolve("two.npz"))).isInstanceOf(PerigeeException.class)
                    .hasMessageContaining("with one of X, y)");
            assertThatThrownBy(() -> rows(folder.resolve("two.npz#z"))).isInstanceOf(PerigeeException.class)
                    .hasMessageContaining("member: 'z' is not there (expected X, y");
        }
    }

    @Test
    void theFormatOverridesTheName() throws IOException {
        assertThat(rows(file("a.dat", sixNpy()), Optional.of(VectorFormat.NPY), 1)).hasDimensions(2, 3);
        assertThat(rows(file("b.fvecs", sixNpy()), Optional.of(VectorFormat.NPY), 1)).hasDimensions(2, 3);
        assertThat(rows(file("c.dat.gz", VectorBytes.gz(sixNpy())), Optional.of(VectorFormat.NPY), 1)).hasDimensions(2, 3);
    }

    private static byte[] sixNpy() {
        return VectorBytes.npy(1, "<f4", "(2, 3)", SIX);
    }

    /** Rows across the edges of the 1 MiB buffer, plain and through gzip, and the longest rows of the widest type. */
    @ParameterizedTest
    @CsvSource({"997,1500", "65536,9", "1,300000", "65535,5"})
    void rowsLieAcrossBuffers(int dim, int rows) throws IOException {
        Random random = new Random(7);
        double[] values = random.doubles((long) rows * dim).map(v -> (float) v).toArray();
        double[][] split = new double[rows][];
        Arrays.setAll(split, i -> Arrays.copyOfRange(values, i * dim, (i + 1) * dim));
        byte[] fvecs = VectorBytes.prefixed("f4", split);
        byte[] npy = VectorBytes.npy(1, ">f8", "(%d, %d)".formatted(rows, dim),
                VectorBytes.values("f8", ByteOrder.BIG_ENDIAN, values));
        file("a.fvecs", fvecs);
        file("a.npy", npy);
        for (String name : new String[] {"a.fvecs", "a.npy"}) {
            try (Arena arena = Arena.ofConfined()) {
                Matrix matrix = Vectors.read(folder.resolve(name), arena);
                assertThat(matrix.rows()).isEqualTo(rows);
                int wrong = 0;
                for (int i = 0; i < rows; i++) {
                    for (int j = 0; j < dim; j++) {
                        wrong += matrix.get(i, j) == (float) values[i * dim + j] ? 0 : 1;
                    }
                }
                assertThat(wrong).as(name).isZero();
            }
        }
    }

    @Test
    void argumentsAreChecked() throws IOException {
        try (Arena arena = Arena.ofConfined(); VectorReader reader = VectorReader.open(file("a.npy", sixNpy()))) {
            assertThatThrownBy(() -> reader.read(Matrix.allocate(arena, 2, 4), 0, 2)).isInstanceOf(PerigeeException.class)
                    .hasMessage("dim: 4 (expected 3)");
            assertThatThrownBy(() -> reader.read(Matrix.allocate(arena, 2, 3), 1, 2))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThat(reader.read(Matrix.allocate(arena, 2, 3), 0, 0)).isZero();
            assertThat(reader.row()).isZero();
        }
    }

    @Test
    void closesTwice() throws IOException {
        for (String name : new String[] {"a.npy", "a.npy.gz", "a.npz"}) {
            byte[] bytes = switch (name) {
                case "a.npy" -> sixNpy();
                case "a.npy.gz" -> VectorBytes.gz(sixNpy());
                default -> VectorBytes.zip(true, Map.of("X.npy", sixNpy()));
            };
            closeTwice(VectorReader.open(file(name, bytes)));
        }
    }

    private static void closeTwice(VectorReader reader) {
        try (reader; VectorReader same = reader) {
            assertThat(same.dim()).isEqualTo(3);
        }
    }

    @Test
    void gzipMembersFollowOneAnother() throws IOException {
        byte[] first = VectorBytes.gz(VectorBytes.prefixed("f4", new double[] {1, 2}));
        byte[] second = VectorBytes.gz(VectorBytes.prefixed("f4", new double[] {3, 4}));
        assertThat(rows(file("a.fvecs.gz", VectorBytes.join(first, second, second))))
                .isDeepEqualTo(new float[][] {{1, 2}, {3, 4}, {3, 4}});
    }
}
