package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.UpsertRequest;
import dev.perigee.backend.Backends;
import dev.perigee.client.Client;
import dev.perigee.collection.Collection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {
    private static final Matrix ROWS = Rows.GAUSSIAN.make(Distance.L2, 300, 12, 1);

    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    /** Needs a JVM of its own, since it is about signals. */
    @Test
    void foldersAreServedUntilSigterm() throws IOException, InterruptedException {
        Process process = start(save("cars", "a").toString(), save("bikes", "b").toString(), "--listen", "127.0.0.1:0", "--json");
        try (BufferedReader said = process.inputReader()) {
            Map<String, Object> line = JsonResult.parse(said.readLine());
            assertThat(line).containsEntry("collections", List.of("bikes", "cars")).containsKeys("backend", "device");
            try (Client client = Client.connect(line.get("address").toString())) {
                assertThat(client.search("cars", ROWS.get(17), SearchRequest.nearest(1)).id(0, 0)).isEqualTo(17);
                assertThat(client.info("bikes").rows()).isEqualTo(300);
                process.toHandle().destroy(); // SIGTERM; destroy() of the process closes its streams, too
                assertThat(process.waitFor(15, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(process.exitValue()).isZero();
            assertThat(said.readLine()).isNull();
            assertThat(process.errorReader().readAllAsString()).contains("perigee: ending, after what was accepted");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void withoutAFolderClientsCreateTheCollections() throws IOException, InterruptedException {
        Process process = start("--listen", "localhost:0");
        try (BufferedReader said = process.inputReader()) {
            String line = said.readLine();
            assertThat(line).startsWith("serving no collections yet on localhost:");
            try (Client client = Client.connect(line.replaceAll(".* on (localhost:[0-9]+),.*", "$1"))) {
                client.create(new CollectionSpec("new", 12, Distance.L2, IndexSpec.FLAT));
                client.add("new", UpsertRequest.of(ROWS));
                assertThat(client.search("new", ROWS.get(5), SearchRequest.nearest(1)).id(0, 0)).isEqualTo(5);
            }
        } finally {
            process.destroy();
        }
        assertThat(process.waitFor(15, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    @Test
    void whatCannotBeServedIsOneLine() throws IOException {
        Path first = save("cars", "a");
        Path second = save("cars", "b");
        refused("collection: 'cars' is there already (expected one folder per name, folder %s)".formatted(second), first, second);
        refused("not a Perigee collection: %s (no manifest)".formatted(folder), folder);
        refused("not a Perigee collection: %s (not there)".formatted(folder.resolve("c")), folder.resolve("c"));
        refused("listen: '7070' (expected HOST:PORT)", "--listen", "7070");
        refused("port: 65536 (expected 0 to 65535)", "--listen", "127.0.0.1:65536");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            refused("listen: 127.0.0.1:%d is in use".formatted(taken.getLocalPort()),
                    "--listen", "127.0.0.1:" + taken.getLocalPort());
        }
    }

    @Test
    void otherMachinesAreWarnedOf() {
        assertThat(run("0.0.0.0:0", folder.toString())).isEqualTo(1);
        assertThat(err.toString())
                .startsWith("perigee: warning: 0.0.0.0:0 is open to other machines, and there is no authentication\n");
    }

    private void refused(String message, Object... args) {
        err.getBuffer().setLength(0);
        List<String> all = new ArrayList<>(List.of("serve"));
        for (Object arg : args) {
            all.add(arg.toString());
        }
        assertThat(execute(all)).isEqualTo(1);
        assertThat(err.toString()).isEqualTo("perigee: " + message + "\n");
    }

    private int run(String listen, String place) {
        return execute(List.of("serve", "--listen", listen, place));
    }

    private int execute(List<String> args) {
        return Main.commandLine().setErr(new PrintWriter(err, true)).execute(args.toArray(String[]::new));
    }

    private Path save(String name, String where) {
        Path place = folder.resolve(where);
        try (ComputeBackend backend = Backends.open("auto", 2);
                Collection collection = Collection.create(
                        new CollectionSpec(name, 12, Distance.L2, IndexSpec.ivfFlat(4)), backend, place)) {
            collection.add(UpsertRequest.of(ROWS));
            collection.build(Progress.NONE);
            collection.save(place);
        }
        return place;
    }

    private static Process start(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-XX:+UseSerialGC",
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
                "-cp", System.getProperty("java.class.path"), Main.class.getName(), "serve"));
        command.addAll(List.of(args));
        return new ProcessBuilder(command).start();
    }
}
