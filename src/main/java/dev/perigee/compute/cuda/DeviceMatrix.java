package dev.perigee.compute.cuda;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Matrix;

/**
 * A view of float32 rows [rows, dim] on a device. It does not own the buffer.
 *
 * @param offset bytes of the buffer before the first row
 * @param stride bytes from one row to the next, a multiple of four
 */
public record DeviceMatrix(DeviceBuffer buffer, long offset, int rows, int dim, long stride) {
    public DeviceMatrix {
        check(rows >= 0 && dim >= 1, "matrix: %d x %d (expected rows of 1 or more)", rows, dim);
        check(offset >= 0 && (offset | stride) % Float.BYTES == 0 && stride >= (long) dim * Float.BYTES,
                "matrix: offset %d, stride %d (expected multiples of 4, a stride of %d or more)", offset, stride,
                (long) dim * Float.BYTES);
        check(rows == 0 || offset + (rows - 1) * stride + (long) dim * Float.BYTES <= buffer.bytes(),
                "matrix: %d bytes (expected at least %d for %d x %d)", buffer.bytes(), offset + rows * stride, rows, dim);
    }

    /** Rows that lie in the buffer, from its start, as {@link Matrix} lays them out. */
    public static DeviceMatrix of(DeviceBuffer buffer, int rows, int dim) {
        return new DeviceMatrix(buffer, 0, rows, dim, Matrix.stride(dim));
    }

    /** Where the first row is. */
    long address() {
        return buffer.address() + offset;
    }

    /** {@link #stride} in values, as cuBLAS counts. */
    int leadingDimension() {
        return Math.toIntExact(stride / Float.BYTES);
    }
}
