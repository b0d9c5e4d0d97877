package dev.perigee.compute.cuda;

import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;

/** The general product of rows and weights, slice by slice of the rows so that it fits the device. */
final class Multiplication {
    private static final int TILE = 64;

    private Multiplication() {
    }

    /**
     * @param into      as {@link dev.perigee.compute.ComputeBackend#multiply}
     * @param workBytes device memory for rows and results of a slice
     */
    static void run(Slot slot, Matrix rows, Matrix weights, Matrix into, long workBytes) {
        if (rows.rows() == 0 || weights.rows() == 0) {
            return;
        }
        CudaDevice device = slot.device();
        CudaStream stream = slot.stream();
        int most = (int) Math.clamp(workBytes / (rows.stride() + into.stride()), 1, rows.rows());
        try (DeviceBuffer b = device.allocate(weights.rows() * weights.stride(), Purpose.OTHER);
                DeviceBuffer a = device.allocate(most * rows.stride(), Purpose.OTHER);
                DeviceBuffer out = device.allocate(most * into.stride(), Purpose.OTHER)) {
            b.upload(0, bytes(weights, 0, weights.rows()), stream);
            out.fill(0, out.bytes(), 0, stream); // the padding
            for (int from = 0; from < rows.rows(); from += most) {
                int count = Math.min(most, rows.rows() - from);
                a.upload(0, bytes(rows, from, count), stream);
                multiply(slot, a, count, rows, b, weights, out, into);
                out.download(0, bytes(into, from, count), stream);
                stream.synchronize();
            }
        }
    }

    private static void multiply(Slot slot, DeviceBuffer a, int count, Matrix rows, DeviceBuffer b, Matrix weights,
            DeviceBuffer out, Matrix into) {
        slot.of(Kernel.DIRECT_PRODUCT).put(a).put(rows.stride() / 4).put(count).put(b).put(weights.stride() / 4)
                .put(weights.rows()).put(rows.dim()).put(out).put(into.stride() / 4);
        slot.launch((count + TILE - 1) / TILE, (weights.rows() + TILE - 1) / TILE, 256, 0);
    }

    private static MemorySegment bytes(Matrix matrix, int from, int count) {
        return matrix.segment().asSlice(from * matrix.stride(), count * matrix.stride());
    }
}
