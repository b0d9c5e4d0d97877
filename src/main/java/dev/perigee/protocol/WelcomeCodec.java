package dev.perigee.protocol;

import static dev.perigee.PerigeeException.check;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** WELCOME: the answer to HELLO, with the version that was chosen and every limit. */
public final class WelcomeCodec {
    private WelcomeCodec() {
    }

    /** What both sides hold to from here on. */
    public record Welcome(int version, Limits limits) {
    }

    public static ByteBuf encode(ByteBufAllocator allocator, Welcome welcome) {
        Limits limits = welcome.limits;
        return Frame.begin(allocator, Opcode.WELCOME, 0, Frame.HEADER + 32)
                .writeIntLE(HelloCodec.MAGIC).writeShortLE(welcome.version).writeShortLE(0)
                .writeIntLE(limits.maxFrameBytes()).writeIntLE(limits.maxQueries()).writeIntLE(limits.maxK())
                .writeIntLE(limits.maxDim()).writeIntLE(limits.maxResultBytes()).writeIntLE(limits.credits());
    }

    public static Welcome decode(Frame frame) {
        BodyReader body = new BodyReader(frame);
        int magic = (int) body.u32();
        check(magic == HelloCodec.MAGIC, "welcome: magic %08x (expected %08x)", magic, HelloCodec.MAGIC);
        int version = body.u16();
        body.u16();
        Welcome welcome = new Welcome(version, new Limits(body.i31("max frame"), body.i31("max queries"), body.i31("max k"),
                body.i31("max dim"), body.i31("max result"), body.i31("credits")));
        body.end();
        return welcome;
    }
}
