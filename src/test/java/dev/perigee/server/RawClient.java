package dev.perigee.server;

import dev.perigee.protocol.ErrorCodec;
import dev.perigee.protocol.Frame;
import dev.perigee.protocol.FrameDecoder;
import dev.perigee.protocol.HelloCodec;
import dev.perigee.protocol.Opcode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A blocking client that says whatever a test wants, also what no client should. */
final class RawClient implements AutoCloseable {
    static final PooledByteBufAllocator ALLOCATOR = PooledByteBufAllocator.DEFAULT;
    private final Socket socket = new Socket();
    private final EmbeddedChannel decoder = new EmbeddedChannel(new FrameDecoder(Opcode.Direction.TO_CLIENT, 1 << 26));

    RawClient(InetSocketAddress address) throws IOException {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(10_000);
        socket.connect(address);
    }

    /** Greets, and reads the welcome. */
    RawClient hello() throws IOException {
        send(HelloCodec.encode(ALLOCATOR, new HelloCodec.Hello(1, 1)));
        next().release();
        return this;
    }

    void send(ByteBuf frame) throws IOException {
        send(ByteBufUtil.getBytes(frame));
        frame.release();
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** The next frame, which the caller releases; null at the end of the stream. */
    Frame next() throws IOException {
        byte[] piece = new byte[8192];
        while (true) {
            Frame frame = decoder.readInbound();
            if (frame != null) {
                return frame;
            }
            int read = socket.getInputStream().read(piece);
            if (read < 0) {
                return null;
            }
            decoder.writeInbound(Unpooled.copiedBuffer(piece, 0, read));
        }
    }

    /** The next frame in words: opcode, request, and what an ERROR says; "end" at the end of the stream. */
    String nextInWords() throws IOException {
        Frame frame = next();
        if (frame == null) {
            return "end";
        }
        try {
            String words = frame.opcode() + " " + frame.request();
            if (frame.opcode() == Opcode.ERROR) {
                var error = ErrorCodec.decode(frame);
                words += " " + error.code() + ": " + error.getMessage();
            }
            return words;
        } finally {
            frame.release();
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
        decoder.finishAndReleaseAll();
    }
}
