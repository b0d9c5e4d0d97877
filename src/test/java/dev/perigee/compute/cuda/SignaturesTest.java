package dev.perigee.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What Java passes to the kernels is what they take, as the compiler has written it down. */
class SignaturesTest {
    /** Symbols and their parameter types in PTX: {@code merge_top u64 u64 u32}. */
    private static Map<String, String> compiled() throws IOException {
        try (InputStream in = SignaturesTest.class.getResourceAsStream("signatures.txt")) {
            Assumptions.assumeTrue(in != null, "the kernels were not compiled (no nvcc): no signatures.txt");
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .collect(Collectors.toMap(line -> line.split("\\s+")[0], line -> line.strip()));
        }
    }

    private static String described(Kernel kernel) {
        return kernel.symbol() + kernel.parameters().stream().map(parameter -> switch (parameter) {
            case POINTER, LONG -> " u64";
            case INT -> " u32";
            case FLOAT -> " f32";
            case DOUBLE -> " f64";
        }).collect(Collectors.joining());
    }

    @Test
    void javaAndTheKernelsAgree() throws IOException {
        assertThat(compiled()).isEqualTo(Arrays.stream(Kernel.values())
                .collect(Collectors.toMap(Kernel::symbol, SignaturesTest::described)));
    }
}
