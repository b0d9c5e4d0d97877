package dev.perigee.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import jcuda.jcublas.JCublas2;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CublasLibraryTest {
    private static final List<String> ABSENT = List.of("libcublas-absent.so", "/nowhere/libcublas.so");

    @TempDir
    private Path folder;

    @Test
    void noLibraryIsAReason() {
        CublasLibrary library = CublasLibrary.probe(ABSENT, ABSENT, Optional.empty());
        assertThat(library.file()).isEmpty();
        assertThat(library.problem()).startsWith("no libcublas.so.12 or libcublas.so.13 that can be loaded, in ");
        assertThatThrownBy(library::use).isInstanceOfSatisfying(PerigeeException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE)).hasMessage("cuBLAS: " + library.problem());
    }

    @Test
    void aFileThatIsNoLibraryIsAReasonInTheLinkersWords() throws IOException {
        String file = ForeignLibrary.writeTo(folder.resolve("libcublas.so.13")).toString();
        assertThat(CublasLibrary.probe(ABSENT, List.of("libcublas-absent.so", file), Optional.empty()).problem())
                .contains(file, ForeignLibrary.REASON).doesNotContain("\n");
    }

    @Test
    void aLibraryThatIsNoCublasIsAReason() {
        String zip = Path.of(System.getProperty("java.home"), "lib", "libzip.so").toString();
        assertThat(CublasLibrary.probe(List.of(zip), ABSENT, Optional.empty()).problem())
                .isEqualTo(zip + " is no cuBLAS: it has no cublasCreate_v2");
    }

    @Test
    void version12ComesFirstAndVersion13NeedsTheForwarder() {
        String twelve = CublasDouble.require(12);
        String thirteen = CublasDouble.require(13);
        Optional<Path> forwarder = Optional.of(Path.of("any"));
        assertThat(CublasLibrary.probe(List.of("absent", twelve), List.of(thirteen), Optional.empty()))
                .isEqualTo(new CublasLibrary(twelve, 12, ""));
        assertThat(CublasLibrary.probe(ABSENT, List.of("absent", thirteen), forwarder))
                .isEqualTo(new CublasLibrary(thirteen, 13, ""));
        assertThat(CublasLibrary.probe(ABSENT, List.of(thirteen), Optional.empty()).problem())
                .startsWith(thirteen + " is there, but this build has no perigee-cublas/libcublas.so.12 in ");
    }

    @Test
    void theForwarderIsNotTakenForACublas() {
        String forwarder = CublasDouble.requireForwarder().orElseThrow().toString();
        assertThat(CublasLibrary.probe(List.of(forwarder), ABSENT, Optional.empty()).problem())
                .startsWith("no libcublas.so.12 or libcublas.so.13 that can be loaded");
    }

    @Test
    void everyFunctionThatIsCalledIsListed() throws IOException {
        Set<String> called = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.perigee.compute.cuda").stream().flatMap(c -> c.getMethodCallsFromSelf().stream())
                .filter(call -> call.getTargetOwner().isEquivalentTo(JCublas2.class))
                .map(JavaMethodCall::getName).filter(name -> name.startsWith("cublas")).collect(Collectors.toSet());
        assertThat(CublasLibrary.FUNCTIONS.stream().map(name -> name.replace("_v2", "")))
                .containsExactlyInAnyOrderElementsOf(called);
        Path names = Path.of("native/cublas/names.inc");
        String imported = Files.readString(names, StandardCharsets.UTF_8);
        assertThat(CublasLibrary.FUNCTIONS).allSatisfy(name -> assertThat(imported).contains("X(" + name + ")"));
    }
}
