package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.backend.Backends;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.Benchmark.Row;
import dev.perigee.compute.ComputeBackend;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
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
        CommandLine line = Main.commandLine().addSubcommand(new Fake());
        return line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(args);
    }

    /** A goal of each direction, met or not, and none. */
    @Command(name = "fake")
    static final class Fake implements Callable<Integer> {
        @Mixin
        private Output output;

        @Mixin
        private RowOptions rows;

        @Override
        public Integer call() {
            try (ComputeBackend backend = Backends.open("scalar", 1)) {
                rows.print(List.of(new Fixed()), output, backend);
            }
            return 0;
        }
    }

    private static final class Fixed implements Benchmark {
        private final List<Row> all = List.of(new Row("speed", 0.84, "ratio", 0.85), new Row("delay", 99.5, "us", 100, true),
                new Row("late", 100.5, "us", 100, true), new Row("peak", 1_234_567, "1/s", Double.NaN));

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
