package dev.perigee.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** JCuda's constants are those of cuBLAS 12 and 13: the table is compared with their headers by native/cublas. */
class CublasConstantsTest {
    @Test
    void theTableHoldsWhatJCudaSays() throws Exception {
        List<String> lines = Files.readAllLines(Path.of("native/cublas/constants.tsv")).stream()
                .filter(line -> !line.startsWith("#")).toList();
        assertThat(lines).hasSizeGreaterThan(20);
        for (String line : lines) {
            String[] columns = line.split("\t");
            assertThat(Class.forName(columns[0]).getField(columns[1]).getInt(null)).as(line)
                    .isEqualTo(Integer.parseInt(columns[2]));
        }
    }
}
