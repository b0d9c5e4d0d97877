package dev.perigee.cli;

import dev.perigee.backend.Backends;
import dev.perigee.compute.ComputeBackend;
import picocli.CommandLine.Option;

/** Which backend a command computes on. */
final class BackendOptions {
    @Option(names = "--backend", paramLabel = "NAME", defaultValue = "auto",
            description = "What computes: " + Backends.NAMES + " (default ${DEFAULT-VALUE}).")
    private String name;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "0", description = "Cores to use; 0 = all (default ${DEFAULT-VALUE}).")
    private int threads;

    ComputeBackend open() {
        return Backends.open(name, threads);
    }
}
