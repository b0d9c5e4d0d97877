package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.Benchmark;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Selects the k smallest of each row of a matrix, and looks whether they are. */
final class SelectRow {
    private static final int THREADS = 512;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final CudaBackend backend;

    SelectRow(CudaBackend backend) {
        this.backend = backend;
    }

    /** S1: normally distributed values, all rows checked. */
    Benchmark.Row time(GpuSizes sizes, DeviceCeilings ceilings) {
        GpuRow.Shape shape = sizes.cut(GpuRow.S1.shape);
        int rows = shape.queries();
        int columns = shape.rows();
        try (Arena arena = Arena.ofShared()) {
            MemorySegment values = arena.allocate((long) rows * columns * 4, 64);
            IntStream.range(0, rows).parallel().forEach(r -> {
                SplittableRandom random = new SplittableRandom(r);
                for (int c = 0; c < columns; c++) {
                    values.setAtIndex(FLOAT, (long) r * columns + c, (float) random.nextGaussian());
                }
            });
            double millis = select(values, rows, columns, shape.k(), sizes);
            double limit = 4.0 * rows * columns / (ceilings.copyGbps() * 1e9) * 1e3;
            Map<String, Double> more = new LinkedHashMap<>();
            more.put("of_limit", limit / millis);
            return GpuRow.S1.row(millis, limit, 1, more);
        }
    }

    /**
     * Checks all rows.
     *
     * @param values [rows, columns], no NaN
     * @param sizes  of the measurement, null to select once
     * @return median time of the device in milliseconds
     */
    double select(MemorySegment values, int rows, int columns, int k, GpuSizes sizes) {
        long places = (long) rows * k;
        try (Slots.Lease lease = backend.slots().take(); Arena arena = Arena.ofShared()) {
            Slot slot = lease.slot();
            CudaDevice device = slot.device();
            MemorySegment selected = arena.allocate(places * 4, 64);
            MemorySegment of = arena.allocate(places * 4, 64);
            double millis = 0;
            try (DeviceBuffer in = device.allocate(values.byteSize(), Purpose.OTHER);
                    DeviceBuffer keys = device.allocate(places * 8, Purpose.OTHER);
                    DeviceBuffer out = device.allocate(places * 4, Purpose.OTHER);
                    DeviceBuffer outColumns = device.allocate(places * 4, Purpose.OTHER)) {
                in.upload(0, values, slot.stream());
                Runnable launch = () -> {
                    slot.of(Kernel.SELECT_K).put(in).put((long) columns).put(columns).put(k).put(keys).put(out).put(outColumns);
                    slot.launch(rows, 1, THREADS, 0);
                };
                if (sizes == null) {
                    launch.run();
                } else {
                    millis = Timings.ofDevice(slot, sizes, launch);
                }
                out.download(0, selected, slot.stream());
                outColumns.download(0, of, slot.stream());
                slot.stream().synchronize();
            }
            IntStream.range(0, rows).parallel().forEach(r -> check(values, selected, of, r, columns, k));
            return millis;
        }
    }

    /** In order, each the value of its column, and exactly k of the row are not beyond the last: then they are the smallest. */
    static void check(MemorySegment values, MemorySegment selected, MemorySegment of, int row, int columns, int k) {
        long begin = (long) row * columns;
        float before = 0;
        int columnBefore = 0;
        for (int i = 0; i < k; i++) {
            float value = selected.getAtIndex(FLOAT, (long) row * k + i);
            int column = of.getAtIndex(INT, (long) row * k + i);
            if (column < 0 || column >= columns || values.getAtIndex(FLOAT, begin + column) != value
                    || i > 0 && !(before < value || before == value && columnBefore < column)) {
                throw wrong(row, columns, k, "place %d holds %s of column %d".formatted(i, value, column));
            }
            before = value;
            columnBefore = column;
        }
        int upTo = 0;
        for (int c = 0; c < columns; c++) {
            float value = values.getAtIndex(FLOAT, begin + c);
            upTo += value < before || value == before && c <= columnBefore ? 1 : 0;
        }
        if (upTo != k) {
            throw wrong(row, columns, k, "%d values are up to the last".formatted(upTo));
        }
    }

    private static PerigeeException wrong(int row, int columns, int k, String what) {
        return new PerigeeException(ErrorCode.INTERNAL, "select_k: row %d, %d of %d: %s".formatted(row, k, columns, what));
    }
}
