package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.backend.Backends;
import dev.perigee.backend.Gpus;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.Benchmark.Row;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.testing.RequiresCuda;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class BenchCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void jsonHasEveryFieldOfARow() {
        assertThat(run("fake", "--json")).isZero();
        assertThat(out.toString()).startsWith("{\"rows\":["
                + "{\"name\":\"speed\",\"value\":0.84,\"unit\":\"ratio\",\"goal\":0.85,\"goal_is\":\"at_least\",\"met\":false},"
                + "{\"name\":\"delay\",\"value\":99.5,\"unit\":\"us\",\"goal\":100.0,\"goal_is\":\"at_most\",\"met\":true},"
                + "{\"name\":\"late\",\"value\":100.5,\"unit\":\"us\",\"goal\":100.0,\"goal_is\":\"at_most\",\"met\":false},"
                + "{\"name\":\"peak\",\"value\":1234600.0,\"unit\":\"1/s\",\"goal\":null,\"goal_is\":null,\"met\":true}],"
                + "\"machine\":{\"cpu\":\"").hasLineCount(1);
        assertThat(out.toString()).contains("\"cores\":" + Runtime.getRuntime().availableProcessors() + ",",
                "\"jdk\":\"" + Runtime.version() + "\"", "\"backend\":\"scalar\"", "\"device\":\"");
        assertThat(err.toString()).isEqualTo("measuring speed, delay, late, peak\n");
    }

    @Test
    void textIsAnAlignedTable() {
        assertThat(run("fake")).isZero();
        assertThat(out.toString()).isEqualTo("""
                name     value  unit   goal     met
                speed     0.84  ratio  >= 0.85  NO
                delay     99.5  us     <= 100   yes
                late     100.5  us     <= 100   NO
                peak   1234567  1/s
                """);
    }

    @Test
    void onlyTheRowsThatAreWantedAreMeasured() {
        assertThat(run("fake", "--rows", "peak,delay")).isZero();
        assertThat(out.toString()).contains("delay", "peak").doesNotContain("speed", "late");
        assertThat(err.toString()).isEqualTo("measuring delay, peak\n");
    }

    @Test
    void whatWasMeasuredBeforeAFailureIsNotLost() {
        assertThat(run("broken")).isEqualTo(1);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).contains("measured before it failed:\n", "speed     0.84  ratio", "perigee: data: gone");
    }

    @Test
    void anUnknownRowIsWrongUseAndNothingIsMeasured() {
        assertThat(run("fake", "--rows", "delay,dealy")).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("perigee: rows: 'dealy' (expected some of speed, delay, late, peak) (see 'perigee fake --help')\n");
        assertThat(out.toString()).isEmpty();
        assertThat(run("bench", "rpc", "--rows", "fma_peak_gflops")).isEqualTo(2);
        assertThat(err.toString()).contains("single_added_p50_us, batch_1000_of_in_process").hasLineCount(1);
        assertThat(run("bench")).isEqualTo(2);
    }

    @Test
    void aBackendWithoutKernelsIsRefused() {
        assertThat(run("bench", "kernels", "--backend", "scalar")).isEqualTo(1);
        assertThat(err.toString()).isEqualTo("perigee: bench: backend 'scalar' has no kernels of its own\n");
    }

    @Test
    void contextIsShownWhereThereIsSome() {
        assertThat(run("beside", "--rows", "seen", "--json")).isZero();
        assertThat(out.toString()).startsWith("{\"rows\":[{\"name\":\"seen\",\"value\":9.5,\"unit\":\"ms\",\"goal\":8.0,"
                + "\"goal_is\":\"at_most\",\"met\":false,\"anchor\":\"others 57\",\"limit\":3.24,\"stretch\":5.0,\"recall\":1.0,"
                + "\"device_ms\":9.0}],");
        assertThat(run("beside", "--rows", "seen,peak")).isZero();
        assertThat(out.toString()).isEqualTo("""
                name    value  unit  limit  must  stretch  anchor     met
                seen      9.5  ms     3.24  <= 8  <= 5     others 57  NO
                peak  1234567  1/s
                """);
    }

    @Test
    void aNameStandsForAllThatBeginWithIt() {
        assertThat(run("bench", "gpu", "--expected", "--rows", "E2,E5")).isZero();
        assertThat(out.toString().lines().map(line -> line.split(" ")[0])).containsExactly(
                "name", "E2_q1024", "E2_q32", "E2_q1", "E5");
    }

    @Test
    void whatAGpuShouldReachIsKnownWithoutOne() {
        assertThat(run("bench", "gpu", "--expected", "--json")).isZero();
        assertThat(out.toString()).hasLineCount(1).contains("{\"name\":\"E1\",\"value\":null,\"unit\":\"ms\",\"goal\":8.0,"
                + "\"goal_is\":\"at_most\",\"met\":null,\"anchor\":\"FAISS flat",
                "\"limit\":3.24,\"stretch\":5.0,\"recall\":null}");
        assertThat(run("bench", "gpu", "--expected", "--verify")).isEqualTo(2);
        assertThat(run("bench", "gpu", "--expected", "--rows", "E9")).isEqualTo(2);
        assertThat(run("bench", "gpu", "--help")).isZero();
        assertThat(out.toString()).contains(Gpus.expectedRows().stream().map(Row::name).toList());
    }

    @Test
    void whatPeersNeedHereIsTheAnchorAndTheGoalOfOneRow(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("peers.json"), """
                {"rows": [{"name": "E5", "peer": "torch mm + topk fp32", "value": 6.5, "unit": "ms", "recall": 1.0},
                {"name": "E5", "peer": "torch mm + topk bf16", "value": 1.2, "unit": "ms", "recall": 0.98, "more": [1, {}]}],
                "skipped": []}""");
        assertThat(run("bench", "gpu", "--expected", "--rows", "E5", "--json", "--peers", file.toString())).isZero();
        assertThat(out.toString()).contains("\"goal\":0.6,", "\"stretch\":0.39",
                "\"anchor\":\"here: torch mm + topk fp32 6.500 ms, "
                + "torch mm + topk bf16 1.200 ms (recall 0.9800); FAISS 9.8 ms");
        Files.writeString(file, "{\"rows\": [");
        assertThat(run("bench", "gpu", "--expected", "--peers", file.toString())).isEqualTo(1);
        assertThat(err.toString()).startsWith("perigee: peers: " + file).hasLineCount(1);
    }

    @Test
    void withoutAGpuTheReasonIsOneLine() {
        assumeFalse(Backends.gpus().problem().isEmpty(), "there is a GPU");
        for (String what : new String[] {"--json", "--verify"}) {
            assertThat(run("bench", "gpu", what)).isEqualTo(1);
            assertThat(out.toString()).isEmpty();
            assertThat(err.toString()).startsWith("perigee: CUDA: ").contains("bench gpu --expected").hasLineCount(1);
        }
    }

    @Test
    @RequiresCuda
    void verifiesAGpu(@TempDir Path folder) throws IOException {
        assumeTrue(Backends.gpus().problem().isEmpty(), Backends.gpus().problem());
        assertThat(run("bench", "gpu", "--verify", "--scope", "small", "--save", folder.toString(), "--json")).isZero();
        assertThat(err.toString()).contains("passed  select_k: ").doesNotContain("failed");
        assertThat(out.toString()).hasLineCount(1).contains("{\"name\":\"gemm_groupmin_small\",\"outcome\":\"passed\",",
                "\"largest_sum_error_of_allowance\":", "\"failed\":0", "\"compute_capability\":");
        try (var files = Files.list(folder)) {
            assertThat(files.toList()).singleElement().satisfies(file -> assertThat(file.getFileName().toString())
                    .matches("\\d{4}-\\d\\d-\\d\\d-[a-z0-9-]+-verify.json"));
        }
    }

    @Test
    void helpTellsOfEveryRow() {
        try (ComputeBackend backend = Backends.open("simd", 1)) {
            assertThat(run("bench", "rpc", "--help")).isZero();
            assertThat(out.toString()).contains(new RpcBenchmark(RpcBenchmark.Sizes.FULL, backend, note -> { }).rows());
            assertThat(run("bench", "kernels", "--help")).isZero();
            assertThat(out.toString()).contains("(default 1)")
                    .contains(backend.benchmarks().stream().flatMap(b -> b.rows().stream()).toList());
        }
    }

    private int run(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine line = Main.commandLine().addSubcommand(new Fake()).addSubcommand(new Beside()).addSubcommand(new Broken());
        return line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(args);
    }

    /** A goal of each direction, met or not, and none. */
    @Command(name = "fake")
    static final class Fake implements Callable<Integer> {
        private static final List<Row> ROWS = List.of(new Row("speed", 0.84, "ratio", 0.85),
                new Row("delay", 99.5, "us", 100, true), new Row("late", 100.5, "us", 100, true),
                new Row("peak", 1_234_567, "1/s", Double.NaN));

        @Mixin
        private Output output;

        @Mixin
        private RowOptions rows;

        @Override
        public Integer call() {
            try (ComputeBackend backend = Backends.open("scalar", 1)) {
                rows.print(List.of(new Fixed(ROWS)), output, backend);
            }
            return 0;
        }
    }

    /** Rows of one benchmark, then one that fails. */
    @Command(name = "broken")
    static final class Broken implements Callable<Integer> {
        @Mixin
        private Output output;

        @Mixin
        private RowOptions rows;

        @Override
        public Integer call() {
            Benchmark gone = new Benchmark() {
                @Override
                public List<String> rows() {
                    return List.of("gone");
                }

                @Override
                public List<Row> run(List<String> names) {
                    throw new PerigeeException(ErrorCode.NOT_FOUND, "data: gone");
                }
            };
            try (ComputeBackend backend = Backends.open("scalar", 1)) {
                rows.print(List.of(new Fixed(Fake.ROWS), gone), output, backend);
            }
            return 0;
        }
    }

    /** A row with context, and one without. */
    @Command(name = "beside")
    static final class Beside implements Callable<Integer> {
        @Mixin
        private Output output;

        @Mixin
        private RowOptions rows;

        @Override
        public Integer call() {
            Row seen = new Row("seen", 9.5, "ms", 8, true,
                    new Benchmark.Context("others 57", 3.24, 5, 1, Map.of("device_ms", 9.0)));
            try (ComputeBackend backend = Backends.open("scalar", 1)) {
                rows.print(List.of(new Fixed(List.of(seen, Fake.ROWS.getLast()))), output, backend);
            }
            return 0;
        }
    }

    private record Fixed(List<Row> all) implements Benchmark {
        @Override
        public List<String> rows() {
            return all.stream().map(Row::name).toList();
        }

        @Override
        public List<Row> run(List<String> names) {
            return all.stream().filter(row -> names.contains(row.name())).toList();
        }
    }
}
