package dev.perigee.cli;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.backend.Backends;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.ComputeBackend;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code perigee bench}: how fast the parts are by themselves, beside what the machine could do. */
@Command(name = "bench", description = "Measure the kernels, a GPU, or what the server adds to a search.",
        subcommands = {BenchCommand.Kernels.class, GpuBenchCommand.class, BenchCommand.Rpc.class},
        footer = {"", "From a checkout, ./perigee bench also has peers (FAISS, hnswlib, Lucene and JVector beside Perigee),",
            "load (latency of the server under a fixed rate of requests) and learn (what learned distances find)."})
final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to measure: kernels, gpu or rpc; from a checkout also peers, load or learn");
    }

    /** {@code perigee bench kernels}. */
    @Command(name = "kernels", defaultValueProvider = OneCore.class, description = "Measure the kernels of a backend.",
            footer = {"", "Rows:",
                "  fma_peak_gflops                fused multiply-adds in twelve free chains",
                "  read_gbps                      memory read, beyond the last-level cache",
                "  multiply_of_fma_peak           product of 20,000 x 784 with 784 x 392",
                "  flat_batch_of_fma_peak         exact search, d = 784, batches of 1,000",
                "  flat_batch_d128_of_fma_peak    the same, d = 128",
                "  flat_single_of_read_bandwidth  exact search of one query at a time",
                "  ivf_flat_batch_qps             queries/s of IVF-Flat in batches",
                "  ivf_pq_scan_lookups_per_s      table look-ups/s of an IVF-PQ scan",
                "  ivf_pq4_scan_lookups_per_s     the same with codes of 4 bits",
                "  sq_tile_java_gmacs             products/s of IVF-SQ codes with six queries, in Java",
                "  sq_tile_java_single_gmacs      the same with one query",
                "  sq_tile_native_gmacs           both in C, where this build and this CPU have it",
                "  sq_tile_native_single_gmacs",
                "  ivf_sq_batch_us                us per query of IVF-SQ, in batches of 1,000",
                "  ivf_sq_single_us               the same, one at a time; stages of the batch:",
                "  ivf_sq_project_us              coordinates along the leading axes",
                "  ivf_sq_coarse_us               choice of the lists",
                "  ivf_sq_scan_us                 codes of the lists",
                "  ivf_sq_exact_us                rows of the best",
                "A goal that is not met is shown, and does not change the exit code."})
    static final class Kernels implements Callable<Integer> {
        @Mixin
        private Output output;

        @Mixin
        private BackendOptions backend;

        @Mixin
        private RowOptions rows;

        @Override
        public Integer call() {
            try (ComputeBackend compute = backend.open()) {
                List<Benchmark> benchmarks = compute.benchmarks();
                if (benchmarks.isEmpty()) {
                    throw new PerigeeException(ErrorCode.UNSUPPORTED,
                            "bench: backend '%s' has no kernels of its own".formatted(compute.name()));
                }
                rows.print(benchmarks, output, compute);
            }
            return 0;
        }
    }

    /** {@code perigee bench rpc}. */
    @Command(name = "rpc", description = {"Measure what client and server add to a search, on loopback.",
        "IVF-Flat, 10,000 rows x 128 in 64 lists, 4 probes, k = 10, one thread that searches, both in process and in the server."},
            footer = {"", "Rows:",
                "  single_added_p50_us       one query through the server less in process",
                "  batch_1000_of_in_process  queries/s of batches of 1,000, four in flight,",
                "                            as a part of those in process",
                "  noop_single_p50_us        one query where one row is searched",
                "  noop_batch_1000_qps       such batches where one row is searched",
                "A goal that is not met is shown, and does not change the exit code."})
    static final class Rpc implements Callable<Integer> {
        @Mixin
        private Output output;

        @Mixin
        private RowOptions rows;

        @Override
        public Integer call() {
            try (ComputeBackend compute = Backends.open("auto", 1)) {
                Benchmark benchmark = new RpcBenchmark(RpcBenchmark.Sizes.FULL, compute, note -> output.note("%s", note));
                rows.print(List.of(benchmark), output, compute);
            }
            return 0;
        }
    }

    /** Kernels are compared with what one core can do; a GPU has a command of its own. */
    static final class OneCore implements IDefaultValueProvider {
        @Override
        public String defaultValue(ArgSpec argument) {
            return !(argument instanceof OptionSpec option) ? null : switch (option.longestName()) {
                case "--threads" -> "1";
                case "--backend" -> "simd";
                default -> null;
            };
        }
    }
}
