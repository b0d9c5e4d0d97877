package dev.perigee.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** GOAWAY: the server answers what it has accepted, takes nothing more, and closes the connection. */
public final class GoawayCodec {
    private GoawayCodec() {
    }

    public static ByteBuf encode(ByteBufAllocator allocator, String reason) {
        byte[] text = Frame.utf8(reason);
        return Frame.begin(allocator, Opcode.GOAWAY, 0, Frame.HEADER + 2 + text.length)
                .writeShortLE(text.length).writeBytes(text);
    }

    public static String decode(Frame frame) {
        BodyReader body = new BodyReader(frame);
        String reason = body.text();
        body.end();
        return reason;
    }
}
