package dev.perigee.cli;

import dev.perigee.compute.Verification.Check;
import dev.perigee.compute.Verification.Check.Outcome;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * {@code bench gpu --verify --scope small} once more in a JVM of its own, watched by NVIDIA's compute-sanitizer. What the driver
 * refuses is no error of ours: one check runs out of memory on purpose.
 */
final class Sanitizer {
    private static final String NAME = "compute-sanitizer";
    private static final Path TOOLKIT = Path.of("/usr/local/cuda/bin");
    private static final int FOUND_ERRORS = 99;
    private static final long MINUTES = 8;

    private Sanitizer() {
    }

    static Check run() {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        return run(Stream.concat(Stream.of(path.split(File.pathSeparator)).filter(p -> !p.isEmpty()).map(Path::of),
                Stream.of(TOOLKIT)).toList());
    }

    /** @param folders where the tool may be */
    static Check run(List<Path> folders) {
        Optional<Path> tool = folders.stream().map(folder -> folder.resolve(NAME)).filter(Files::isExecutable).findFirst();
        if (tool.isEmpty()) {
            return check(Outcome.SKIPPED, "no %s on PATH or in %s".formatted(NAME, TOOLKIT));
        }
        try {
            return watch(command(tool.get()));
        } catch (IOException e) {
            return check(Outcome.FAILED, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return check(Outcome.FAILED, "interrupted");
        }
    }

    private static List<String> command(Path tool) {
        List<String> command = new ArrayList<>(List.of(tool.toString(), "--tool", "memcheck",
                "--report-api-errors", "no", "--error-exitcode", String.valueOf(FOUND_ERRORS), ProcessHandle.current().info().command().orElse("java")));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-Dperigee.stderr") && !flag.startsWith("-Dperigee.terminal")) // of the launcher
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "bench", "gpu", "--verify",
                "--scope", "small"));
        return command;
    }

    private static Check watch(List<String> command) throws IOException, InterruptedException {
        Path log = Files.createTempFile("perigee-sanitizer", ".log");
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
                return check(Outcome.FAILED, "not done after %d minutes".formatted(MINUTES));
            }
            List<String> said = Files.readString(log).lines().filter(line -> !line.isBlank()).toList();
            String last = said.isEmpty() ? "nothing said" : said.getLast().strip();
            return process.exitValue() == 0 ? check(Outcome.PASSED, last)
                    : check(Outcome.FAILED, "exit %d: %s".formatted(process.exitValue(),
                            String.join("; ", said.subList(Math.max(0, said.size() - 8), said.size()))));
        } finally {
            Files.deleteIfExists(log);
        }
    }

    private static Check check(Outcome outcome, String detail) {
        return new Check("compute_sanitizer_memcheck", outcome, detail, Map.of());
    }
}
