package dev.perigee;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The arrows between the packages: who may import whom, and which library is whose. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("dev.perigee");

    /** For each package, the packages of Perigee that it may import, besides itself and the root. */
    private static final Map<String, List<String>> MAY_IMPORT = Map.ofEntries(
            Map.entry("vector", List.of()),
            Map.entry("distance", List.of("vector")),
            Map.entry("storage", List.of("vector", "distance")),
            Map.entry("index", List.of("vector", "distance", "storage")),
            Map.entry("compute", List.of("vector", "distance", "index")),
            Map.entry("compute.simd", List.of("vector", "distance", "index", "compute")),
            Map.entry("compute.cuda", List.of("vector", "distance", "index", "compute")),
            Map.entry("faiss", List.of()),
            Map.entry("compute.faiss", List.of("vector", "distance", "index", "compute", "faiss")),
            Map.entry("backend", List.of("vector", "distance", "index", "compute", "compute.simd", "compute.cuda", "compute.faiss")),
            Map.entry("evaluate", List.of("vector", "distance", "index", "compute", "api")),
            Map.entry("api", List.of("vector", "distance")),
            Map.entry("build", List.of("vector", "distance", "storage", "index", "compute", "evaluate", "api")),
            Map.entry("collection", List.of("vector", "distance", "storage", "index", "compute", "evaluate", "backend", "build", "api")),
            Map.entry("protocol", List.of("vector", "distance", "api")),
            Map.entry("server", List.of("vector", "distance", "api", "collection", "protocol")),
            Map.entry("client", List.of("vector", "distance", "api", "protocol")),
            Map.entry("dataset", List.of("vector", "distance", "storage", "index", "compute", "evaluate", "api", "collection")),
            Map.entry("learn.transform", List.of("vector", "distance", "compute", "evaluate", "build", "api")),
            Map.entry("learn.loss", List.of("vector", "distance", "compute")),
            Map.entry("learn.mining", List.of("vector", "distance", "index", "compute", "evaluate", "learn.loss")),
            Map.entry("learn.tower", List.of("vector", "distance", "storage", "index", "compute", "evaluate", "build", "api", "learn.loss", "learn.mining")),
            Map.entry("learn", List.of("vector", "distance", "storage", "index", "compute", "evaluate", "build", "api", "collection",
                    "learn.transform", "learn.loss", "learn.mining", "learn.tower")));

    /** A heavy library is imported in these packages alone. */
    private static final Map<String, List<String>> LIBRARY_OF = Map.ofEntries(
            Map.entry("io.netty..", List.of("protocol", "server", "client")),
            Map.entry("picocli..", List.of("cli")),
            Map.entry("me.tongfei..", List.of("cli")),
            Map.entry("com.fasterxml..", List.of("cli")),
            Map.entry("org.knowm..", List.of("cli")),
            Map.entry("org.HdrHistogram..", List.of("cli")),
            Map.entry("jdk.incubator.vector..", List.of("compute.simd")),
            Map.entry("dev.perigee.compute.simd..", List.of("compute.simd", "backend")),
            Map.entry("dev.perigee.compute.cuda..", List.of("compute.cuda", "backend")),
            Map.entry("dev.perigee.compute.faiss..", List.of("compute.faiss", "backend")),
            Map.entry("dev.perigee.faiss..", List.of("faiss", "compute.faiss")),
            Map.entry("org.ejml..", List.of("learn.transform")),
            Map.entry("org.bytedeco..", List.of("faiss", "compute.faiss")),
            Map.entry("jcuda..", List.of("compute.cuda")));

    @Test
    void packagesImportOnlyWhatTheyMay() {
        List<String> broken = new ArrayList<>();
        MAY_IMPORT.forEach((name, allowed) -> {
            List<String> names = new ArrayList<>(List.of("dev.perigee", "dev.perigee." + name));
            allowed.forEach(a -> names.add("dev.perigee." + a));
            var rule = noClasses().that().resideInAPackage("dev.perigee." + name).should().dependOnClassesThat(
                    resideInAnyPackage("dev.perigee..").and(com.tngtech.archunit.base.DescribedPredicate.not(
                            resideInAnyPackage(names.toArray(String[]::new))))).allowEmptyShould(true);
            rule.evaluate(CLASSES).getFailureReport().getDetails().forEach(broken::add);
        });
        assertThat(broken).isEmpty();
    }

    @Test
    void everyPackageHasItsPlace() {
        classes().that().resideInAPackage("dev.perigee..").should().resideInAnyPackage(places())
                .because("a new package needs its arrows in MAY_IMPORT").check(CLASSES);
    }

    @Test
    void heavyLibrariesStayInTheirPackages() {
        LIBRARY_OF.forEach((library, owners) -> noClasses().that().resideOutsideOfPackages(
                owners.stream().map(o -> "dev.perigee." + o).toArray(String[]::new))
                .should().dependOnClassesThat().resideInAPackage(library).allowEmptyShould(true).check(CLASSES));
    }

    @Test
    void onlyStorageTouchesFileChannel() {
        noClasses().that().resideOutsideOfPackages("dev.perigee.storage")
                .should().dependOnClassesThat().haveFullyQualifiedName("java.nio.channels.FileChannel").check(CLASSES);
    }

    @Test
    void noPackageCycles() {
        slices().matching("dev.perigee.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    private static String[] places() {
        List<String> names = new ArrayList<>(List.of("dev.perigee", "dev.perigee.cli"));
        MAY_IMPORT.keySet().forEach(name -> names.add("dev.perigee." + name));
        return names.toArray(String[]::new);
    }
}
