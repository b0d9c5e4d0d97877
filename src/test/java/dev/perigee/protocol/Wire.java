package dev.perigee.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.PerigeeException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/** Sends bytes through a decoder, whole or in pieces. */
final class Wire {
    static final PooledByteBufAllocator ALLOCATOR = PooledByteBufAllocator.DEFAULT;

    private Wire() {
    }

    /** The bytes of a frame, which is released. */
    static byte[] bytes(ByteBuf frame) {
        byte[] bytes = ByteBufUtil.getBytes(frame);
        frame.release();
        return bytes;
    }

    /** A frame with this body instead, its header made good again. */
    static byte[] withBody(byte[] frame, byte[] body) {
        ByteBuf made = Frame.begin(ALLOCATOR, Opcode.of(frame[4] & 0xff), 7, Frame.HEADER + body.length);
        return bytes(made.writeBytes(body));
    }

    static byte[] body(byte[] frame) {
        return java.util.Arrays.copyOfRange(frame, Frame.HEADER, frame.length);
    }

    static Opcode.Direction direction(byte[] frame) {
        return Opcode.of(frame[4] & 0xff).direction();
    }

    /** Decodes one frame with {@code decode}, after it went through a decoder in one piece. */
    static <T> T decode(byte[] frame, Function<Frame, T> decode) {
        return decode(frame, frame.length, decode);
    }

    /** Decodes a frame that did not travel: many of them in little time. */
    static <T> T decodeAlone(byte[] bytes, Function<Frame, T> decode) {
        ByteBuf whole = Unpooled.wrappedBuffer(bytes);
        return decode.apply(Frame.header(whole, 0, direction(bytes), 1 << 24).frame(whole));
    }

    /** The same in pieces of that many bytes, each in a buffer of its own. */
    static <T> T decode(byte[] bytes, int piece, Function<Frame, T> decode) {
        EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(direction(bytes), 1 << 24));
        try {
            for (int at = 0; at < bytes.length; at += piece) {
                channel.writeInbound(copy(bytes, at, Math.min(piece, bytes.length - at)));
                if (at + piece < bytes.length) {
                    assertThat((Object) channel.readInbound()).isNull();
                }
            }
            Frame frame = channel.readInbound();
            assertThat((Object) channel.readInbound()).isNull();
            try {
                return decode.apply(frame);
            } finally {
                frame.release();
                assertThat(frame.bytes().refCnt()).isZero();
            }
        } finally {
            channel.finishAndReleaseAll();
        }
    }

    static ByteBuf copy(byte[] bytes, int at, int length) {
        return ALLOCATOR.directBuffer(Math.max(1, length)).writeBytes(bytes, at, length);
    }

    /** What comes out of a decoder for these bytes, in random pieces: opcodes, then the message of its failure if it broke. */
    static List<String> feed(byte[] bytes, Opcode.Direction direction, int maxFrame, Random random) {
        EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(direction, maxFrame));
        List<String> seen = new ArrayList<>();
        String failure = null;
        try {
            for (int at = 0; at < bytes.length; ) {
                int piece = Math.min(bytes.length - at, 1 + random.nextInt(random.nextBoolean() ? 10 : 5000));
                channel.writeInbound(copy(bytes, at, piece));
                at += piece;
            }
            channel.checkException();
        } catch (PerigeeException e) {
            failure = e.getMessage();
        } finally {
            for (Frame frame = channel.readInbound(); frame != null; frame = channel.readInbound()) {
                seen.add(frame.opcode().name());
                frame.release();
            }
            channel.finishAndReleaseAll();
        }
        if (failure != null) {
            seen.add(failure);
        }
        return seen;
    }

    static byte[] join(byte[]... frames) {
        return ByteBufUtil.getBytes(Unpooled.wrappedBuffer(frames));
    }
}
