package dev.perigee.protocol;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Arrays;

/** ERROR: why a request was not done; with request 0, why the connection is being closed. */
public final class ErrorCodec {
    private static final int MAX_MESSAGE = 4096;

    private ErrorCodec() {
    }

    public static ByteBuf encode(ByteBufAllocator allocator, long id, ErrorCode code, String message) {
        byte[] utf8 = Frame.utf8(message);
        byte[] text = utf8.length > MAX_MESSAGE ? Arrays.copyOf(utf8, MAX_MESSAGE) : utf8;
        return Frame.begin(allocator, Opcode.ERROR, id, Frame.HEADER + 6 + text.length)
                .writeIntLE(code.code()).writeShortLE(text.length).writeBytes(text);
    }

    public static PerigeeException decode(Frame frame) {
        BodyReader body = new BodyReader(frame);
        ErrorCode code = ErrorCode.of((int) body.u32());
        String message = body.text();
        body.end();
        return new PerigeeException(code, message);
    }
}
