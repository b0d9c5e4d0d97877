package dev.perigee.compute.cuda;

import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;

/** The general product of rows and weights, slice by slice of the rows so that it fits the device. */
final class Multiplication {
    private static final int TILE = 64;

    /** What multiplies on the device, in the slot's stream. */
    interface Product {
        /** As {@link Cublas#multiply}. */
        void multiply(Slot slot, DeviceMatrix rows, DeviceMatrix weights, DeviceMatrix into);
    }

    /** Our own kernel, where there is no cuBLAS. */
    static final Product KERNEL = Multiplication::launch;

    private Multiplication() {
    }

    /** The host's cuBLAS. */
    static Product by(Cublas cublas) {
        return (slot, rows, weights, into) ->
                cublas.multiply(rows, weights, into, Cublas.Precision.FLOAT32, slot.stream());
    }

    /**
     * @param into      as {@link dev.perigee.compute.ComputeBackend#multiply}
     * @param workBytes device memory for rows and results of a slice
     */
    static void run(Slot slot, Product product, Matrix rows, Matrix weights, Matrix into, long workBytes) {
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
                product.multiply(slot, DeviceMatrix.of(a, count, rows.dim()), DeviceMatrix.of(b, weights.rows(), rows.dim()),
                        DeviceMatrix.of(out, count, weights.rows()));
                out.download(0, bytes(into, from, count), stream);
                stream.synchronize();
            }
        }
    }

    private static void launch(Slot slot, DeviceMatrix rows, DeviceMatrix weights, DeviceMatrix into) {
        slot.of(Kernel.DIRECT_PRODUCT).put(rows.buffer(), rows.offset()).put(rows.stride() / 4).put(rows.rows())
                .put(weights.buffer(), weights.offset()).put(weights.stride() / 4).put(weights.rows()).put(rows.dim())
                .put(into.buffer(), into.offset()).put(into.stride() / 4);
        slot.launch((rows.rows() + TILE - 1) / TILE, (weights.rows() + TILE - 1) / TILE, 256, 0);
    }

    private static MemorySegment bytes(Matrix matrix, int from, int count) {
        return matrix.segment().asSlice(from * matrix.stride(), count * matrix.stride());
    }
}
