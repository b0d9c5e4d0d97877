package dev.perigee.compute.cuda;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Where cuBLAS lies on machines whose linker does not know: toolkits, packages, the wheels of Python environments, which are
 * looked for from {@code VIRTUAL_ENV}, {@code CONDA_PREFIX}, {@code PATH} and {@code HOME} without running Python.
 *
 * @param root folder that stands for the root of the file system
 */
record CublasPlaces(Map<String, String> environment, Path root) {
    static CublasPlaces ofMachine() {
        return new CublasPlaces(System.getenv(), Path.of("/"));
    }

    /** What to try for a library of that name, in order: first the name itself, for the linker, then files that are there. */
    List<String> of(String name) {
        return Stream.concat(Stream.of(name), folders().stream().map(folder -> folder.resolve(name)).filter(Files::isReadable)
                .map(Path::toString)).toList();
    }

    private Set<Path> folders() {
        Set<Path> folders = new LinkedHashSet<>();
        for (Path toolkit : children(root.resolve("usr/local"), "cuda*")) {
            folders.add(toolkit.resolve("lib64"));
            folders.add(toolkit.resolve("targets/x86_64-linux/lib"));
        }
        Stream.of("usr/lib/x86_64-linux-gnu", "usr/lib64", "opt/cuda/lib64").map(root::resolve).forEach(folders::add);
        for (Path prefix : prefixes()) {
            folders.add(prefix.resolve("lib"));
            for (Path python : children(prefix.resolve("lib"), "python3*")) {
                for (Path packages : children(python, "{site,dist}-packages")) {
                    children(packages.resolve("nvidia"), "*").forEach(wheel -> folders.add(wheel.resolve("lib")));
                }
            }
        }
        return folders;
    }

    /** Folders that Python environments lie in: {@code lib/python3.N} is below them. */
    private Set<Path> prefixes() {
        Set<Path> prefixes = new LinkedHashSet<>();
        Stream.of("VIRTUAL_ENV", "CONDA_PREFIX").map(environment::get).filter(value -> value != null && !value.isBlank())
                .map(Path::of).forEach(prefixes::add);
        for (String folder : environment.getOrDefault("PATH", "").split(":")) {
            Path python = folder.isBlank() ? null : Path.of(folder).resolve("python3");
            if (python != null && Files.isExecutable(python)) {
                prefixes.add(aboveBin(python.toAbsolutePath()));
                prefixes.add(aboveBin(real(python)));
                break;
            }
        }
        if (environment.get("HOME") != null) {
            prefixes.add(Path.of(environment.get("HOME"), ".local"));
        }
        prefixes.add(root.resolve("usr/local"));
        prefixes.add(root.resolve("usr"));
        return prefixes;
    }

    private static Path aboveBin(Path program) {
        return program.resolve("../..").normalize();
    }

    /** Without links: an environment's python3 is one to the Python that it was made with. */
    private static Path real(Path file) {
        try {
            return file.toRealPath();
        } catch (IOException e) {
            return file.toAbsolutePath();
        }
    }

    /** Folders and files of a folder, later names first, for they are of newer versions; none if it is not there. */
    private static List<Path> children(Path folder, String glob) {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
            stream.forEach(children::add);
        } catch (IOException e) {
            return List.of();
        }
        children.sort(Comparator.reverseOrder());
        return children;
    }
}
