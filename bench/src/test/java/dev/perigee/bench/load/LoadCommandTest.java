package dev.perigee.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.IndexKind;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.backend.Backends;
import dev.perigee.compute.ComputeBackend;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class LoadCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    @Test
    void aSmallRunGivesTableAndPictureFromOneFile() throws Exception {
        int status = run("--rows", "1500", "--probes", "4", "--seconds", "0.4", "--rates", "20,80%", "--connections", "2",
                "--threads", "1", "--backend", "simd", "--max-p99-ms", "10000", "--out", folder.toString(), "--json");
        assertThat(status).as(err.toString()).isZero();
        List<Map<String, String>> rows = Csv.read(folder.resolve("load.csv"));
        assertThat(rows).isNotEmpty();
        assertThat(rows.getFirst()).containsEntry("offered_qps", "20.0").containsEntry("requests", "8")
                .containsEntry("answered", "8").containsEntry("index", "ivf_flat").containsEntry("p99_us", "")
                .containsEntry("overloaded", "0");
        assertThat(Double.parseDouble(rows.getFirst().get("p50_us"))).isPositive();
        assertThat(ImageIO.read(folder.resolve("load.png").toFile()).getWidth()).isEqualTo(1200);
        assertThat(out.toString()).startsWith("{\"rows\":[{\"name\":\"p99_at_").contains("\"machine\":{\"cpu\":").hasLineCount(1);
        assertThat(err.toString()).contains("closed loop, 64 in flight");
    }

    @Test
    void wrongUseIsRefusedBeforeAnythingIsBuilt() {
        assertThat(run("--arrivals", "rarely")).isNotZero();
        assertThat(err.toString()).contains("arrivals: 'rarely' (expected poisson or constant)");
        assertThat(run("--rates", "fast")).isNotZero();
        assertThat(err.toString()).contains("rates: 'fast'").doesNotContain("data:");
    }

    @Test
    void anAnswerThatIsNotTheExpectedOneFailsTheRun() {
        try (Arena arena = Arena.ofShared(); ComputeBackend compute = Backends.open("simd", 1)) {
            LoadData data = LoadData.clusters(300, 1, arena);
            SearchRequest request = SearchRequest.nearest(3);
            int queries = data.queries().rows();
            SearchResult wrong = new SearchResult(queries, 3, new long[3 * queries], new float[3 * queries]);
            try (ServedIndex served = ServedIndex.start(data, IndexKind.FLAT, 0, 1, request, compute, "simd", 1, note -> { })) {
                try (Connections right = served.connect(1)) {
                    assertThat(Loops.open(new long[20], right).answered()).isEqualTo(20);
                }
                try (Connections target = new Connections(served.address(), 2, ServedIndex.NAME, data.queries(), request,
                        wrong)) {
                    assertThatThrownBy(() -> Loops.open(new long[20], target)).isInstanceOfSatisfying(PerigeeException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
                            .hasMessageContaining("not that of the search in process");
                }
            }
        }
    }

    private int run(String... args) {
        return new CommandLine(new LoadCommand()).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true))
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    command.getErr().println(e.getMessage());
                    return 1;
                }).execute(args);
    }
}
