package dev.perigee.protocol;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Matrix;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Moves blocks of raw little-endian numbers between frames and matrices or arrays, each in one copy, whether a frame is
 * one buffer or a composite. Several threads may read one frame, and write different parts of one, at the same time.
 */
public final class RawBlocks {
    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private RawBlocks() {
    }

    /**
     * Copies rows out of a dense block [?, dim] of float32.
     *
     * @param blockAt where the block starts in {@code frame}
     * @param fromRow first row of the block to copy
     * @param into    rows {@code toRow} to {@code toRow + rows} are written; their padding is not
     */
    public static void read(ByteBuf frame, int blockAt, int fromRow, int rows, Matrix into, int toRow) {
        int rowBytes = into.dim() * Float.BYTES;
        int from = blockAt + fromRow * rowBytes;
        int length = rows * rowBytes;
        MemorySegment target = into.segment();
        long stride = into.stride();
        long at = 0;
        for (ByteBuffer buffer : buffers(frame, from, length)) {
            MemorySegment source = MemorySegment.ofBuffer(buffer);
            if (stride == rowBytes) {
                MemorySegment.copy(source, 0, target, toRow * stride + at, source.byteSize());
                at += source.byteSize();
            } else {
                for (long done = 0; done < source.byteSize(); ) {
                    long column = at % rowBytes;
                    long step = Math.min(rowBytes - column, source.byteSize() - done);
                    MemorySegment.copy(source, done, target, (toRow + at / rowBytes) * stride + column, step);
                    done += step;
                    at += step;
                }
            }
        }
    }

    /** Copies rows {@code fromRow} to {@code fromRow + rows} of a matrix to a dense block that starts at {@code at}. */
    static void write(Matrix from, int fromRow, int rows, ByteBuf frame, int at) {
        long rowBytes = from.dim() * (long) Float.BYTES;
        MemorySegment target = MemorySegment.ofBuffer(frame.nioBuffer(at, Math.toIntExact(rows * rowBytes)));
        if (from.stride() == rowBytes) {
            MemorySegment.copy(from.segment(), fromRow * rowBytes, target, 0, rows * rowBytes);
            return;
        }
        for (int i = 0; i < rows; i++) {
            MemorySegment.copy(from.segment(), (fromRow + i) * from.stride(), target, i * rowBytes, rowBytes);
        }
    }

    static void write(float[] from, int offset, int count, ByteBuf frame, int at) {
        MemorySegment.copy(from, offset, MemorySegment.ofBuffer(frame.nioBuffer(at, count * Float.BYTES)),
                Matrix.FLOAT, 0, count);
    }

    static void write(long[] from, int offset, int count, ByteBuf frame, int at) {
        MemorySegment.copy(from, offset, MemorySegment.ofBuffer(frame.nioBuffer(at, count * Long.BYTES)),
                ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0, count);
    }

    static void read(ByteBuf frame, int at, long[] into) {
        copy(frame, at, MemorySegment.ofArray(into));
        for (int i = 0; !LITTLE_ENDIAN && i < into.length; i++) {
            into[i] = Long.reverseBytes(into[i]);
        }
    }

    static void read(ByteBuf frame, int at, float[] into) {
        copy(frame, at, MemorySegment.ofArray(into));
        for (int i = 0; !LITTLE_ENDIAN && i < into.length; i++) {
            into[i] = Float.intBitsToFloat(Integer.reverseBytes(Float.floatToRawIntBits(into[i])));
        }
    }

    /**
     * Checks where a block of float32 is said to lie: aligned, behind {@code headEnd}, and of the length that its shape
     * says. All values may be hostile.
     *
     * @return where the block ends
     */
    static int checkBlock(Opcode opcode, long rows, long dim, long at, long length, int headEnd, int frameEnd) {
        check(length == Math.multiplyExact(Math.multiplyExact(rows, dim), (long) Float.BYTES),
                "%s: a block of %d bytes (expected %d rows x %d x 4)", opcode, length, rows, dim);
        check(at % Frame.BLOCK_ALIGNMENT == 0 && at >= headEnd && at - headEnd < Frame.BLOCK_ALIGNMENT,
                "%s: a block at %d (expected the next multiple of %d after %d)", opcode, at, Frame.BLOCK_ALIGNMENT, headEnd);
        check(at + length <= frameEnd, "%s: a block that ends at %d (expected at most %d)", opcode, at + length, frameEnd);
        return (int) (at + length);
    }

    private static void copy(ByteBuf frame, int at, MemorySegment into) {
        long done = 0;
        for (ByteBuffer buffer : buffers(frame, at, Math.toIntExact(into.byteSize()))) {
            MemorySegment source = MemorySegment.ofBuffer(buffer);
            MemorySegment.copy(source, 0, into, done, source.byteSize());
            done += source.byteSize();
        }
    }

    private static ByteBuffer[] buffers(ByteBuf frame, int at, int length) {
        return frame.nioBufferCount() == 1 ? new ByteBuffer[] {frame.nioBuffer(at, length)} : frame.nioBuffers(at, length);
    }
}
