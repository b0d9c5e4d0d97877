package dev.perigee.storage;

import static dev.perigee.storage.BlockFileTest.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.ErrorCode;
import dev.perigee.distance.Distance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestTest {
    @TempDir
    Path folder;

    @Test
    void valuesComeBackInOrderAndTyped() throws IOException {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("name", "Käse: 100 % \t");
        values.put("dim", 128);
        values.put("rows", 1L << 40);
        values.put("recall", 0.1 + 0.2);
        values.put("built", true);
        values.put("distance", "cosine");
        values.put("empty", "");
        Manifest.write(folder, values);
        assertThat(Files.readString(folder.resolve("manifest"))).startsWith(
                "format: perigee-collection 1\nname: Käse: 100 % \t\ndim: 128\n");
        Attributes read = Manifest.read(folder);
        assertThat(read.asMap().keySet()).containsExactly(
                "format", "name", "dim", "rows", "recall", "built", "distance", "empty");
        assertThat(read.text("name")).isEqualTo("Käse: 100 % \t");
        assertThat(read.integer("dim", 1, 128)).isEqualTo(128);
        assertThat(read.number("rows", 0, Long.MAX_VALUE)).isEqualTo(1L << 40);
        assertThat(read.decimal("recall")).isEqualTo(0.1 + 0.2);
        assertThat(read.flag("built")).isTrue();
        assertThat(read.word("distance", Distance::parse)).isEqualTo(Distance.COSINE);
        assertThat(read.text("empty")).isEmpty();
        assertThat(read.has("absent")).isFalse();
        assertThat(read.optional("absent")).isEmpty();
    }

    @Test
    void valuesThatDoNotReadAreCorruption() {
        Manifest.write(folder, Map.of("dim", "many", "rows", -1, "recall", "NaN", "built", "yes", "distance", "manhattan"));
        Attributes read = Manifest.read(folder);
        String where = "file " + folder.resolve("manifest") + ")";
        fails(() -> read.integer("dim", 1, 9), ErrorCode.CORRUPT_FILE, "dim: 'many' (expected an integer from 1 to 9, " + where);
        fails(() -> read.number("rows", 0, 9), ErrorCode.CORRUPT_FILE, "rows: '-1' (expected an integer from 0 to 9, " + where);
        fails(() -> read.decimal("recall"), ErrorCode.CORRUPT_FILE, "recall: 'NaN' (expected a finite number, " + where);
        fails(() -> read.flag("built"), ErrorCode.CORRUPT_FILE, "built: 'yes' (expected true or false, " + where);
        fails(() -> read.word("distance", Distance::parse), ErrorCode.CORRUPT_FILE, "manhattan");
        fails(() -> read.text("name"), ErrorCode.CORRUPT_FILE, "name: absent (expected a text, " + where);
    }

    @Test
    void keysAndValuesThatWouldNotComeBackAreRefused() {
        fails(() -> Manifest.write(folder, Map.of("a", "b\nc: d")), ErrorCode.INVALID_ARGUMENT, "a: a value with a line break");
        fails(() -> Manifest.write(folder, Map.of("a: b", "c")), ErrorCode.INVALID_ARGUMENT, "key: 'a: b'");
        fails(() -> Manifest.write(folder, Map.of("crc32c", "c")), ErrorCode.INVALID_ARGUMENT, "'crc32c'");
        fails(() -> Manifest.write(folder, Map.of("a", "\ud800")), ErrorCode.INVALID_ARGUMENT, "not Unicode");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aFolderWithoutOneIsNoCollection() throws IOException {
        fails(() -> Manifest.read(folder), ErrorCode.NOT_FOUND, "not a Perigee collection: " + folder + " (no manifest)");
        Path missing = folder.resolve("missing");
        fails(() -> Manifest.read(missing), ErrorCode.NOT_FOUND, "not a Perigee collection: " + missing + " (not there)");
        Path file = Files.createFile(folder.resolve("file"));
        fails(() -> Manifest.read(file), ErrorCode.NOT_FOUND, "not a Perigee collection: " + file + " (not a folder)");
        assertThat(Manifest.isIn(folder)).isFalse();
    }

    @Test
    void anotherVersionIsUnsupported() throws IOException {
        byte[] body = "format: perigee-collection 2\n".getBytes();
        var crc = new java.util.zip.CRC32C();
        crc.update(body);
        Files.writeString(folder.resolve("manifest"), new String(body) + "crc32c: %08x\n".formatted(crc.getValue()));
        fails(() -> Manifest.read(folder), ErrorCode.UNSUPPORTED,
                "format: 'perigee-collection 2' (expected 'perigee-collection 1'");
        assertThat(Manifest.isIn(folder)).isTrue();
    }

    @Test
    void writingReplacesAndLeavesNothingElse() {
        Manifest.write(folder, Map.of("a", 1));
        Manifest.write(folder, Map.of("a", 2));
        assertThat(Manifest.read(folder).integer("a", 0, 9)).isEqualTo(2);
        assertThat(folder.toFile().list()).containsExactly("manifest");
    }
}
