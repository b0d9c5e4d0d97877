package dev.perigee.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTest {
    @TempDir
    private Path folder;

    static PeerRow row(String engine, String mode, double recall, double qps) {
        return new PeerRow("abc", "two-cores", "CPU \"X\", fast", "2026-01-31", engine, "1.0", "AVX2, FMA", "few", "ivf_flat",
                "lists=4 probes=2", 1, mode, 10, recall, qps, qps * 0.9, qps * 1.1, 12.5, Double.NaN, 0.000125,
                3_000_000_000L, 5, 2);
    }

    @Test
    void comesBackAsItWent() throws IOException {
        List<PeerRow> rows = List.of(row("perigee", "batch", 0.99, 123456.7), row("faiss", "single", 1, 0.5));
        Path file = Files.writeString(folder.resolve("rows.csv"), Csv.write(rows));
        assertThat(Csv.read(file)).isEqualTo(rows);
        assertThat(Files.readString(file)).startsWith(
                "commit,machine,cpu,date,engine,version,build,data,index,parameters,threads,mode,k,recall,qps,qps_min,qps_max,"
                        + "p50_us,p99_us,build_s,bytes,rss_bytes");
    }

    @Test
    void saysWhereAFileIsWrong() throws IOException {
        Path other = Files.writeString(folder.resolve("other.csv"), "a,b\n1,2\n");
        assertThatThrownBy(() -> Csv.read(other)).hasMessageContaining("line 1 (expected the columns commit,");
        String right = Csv.write(List.of(row("perigee", "batch", 1, 10)));
        Path cut = Files.writeString(folder.resolve("cut.csv"), right.substring(0, right.length() - 12));
        assertThatThrownBy(() -> Csv.read(cut)).hasMessageContaining("line 2");
        Path word = Files.writeString(folder.resolve("word.csv"), right.replace(",batch,10,", ",batch,ten,"));
        assertThatThrownBy(() -> Csv.read(word)).hasMessageContaining("line 2").hasMessageContaining("ten");
        assertThatThrownBy(() -> Csv.read(folder.resolve("none.csv"))).hasMessageContaining("cannot be read");
    }

    @Test
    void picturesAndPageAreMadeOfIt() throws IOException {
        List<Path> files = PeerPictures.write(List.of(row("perigee", "batch", 0.9, 100), row("perigee", "batch", 1, 10),
                row("faiss", "batch", 1, 20), row("faiss", "single", 1, 20)), folder.resolve("out"));
        assertThat(files).extracting(file -> file.getFileName().toString()).containsExactly("few-batch-1-thread.png",
                "few-single-1-thread.png", "peers.html");
        String page = Files.readString(files.getLast());
        assertThat(page).contains("CPU &quot;X&quot;, fast", "lists=4 probes=2").doesNotContain("src=\"few", "http");
        assertThat(page.split("data:image/png;base64,", -1)).hasSize(3);
        try (Stream<Path> all = Files.list(folder.resolve("out"))) {
            assertThat(all).hasSize(3);
        }
    }

    @Test
    void ninesAreCounted() {
        assertThat(PeerPlot.nines(0.99)).isCloseTo(2, org.assertj.core.api.Assertions.within(1e-9));
        assertThat(PeerPlot.nines(1)).isEqualTo(5);
        assertThat(PeerPlot.nines(0)).isZero();
    }
}
