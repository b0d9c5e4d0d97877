package dev.perigee.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BrokenFilesTest {
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final byte[] FVECS = VectorBytes.prefixed("f4", new double[] {1, 2, 3}, new double[] {4, 5, 6},
            new double[] {7, 8, 9});
    private static final byte[] NPY = npy("<f4", "(3, 2)", 24);
    private static final byte[] IDX = VectorBytes.idx("u1", new int[] {2, 2}, 1, 2, 3, 4);
    private static final byte[] BIG = npy("<f4", "(1000, 100)", 400_000);

    @TempDir
    Path folder;

    private static byte[] npy(String descr, String shape, int bytes) {
        byte[] values = new byte[bytes];
        new Random(1).nextBytes(values);
        return VectorBytes.npy(1, descr, shape, values);
    }

    private static byte[] cut(byte[] bytes, int off) {
        return Arrays.copyOf(bytes, bytes.length - off);
    }

    private static byte[] with(byte[] bytes, int at, int value) {
        byte[] copy = bytes.clone();
        copy[at] = (byte) value;
        return copy;
    }

    private static byte[] random(int n) {
        byte[] bytes = new byte[n];
        new Random(3).nextBytes(bytes);
        return bytes;
    }

    private static byte[] dict(String dict) {
        return VectorBytes.npyOfDict(1, dict, new byte[8]);
    }

    private static byte[] dims(int... dims) {
        return VectorBytes.idx("u1", dims);
    }

    private static Arguments broken(String name, byte[] bytes, String message) {
        return Arguments.of(name, bytes, ErrorCode.CORRUPT_FILE, message);
    }

    private static Arguments unsupported(String name, byte[] bytes, String message) {
        return Arguments.of(name, bytes, ErrorCode.UNSUPPORTED, message);
    }

    static Stream<Arguments> files() {
        byte[] huge = VectorBytes.join(VectorBytes.int32(1 << 30, LE), new byte[64]);
        byte[] negative = VectorBytes.join(VectorBytes.int32(-5, LE), new byte[64]);
        byte[] twoDims = VectorBytes.prefixed("f4", new double[3], new double[2], new double[4]);
        byte[] zip = VectorBytes.zip(true, Map.of("X.npy", BIG));
        byte[] stored = VectorBytes.zip(false, Map.of("X.npy", BIG));
        return Stream.of(
                // rows that say their dim
                broken("a.fvecs", cut(FVECS, 5),
                        "row 2: 11 bytes (expected 16 bytes as dim 3 of the first row says, %s, offset 32)"),
                broken("a.fvecs.gz", VectorBytes.gz(cut(FVECS, 5)),
                        "row 2: cut after 7 bytes (expected 12 bytes, %s, offset 43)"),
                broken("b.fvecs.gz", VectorBytes.gz(cut(FVECS, 14)),
                        "row 2: cut after 2 bytes (expected 4 bytes, %s, offset 34)"),
                broken("b.fvecs", twoDims, "dim: 2 in row 1 (expected 3 as in row 0, %s, offset 16)"),
                broken("c.fvecs.gz", VectorBytes.gz(twoDims), "dim: 2 in row 1 (expected 3 as in row 0, %s, offset 16)"),
                broken("c.fvecs", huge, "dim: more than 65536 (expected 1 to 65536, %s, offset 0)"),
                broken("d.fvecs.gz", VectorBytes.gz(huge), "dim: more than 65536 (expected 1 to 65536, %s, offset 0)"),
                broken("d.ivecs", negative, "dim: -5 (expected 1 to 65536, %s, offset 0)"),
                broken("d.bvecs", new byte[8], "dim: 0 (expected 1 to 65536, %s, offset 0)"),
                broken("e.fvecs", new byte[3], "dim: no int32 (expected rows of int32 dim and values, %s, offset 0)"),
                broken("e.fvecs.gz", VectorBytes.gz(new byte[0]), "dim: no int32"),
                broken("f.fvecs", random(1000), "dim: "),
                // gzip
                broken("g.npy.gz", random(100), "compressed data: broken or cut (Not in GZIP format, %s, offset 0)"),
                broken("g.npy.gz", new byte[] {31}, "compressed data: broken or cut (it ends too early"),
                broken("h.npy.gz", cut(VectorBytes.gz(BIG), 1000), "compressed data: broken or cut (Unexpected end of ZLIB"),
                broken("h.npy.gz", cut(VectorBytes.gz(NPY), 3), "compressed data: broken or cut"),
                broken("i.fvecs.gz", cut(VectorBytes.gz(FVECS), 9), "compressed data: broken or cut"),
                broken("i.npy.gz", with(VectorBytes.gz(NPY), VectorBytes.gz(NPY).length - 7, 1), "Corrupt GZIP trailer"),
                broken("i.fvecs.gz", VectorBytes.join(VectorBytes.gz(FVECS), cut(VectorBytes.gz(FVECS), 12)), "broken or cut"),
                broken("i.fvecs.gz", VectorBytes.join(VectorBytes.gz(FVECS), Arrays.copyOf(VectorBytes.gz(FVECS), 7)),
                        "compressed data: broken or cut (bytes after the end that are no gzip, %s, offset 48)"),
                broken("i.npy.gz", VectorBytes.join(VectorBytes.gz(NPY), random(70_000)), "bytes after the end that are no gzip"),
                // npy
                broken("j.npy", random(1000), "npy header: byte 4c (expected 93 of \\x93NUMPY, %s, offset 0)"),
                broken("j.npy", with(NPY, 4, 'X'), "npy header: byte 58 (expected 50 of \\x93NUMPY, %s, offset 4)"),
                broken("j.npy", cut(NPY, NPY.length - 5), "npy header: cut after 5 bytes (expected 8 bytes, %s, offset 5)"),
                broken("j.npy", cut(NPY, NPY.length - 50), "npy header: cut after 40 bytes (expected 118 bytes, %s, offset 50)"),
                unsupported("k.npy", with(NPY, 6, 4), "npy version: 4 (expected 1, 2 or 3, %s, offset 6)"),
                unsupported("k.npy", with(NPY, 6, 255), "npy version: 255"),
                broken("k.npy", VectorBytes.join(Arrays.copyOf(with(NPY, 6, 2), 8), VectorBytes.int32(-1, LE), new byte[90]),
                        "npy header: 4294967295 bytes (expected at most 65536, %s, offset 8)"),
                broken("l.npy", dict("{'shape': (2,), 'fortran_order': False}"), "npy header: no dict"),
                broken("l.npy", dict("{'descr': '<f4', 'fortran_order': False}"), "npy header: no dict"),
                broken("l.npy", dict("{'descr': '<f4', 'shape': (2,)}"), "npy header: no dict"),
                broken("l.npy", npy("<f4", "(-1, 2)", 8), "npy shape: (-1, 2) (expected sizes of 0 or more, %s, offset 10)"),
                broken("l.npy", npy("<f4", "(2, 3.5)", 8), "npy shape: (2, 3.5)"),
                broken("l.npy", npy("<f4", "(2,,1)", 8), "npy shape: (2,,1)"),
                broken("l.npy", npy("<f4", "(99999999999999999999, 2)", 8), "npy shape: (99999999999999999999, 2)"),
                unsupported("m.npy", npy("<c8", "(1, 1)", 8), "npy type: 'descr': '<c8'"),
                unsupported("m.npy", npy("|f4", "(1, 2)", 8), "npy type: 'descr': '|f4'"),
                unsupported("m.npy", npy("|b1", "(1, 8)", 8), "npy type: 'descr': '|b1'"),
                unsupported("m.npy", npy("<U2", "(1,)", 8), "npy type: 'descr': '<U2'"),
                unsupported("m.npy", dict("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"),
                        "npy type: 'descr': [('a', '<f4')]"),
                unsupported("m.npy", dict("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }"),
                        "npy order: column-major (fortran_order True), rows cannot be streamed"),
                unsupported("m.npy", npy("<f4", "()", 4), "shape: a single value"),
                broken("n.npy", npy("<f4", "(2, 0)", 0), "dim: 0 (expected 1 to 65536, %s, offset 128)"),
                broken("n.npy", npy("<f4", "(1, 65537)", 8), "dim: more"),
                broken("n.npy", npy("<f4", "(1, 99999, 0)", 8), "dim: 0"),
                broken("n.npy", npy("<f4", "(2, 4294967296, 4294967296, 4294967296, 4294967296)", 8), "dim: more"),
                broken("n.npy", npy("<f4", "(999999999999999999, 2)", 8),
                        "rows: 999999999999999999 of 8 bytes (expected at most 1 in"),
                broken("o.npy.gz", VectorBytes.gz(npy("<f4", "(2147483647, 65536)", 8)), "rows: 2147483647 of 262144 bytes"),
                broken("o.npy", cut(NPY, 3), "rows: 3 of 8 bytes (expected at most 2 in the rest of the file, %s, offset 128)"),
                broken("o.npy.gz", VectorBytes.gz(cut(NPY, 3)), "row 2: cut after 5 bytes (expected 8 bytes, %s, offset 149)"),
                broken("p.npy", VectorBytes.join(NPY, new byte[7]),
                        "after the last row: 7 bytes (expected the end after 3 rows, %s, offset 152)"),
                broken("p.npy.gz", VectorBytes.gz(VectorBytes.join(NPY, new byte[7])),
                        "after the last row: more bytes (expected the end after 3 rows, %s, offset 152)"),
                broken("p.npy.gz", VectorBytes.gz(npy("<f4", "(0, 3)", 1)),
                        "after the last row: more bytes (expected the end after 0"),
                // npz
                broken("q.npz", random(1000), "compressed data: broken or cut"),
                broken("q.npz", cut(zip, 10), "compressed data: broken or cut"),
                broken("q.npz", with(zip, zip.length / 2, zip[zip.length / 2] ^ 1), "compressed data: broken or cut"),
                broken("q.npz", with(stored, stored.length / 2, stored[stored.length / 2] ^ 1),
                        "compressed data: broken or cut (crc32"),
                broken("q.npz.gz", VectorBytes.gz(cut(zip, zip.length / 2)), "compressed data: broken or cut"),
                broken("q.npz.gz", VectorBytes.gz(random(1000)), "members: no array"),
                broken("q.npz", VectorBytes.zip(true, Map.of("a.txt", new byte[9])), "members: no array"),
                broken("r.npz", VectorBytes.zip(true, Map.of("X.npy", cut(NPY, 3))), "rows: 3 of 8 bytes"),
                // IDX
                broken("s.idx", random(1000), "IDX header: 4c9326bb"),
                broken("s.idx", with(IDX, 2, 0x0A), "IDX header: 00000a02"),
                broken("s.idx", with(IDX, 0, 1), "IDX header: 01000802"),
                unsupported("s.idx", with(IDX, 3, 0), "shape: a single value"),
                broken("s.idx", with(IDX, 3, 200), "IDX dimensions: cut after 0 bytes (expected 4 bytes, %s, offset 16)"),
                broken("s.idx", cut(IDX, 1), "rows: 2 of 2 bytes (expected at most 1 in the rest of the file, %s, offset 12)"),
                broken("s.idx", cut(IDX, 10), "IDX dimensions: cut after 2 bytes"),
                broken("s.idx", VectorBytes.join(IDX, new byte[1]), "after the last row: 1 bytes"),
                broken("t-idx2-ubyte.gz", VectorBytes.gz(cut(IDX, 1)),
                        "row 1: cut after 1 bytes (expected 2 bytes, %s, offset 15)"),
                broken("t-idx2-ubyte.gz", VectorBytes.gz(VectorBytes.join(IDX, new byte[1])), "after the last row: more bytes"),
                broken("u.idx", dims(-1, 4), "dimension 0: -1"),
                broken("u.idx", dims(1, -4), "dimension 1: -4"),
                broken("u.idx", dims(Integer.MAX_VALUE, 65536), "rows: 2147483647 of 65536 bytes"),
                broken("u.idx", dims(1, Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE), "dim: more"));
    }

    @ParameterizedTest
    @MethodSource("files")
    void isRefusedWithFileOffsetAndReason(String name, byte[] bytes, ErrorCode code, String message) throws IOException {
        Path file = Files.write(folder.resolve(name), bytes);
        PerigeeException thrown = refused(file);
        String shown = file + (name.contains(".npz") && thrown.getMessage().contains("#X") ? "#X" : "");
        assertThat(thrown).hasMessageContaining(message.replace("%s", "file '" + shown + "'"))
                .hasMessageContaining("file '" + shown + "'")
                .hasMessageContaining("offset ");
        assertThat(thrown.code()).isEqualTo(code);
    }

    private static PerigeeException refused(Path file) {
        try (Arena arena = Arena.ofConfined()) {
            return catchThrowableOfType(PerigeeException.class, () -> Vectors.read(file, arena));
        }
    }

    @Test
    void missingFilesFoldersAndEmptyFiles() throws IOException {
        for (String name : new String[] {"a.fvecs", "a.npy.gz", "a.npz", "a-idx1-b"}) {
            Path file = folder.resolve(name);
            assertThat(refused(file).code()).isEqualTo(ErrorCode.NOT_FOUND);
            assertThat(refused(file)).hasMessage("file: '%s' is not there".formatted(file));
            Files.createFile(file);
            assertThat(refused(file).code()).isEqualTo(ErrorCode.CORRUPT_FILE);
            assertThat(refused(file)).hasMessage("file: empty (expected data, file '%s', offset 0)".formatted(file));
            Files.delete(file);
            Files.createDirectory(file);
            assertThat(refused(file).code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(refused(file)).hasMessage("file: '%s' is a folder (expected a regular file)".formatted(file));
        }
    }

    /** The file is sparse, so that it takes no room; nothing may be allocated for it. */
    @Test
    void moreThanTheMemoryOfTheMachineIsRefused() throws IOException {
        Path file = folder.resolve("a.npy");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.write(npy("|u1", "(100000000, 8000)", 0));
            sparse.setLength(sparse.length() + 100_000_000L * 8_000);
        } catch (IOException e) {
            assumeTrue(false, "this file system takes no sparse file of 800 GB");
        }
        PerigeeException thrown = refused(file);
        assertThat(thrown.code()).isEqualTo(ErrorCode.LIMIT_EXCEEDED);
        assertThat(thrown).hasMessageStartingWith("memory: 3200000000000 bytes for 100000000 x 8000 (expected at most ");
        try (VectorReader reader = VectorReader.open(file)) {
            assertThat(reader.rows()).as("streaming takes no memory").isEqualTo(OptionalLong.of(100_000_000));
        }
    }

    /** 10.9 MB of zeros in 11 KB claim to be 11 M rows, which the ratio of deflate allows: found out before memory is taken. */
    @Test
    void aCompressedFileIsNotBelieved() throws IOException {
        byte[] zeros = VectorBytes.join(npy("|u1", "(11000000,)", 0), new byte[10_900_000]);
        Path file = Files.write(folder.resolve("a.npy.gz"), VectorBytes.gz(zeros));
        try (Arena real = Arena.ofConfined()) {
            Arena untouched = new Arena() {
                @Override
                public MemorySegment allocate(long bytes, long alignment) {
                    throw new AssertionError("asked for " + bytes + " bytes");
                }

                @Override
                public MemorySegment.Scope scope() {
                    return real.scope();
                }

                @Override
                public void close() {
                }
            };
            assertThatThrownBy(() -> Vectors.read(file, untouched)).isInstanceOf(PerigeeException.class)
                    .hasMessageStartingWith("row 10900000: cut after 0 bytes (expected 1 bytes");
        }
    }
}
