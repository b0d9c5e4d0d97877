package dev.perigee.bench.peers;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How the engines are started. */
final class Engines {
    static final List<String> NAMES = List.of("perigee", "perigee_java", "perigee_rpc", "faiss", "faiss_avx512", "faiss_widest",
            "faiss_generic", "hnswlib", "jvector", "lucene");

    private static final String WORKERS = "dev.perigee.bench.workers.";
    private static final int PREPARE_MINUTES = 15;

    private final Path peers;

    /** @param bench the folder bench/ of the checkout */
    Engines(Path bench) {
        this.peers = bench.resolve("peers");
    }

    /** The command that starts an engine; what it needs is made first. @throws PerigeeException UNAVAILABLE with the reason */
    List<String> command(String name) {
        return switch (name) {
            case "perigee", "perigee_rpc", "faiss_generic" -> java(List.of("-XX:+UseSerialGC", "-Xms32m"), "PerigeeWorker", name);
            case "perigee_java" -> java(List.of("-XX:+UseSerialGC", "-Xms32m", "-Dperigee.native=off"), "PerigeeWorker", name);
            case "lucene" -> java(List.of(), "LuceneWorker");
            case "jvector" -> java(List.of(), "JVectorWorker");
            case "faiss" -> faiss("FAISS_SIMD_LEVEL=AVX2"); // what most of its users run
            case "faiss_avx512" -> faiss("FAISS_SIMD_LEVEL=AVX512");
            case "faiss_widest" -> faiss("--unset=FAISS_SIMD_LEVEL"); // it chooses itself
            case "hnswlib" -> List.of(prepared("hnswlib"));
            default -> throw new IllegalArgumentException(name);
        };
    }

    /** Whether it runs on a JVM, which compiles what it runs often. */
    static boolean needsWarmUp(String name) {
        return List.of("perigee", "perigee_java", "perigee_rpc", "faiss_generic", "jvector", "lucene").contains(name);
    }

    /** Perigee runs with the flags of its launcher, others with those that a JVM has by itself. */
    private static List<String> java(List<String> flags, String worker, String... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-XX:-UsePerfData",
                "-Dperigee.bench.warm-up=" + System.getProperty("perigee.bench.warm-up", "5")));
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), WORKERS + worker));
        command.addAll(List.of(arguments));
        return command;
    }

    /** The wheel with vectors of at most this width; it skips itself where the processor has not even these. */
    private List<String> faiss(String level) {
        return List.of("env", level, prepared("venv"), peers.resolve("faiss_worker.py").toString());
    }

    /** Runs a script of bench/peers that makes a program and prints where it lies. */
    private String prepared(String script) {
        try {
            Process process = new ProcessBuilder(peers.resolve(script).toString()).start();
            process.getOutputStream().close();
            Tail errors = Tail.of(process.getErrorStream());
            Tail output = Tail.of(process.getInputStream());
            if (!process.waitFor(PREPARE_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw unavailable("%s took more than %d minutes".formatted(script, PREPARE_MINUTES));
            }
            if (process.exitValue() != 0) {
                throw unavailable(errors.last().orElse("%s failed".formatted(script)));
            }
            return output.last().orElseThrow(() -> unavailable("%s printed nothing".formatted(script)));
        } catch (IOException e) {
            throw unavailable(e.getMessage());
        } catch (InterruptedException e) {
            throw unavailable("interrupted");
        }
    }

    private static PerigeeException unavailable(String reason) {
        return new PerigeeException(ErrorCode.UNAVAILABLE, reason);
    }
}
