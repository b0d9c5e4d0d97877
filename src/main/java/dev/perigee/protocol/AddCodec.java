package dev.perigee.protocol;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.UpsertRequest;
import dev.perigee.vector.Matrix;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.lang.foreign.Arena;
import java.util.Optional;

/** ADD: rows for a collection, with or without ids. */
public final class AddCodec {
    private static final int NAME_AT = 56;
    private static final int WITH_IDS = 1;

    private AddCodec() {
    }

    /** An ADD whose counts were found good; its rows are still in the frame. */
    public record Add(String collection, int rows, int dim, boolean withIds, int rowsAt) {
        /** Copies the rows out of the frame to memory of {@code arena}. */
        public UpsertRequest read(Frame frame, Arena arena) {
            Matrix matrix = Matrix.allocate(arena, rows, dim);
            RawBlocks.read(frame.bytes(), rowsAt, 0, rows, matrix, 0);
            if (!withIds) {
                return UpsertRequest.of(matrix);
            }
            long[] ids = new long[rows];
            RawBlocks.read(frame.bytes(), rowsAt + rows * dim * Float.BYTES, ids);
            return UpsertRequest.of(ids, matrix);
        }
    }

    /** Bytes of an ADD besides its rows and ids. */
    public static int overhead(String collection) {
        return (int) Frame.align(NAME_AT + Frame.utf8(collection).length);
    }

    /** Rows {@code from} to {@code from + rows} of {@code request} as one frame. */
    public static ByteBuf encode(ByteBufAllocator allocator, long id, String collection, UpsertRequest request,
            int from, int rows) {
        byte[] name = Frame.utf8(collection);
        int dim = request.rows().dim();
        int at = overhead(collection);
        int length = Math.multiplyExact(Math.multiplyExact(rows, dim), Float.BYTES);
        Optional<long[]> ids = request.ids();
        int total = Math.addExact(Math.addExact(at, length), ids.isPresent() ? Math.multiplyExact(rows, Long.BYTES) : 0);
        ByteBuf frame = Frame.begin(allocator, Opcode.ADD, id, total);
        frame.writeIntLE(rows).writeIntLE(dim).writeIntLE(at).writeIntLE(length)
                .writeShortLE(name.length).writeShortLE(ids.isPresent() ? WITH_IDS : 0).writeIntLE(0).writeBytes(name)
                .writeZero(at - frame.writerIndex());
        RawBlocks.write(request.rows(), from, rows, frame, at);
        ids.ifPresent(all -> RawBlocks.write(all, from, rows, frame, at + length));
        return frame.writerIndex(total);
    }

    public static Add decode(Frame frame, Limits limits) {
        BodyReader body = new BodyReader(frame);
        long rows = body.u32();
        long dim = body.u32();
        long at = body.u32();
        long length = body.u32();
        int nameLength = body.u16();
        int flags = body.u16();
        check(body.u32() == 0, "ADD: a reserved field is not 0");
        check(rows >= 1, "rows: %d (expected 1 or more)", rows);
        limits.checkDim(dim);
        if ((flags & ~WITH_IDS) != 0) {
            throw new PerigeeException(ErrorCode.UNSUPPORTED, "ADD: flags %x (expected 0 or 1)".formatted(flags));
        }
        String collection = body.text(nameLength);
        int size = frame.bytes().readableBytes();
        long end = RawBlocks.checkBlock(Opcode.ADD, rows, dim, at, length, body.position(), size)
                + (flags == WITH_IDS ? rows * Long.BYTES : 0);
        check(end == size, "ADD: %d bytes (expected %d)", size, end);
        return new Add(collection, (int) rows, (int) dim, flags == WITH_IDS, (int) at);
    }
}
