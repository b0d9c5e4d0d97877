package dev.perigee.vector;

import static dev.perigee.PerigeeException.check;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A view of float32 rows [rows, dim] in memory outside the heap, allocated or mapped from a file.
 *
 * <p>A row starts every {@link #stride} bytes; {@code stride} is a multiple of 64 (of 32 where dim &lt; 32), and the bytes
 * between the end of a row and the start of the next are zero, so that kernels need no code for tails. The first row lies
 * on a 64-byte boundary. A matrix does not own its memory: the arena it was allocated from does, and must outlive every
 * use. Reading from several threads is safe; writing is the owner's affair.
 */
public final class Matrix {
    /** Little-endian float32 at any address. */
    public static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Boundary of the first row, and multiple of the stride for dim &gt;= 32. */
    public static final int ALIGNMENT = 64;
    /** The longest row that Perigee takes. */
    public static final int MAX_DIM = 1 << 16;

    private final MemorySegment segment;
    private final int rows;
    private final int dim;
    private final long stride;

    private Matrix(MemorySegment segment, int rows, int dim, long stride) {
        this.segment = segment;
        this.rows = rows;
        this.dim = dim;
        this.stride = stride;
    }

    /** Bytes from one row to the next: dim x 4 rounded up to 64 (to 32 where dim &lt; 32). */
    public static long stride(int dim) {
        long unit = dim < 32 ? 32 : 64;
        return (dim * 4L + unit - 1) / unit * unit;
    }

    /** Bytes of {@code rows} rows of that dimension. */
    public static long bytes(long rows, int dim) {
        return Math.multiplyExact(rows, stride(dim));
    }

    /** A zeroed matrix [rows, dim] in memory of {@code arena}. */
    public static Matrix allocate(Arena arena, int rows, int dim) {
        check(rows >= 0, "rows: %d (expected 0 or more)", rows);
        check(dim >= 1 && dim <= MAX_DIM, "dim: %d (expected 1 to %d)", dim, MAX_DIM);
        return new Matrix(arena.allocate(Math.max(ALIGNMENT, bytes(rows, dim)), ALIGNMENT), rows, dim, stride(dim));
    }

    /** A view [rows, dim] of memory that is laid out as this class says, as in a mapped file. */
    public static Matrix of(MemorySegment segment, int rows, int dim) {
        check(segment.byteSize() >= bytes(rows, dim),
                "matrix: %d bytes (expected at least %d for %d x %d)", segment.byteSize(), bytes(rows, dim), rows, dim);
        check(segment.address() % 32 == 0, "matrix: address %x (expected a multiple of 32)", segment.address());
        return new Matrix(segment, rows, dim, stride(dim));
    }

    /** A copy of {@code rows} (all of one length, at least one) in memory of {@code arena}. */
    public static Matrix copyOf(Arena arena, float[]... rows) {
        Matrix matrix = allocate(arena, rows.length, rows[0].length);
        for (int i = 0; i < rows.length; i++) {
            matrix.set(i, rows[i]);
        }
        return matrix;
    }

    public int rows() {
        return rows;
    }

    public int dim() {
        return dim;
    }

    /** Bytes from one row to the next. */
    public long stride() {
        return stride;
    }

    public MemorySegment segment() {
        return segment;
    }

    /** Address of a row, valid while the owner's arena is open; {@code row} may be {@link #rows} (the end). */
    public long address(int row) {
        assert row >= 0 && row <= rows : row;
        return segment.address() + row * stride;
    }

    public float get(int row, int column) {
        assert column < dim;
        return segment.get(FLOAT, row * stride + column * 4L);
    }

    public void set(int row, int column, float value) {
        assert column < dim;
        segment.set(FLOAT, row * stride + column * 4L, value);
    }

    /** A copy of one row. */
    public float[] get(int row) {
        float[] values = new float[dim];
        MemorySegment.copy(segment, FLOAT, row * stride, values, 0, dim);
        return values;
    }

    /** Writes one row. */
    public void set(int row, float[] values) {
        check(values.length == dim, "row %d: %d values (expected %d)", row, values.length, dim);
        MemorySegment.copy(values, 0, segment, FLOAT, row * stride, dim);
    }

    /** Copies {@code count} rows of {@code from} (same dim) to here. */
    public void copy(Matrix from, int fromRow, int toRow, int count) {
        check(from.dim == dim, "dim: %d (expected %d)", from.dim, dim);
        MemorySegment.copy(from.segment, fromRow * stride, segment, toRow * stride, count * stride);
    }

    /** A copy of some rows [numbers.length, dim], in the order of their numbers, in memory of {@code arena}. */
    public Matrix select(Arena arena, int... numbers) {
        Matrix some = allocate(arena, numbers.length, dim);
        for (int i = 0; i < numbers.length; i++) {
            some.copy(this, numbers[i], i, 1);
        }
        return some;
    }

    /** A view of rows {@code from} (included) to {@code to} (excluded). */
    public Matrix slice(int from, int to) {
        java.util.Objects.checkFromToIndex(from, to, rows);
        return new Matrix(segment.asSlice(from * stride, (to - from) * stride), to - from, dim, stride);
    }

    /** The first row that holds a NaN or an infinity, or -1. */
    public int firstNotFinite() {
        for (int i = 0; i < rows; i++) {
            if (!isFinite(i)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether every value of a row is finite. */
    public boolean isFinite(int row) {
        int sign = 0;
        long from = row * stride;
        for (int j = 0; j < dim; j++) {
            // an exponent of all ones, and no other, carries into the sign
            sign |= (Float.floatToRawIntBits(segment.get(FLOAT, from + j * 4L)) & 0x7F80_0000) + 0x0080_0000;
        }
        return sign >= 0;
    }

    @Override
    public String toString() {
        return "Matrix[" + rows + ", " + dim + "]";
    }
}
