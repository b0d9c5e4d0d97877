package dev.perigee.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CublasPlacesTest {
    private static final String NAME = "libcublas.so.13";

    @TempDir
    private Path root;

    @Test
    void theLinkerIsAskedFirstAndAloneWhereThereIsNothing() {
        assertThat(new CublasPlaces(Map.of(), root).of(NAME)).containsExactly(NAME);
    }

    @Test
    void newerToolkitsComeFirst() throws IOException {
        String older = library("usr/local/cuda-12.6/lib64");
        String newer = library("usr/local/cuda-13.1/targets/x86_64-linux/lib");
        String debian = library("usr/lib/x86_64-linux-gnu");
        Files.createDirectories(root.resolve("usr/local/cuda-13.2/lib64"));
        assertThat(new CublasPlaces(Map.of(), root).of(NAME)).containsExactly(NAME, newer, older, debian);
    }

    @Test
    void wheelsOfEveryPythonAreFound() throws IOException {
        String active = library("venv/lib/python3.12/site-packages/nvidia/cu13/lib");
        String conda = library("conda/lib");
        String base = library("opt/python/lib/python3.11/site-packages/nvidia/cublas/lib");
        String other = library("other/lib/python3.11/site-packages/nvidia/cu13/lib");
        String user = library("home/.local/lib/python3.11/site-packages/nvidia/cu13/lib");
        String debian = library("usr/local/lib/python3.11/dist-packages/nvidia/cu13/lib");
        Files.createDirectories(root.resolve("opt/python/bin"));
        Files.createDirectories(root.resolve("other/bin"));
        Path python = Files.createFile(root.resolve("opt/python/bin/python3.11"));
        assertThat(python.toFile().setExecutable(true)).isTrue();
        Files.createSymbolicLink(root.resolve("other/bin/python3"), python);
        Map<String, String> environment = Map.of("VIRTUAL_ENV", root.resolve("venv").toString(),
                "CONDA_PREFIX", root.resolve("conda").toString(), "HOME", root.resolve("home").toString(),
                "PATH", root.resolve("nowhere") + "::" + root.resolve("other/bin"));
        assertThat(new CublasPlaces(environment, root).of(NAME))
                .containsExactly(NAME, active, conda, other, base, user, debian);
    }

    private String library(String folder) throws IOException {
        return Files.createFile(Files.createDirectories(root.resolve(folder)).resolve(NAME)).toString();
    }
}
