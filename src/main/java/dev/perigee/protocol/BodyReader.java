package dev.perigee.protocol;

import static dev.perigee.PerigeeException.check;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** Reads the body of a frame front to back; what is not there, or left over, is INVALID_ARGUMENT. */
final class BodyReader {
    private final Opcode opcode;
    private final ByteBuf bytes;
    private final int end;
    private int at = Frame.HEADER;

    BodyReader(Frame frame) {
        this.opcode = frame.opcode();
        this.bytes = frame.bytes();
        this.end = bytes.readableBytes();
    }

    /** Bytes from the start of the frame. */
    int position() {
        return at;
    }

    int remaining() {
        return end - at;
    }

    int u8() {
        return bytes.getUnsignedByte(step(1, "u8"));
    }

    int u16() {
        return bytes.getUnsignedShortLE(step(2, "u16"));
    }

    long u32() {
        return bytes.getUnsignedIntLE(step(4, "u32"));
    }

    /** A u32 that must fit an int. */
    int i31(String name) {
        long value = u32();
        check(value <= Integer.MAX_VALUE, "%s: %d (expected at most %d, in %s)", name, value, Integer.MAX_VALUE, opcode);
        return (int) value;
    }

    long i64() {
        return bytes.getLongLE(step(8, "i64"));
    }

    String text(int length) {
        byte[] utf8 = new byte[length <= remaining() ? length : 0];
        bytes.getBytes(step(length, "text"), utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    /** Text with its length in front, as u16. */
    String text() {
        return text(u16());
    }

    void skip(long length, String what) {
        step(length, what);
    }

    /** Nothing may be left. */
    void end() {
        check(at == end, "%s: %d bytes left over", opcode, end - at);
    }

    private int step(long length, String what) {
        check(length <= end - at, "%s: ends after %d bytes (expected %s of %d bytes at %d)", opcode, end, what, length, at);
        int here = at;
        at += (int) length;
        return here;
    }
}
