package dev.perigee.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.compute.cuda.CudaDriver;
import dev.perigee.compute.cuda.CudaDriver.Device;
import java.util.List;
import org.junit.jupiter.api.Test;

class GpusTest {
    @Test
    void withoutADriverTheDriverIsTheProblem() {
        Gpus found = Gpus.of(new CudaDriver("", "", List.of(), "no NVIDIA driver: libcuda.so.1 cannot be loaded"), "0");
        assertThat(found.devices()).isEmpty();
        assertThat(found.problem()).isEqualTo("no NVIDIA driver: libcuda.so.1 cannot be loaded");
    }

    @Test
    void listsAllAndChoosesTheFirst() {
        Gpus found = Gpus.of(new CudaDriver("libcuda.so.1", "12.6",
                List.of(new Device(0, "NVIDIA H200", 90, 150_000_000_000L), new Device(1, "Tesla V100", 70, 16L << 30)), ""), null);
        assertThat(found.driver()).isEqualTo("12.6");
        assertThat(found.devices()).containsExactly(new Gpus.Gpu(0, "NVIDIA H200", "9.0", 150_000_000_000L, true, ""),
                new Gpus.Gpu(1, "Tesla V100", "7.0", 16L << 30, false,
                        "Tesla V100 has compute capability 7.0 (expected 7.5 or newer)"));
        assertThat(found.problem()).isEqualTo(found.kernels().problem());
    }

    @Test
    void aWrongChoiceIsAProblem() {
        CudaDriver cuda = new CudaDriver("libcuda.so.1", "12.6",
                List.of(new Device(0, "Old", 60, 1), new Device(1, "New", 80, 1)), "");
        assertThat(Gpus.of(cuda, "0").devices()).noneMatch(Gpus.Gpu::chosen);
        assertThat(Gpus.of(cuda, "0").problem()).contains("Old has compute capability 6.0");
        assertThat(Gpus.of(cuda, "1").devices().getLast().chosen()).isTrue();
        assertThat(Gpus.of(cuda, "1,1").devices()).filteredOn(Gpus.Gpu::chosen).hasSize(1);
        assertThat(Gpus.of(cuda, "all").problem()).contains("Old has compute capability 6.0");
        assertThat(Gpus.of(cuda, "2").problem()).isEqualTo("PERIGEE_CUDA_DEVICE: '2' (expected 0 to 1, several with commas, or all)");
    }
}
