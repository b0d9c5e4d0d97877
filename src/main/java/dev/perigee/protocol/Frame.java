package dev.perigee.protocol;

import dev.perigee.PerigeeException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * A received frame whose header was found good. The layout of the header is in the package's description.
 *
 * @param request        the request that it belongs to; 0 = the connection
 * @param deadlineMicros time that the sender still waits, in microseconds; 0 = for ever
 * @param bytes          the whole frame from its header on, reader index 0; owned by whoever holds the frame
 */
public record Frame(Opcode opcode, long request, long deadlineMicros, ByteBuf bytes) {
    /** Bytes of the header. */
    public static final int HEADER = 32;
    /** Raw blocks start at a multiple of this from the start of the frame. */
    static final int BLOCK_ALIGNMENT = 64;
    private static final int TYPE_AT = 4;
    private static final int FLAGS_AT = 6;
    private static final int REQUEST_AT = 8;
    private static final int DEADLINE_AT = 16;
    private static final int HANDLE_AT = 20;
    private static final int CRC_AT = 24;
    private static final int RESERVED_AT = 28;

    /** Gives the memory back. */
    public void release() {
        bytes.release();
    }

    /** A frame without a body: LIST, PING, CANCEL, PONG, DONE. */
    public static ByteBuf empty(ByteBufAllocator allocator, Opcode opcode, long request) {
        return begin(allocator, opcode, request, HEADER);
    }

    /** A frame without a body is all header. */
    public void checkEmpty() {
        PerigeeException.check(bytes.readableBytes() == HEADER,
                "%s: %d bytes after the header (expected none)", opcode, bytes.readableBytes() - HEADER);
    }

    /** Writes the time that the sender still waits into a frame that is about to be sent; 0 = for ever. */
    public static void setDeadline(ByteBuf frame, long micros) {
        int at = frame.readerIndex();
        frame.setIntLE(at + DEADLINE_AT, (int) Math.min(micros, 0xFFFF_FFFFL));
        frame.setIntLE(at + CRC_AT, crc(frame, at));
    }

    /** A buffer of exactly {@code length} bytes with the header written and the writer index behind it. */
    static ByteBuf begin(ByteBufAllocator allocator, Opcode opcode, long request, int length) {
        ByteBuf frame = allocator.directBuffer(length, length);
        frame.writeIntLE(length).writeShortLE(opcode.code()).writeShortLE(0).writeLongLE(request).writeLongLE(0).writeLongLE(0);
        frame.setIntLE(CRC_AT, crc(frame, 0));
        return frame;
    }

    /**
     * Reads and checks the header that starts at {@code at}.
     *
     * @throws PerigeeException if the bytes are no frame: whoever sent them cannot be followed any further
     */
    static Header header(ByteBuf bytes, int at, Opcode.Direction direction, int maxFrameBytes) {
        long length = bytes.getUnsignedIntLE(at);
        PerigeeException.check(crc(bytes, at) == bytes.getIntLE(at + CRC_AT), "frame: its header's CRC32C does not match");
        PerigeeException.check(length >= HEADER && length <= maxFrameBytes,
                "frame: %d bytes (expected %d to %d)", length, HEADER, maxFrameBytes);
        int type = bytes.getUnsignedShortLE(at + TYPE_AT);
        Opcode opcode = Opcode.of(type);
        PerigeeException.check(opcode != null && opcode.direction() == direction,
                "frame: type %d is none that goes %s", type,
                direction == Opcode.Direction.TO_SERVER ? "to a server" : "to a client");
        PerigeeException.check(bytes.getShortLE(at + FLAGS_AT) == 0 && bytes.getIntLE(at + HANDLE_AT) == 0
                && bytes.getIntLE(at + RESERVED_AT) == 0, "frame: a reserved field is not 0");
        return new Header((int) length, opcode, bytes.getLongLE(at + REQUEST_AT), bytes.getUnsignedIntLE(at + DEADLINE_AT));
    }

    /** What a header says. */
    record Header(int length, Opcode opcode, long request, long deadlineMicros) {
        Frame frame(ByteBuf bytes) {
            return new Frame(opcode, request, deadlineMicros, bytes);
        }
    }

    /** CRC32C of the header without the four bytes where it stands. */
    private static int crc(ByteBuf bytes, int at) {
        byte[] header = new byte[HEADER - Integer.BYTES];
        bytes.getBytes(at, header, 0, CRC_AT);
        bytes.getBytes(at + RESERVED_AT, header, CRC_AT, Integer.BYTES);
        CRC32C crc = new CRC32C();
        crc.update(header);
        return (int) crc.getValue();
    }

    /** {@code length} rounded up to where a raw block may start. */
    static long align(long length) {
        return (length + BLOCK_ALIGNMENT - 1) & -BLOCK_ALIGNMENT;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
