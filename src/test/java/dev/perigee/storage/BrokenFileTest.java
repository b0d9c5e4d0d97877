package dev.perigee.storage;

import static dev.perigee.storage.BlockFileTest.fails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to a file's bytes, opening it says so. */
class BrokenFileTest {
    @TempDir
    Path folder;
    private Path path;
    private byte[] sound;

    @BeforeEach
    void write() throws IOException {
        path = folder.resolve("cars.pgb");
        try (BlockFileWriter writer = BlockFileWriter.create(path)) {
            writer.attributes(Map.of("dim", 3));
            writer.write("rows", MemorySegment.ofArray(BlockFileTest.bytes(5_000, 1)));
            writer.optionalBlock("radii").append(MemorySegment.ofArray(BlockFileTest.bytes(10, 2)));
            writer.commit();
        }
        sound = Files.readAllBytes(path);
    }

    @Test
    void everyChangedByteIsNoticed() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            for (int at = 0; at < sound.length; at++) {
                poke(file, at, sound[at] ^ 1 << at % 8);
                refused("byte " + at);
                poke(file, at, sound[at]);
            }
        }
        BlockFile.open(path).close(); // so it was those bytes and nothing else
    }

    @Test
    void everyCutIsNoticed() throws IOException {
        for (int length = 0; length < sound.length; length++) {
            if (length > 100 && length < sound.length - 100 && length % 61 != 0 && length % 4096 > 1) {
                continue; // the middle of a block is like any other
            }
            Files.write(path, Arrays.copyOf(sound, length));
            refused("cut at " + length);
        }
    }

    @Test
    void everyAddedTailIsNoticed() throws IOException {
        for (int more : new int[] {1, 2, 7, 4095, 4096, 100_000}) {
            Files.write(path, Arrays.copyOf(sound, sound.length + more));
            refused("tail of " + more);
        }
        byte[] twice = Arrays.copyOf(sound, sound.length * 2);
        System.arraycopy(sound, 0, twice, sound.length, sound.length);
        Files.write(path, twice);
        refused("file twice");
    }

    @Test
    void messagesSayWhereAndWhat() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            poke(file, 8192 + 4999, sound[8192 + 4999] ^ 1);
            assertThat(messageOfOpen()).matches(
                    "checksum: [0-9a-f]{8} \\(expected [0-9a-f]{8}, block 'rows' at offset 8192, file .*cars.pgb\\)");
            poke(file, 8192 + 5001, 1); // in the zeros after the block
            assertThat(messageOfOpen()).contains("block 'rows' at offset 8192");
            poke(file, sound.length - 1, sound[sound.length - 1] ^ 1);
            assertThat(messageOfOpen()).matches(
                    "checksum: [0-9a-f]{8} \\(expected [0-9a-f]{8}, table at offset 20480, file .*cars.pgb\\)");
            file.setLength(sound.length - 1);
            assertThat(messageOfOpen()).isEqualTo("file length: %d (expected %d, file %s)", sound.length - 1, sound.length, path);
            poke(file, 100, 1);
            assertThat(messageOfOpen()).contains("header at offset 0");
        }
    }

    @Test
    void blocksBeyondTwoGigabytesAreMappedAndChecked() throws IOException {
        Path big = folder.resolve("big.pgb");
        long length = (1L << 31) + 12_345; // zeros that no disk holds: only the last page is written
        var crc = new java.util.zip.CRC32C();
        byte[] zeros = new byte[1 << 20];
        long end = BlockTable.pageEnd(length);
        byte[] last = new byte[4096];
        last[(int) (length - 1 - (end - 4096))] = 42;
        for (long left = end - 4096; left > 0; left -= zeros.length) {
            crc.update(zeros, 0, (int) Math.min(zeros.length, left));
        }
        crc.update(last);
        try (StagedFile file = StagedFile.create(big)) {
            file.write(java.nio.ByteBuffer.wrap(last), end);
            var entry = new BlockTable.Entry("huge", false, 4096, length, (int) crc.getValue());
            new BlockTable(java.util.List.of(entry)).write(file);
            file.commit();
        }
        try (BlockFile file = BlockFile.open(big)) {
            MemorySegment huge = file.block("huge", length);
            assertThat(huge.get(java.lang.foreign.ValueLayout.JAVA_BYTE, length - 1)).isEqualTo((byte) 42);
        }
    }

    @Test
    void everyChangeOfAManifestIsNoticed() throws IOException {
        Manifest.write(folder, Map.of("name", "cars"));
        Path manifest = folder.resolve(Manifest.FILE);
        byte[] bytes = Files.readAllBytes(manifest);
        Consumer<byte[]> refuse = changed -> {
            try {
                Files.write(manifest, changed);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            fails(() -> Manifest.read(folder), ErrorCode.CORRUPT_FILE, manifest.toString());
        };
        for (int at = 0; at < bytes.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] flipped = bytes.clone();
                flipped[at] ^= (byte) (1 << bit);
                refuse.accept(flipped);
            }
            refuse.accept(Arrays.copyOf(bytes, at));
        }
        refuse.accept(Arrays.copyOf(bytes, bytes.length + 1));
        refuse.accept((new String(bytes, java.nio.charset.StandardCharsets.UTF_8) + "more: 1\n").getBytes());
        Files.write(manifest, bytes);
        assertThat(Manifest.read(folder).text("name")).isEqualTo("cars");
    }

    private void refused(String what) {
        try (BlockFile file = BlockFile.open(path)) {
            fail("%s was not noticed in %s", what, file);
        } catch (PerigeeException e) {
            assertThat(e.code()).as(what).isEqualTo(ErrorCode.CORRUPT_FILE);
            assertThat(e.getMessage()).as(what).contains(path.toString());
        }
    }

    private String messageOfOpen() {
        try (BlockFile file = BlockFile.open(path)) {
            return fail("nothing noticed in %s", file);
        } catch (PerigeeException e) {
            return e.getMessage();
        }
    }

    private static void poke(RandomAccessFile file, long at, int value) throws IOException {
        file.seek(at);
        file.write(value);
    }
}
