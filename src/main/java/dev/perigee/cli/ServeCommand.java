package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionInfo;
import dev.perigee.collection.Collections;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.server.Server;
import dev.perigee.server.ServerSettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code perigee serve}: folders become collections of a server. It says where it listens once it does, in one line, and serves
 * until SIGTERM or SIGINT; then it finishes what it accepted and exits with 0, where the JVM alone would exit with 143 or 130.
 */
@Command(name = "serve", description = {"Serve index folders to clients of the binary protocol.",
    "Without a folder the server starts empty; clients create collections. They are in memory and end with the server.",
    "SIGTERM and Ctrl-C finish what was accepted, for up to 10 s, and exit with 0."})
final class ServeCommand implements Callable<Integer> {
    /** Of each collection before the server listens, so that the first callers do not wait for the compiler. */
    private static final Duration WARM_UP = Duration.ofMillis(500);

    @Mixin
    private Output output;

    @Mixin
    private BackendOptions backend;

    @Parameters(arity = "0..*", paramLabel = "DIR",
            description = "Folders made by build; each is served under its collection's name.")
    private List<Path> folders = List.of();

    @Option(names = "--listen", paramLabel = "HOST:PORT", defaultValue = "127.0.0.1:" + ServerSettings.PORT,
            description = "Where to listen (default ${DEFAULT-VALUE}); port 0 = one that is free.")
    private String listen;

    @Override
    public Integer call() throws InterruptedException {
        ServerSettings settings = settings();
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        Thread hook = new Thread(() -> endWith(asked, ended), "perigee-end");
        try (ComputeBackend compute = backend.open(); Collections collections = new Collections(compute)) {
            for (Path folder : folders) {
                open(collections, folder);
            }
            try (Server server = Server.start(settings, collections)) {
                Runtime.getRuntime().addShutdownHook(hook);
                announce(server, collections.list(), compute);
                asked.await();
                output.note("perigee: ending, after what was accepted");
            }
        } finally {
            ended.countDown();
            withdraw(hook);
        }
        return 0;
    }

    private static void withdraw(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the JVM is ending, through this hook
        }
    }

    /** Runs when the JVM is told to end: lets {@link #call} close everything, then ends it as done and not as killed. */
    private static void endWith(CountDownLatch asked, CountDownLatch ended) {
        asked.countDown();
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(0);
    }

    private ServerSettings settings() {
        int colon = listen.lastIndexOf(':');
        check(colon > 0 && listen.substring(colon + 1).matches("[0-9]{1,5}"), "listen: '%s' (expected HOST:PORT)", listen);
        String host = listen.substring(0, colon).replaceAll("^\\[(.*)]$", "$1");
        ServerSettings settings = ServerSettings.standard().withAddress(host, Integer.parseInt(listen.substring(colon + 1)));
        try {
            if (!InetAddress.getByName(host).isLoopbackAddress()) {
                output.note("perigee: warning: %s is open to other machines, and there is no authentication", listen);
            }
        } catch (UnknownHostException e) {
            throw new PerigeeException(ErrorCode.NOT_FOUND, "listen: host '%s' is not known".formatted(host), e);
        }
        return settings;
    }

    private static void open(Collections collections, Path folder) {
        try {
            collections.open(folder).warmUp(WARM_UP);
        } catch (PerigeeException e) {
            if (e.code() == ErrorCode.ALREADY_EXISTS) {
                throw new PerigeeException(e.code(), "%s (expected one folder per name, folder %s)"
                        .formatted(e.getMessage(), folder), e);
            }
            throw e;
        }
    }

    /** One line or object, at once: scripts wait for it. */
    private void announce(Server server, List<CollectionInfo> infos, ComputeBackend compute) {
        String address = text(server);
        List<String> names = infos.stream().map(info -> info.spec().name()).toList();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("address", address);
        fields.put("collections", names);
        fields.put("backend", compute.name());
        fields.put("device", compute.device());
        fields.put("backends", infos.stream().collect(Collectors.toMap(info -> info.spec().name(), CollectionInfo::backend)));
        output.result(fields, "serving %s on %s, %s; Ctrl-C ends it%s".formatted(
                infos.isEmpty() ? "no collections yet" : infos.size() == 1 ? "1 collection" : infos.size() + " collections",
                address, compute.device(),
                infos.stream().map(info -> "\n  " + InfoCommand.text(info)).collect(Collectors.joining())));
    }

    /** As clients write it, 127.0.0.1:7070 or [::1]:7070: the host as it was given, the port that it became. */
    private static String text(Server server) {
        String host = server.settings().host();
        return "%s:%d".formatted(host.contains(":") ? "[" + host + "]" : host, server.address().getPort());
    }
}
