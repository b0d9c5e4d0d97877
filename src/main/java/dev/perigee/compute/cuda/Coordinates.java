package dev.perigee.compute.cuda;

import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Coordinates of rows along axes, in the order of operations that {@link dev.perigee.compute.ComputeBackend#project} defines. */
final class Coordinates {
    private static final int AXES = 128;
    private static final int TOGETHER = 4;
    private static final int MOST_ROWS = 65_535 * TOGETHER;

    private Coordinates() {
    }

    /**
     * @param into      as {@link dev.perigee.compute.ComputeBackend#project}
     * @param workBytes device memory for rows and results of a slice
     */
    static void run(Slot slot, Matrix rows, Matrix mean, Matrix axes, Matrix into, long workBytes) {
        int dims = axes.rows();
        if (rows.rows() == 0 || dims == 0) {
            return;
        }
        int most = (int) Math.clamp(workBytes / (rows.stride() + dims * 4L), 1, Math.min(rows.rows(), MOST_ROWS));
        try (DeviceBuffer centre = slot.uploaded(mean, Purpose.OTHER); DeviceBuffer along = turned(axes, slot, Purpose.OTHER);
                DeviceBuffer in = slot.device().allocate(most * rows.stride(), Purpose.OTHER);
                DeviceBuffer out = slot.device().allocate(most * dims * 4L, Purpose.OTHER)) {
            for (int from = 0; from < rows.rows(); from += most) {
                int count = Math.min(most, rows.rows() - from);
                MemorySegment host = slot.host(count * dims * 4L);
                in.upload(0, rows.segment().asSlice(from * rows.stride(), count * rows.stride()), slot.stream());
                launch(slot, in, rows.stride(), count, rows.dim(), centre, along, dims, out);
                out.download(0, host.asSlice(0, count * dims * 4L), slot.stream());
                slot.stream().synchronize();
                for (int i = 0; i < count; i++) {
                    MemorySegment.copy(host, i * dims * 4L, into.segment(), (from + i) * into.stride(), dims * 4L);
                }
            }
        }
    }

    /** Axes as [dim, dims] without padding, on the device: neighbouring threads take neighbouring axes. The caller closes it. */
    static DeviceBuffer turned(Matrix axes, Slot slot, Purpose purpose) {
        try (Arena arena = Arena.ofConfined()) {
            Matrix turned = Matrix.allocate(arena, axes.dim(), axes.rows());
            for (int j = 0; j < axes.rows(); j++) {
                for (int t = 0; t < axes.dim(); t++) {
                    turned.set(t, j, axes.get(j, t));
                }
            }
            return slot.uploaded(turned, purpose);
        }
    }

    /**
     * @param stride of the rows, in bytes
     * @param axes   as {@link #turned}
     * @param out    [count, dims]
     */
    static void launch(Slot slot, DeviceBuffer rows, long stride, int count, int dim, DeviceBuffer mean, DeviceBuffer axes,
            int dims, DeviceBuffer out) {
        slot.of(Kernel.SQ_COORDINATES).put(rows).put(stride / 4).put(count).put(dim).put(mean).put(axes).put(dims).put(out);
        slot.launch((dims + AXES - 1) / AXES, (count + TOGETHER - 1) / TOGETHER, AXES, 0);
    }
}
