package dev.perigee.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** ADDED: the answer to an ADD, with the rows that the collection now has. */
public final class AddedCodec {
    private AddedCodec() {
    }

    public static ByteBuf encode(ByteBufAllocator allocator, long id, long rows) {
        return Frame.begin(allocator, Opcode.ADDED, id, Frame.HEADER + 8).writeLongLE(rows);
    }

    public static long decode(Frame frame) {
        BodyReader body = new BodyReader(frame);
        long rows = body.i64();
        body.end();
        return rows;
    }
}
