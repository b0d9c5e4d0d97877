package dev.perigee.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** BUILD, INFO and DROP: the name of a collection. */
public final class NameCodec {
    private NameCodec() {
    }

    public static ByteBuf encode(ByteBufAllocator allocator, Opcode opcode, long id, String collection) {
        byte[] name = Frame.utf8(collection);
        return Frame.begin(allocator, opcode, id, Frame.HEADER + 2 + name.length).writeShortLE(name.length).writeBytes(name);
    }

    public static String decode(Frame frame) {
        BodyReader body = new BodyReader(frame);
        String name = body.text();
        body.end();
        return name;
    }
}
