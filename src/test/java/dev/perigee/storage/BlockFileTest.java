package dev.perigee.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockFileTest {
    @TempDir
    Path folder;

    @Test
    void blocksComeBackAsWritten() {
        Path path = folder.resolve("cars.pgb");
        byte[] odd = bytes(12_345, 1);
        try (Arena arena = Arena.ofConfined(); BlockFileWriter writer = BlockFileWriter.create(path)) {
            Matrix rows = Matrix.copyOf(arena, new float[] {1, 2, 3}, new float[] {4, 5, 6});
            writer.attributes(Map.of("dim", 3, "name", "Käfer: alt "));
            writer.write("rows", rows);
            writer.write("empty", MemorySegment.NULL);
            writer.write("odd", MemorySegment.ofArray(odd));
            writer.write("full-page", MemorySegment.ofArray(new byte[4096]));
            writer.commit();
        }
        try (BlockFile file = BlockFile.open(path, Set.of("rows", "empty", "odd", "full-page"))) {
            assertThat(file.names()).containsExactly("attributes", "rows", "empty", "odd", "full-page");
            assertThat(file.attributes().integer("dim", 1, Matrix.MAX_DIM)).isEqualTo(3);
            assertThat(file.attributes().text("name")).isEqualTo("Käfer: alt ");
            Matrix rows = file.matrix("rows", 2, 3);
            assertThat(rows.get(1)).containsExactly(4, 5, 6);
            assertThat(rows.segment().isReadOnly()).isTrue();
            assertThat(rows.segment().address() % 4096).isZero();
            assertThat(file.matrix("empty", 0, 3).rows()).isZero();
            assertThat(content(file.block("odd"))).isEqualTo(odd);
            assertThat(file.block("full-page", 4096).mismatch(MemorySegment.ofArray(new byte[4096]))).isEqualTo(-1);
            assertThat(file.length()).isEqualTo(path.toFile().length());
            assertThat(file.optional("absent")).isEmpty();
        }
    }

    @Test
    void aFileWithoutBlocksIsAFile() {
        Path path = folder.resolve("none.pgb");
        try (BlockFileWriter writer = BlockFileWriter.create(path)) {
            writer.commit();
        }
        try (BlockFile file = BlockFile.open(path)) {
            assertThat(file.names()).isEmpty();
            assertThatThrownBy(() -> file.attributes().integer("dim", 1, 10)).hasMessageContaining("dim: absent");
        }
    }

    @Test
    void blocksOfUnknownLengthAreStreamed() {
        Path path = folder.resolve("stream.pgb");
        Random random = new Random(7);
        byte[] all = bytes(3_000_000, 8); // many times the writer's buffer
        try (BlockFileWriter writer = BlockFileWriter.create(path)) {
            BlockFileWriter.OutputBlock block = writer.block("stream");
            int at = 0;
            while (at < all.length) {
                int count = Math.min(all.length - at, random.nextInt(random.nextBoolean() ? 100 : 600_000));
                block.append(MemorySegment.ofArray(all).asSlice(at, count));
                at += count;
            }
            assertThat(block.length()).isEqualTo(all.length);
            writer.write("after", MemorySegment.ofArray(new int[] {1}));
            writer.commit();
        }
        try (BlockFile file = BlockFile.open(path)) {
            assertThat(content(file.block("stream"))).isEqualTo(all);
            assertThat(file.block("after").get(BlockFile.INT, 0)).isEqualTo(1);
        }
    }

    /** A promise to files that lie on disks already: these bytes, worked out apart from this code, never change. */
    @Test
    void theBytesAreThoseOfVersionOne() throws IOException {
        Path path = folder.resolve("golden.pgb");
        try (BlockFileWriter writer = BlockFileWriter.create(path)) {
            writer.optionalBlock("ids").append(MemorySegment.ofArray(new byte[] {7, 0, 0, 0, 0, 0, 0, 0}));
            writer.commit();
        }
        byte[] bytes = Files.readAllBytes(path);
        assertThat(bytes).hasSize(4096 + 4096 + 4 + 1 + 3 + 1 + 8 + 8 + 4);
        assertThat(hex(bytes, 0, 40)).isEqualTo("504552494745454201000000" + "1d000000" + "1d20000000000000" + "0020000000000000"
                + "83cf6201" + "00000000");
        assertThat(hex(bytes, 4092, 4104)).isEqualTo("d081844e" + "0700000000000000");
        assertThat(hex(bytes, 8192, bytes.length)).isEqualTo("01000000" + "03696473" + "01" + "0010000000000000"
                + "0800000000000000" + "f1af59de");
    }

    @Test
    void unknownBlocksAreRefusedUnlessOptional() {
        Path path = folder.resolve("future.pgb");
        try (BlockFileWriter writer = BlockFileWriter.create(path)) {
            writer.write("rows", MemorySegment.ofArray(new byte[1]));
            writer.optionalBlock("radii").append(MemorySegment.ofArray(new byte[2]));
            writer.write("panels", MemorySegment.ofArray(new byte[3]));
            writer.commit();
        }
        BlockFile.open(path, Set.of("rows", "panels")).close();
        fails(() -> BlockFile.open(path, Set.of("rows", "radii")), ErrorCode.UNSUPPORTED,
                "block: 'panels' (expected one of [radii, rows], file " + path + "); it needs a newer version of Perigee");
    }

    @Test
    void blocksOfTheWrongSizeOrNameAreCorruption() {
        Path path = folder.resolve("short.pgb");
        try (BlockFileWriter writer = BlockFileWriter.create(path)) {
            writer.write("rows", MemorySegment.ofArray(new byte[128]));
            writer.commit();
        }
        try (BlockFile file = BlockFile.open(path)) {
            fails(() -> file.matrix("rows", 3, 16), ErrorCode.CORRUPT_FILE,
                    "block 'rows': 128 bytes (expected 192, file " + path + ")");
            fails(() -> file.block("ids"), ErrorCode.CORRUPT_FILE,
                    "block: 'ids' absent (found [rows], file " + path + ")");
        }
    }

    @Test
    void whatIsNoBlockFileIsRefused() throws IOException {
        fails(() -> BlockFile.open(folder.resolve("missing.pgb")), ErrorCode.NOT_FOUND, "missing.pgb is not there");
        fails(() -> BlockFile.open(folder), ErrorCode.NOT_FOUND, "is a folder (expected a block file)");
        for (int size : new int[] {0, 1, 8, 4095, 4096, 100_000}) {
            Path path = Files.write(folder.resolve("random-" + size), bytes(size, size));
            fails(() -> BlockFile.open(path), ErrorCode.CORRUPT_FILE,
                    "not a Perigee block file: " + path + " (" + size + " bytes");
        }
    }

    @Test
    void anotherFormatVersionIsUnsupported() throws IOException {
        Path path = folder.resolve("next.pgb");
        try (BlockFileWriter writer = BlockFileWriter.create(path)) {
            writer.commit();
        }
        byte[] bytes = Files.readAllBytes(path);
        bytes[8] = 2;
        var crc = new java.util.zip.CRC32C();
        crc.update(bytes, 0, 4092);
        java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(4092, (int) crc.getValue());
        Files.write(path, bytes);
        fails(() -> BlockFile.open(path), ErrorCode.UNSUPPORTED, "format version: 2 (expected 1");
    }

    @Test
    void misuseOfTheWriterIsRefused() {
        Path path = folder.resolve("misuse.pgb");
        BlockFileWriter writer = BlockFileWriter.create(path);
        BlockFileWriter.OutputBlock first = writer.block("first");
        writer.block("second");
        fails(() -> first.append(MemorySegment.NULL), ErrorCode.FAILED_PRECONDITION, "block 'first': ended already");
        fails(() -> writer.block("first"), ErrorCode.INVALID_ARGUMENT, "block: 'first' (written twice");
        fails(() -> writer.block("Größe"), ErrorCode.INVALID_ARGUMENT, "block: 'Größe' (expected");
        writer.commit();
        fails(writer::commit, ErrorCode.FAILED_PRECONDITION, "written already or closed");
        fails(() -> writer.block("third"), ErrorCode.FAILED_PRECONDITION, "written already or closed");
        writer.close();
        fails(() -> BlockFileWriter.create(folder), ErrorCode.ALREADY_EXISTS, "a folder of that name is there");
        fails(() -> BlockFileWriter.create(folder.resolve("no/such.pgb")), ErrorCode.NOT_FOUND, "no such file or folder");
    }

    /** A position beyond what a file system can hold fails as a full disk does. */
    @Test
    void aFailedWriteIsNeverCommitted() throws IOException {
        Path path = folder.resolve("full.pgb");
        try (StagedFile file = StagedFile.create(path)) {
            file.write(java.nio.ByteBuffer.allocate(10), 0);
            fails(() -> file.write(java.nio.ByteBuffer.allocate(1), Long.MAX_VALUE - 1), ErrorCode.IO, "cannot write " + path);
            fails(file::commit, ErrorCode.FAILED_PRECONDITION, "an earlier write failed");
        }
        assertThat(names()).isEmpty();
    }

    @Test
    void withoutCommitNothingIsLeft() throws IOException {
        Path path = folder.resolve("given-up.pgb");
        BlockFileWriter writer = BlockFileWriter.create(path);
        writer.write("rows", MemorySegment.ofArray(new byte[1_000_000]));
        assertThat(path).doesNotExist();
        assertThat(names()).hasSize(1);
        writer.close();
        writer.close();
        assertThat(names()).isEmpty();
    }

    @Test
    void anOldFileStaysUntilTheNewOneIsWhole() throws IOException {
        Path path = folder.resolve("twice.pgb");
        try (BlockFileWriter writer = BlockFileWriter.create(path)) {
            writer.write("v", MemorySegment.ofArray(new byte[] {1}));
            writer.commit();
        }
        BlockFile old = BlockFile.open(path);
        try (BlockFileWriter writer = BlockFileWriter.create(path)) {
            writer.write("v", MemorySegment.ofArray(new byte[] {2}));
            BlockFile.open(path).close();
            writer.commit();
        }
        try (old; BlockFile now = BlockFile.open(path)) {
            assertThat(content(old.block("v"))).containsExactly(1);
            assertThat(content(now.block("v"))).containsExactly(2);
        }
        assertThat(names()).containsExactly("twice.pgb");
    }

    @Test
    void leftoversOfDeadProcessesAreSweptAndNoOthers() throws IOException {
        long dead = deadProcess();
        long alive = ProcessHandle.current().pid();
        Files.write(folder.resolve(".x.pgb.%d-1.tmp".formatted(dead)), new byte[10]);
        Files.write(folder.resolve(".x.pgb.%d-999999.tmp".formatted(alive)), new byte[10]);
        Files.write(folder.resolve(".y.pgb.%d-1.tmp".formatted(dead)), new byte[10]);
        try (BlockFileWriter writer = BlockFileWriter.create(folder.resolve("x.pgb"))) {
            writer.commit();
        }
        assertThat(names()).containsExactlyInAnyOrder(
                "x.pgb", ".x.pgb.%d-999999.tmp".formatted(alive), ".y.pgb.%d-1.tmp".formatted(dead));
    }

    @Test
    void closedFilesGiveNothingMore() {
        Path path = folder.resolve("closed.pgb");
        try (BlockFileWriter writer = BlockFileWriter.create(path)) {
            writer.write("v", MemorySegment.ofArray(new byte[] {1}));
            writer.commit();
        }
        BlockFile file = BlockFile.open(path);
        MemorySegment block = file.block("v");
        file.close();
        file.close();
        assertThatThrownBy(() -> content(block)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void manyOpenOneFileAtOnce() throws Exception {
        Path path = folder.resolve("shared.pgb");
        byte[] all = bytes(500_000, 3);
        try (BlockFileWriter writer = BlockFileWriter.create(path)) {
            writer.write("all", MemorySegment.ofArray(all));
            writer.commit();
        }
        Callable<byte[]> read = () -> {
            try (BlockFile file = BlockFile.open(path)) {
                return content(file.block("all"));
            }
        };
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<byte[]> answer : threads.invokeAll(java.util.Collections.nCopies(32, read))) {
                assertThat(answer.get()).isEqualTo(all);
            }
        }
    }

    private List<String> names() throws IOException {
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.map(path -> path.getFileName().toString()).toList();
        }
    }

    static long deadProcess() throws IOException {
        Process process = new ProcessBuilder("true").start();
        process.onExit().join();
        return process.pid();
    }

    static byte[] bytes(int count, long seed) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] content(MemorySegment segment) {
        return segment.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }

    private static String hex(byte[] bytes, int from, int to) {
        return java.util.HexFormat.of().formatHex(bytes, from, to);
    }

    static void fails(ThrowingCallable call, ErrorCode code, String message) {
        assertThatThrownBy(call).isInstanceOfSatisfying(PerigeeException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(message);
    }
}
