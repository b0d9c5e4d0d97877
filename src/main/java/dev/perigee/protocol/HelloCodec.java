package dev.perigee.protocol;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** HELLO: the first frame of a client, with the range of protocol versions that it speaks. */
public final class HelloCodec {
    /** "PRGE". */
    static final int MAGIC = 0x45475250;
    /** The one version so far. */
    public static final int VERSION = 1;

    private HelloCodec() {
    }

    /** The versions that a client speaks, both ends included. */
    public record Hello(int minVersion, int maxVersion) {
        /** The newest version that both sides speak. @throws PerigeeException UNSUPPORTED if there is none */
        public int choose() {
            if (minVersion > VERSION || maxVersion < VERSION) {
                throw new PerigeeException(ErrorCode.UNSUPPORTED,
                        "protocol: versions %d to %d (expected %d among them)".formatted(minVersion, maxVersion, VERSION));
            }
            return VERSION;
        }
    }

    public static ByteBuf encode(ByteBufAllocator allocator, Hello hello) {
        return Frame.begin(allocator, Opcode.HELLO, 0, Frame.HEADER + 8)
                .writeIntLE(MAGIC).writeShortLE(hello.minVersion).writeShortLE(hello.maxVersion);
    }

    public static Hello decode(Frame frame) {
        BodyReader body = new BodyReader(frame);
        int magic = (int) body.u32();
        check(magic == MAGIC, "hello: magic %08x (expected %08x)", magic, MAGIC);
        Hello hello = new Hello(body.u16(), body.u16());
        // a newer client may say more: its version range tells whether it can do without
        return hello;
    }
}
