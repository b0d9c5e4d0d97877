package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.Kernel.CEILING_COPY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.testing.RequiresCuda;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@RequiresCuda
class KernelModuleTest {
    private static final int COUNT = 1003;

    private final CudaDevice device = CudaDevice.open();
    private final CudaStream stream = device.stream();
    private final Arena arena = Arena.ofConfined();
    private final Arguments arguments = new Arguments(arena);
    private KernelModule module;

    @BeforeEach
    void load() {
        assumeTrue(KernelModule.problem().isEmpty(), KernelModule.problem());
        module = KernelModule.load(device);
    }

    @AfterEach
    void close() {
        device.close();
        arena.close();
    }

    @Test
    void launchesAKernel() {
        MemorySegment data = arena.allocate(16L * COUNT);
        for (int i = 0; i < 4 * COUNT; i++) {
            data.setAtIndex(ValueLayout.JAVA_INT, i, i);
        }
        MemorySegment back = arena.allocate(16L * COUNT);
        try (DeviceBuffer from = device.allocate(16L * COUNT, Purpose.OTHER);
                DeviceBuffer to = device.allocate(16L * COUNT, Purpose.OTHER)) {
            from.upload(0, data, stream);
            module.launch(arguments.of(CEILING_COPY).put(from).put(to).put((long) COUNT), 3, 1, 256, 0, stream);
            to.download(0, back, stream);
            stream.synchronize();
        }
        assertThat(back.mismatch(data)).isEqualTo(-1);
    }

    @Test
    void refusesALaunchThatTheDriverWould() {
        try (DeviceBuffer buffer = device.allocate(16, Purpose.OTHER)) {
            arguments.of(CEILING_COPY).put(buffer).put(buffer).put(1L);
            refused(0, 1, 256, 0);
            refused(1, 65_536, 256, 0);
            refused(1, 1, 4096, 0);
            refused(1, 1, 256, device.sharedMemoryPerBlock() + 1);
            module.launch(arguments, 1, 1, 256, device.sharedMemoryPerBlock(), stream);
            stream.synchronize();
        }
    }

    private void refused(int columns, int rows, int threads, int sharedBytes) {
        assertThatThrownBy(() -> module.launch(arguments, columns, rows, threads, sharedBytes, stream))
                .isInstanceOfSatisfying(PerigeeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
                .hasMessageContaining("ceiling_copy: %d x %d blocks of %d threads", columns, rows, threads);
    }

    @Test
    void launchesWithoutGarbage() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (DeviceBuffer buffer = device.allocate(32, Purpose.OTHER)) {
            launch(buffer, 100);
            long before = threads.getCurrentThreadAllocatedBytes();
            launch(buffer, 1000);
            assertThat((threads.getCurrentThreadAllocatedBytes() - before) / 1000).isLessThan(8);
        }
    }

    private void launch(DeviceBuffer buffer, int times) {
        for (int i = 0; i < times; i++) {
            module.launch(arguments.of(CEILING_COPY).put(buffer).put(buffer, 16).put(1L), 1, 1, 32, 0, stream);
        }
        stream.synchronize();
    }

    @Test
    void isLoadedForThisDeviceOnly() {
        for (Kernel kernel : Kernel.values()) {
            assertThat(module.has(kernel)).isEqualTo(device.architecture() >= kernel.leastArchitecture());
        }
        assertThat(module.blocksPerMultiprocessor(CEILING_COPY, 256, 0)).isPositive();
    }
}
