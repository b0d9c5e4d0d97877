package dev.perigee.storage;

import static dev.perigee.storage.BlockFileTest.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagedFolderTest {
    @TempDir
    Path parent;
    private Path target;

    @BeforeEach
    void name() {
        target = parent.resolve("cars");
    }

    @Test
    void theFolderAppearsWhole() {
        try (StagedFolder staged = StagedFolder.create(target)) {
            Manifest.write(staged.path(), Map.of("v", 1));
            assertThat(target).doesNotExist();
            staged.commit();
            fails(staged::commit, ErrorCode.FAILED_PRECONDITION, "in place already");
        }
        assertThat(Manifest.read(target).integer("v", 0, 9)).isEqualTo(1);
        assertThat(parent.toFile().list()).containsExactly("cars");
    }

    @Test
    void foldersAboveAreMade() {
        Path deep = parent.resolve("a/b/c");
        commit(deep, 1);
        assertThat(Manifest.isIn(deep)).isTrue();
    }

    @Test
    void withoutCommitNothingIsLeft() throws IOException {
        try (StagedFolder staged = StagedFolder.create(target)) {
            Files.createDirectories(staged.path().resolve("deep/er"));
            Files.writeString(staged.path().resolve("deep/er/file"), "x");
        }
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void anEmptyFolderAndACollectionAreReplaced() throws IOException {
        Files.createDirectory(target);
        commit(target, 1);
        Files.writeString(target.resolve("of-the-old"), "x");
        commit(target, 2);
        assertThat(Manifest.read(target).integer("v", 0, 9)).isEqualTo(2);
        assertThat(target.resolve("of-the-old")).doesNotExist();
        assertThat(parent.toFile().list()).containsExactly("cars");
    }

    @Test
    void whatIsNoCollectionIsNeverTouched() throws IOException {
        Files.createDirectory(target);
        Path precious = Files.writeString(target.resolve("manifest"), "of another program");
        fails(() -> StagedFolder.create(target), ErrorCode.ALREADY_EXISTS, target + " is not empty and no collection");
        fails(() -> StagedFolder.create(precious), ErrorCode.ALREADY_EXISTS, precious + " is a file");
        assertThat(precious).hasContent("of another program");
        assertThat(parent.toFile().list()).containsExactly("cars");
    }

    @Test
    void whatComesInBetweenIsNotTouchedEither() throws IOException {
        try (StagedFolder staged = StagedFolder.create(target)) {
            Manifest.write(staged.path(), Map.of("v", 1));
            Files.createDirectory(target);
            Files.writeString(target.resolve("precious"), "x");
            fails(staged::commit, ErrorCode.ALREADY_EXISTS, "not empty");
        }
        assertThat(target.resolve("precious")).hasContent("x");
        assertThat(parent.toFile().list()).containsExactly("cars");
    }

    @Test
    void aLinkStaysALink() throws IOException {
        Path real = Files.createDirectory(parent.resolve("real"));
        Files.createSymbolicLink(target, real);
        commit(target, 1);
        assertThat(target).isSymbolicLink();
        assertThat(Manifest.isIn(real)).isTrue();
    }

    @Test
    void leftoversOfACrashAreSweptOrPutBack() throws IOException {
        long dead = BlockFileTest.deadProcess();
        Path half = Files.createDirectory(parent.resolve(".cars.%d-1.tmp".formatted(dead)));
        Files.writeString(half.resolve("rows"), "half");
        commit(target, 1);
        // a crash between the two renames of a replacement: the old one is aside, the new one not yet in place
        Files.move(target, parent.resolve(".cars.%d-2.old".formatted(dead)));
        StagedFolder.create(target).close();
        assertThat(Manifest.read(target).integer("v", 0, 9)).isEqualTo(1);
        assertThat(parent.toFile().list()).containsExactly("cars");
    }

    private static void commit(Path target, int value) {
        try (StagedFolder staged = StagedFolder.create(target)) {
            Manifest.write(staged.path(), Map.of("v", value));
            staged.commit();
        }
    }
}
