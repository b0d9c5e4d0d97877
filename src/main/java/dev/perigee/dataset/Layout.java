package dev.perigee.dataset;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalLong;

/**
 * How the rows of one file lie, once its header is read.
 *
 * @param prefix bytes before the values of each row: 4 (its dim) or 0
 * @param rows   how many, where header or file size say it
 */
record Layout(ValueType type, ByteOrder order, int prefix, int dim, OptionalLong rows) {

    /** Bytes of one row with its prefix. */
    int rowBytes() {
        return prefix + dim * type.bytes();
    }

    /** Reads the header (of fvecs and its kin only looks at the first dim) and checks all that it claims. */
    static Layout read(Input in, VectorFormat format) {
        return switch (format) {
            case FVECS -> prefixed(in, ValueType.F32);
            case IVECS -> prefixed(in, ValueType.I32);
            case BVECS -> prefixed(in, ValueType.U8);
            case NPY, NPZ -> npy(in);
            case IDX -> idx(in);
        };
    }

    private static Layout prefixed(Input in, ValueType type) {
        if (!in.has(Integer.BYTES)) {
            throw in.corrupt(0, "dim: no int32", "rows of int32 dim and values");
        }
        // taken again with the first row: the buffer still begins with it
        int dim = in.view(ByteOrder.LITTLE_ENDIAN).getInt(0);
        checkDim(in, dim, 0);
        int rowBytes = Integer.BYTES + dim * type.bytes();
        if (in.size().isEmpty()) {
            return new Layout(type, ByteOrder.LITTLE_ENDIAN, Integer.BYTES, dim, OptionalLong.empty());
        }
        long size = in.size().getAsLong();
        if (size % rowBytes != 0) {
            throw in.corrupt(size - size % rowBytes, "row %d: %d bytes".formatted(size / rowBytes, size % rowBytes),
                    "%d bytes as dim %d of the first row says".formatted(rowBytes, dim));
        }
        return new Layout(type, ByteOrder.LITTLE_ENDIAN, Integer.BYTES, dim, OptionalLong.of(size / rowBytes));
    }

    private static Layout npy(Input in) {
        NpyHeader header = NpyHeader.read(in);
        return whole(in, header.type(), header.order(), header.shape());
    }

    private static Layout idx(Input in) {
        ByteBuffer view = in.view(ByteOrder.BIG_ENDIAN);
        int magic = view.getInt(in.take(Integer.BYTES, "IDX header"));
        ValueType type = switch (magic >>> 8) {
            case 0x08 -> ValueType.U8;
            case 0x09 -> ValueType.I8;
            case 0x0B -> ValueType.I16;
            case 0x0C -> ValueType.I32;
            case 0x0D -> ValueType.F32;
            case 0x0E -> ValueType.F64;
            default -> throw in.corrupt(0, "IDX header: %08x".formatted(magic),
                    "two zero bytes and a type of 08, 09, 0b, 0c, 0d or 0e");
        };
        long[] shape = new long[magic & 0xff];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = view.getInt(in.take(Integer.BYTES, "IDX dimensions"));
        }
        return whole(in, type, ByteOrder.BIG_ENDIAN, shape);
    }

    /** The layout of one array [rows, ...] from here to the end of the file. */
    private static Layout whole(Input in, ValueType type, ByteOrder order, long[] shape) {
        long at = in.offset();
        if (shape.length == 0) {
            throw in.refuse(ErrorCode.UNSUPPORTED, at, "shape: a single value", "at least one dimension");
        }
        long dim = 1;
        for (int i = 0; i < shape.length; i++) {
            if (shape[i] < 0) {
                throw in.corrupt(at, "dimension %d: %d".formatted(i, shape[i]), "0 or more");
            }
            // beyond the limit it does not matter by how much, and the product cannot overflow
            dim = i == 0 ? 1 : Math.min(dim, Matrix.MAX_DIM + 1) * Math.min(shape[i], Matrix.MAX_DIM + 1);
        }
        checkDim(in, dim, at);
        int rowBytes = (int) dim * type.bytes();
        long room = Math.max(0, in.size().orElse(in.sizeLimit()) - at);
        if (shape[0] > room / rowBytes) {
            throw in.corrupt(at, "rows: %d of %d bytes".formatted(shape[0], rowBytes),
                    "at most %d in the rest of the file".formatted(room / rowBytes));
        }
        if (in.size().isPresent() && shape[0] * rowBytes != room) {
            throw in.corrupt(at + shape[0] * rowBytes, "after the last row: %d bytes".formatted(room - shape[0] * rowBytes),
                    "the end after %d rows".formatted(shape[0]));
        }
        return new Layout(type, order, 0, (int) dim, OptionalLong.of(shape[0]));
    }

    private static void checkDim(Input in, long dim, long offset) {
        if (dim < 1 || dim > Matrix.MAX_DIM) {
            throw in.corrupt(offset, "dim: " + (dim > Matrix.MAX_DIM ? "more than " + Matrix.MAX_DIM : dim), "1 to " + Matrix.MAX_DIM);
        }
    }
}
