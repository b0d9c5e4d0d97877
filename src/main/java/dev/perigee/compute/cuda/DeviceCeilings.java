package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntToDoubleFunction;

/**
 * What the device does at the most, by loops that do nothing else ({@code native/cuda/ceilings.cu}); each result is checked.
 *
 * @param copyGbps   bytes read and bytes written, in 1e9 a second
 * @param fp16Tflops products m16n8k16, in 1e12 operations a second; NaN where the device has none
 * @param tf32Tflops products m16n8k8
 * @param sharedGbps reads of shared memory without conflicts
 */
record DeviceCeilings(double copyGbps, double fp16Tflops, double tf32Tflops, double sharedGbps) {
    private static final int THREADS = 256;
    private static final int CHAINS = 8;
    private static final int CHAIN_STARTS = 2 * CHAINS * (CHAINS - 1);
    private static final int WARP = 32;

    static DeviceCeilings measure(CudaBackend backend, GpuSizes sizes) {
        try (Slots.Lease lease = backend.slots().take()) {
            Slot slot = lease.slot();
            double fp16 = loop(slot, sizes, Kernel.CEILING_MMA_FP16, steps -> 64.0 * CHAINS * steps + CHAIN_STARTS,
                    4096.0 * CHAINS / WARP);
            double tf32 = loop(slot, sizes, Kernel.CEILING_MMA_TF32, steps -> 32.0 * CHAINS * steps + CHAIN_STARTS,
                    2048.0 * CHAINS / WARP);
            double shared = loop(slot, sizes, Kernel.CEILING_SHARED, steps -> 48.0 * steps, 8.0 * 16);
            return new DeviceCeilings(copy(slot, sizes) * 1e-9, fp16 * 1e-12, tf32 * 1e-12, shared * 1e-9);
        }
    }

    double of(GpuRow row) {
        return switch (row) {
            case CEILING_COPY_GBPS -> copyGbps;
            case CEILING_MMA_FP16_TFLOPS -> fp16Tflops;
            case CEILING_MMA_TF32_TFLOPS -> tf32Tflops;
            case CEILING_SHARED_GBPS -> sharedGbps;
            default -> throw new IllegalArgumentException(row.title());
        };
    }

    private static double copy(Slot slot, GpuSizes sizes) {
        long bytes = Math.min(sizes.copyBytes(), slot.device().memory().free() / 4 / 16 * 16);
        try (DeviceBuffer from = slot.device().allocate(bytes, Purpose.OTHER);
                DeviceBuffer to = slot.device().allocate(bytes, Purpose.OTHER); Arena arena = Arena.ofConfined()) {
            from.fill(0, bytes, 0x5EED, slot.stream());
            to.fill(0, bytes, 0, slot.stream());
            int blocks = slot.device().multiprocessors() * 8 * sizes.waves();
            double millis = Timings.ofDevice(slot, sizes, () -> {
                slot.of(Kernel.CEILING_COPY).put(from).put(to).put(bytes / 16);
                slot.launch(blocks, 1, THREADS, 0);
            });
            long looked = Math.min(bytes, 1 << 20); // at both ends
            MemorySegment ends = arena.allocate(2 * looked, 16);
            to.download(0, ends.asSlice(0, looked), slot.stream());
            to.download(bytes - looked, ends.asSlice(looked, looked), slot.stream());
            slot.stream().synchronize();
            for (long i = 0; i < 2 * looked / 4; i++) {
                check(Kernel.CEILING_COPY, i, ends.getAtIndex(ValueLayout.JAVA_INT, i), 0x5EED);
            }
            return 2.0 * bytes / (millis * 1e-3);
        }
    }

    /** @return what a thread counts {@code perStep} of, a second */
    private static double loop(Slot slot, GpuSizes sizes, Kernel kernel, IntToDoubleFunction result, double perStep) {
        if (!slot.module().has(kernel)) {
            return Double.NaN;
        }
        int steps = sizes.steps();
        int blocks = slot.device().multiprocessors() * sizes.waves()
                * slot.module().blocksPerMultiprocessor(kernel, THREADS, 0);
        int threads = blocks * THREADS;
        try (DeviceBuffer out = slot.device().allocate(threads * 4L, Purpose.OTHER); Arena arena = Arena.ofConfined()) {
            out.fill(0, threads * 4L, 0, slot.stream());
            double millis = Timings.ofDevice(slot, sizes, () -> {
                slot.of(kernel).put(steps).put(out);
                slot.launch(blocks, 1, THREADS, 0);
            });
            MemorySegment found = arena.allocate(threads * 4L, 4);
            out.download(0, found, slot.stream());
            slot.stream().synchronize();
            for (int i = 0; i < threads; i++) {
                check(kernel, i, found.getAtIndex(ValueLayout.JAVA_FLOAT, i), result.applyAsDouble(steps));
            }
            return perStep * steps * threads / (millis * 1e-3);
        }
    }

    private static void check(Kernel kernel, long place, double got, double expected) {
        if (got != expected) {
            throw new PerigeeException(ErrorCode.INTERNAL, "%s: %s at %d (expected %s)".formatted(kernel.symbol(), got, place,
                    expected));
        }
    }
}
