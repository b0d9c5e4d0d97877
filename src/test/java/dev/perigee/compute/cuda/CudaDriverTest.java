package dev.perigee.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.cuda.FakeDriver.Gpu;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaDriverTest {
    private final FakeDriver fake = new FakeDriver();

    @TempDir
    private Path folder;

    @Test
    void noDriverIsAReasonThatNamesTheFirstPlace() {
        CudaDriver driver = CudaDriver.probe(List.of("libcuda-absent.so.1", "/nowhere/libcuda.so.1"));
        assertThat(driver.devices()).isEmpty();
        assertThat(driver.version()).isEmpty();
        assertThat(driver.problem()).isEqualTo("no NVIDIA driver: libcuda-absent.so.1 cannot be loaded");
        assertThatThrownBy(() -> driver.choose(null)).isInstanceOfSatisfying(PerigeeException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    }

    @Test
    void aLibraryForOtherMachinesIsAReason() throws IOException {
        Path file = ForeignLibrary.writeTo(folder.resolve("libcuda.so.1"));
        assertThat(CudaDriver.probe(List.of(file.toString())).problem()).startsWith("no NVIDIA driver: " + file).contains(ForeignLibrary.REASON);
    }

    @Test
    void aLibraryThatIsNoDriverIsAReason() {
        String zip = Path.of(System.getProperty("java.home"), "lib", "libzip.so").toString();
        assertThat(CudaDriver.probe(List.of("libcuda-absent.so.1", zip)).problem())
                .isEqualTo(zip + " is no CUDA driver: it has no cuInit");
    }

    @Test
    void describesEveryDevice() {
        fake.gpus = List.of(new Gpu("NVIDIA H200", 90, 150_000_000_000L), new Gpu("Tesla V100", 70, 16_000_000_000L));
        CudaDriver driver = ask();
        assertThat(driver.version()).isEqualTo("12.6");
        assertThat(driver.problem()).isEmpty();
        assertThat(driver.devices()).extracting(CudaDriver.Device::name).containsExactly("NVIDIA H200", "Tesla V100");
        assertThat(driver.devices()).extracting(CudaDriver.Device::computeCapability).containsExactly("9.0", "7.0");
        assertThat(driver.devices().getFirst().memoryBytes()).isEqualTo(150_000_000_000L);
        assertThat(driver.devices().getFirst().problem()).isEmpty();
        assertThat(driver.devices().getLast().problem())
                .isEqualTo("Tesla V100 has compute capability 7.0 (expected 7.5 or newer)");
    }

    @Test
    void oldDriversAndOldDevicesAreReasons() {
        fake.version = 11_080;
        assertThat(ask().problem()).isEqualTo("the driver is too old: CUDA 11.8 (expected 12.0 or newer)");
        fake.version = 12_000;
        fake.gpus = List.of(new Gpu("Tesla P100", 60, 1L << 34));
        assertThat(ask().problem()).contains("compute capability 6.0 (expected 7.5 or newer)");
        assertThat(ask().devices()).hasSize(1);
    }

    @Test
    void aDriverThatLacksAFunctionIsAReason() {
        fake.missing = List.of("cuGraphLaunch", "cuMemAlloc_v2");
        assertThat(ask().problem()).isEqualTo("fake has no cuMemAlloc_v2, cuGraphLaunch");
    }

    @Test
    void whatTheDriverSaysOfAnErrorIsShown() {
        fake.initStatus = 100;
        assertThat(ask().problem()).isEqualTo(
                "the driver is there but says error 100 CUDA_ERROR_NO_DEVICE, no CUDA-capable device is detected");
        fake.initStatus = 0;
        fake.gpus = List.of();
        assertThat(ask().problem()).isEqualTo("the driver finds no GPU");
    }

    @Test
    void oneOfSeveralIsChosenByNumber() {
        fake.gpus = List.of(new Gpu("A", 80, 1), new Gpu("B", 70, 1), new Gpu("C", 90, 1));
        CudaDriver driver = ask();
        assertThat(driver.choose(null).getFirst().name()).isEqualTo("A");
        assertThat(driver.choose(" ").getFirst().name()).isEqualTo("A");
        assertThat(driver.choose("2").getFirst().name()).isEqualTo("C");
        assertThat(driver.choose("2, 0")).extracting(CudaDriver.Device::name).containsExactly("C", "A");
        for (String wrong : List.of("3", "-1", "C", "1e0")) {
            assertThatThrownBy(() -> driver.choose(wrong)).isInstanceOfSatisfying(PerigeeException.class,
                    e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
                    .hasMessage("PERIGEE_CUDA_DEVICE: '%s' (expected 0 to 2, several with commas, or all)", wrong);
        }
        assertThatThrownBy(() -> driver.choose("1")).hasMessageContaining("B has compute capability 7.0");
    }

    private CudaDriver ask() {
        try (Arena arena = Arena.ofConfined()) {
            return CudaDriver.ask(fake.library(arena));
        }
    }
}
