package dev.perigee.compute.cuda;

import java.util.Arrays;
import java.util.function.DoubleSupplier;

/** Medians of times, in milliseconds. */
final class Timings {
    private static final int WARM_UP = 3;

    private Timings() {
    }

    /** Time of the device for what is launched. */
    static double ofDevice(Slot slot, GpuSizes sizes, Runnable launches) {
        try (CudaEvent begin = slot.device().event(); CudaEvent end = slot.device().event()) {
            return median(sizes, () -> {
                slot.stream().record(begin);
                launches.run();
                slot.stream().record(end);
                end.synchronize();
                return end.millisSince(begin);
            });
        }
    }

    static double millis(Runnable work) {
        long started = System.nanoTime();
        work.run();
        return (System.nanoTime() - started) * 1e-6;
    }

    /** The median of a figure that is asked for at least {@code runs} times, after some that do not count. */
    static double median(GpuSizes sizes, DoubleSupplier figure) {
        for (int i = 0; i < WARM_UP; i++) {
            figure.getAsDouble();
        }
        double[] values = new double[sizes.runs()];
        int count = 0;
        long end = System.nanoTime() + sizes.millis() * 1_000_000L;
        while (count < sizes.runs() || System.nanoTime() < end) {
            if (count == values.length) {
                values = Arrays.copyOf(values, 2 * count);
            }
            values[count++] = figure.getAsDouble();
        }
        return median(Arrays.copyOf(values, count));
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
}
