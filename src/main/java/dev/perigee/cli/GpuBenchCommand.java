package dev.perigee.cli;

import dev.perigee.PerigeeException;
import dev.perigee.backend.Backends;
import dev.perigee.backend.Gpus;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.Verification;
import dev.perigee.compute.Verification.Check;
import dev.perigee.compute.Verification.Check.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee bench gpu}. */
@Command(name = "gpu", description = {"Measure search and training on a GPU beside what the device can do, or verify its answers.",
    "Rows are clustered, seeded, made up: of exact search on the host, of lists on the device. Every answer is checked. A value "
            + "is the median of 21 runs or more."},
        footer = {"", "Rows:",
            "  ceiling_copy_gbps        memory read and written by a copy",
            "  ceiling_mma_fp16_tflops  fp16 products of tensor cores, mma.sync",
            "  ceiling_mma_tf32_tflops  the same with TF32",
            "  ceiling_shared_gbps      shared memory, read without conflicts",
            "  E1                       exact L2, 1,000,000 x 128, 10,000 queries, k = 10",
            "  E2_q1024, E2_q32, E2_q1  the same with fewer queries",
            "  E3                       exact inner product, 1,000,000 x 768, 1,024 queries",
            "  E4_k100, E4_k4096        E1 with more neighbours, as a multiple of its time",
            "  E5                       inner product, 8,192 x 2,048, 5,000 queries, k = 32",
            "  S1                       the 64 smallest of each row of 10,000 x 16,384",
            "  C1, C2                   an iteration of k-means; lists and codes per second",
            "  P1                       ivf_pq, 1 M x 128, 16 of 1,024 lists, 10,000 queries, refine 64",
            "  P2, P3, P5               10 M, 100 M and 100 M x 96, more lists (P5: 65,536)",
            "  P4_q1000, P4_q32         P3 with fewer queries",
            "  P6                       our scan of P3 beside the LUT anchor: the published scheme, made by us",
            "  L1, L2                   one query of P3; 256 clients of P2 beside one batch of 256",
            "  F1_50, F1_10, F1_1, F2   P2 by masks of 50, 10, 1 %%; with a tenth deleted",
            "  M1, D1                   P3 refined from the host's memory; equal answers in any batch",
            "  Q1                       ivf_sq, 1 M x 128, 16 of 1,024 lists, 10,000 queries, refine 24",
            "  B1_fatbin, B1_first_answer  size of the kernels; from opening the device to an answer",
            "A limit is what the ceilings of the same run allow; with --expected, those of one H200.",
            "A goal that is not met is shown, and does not change the exit code."})
final class GpuBenchCommand implements Callable<Integer> {
    @Mixin
    private Output output;

    @Mixin
    private RowOptions rows;

    @Option(names = "--save", paramLabel = "DIR", description = "Write the JSON to DIR/DATE-DEVICE.json as well.")
    private Path folder;

    @Option(names = "--peers", paramLabel = "FILE",
            description = "What bench/gpu_peers.py printed on this machine: goes into the anchors, and makes the goal of E5.")
    private Path peersFile;

    @ArgGroup
    private Mode mode = new Mode();

    @Option(names = "--scope", paramLabel = "SCOPE", defaultValue = "full",
            description = "How much --verify checks: full, or small for a tool that slows it down (default ${DEFAULT-VALUE}).")
    private Verification.Scope scope;

    private Peers peers;

    static final class Mode {
        @Option(names = "--verify", description = {"Check the device instead: searches against the reference, kernels",
            "against their proofs, then all of it under compute-sanitizer if it is there."})
        private boolean verify;

        @Option(names = "--expected", description = "Show limits and goals on one H200; needs no GPU.")
        private boolean expected;
    }

    @Override
    public Integer call() {
        peers = peersFile == null ? Peers.NONE : Peers.read(peersFile);
        if (mode.expected) {
            List<Benchmark.Row> all = Gpus.expectedRows();
            List<String> wanted = rows.wanted(all.stream().map(Benchmark.Row::name).toList());
            List<Benchmark.Row> some = all.stream().filter(row -> wanted.contains(row.name())).map(peers::beside).toList();
            output.result(RowTable.fields(some, Map.of("device", "one NVIDIA H200, not measured")), RowTable.text(some));
            return 0;
        }
        try (ComputeBackend backend = open()) {
            return mode.verify ? verify(backend) : measure(backend);
        }
    }

    private ComputeBackend open() {
        try {
            return Backends.open("cuda", 0);
        } catch (PerigeeException e) {
            throw new PerigeeException(e.code(), e.getMessage() + "; 'bench gpu --expected' shows what a GPU should reach", e);
        }
    }

    private int measure(ComputeBackend backend) {
        List<Benchmark.Row> measured = rows.measure(backend.benchmarks(), output).stream().map(peers::beside).toList();
        Map<String, Object> fields = RowTable.fields(measured, machine(backend));
        save(fields, "");
        output.result(fields, RowTable.text(measured));
        return 0;
    }

    private int verify(ComputeBackend backend) {
        List<Check> checks = new ArrayList<>(backend.verification().orElseThrow().run(scope, this::say));
        if (scope == Verification.Scope.FULL) { // which is not the child that the sanitizer runs
            Check sanitized = Sanitizer.run();
            say(sanitized);
            checks.add(sanitized);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("checks", checks.stream().map(GpuBenchCommand::fields).toList());
        for (Outcome outcome : Outcome.values()) {
            fields.put(outcome.name().toLowerCase(Locale.ROOT), count(checks, outcome));
        }
        fields.put("machine", machine(backend));
        save(fields, "-verify");
        output.result(fields, "%d checks passed, %d failed, %d skipped".formatted(count(checks, Outcome.PASSED),
                count(checks, Outcome.FAILED), count(checks, Outcome.SKIPPED)));
        return count(checks, Outcome.FAILED) == 0 ? 0 : 1;
    }

    private void say(Check check) {
        output.note("%-7s %s: %s", check.outcome().name().toLowerCase(Locale.ROOT), check.name(), check.detail());
    }

    private static int count(List<Check> checks, Outcome outcome) {
        return (int) checks.stream().filter(check -> check.outcome() == outcome).count();
    }

    private static Map<String, Object> fields(Check check) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", check.name());
        fields.put("outcome", check.outcome().name().toLowerCase(Locale.ROOT));
        fields.put("detail", check.detail());
        check.figures().forEach((name, value) -> fields.put(name, Output.rounded(value)));
        return fields;
    }

    private static Map<String, Object> machine(ComputeBackend backend) {
        Map<String, Object> fields = RowOptions.machine(backend);
        Gpus gpus = Backends.gpus();
        gpus.devices().stream().filter(Gpus.Gpu::chosen).findFirst().ifPresent(gpu -> {
            fields.put("gpu", gpu.name());
            fields.put("compute_capability", gpu.computeCapability());
            fields.put("gpu_memory_bytes", gpu.memoryBytes());
        });
        fields.put("cuda_driver", gpus.driver());
        fields.put("driver_version", Provenance.driverVersion());
        fields.put("version", Provenance.version());
        fields.put("commit", Provenance.commit());
        fields.put("date", LocalDate.now().toString());
        return fields;
    }

    /** Writes {@code DATE-DEVICE[what].json}. */
    private void save(Map<String, Object> fields, String what) {
        if (folder == null) {
            return;
        }
        Map<?, ?> machine = (Map<?, ?>) fields.get("machine");
        String device = String.valueOf(machine.get("gpu")).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        Path file = folder.resolve(machine.get("date") + "-" + device + what + ".json");
        try {
            Files.createDirectories(folder);
            Files.writeString(file, Output.json(fields) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        output.note("saved %s", file);
    }
}
