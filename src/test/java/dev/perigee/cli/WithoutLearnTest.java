package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.dataset.Vectors;
import dev.perigee.index.TransformFile;
import dev.perigee.vector.Transform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program without the package learn, as the image for servers has it. */
class WithoutLearnTest {
    @TempDir
    Path folder;

    @Test
    void startsAndSaysWhatItCannot() throws Exception {
        List<String> with = new ArrayList<>(Arrays.asList(System.getProperty("java.class.path").split(java.io.File.pathSeparator)));
        Path classes = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        assertThat(with.removeIf(entry -> Path.of(entry).equals(classes))).isTrue();
        copy(classes, folder.resolve("classes"));
        String classPath = Stream.concat(Stream.of(folder.resolve("classes").toString()), with.stream())
                .collect(Collectors.joining(java.io.File.pathSeparator));
        assertThat(run(classPath, "--help")).startsWith("0").contains("serves what was learned elsewhere");
        String file = folder.resolve("rows.fvecs").toString();
        Vectors.writeFvecs(Path.of(file), new float[] {1, 2, 3, 4}, 2, 2);
        String learned = folder.resolve("unit").toString();
        TransformFile.write(Path.of(learned), new TransformFile.Content(Transform.of(new Transform.Unit(2)), Map.of()));
        String index = folder.resolve("index").toString();
        assertThat(run(classPath, "build", "--data", file, "--index", "flat", "--distance", "l2", "--transform", learned, "--out", index))
                .startsWith("0");
        assertThat(run(classPath, "learn", "preview", "--index", index, "--transform", learned, "--queries", file, "--out", index + ".npy"))
                .startsWith("1").contains("perigee: learn: not in this image").doesNotContain("\tat ");
        assertThat(run(classPath, "search", "--index", index, "--queries", file, "--out", index + ".npy")).startsWith("0");
    }

    private static String run(String classPath, String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "-cp", classPath, "dev.perigee.cli.Main"));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        return process.waitFor() + " " + said;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : paths.filter(p -> !from.relativize(p).startsWith("dev/perigee/learn")).toList()) {
                Path target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }
}
