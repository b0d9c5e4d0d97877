package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.testing.RequiresCuda;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {
    private final StringWriter out = new StringWriter();

    @Test
    void jsonHoldsWhatWasFound() throws IOException {
        assertThat(run("doctor", "--json")).isZero();
        Map<String, Object> found = JsonResult.parse(out.toString());
        assertThat(found).containsKeys("backend", "device", "cpu", "cpu_features", "cores", "vector_bits", "byte_products", "jdk", "os",
                "memory_bytes", "heap_limit_bytes", "direct_limit_bytes", "huge_pages", "gpu", "gpus", "gpu_devices",
                "cuda_driver", "cuda_library", "cuda_kernels", "cublas", "faiss", "perigee_data", "advice");
        assertThat(found.get("device").toString()).contains(found.get("backend").equals("simd")
                ? ((Double) found.get("vector_bits")).intValue() + "-bit" : ((List<?>) found.get("gpus")).getFirst().toString());
        assertThat(found.get("byte_products").toString()).matches("[a-z0-9_]+|java, \\d+ bit \\(no native code: .+\\)");
        assertThat((Double) found.get("cores")).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat((Double) found.get("memory_bytes")).isGreaterThan(1e8);
        assertThat(List.of("gpu", "cuda_library", "cuda_kernels", "cublas", "faiss")).allSatisfy(name ->
                assertThat(found.get(name).toString())
                        .matches("(not found|found|found, but this build has no backend for it|found, but cannot be used): .+"));
    }

    @Test
    void textIsALinePerFinding() {
        assertThat(run("doctor")).isZero();
        assertThat(out.toString()).contains("vector bits ", "heap limit ", "cublas ", "PERIGEE_DATA ")
                .containsPattern("(?m)^(advice: |nothing to do)");
    }

    @Test
    @RequiresCuda
    void everyGpuHasALine() {
        assertThat(run("doctor")).isZero();
        assertThat(out.toString()).containsPattern("(?m)^gpu 0 +.+, compute capability \\d+\\.\\d, [\\d.]+ GB, chosen$")
                .containsPattern("(?m)^cuda driver +\\d+\\.\\d");
    }

    @Test
    void featuresComeFromTheFirstCore() {
        Cpu cpu = Cpu.parse("""
                processor\t: 0
                model name\t: Intel(R) Xeon(R) Gold 6248
                flags\t\t: fpu sse2 avx avx2 fma avx512f avx512_vnni ht

                processor\t: 1
                model name\t: another
                flags\t\t: fpu
                """);
        assertThat(cpu.model()).isEqualTo("Intel(R) Xeon(R) Gold 6248");
        assertThat(cpu.features()).containsExactly("avx", "avx2", "fma", "avx512f", "avx512_vnni");
        assertThat(cpu.known()).isTrue();
    }

    @Test
    void armAndUnknownSystemsAreDescribedToo() {
        Cpu arm = Cpu.parse("processor\t: 0\nFeatures\t: fp asimd asimddp sve\n");
        assertThat(arm.features()).containsExactly("asimd", "asimddp", "sve");
        assertThat(arm.model()).isEqualTo(System.getProperty("os.arch"));
        assertThat(Cpu.parse("").known()).isFalse();
    }

    private int run(String... args) {
        return Main.commandLine().setOut(new PrintWriter(out, true)).execute(args);
    }
}
