package dev.perigee.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
    @TempDir
    private Path folder;

    @Test
    void bothLieInTheBuildsFolderAndNoneElseOfJCuda() throws IOException {
        Path driver = NativeLibrary.DRIVER.find().orElseThrow();
        Path cublas = NativeLibrary.CUBLAS.find().orElseThrow();
        assertThat(NativeLibrary.DRIVER.problem()).isEmpty();
        assertThat(driver.getParent()).isEqualTo(cublas.getParent()).endsWith(Path.of("lib", "native"));
        try (var files = Files.list(driver.getParent())) {
            assertThat(files.filter(file -> file.getFileName().toString().startsWith("libJ"))).containsExactlyInAnyOrder(driver, cublas);
        }
    }

    @Test
    void anAbsentFileIsAReason() {
        assertThat(NativeLibrary.DRIVER.find(List.of(folder))).isEmpty();
        assertThatThrownBy(() -> NativeLibrary.DRIVER.load(List.of(folder), () -> assertThat(true).isFalse()))
                .isInstanceOfSatisfying(PerigeeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE))
                .hasMessageMatching("CUDA: no libJCudaDriver-.*\\.so in .*");
    }

    @Test
    void aFileThatCannotBeLoadedIsAReasonOfOneLine() throws IOException {
        ForeignLibrary.writeTo(folder.resolve(NativeLibrary.DRIVER.find().orElseThrow().getFileName()));
        assertThatThrownBy(() -> NativeLibrary.DRIVER.load(List.of(folder), () -> assertThat(true).isFalse()))
                .isInstanceOf(PerigeeException.class).hasMessageContaining(ForeignLibrary.REASON)
                .message().doesNotContain("\n");
    }
}
