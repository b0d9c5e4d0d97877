package dev.perigee.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The list is whole: a function that it lacks would not be looked up, and could end the process. */
class DriverFunctionTest {
    private static final Set<String> LISTED = Arrays.stream(DriverFunction.values()).map(Enum::name).collect(Collectors.toSet());

    @Test
    void everyFunctionThatIsCalledIsListed() {
        Set<String> called = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.perigee.compute.cuda").stream()
                .flatMap(c -> c.getMethodCallsFromSelf().stream())
                .filter(call -> call.getTargetOwner().isEquivalentTo(JCudaDriver.class))
                .map(JavaMethodCall::getName).filter(name -> name.startsWith("cu")).collect(Collectors.toSet());
        assertThat(called).hasSizeGreaterThan(20).allSatisfy(name -> assertThat(LISTED).containsAnyOf(
                name, name + "_v2", name + "WithFlags"));
    }

    @Test
    void theListSpeaksTheNamesThatJCudaImports() throws IOException {
        var file = NativeLibrary.DRIVER.find();
        Assumptions.assumeTrue(file.isPresent(), NativeLibrary.DRIVER.problem());
        String library = Files.readString(file.get(), StandardCharsets.ISO_8859_1);
        assertThat(LISTED).allSatisfy(name -> assertThat(library).contains("\0" + name + "\0"));
    }
}
