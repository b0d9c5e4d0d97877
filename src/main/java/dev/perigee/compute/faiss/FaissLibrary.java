package dev.perigee.compute.faiss;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.faiss.Faiss;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * The FAISS of this build. Asking never fails: whatever is wrong is a reason.
 *
 * @param version such as 1.7.3; empty if it cannot be used
 * @param build   how FAISS and its BLAS were built, in their words
 * @param threads that OpenMP would use
 * @param problem why it cannot be used; empty if it can
 */
public record FaissLibrary(String version, String build, int threads, String problem) {
    private static final String FOLDER = "/dev/perigee/faiss/";
    private static final String FILE = FOLDER + "linux-x86_64/libjniperigeefaiss.so";
    /** What a processor must have for it, in the words of {@code /proc/cpuinfo}. */
    private static final String FLAGS = FOLDER + "cpu-flags";

    private static final class Machine {
        static final FaissLibrary LIBRARY = probe(FaissLibrary.class::getResourceAsStream, FaissLibrary::cpuFlags);
    }

    /** What a build brings along. */
    interface Resources {
        /** Null if it is not there. */
        InputStream open(String name);
    }

    /** The library of this build, loaded once and for good: about a fifth of a second. */
    public static FaissLibrary probe() {
        return Machine.LIBRARY;
    }

    static FaissLibrary probe(Resources resources, Supplier<List<String>> cpu) {
        try (InputStream library = resources.open(FILE); InputStream flags = resources.open(FLAGS)) {
            if (library == null || flags == null) {
                return absent("this build has none (packages libfaiss-dev and libopenblas-dev where it is built; images go without)");
            }
            List<String> needed = words(new String(flags.readAllBytes(), StandardCharsets.US_ASCII));
            List<String> missing = needed.isEmpty() ? needed : needed.stream().filter(flag -> !cpu.get().contains(flag)).toList();
            return missing.isEmpty() ? load() : absent("it was built for a CPU with %s, which this one lacks".formatted(
                    String.join(", ", missing)));
        } catch (IOException e) {
            return absent(e.toString());
        }
    }

    private static FaissLibrary load() {
        try {
            int version = Faiss.version();
            return new FaissLibrary("%d.%d.%d".formatted(version / 10_000, version / 100 % 100, version % 100),
                    "%s, %s".formatted(Faiss.compile_options().getString().strip(), Faiss.blas().getString()),
                    Faiss.max_threads(), "");
        } catch (LinkageError e) { // the linker's word is at the end of the chain
            Throwable first = e;
            while (first.getCause() != null) {
                first = first.getCause();
            }
            return absent(String.valueOf(first.getMessage()).lines().findFirst().orElse("it cannot be loaded"));
        }
    }

    private static FaissLibrary absent(String problem) {
        return new FaissLibrary("", "", 0, problem);
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.strip().split("\\s+")).filter(word -> !word.isEmpty()).toList();
    }

    private static List<String> cpuFlags() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("flags")).findFirst().map(FaissLibrary::words).orElse(List.of());
        } catch (IOException e) {
            return List.of();
        }
    }

    /** @throws PerigeeException UNAVAILABLE with the reason if it cannot be used */
    public void require() {
        if (!problem.isEmpty()) {
            throw new PerigeeException(ErrorCode.UNAVAILABLE, "FAISS: " + problem);
        }
    }
}
