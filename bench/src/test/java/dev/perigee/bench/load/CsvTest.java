package dev.perigee.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTest {
    @Test
    void whatIsReadIsWhatWasWritten(@TempDir Path folder) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("plain", 1.5);
        row.put("none", null);
        row.put("commas", "CPU, \"fast\", 2 threads");
        Path file = folder.resolve("new/table.csv");
        Csv.write(file, List.of(row, row));
        Map<String, String> read = Map.of("plain", "1.5", "none", "", "commas", "CPU, \"fast\", 2 threads");
        assertThat(Csv.read(file)).isEqualTo(List.of(read, read));
    }
}
