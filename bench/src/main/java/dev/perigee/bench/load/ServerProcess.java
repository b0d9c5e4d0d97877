package dev.perigee.bench.load;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code perigee serve} in a process of its own, with the flags that the launcher gives it. */
final class ServerProcess implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("\"address\":\"([^\"]+)\"");
    private static final long SECONDS_TO_END = 15;

    private final Process process;
    private final String address;
    private final Thread hook;

    private ServerProcess(Process process, String address) {
        this.process = process;
        this.address = address;
        this.hook = new Thread(process::destroy);
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * Serves one folder on a free port of 127.0.0.1.
     *
     * @param backend as {@code --backend}
     * @param threads as {@code --threads}
     * @param log     gets what it says on standard error
     */
    static ServerProcess start(Path folder, String backend, int threads, Path log) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-XX:-UsePerfData",
                "-XX:+UseSerialGC", "-Xms32m", "-Djava.awt.headless=true", "-cp", System.getProperty("java.class.path"),
                "dev.perigee.cli.Main", "serve", folder.toString(), "--listen", "127.0.0.1:0", "--json",
                "--backend", backend, "--threads", Integer.toString(threads)));
        try {
            Process process = new ProcessBuilder(command).redirectError(log.toFile()).start();
            BufferedReader said = process.inputReader(); // not closed: the server would find its standard output gone
            String line = said.readLine();
            Matcher address = ADDRESS.matcher(line == null ? "" : line);
            if (!address.find()) {
                process.destroy();
                throw new PerigeeException(ErrorCode.UNAVAILABLE, "server: did not start: %s".formatted(
                        line == null ? Files.readString(log).strip() : line));
            }
            return new ServerProcess(process, address.group(1));
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.IO, "server: did not start: %s".formatted(e), e);
        }
    }

    String address() {
        return address;
    }

    @Override
    public void close() {
        process.toHandle().destroy(); // SIGTERM: it ends by itself
        try {
            if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        } catch (IllegalStateException e) {
            // the JVM is ending, and the hook does the same
        }
    }
}
