package dev.perigee.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.PerigeeException;
import dev.perigee.api.SearchRequest;
import dev.perigee.testing.NoLeaks;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class FrameDecoderTest {
    private static final Opcode.Direction TO_SERVER = Opcode.Direction.TO_SERVER;

    private static byte[] ping() {
        return Wire.bytes(Frame.empty(Wire.ALLOCATOR, Opcode.PING, 7));
    }

    private static byte[] search(int dim) {
        return Wire.bytes(SearchCodec.encode(Wire.ALLOCATOR, 9, "cars", new float[dim], SearchRequest.nearest(10)));
    }

    @Test
    void readsAHeader() {
        ByteBuf frame = Frame.empty(Wire.ALLOCATOR, Opcode.PING, 0x1122334455667788L);
        Frame.setDeadline(frame, 5_000_000_000L); // more than fits: as long as can be said
        byte[] bytes = Wire.bytes(frame);
        Frame read = Wire.decode(bytes, f -> f);
        assertThat(read.opcode()).isEqualTo(Opcode.PING);
        assertThat(read.request()).isEqualTo(0x1122334455667788L);
        assertThat(read.deadlineMicros()).isEqualTo(0xFFFF_FFFFL);
        assertThat(bytes).startsWith(32, 0, 0, 0, 2, 0, 0, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11);
    }

    @Test
    void cutsFramesHoweverTheyArrive() {
        byte[] stream = Wire.join(ping(), search(3), search(4000), ping(), search(9_000), search(1), ping());
        for (int seed = 0; seed < 40; seed++) {
            assertThat(Wire.feed(stream, TO_SERVER, 1 << 20, new Random(seed))).as("seed %d", seed)
                    .containsExactly("PING", "SEARCH", "SEARCH", "PING", "SEARCH", "SEARCH", "PING");
        }
    }

    @Test
    void givesTheSameBytesInSinglePieces() {
        byte[] bytes = search(700);
        for (int piece : new int[] {1, 31, 32, 33, 2047, 2048, 2049, bytes.length}) {
            byte[] read = Wire.decode(bytes, piece, frame -> {
                byte[] copy = new byte[frame.bytes().readableBytes()];
                frame.bytes().getBytes(0, copy);
                return copy;
            });
            assertThat(read).isEqualTo(bytes);
        }
    }

    @Test
    void doesNotCopyLargePieces() {
        EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(TO_SERVER, 1 << 24));
        byte[] bytes = search(100_000);
        ByteBuf first = Wire.copy(bytes, 0, 200_000);
        ByteBuf second = Wire.copy(bytes, 200_000, bytes.length - 200_000);
        channel.writeInbound(first, second);
        Frame frame = channel.readInbound();
        assertThat(frame.bytes()).isInstanceOf(CompositeByteBuf.class);
        assertThat(frame.bytes().nioBufferCount()).isLessThanOrEqualTo(3); // the header, gathered apart or not, and two pieces
        assertThat(first.refCnt()).isEqualTo(1);
        frame.release();
        assertThat(first.refCnt()).isZero();
        assertThat(second.refCnt()).isZero();
        channel.finishAndReleaseAll();
    }

    @Test
    void holdsLittleForAFrameOfSingleBytes() {
        EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(TO_SERVER, 1 << 24));
        byte[] bytes = search(20_000);
        for (int i = 0; i < bytes.length - 1; i++) {
            channel.writeInbound(Wire.copy(bytes, i, 1));
        }
        channel.writeInbound(Wire.copy(bytes, bytes.length - 1, 1));
        Frame frame = channel.readInbound();
        assertThat(frame.bytes().nioBufferCount()).isLessThanOrEqualTo(bytes.length / 8192 + 2);
        frame.release();
        channel.finishAndReleaseAll();
    }

    @Test
    void keepsNothingOfAFrameThatNeverEnds() {
        byte[] bytes = search(5000);
        for (int length : new int[] {1, 31, 32, 33, 4000, bytes.length - 1}) {
            EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(TO_SERVER, 1 << 24));
            ByteBuf piece = Wire.copy(bytes, 0, length);
            channel.writeInbound(piece);
            assertThat((Object) channel.readInbound()).isNull();
            channel.finishAndReleaseAll();
            assertThat(piece.refCnt()).isZero();
        }
    }

    @Test
    void refusesBrokenHeaders() {
        broken("CRC32C", bytes -> bytes[25] ^= 4);
        broken("CRC32C", bytes -> bytes[8] ^= 1);
        broken("frame: 31 bytes", good(header -> header.putInt(0, 31)));
        broken("frame: 0 bytes", good(header -> header.putInt(0, 0)));
        broken("frame: 1048577 bytes", good(header -> header.putInt(0, (1 << 20) + 1)));
        broken("frame: 4294967295 bytes", good(header -> header.putInt(0, -1)));
        broken("type 70", good(header -> header.putShort(4, (short) 70)));
        broken("type 127", good(header -> header.putShort(4, (short) 127)));
        broken("type 65535", good(header -> header.putShort(4, (short) -1)));
        broken("reserved", good(header -> header.putShort(6, (short) 1)));
        broken("reserved", good(header -> header.putInt(20, 1)));
        broken("reserved", good(header -> header.putInt(28, 1)));
    }

    /** Changes a header and makes its checksum good again. */
    private static Consumer<byte[]> good(Consumer<ByteBuffer> change) {
        return bytes -> {
            ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            change.accept(header);
            java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
            crc.update(bytes, 0, 24);
            crc.update(bytes, 28, 4);
            header.putInt(24, (int) crc.getValue());
        };
    }

    private static void broken(String reason, Consumer<byte[]> change) {
        byte[] bytes = ping();
        change.accept(bytes);
        for (int seed = 0; seed < 5; seed++) {
            List<String> seen = Wire.feed(Wire.join(ping(), bytes, ping()), TO_SERVER, 1 << 20, new Random(seed));
            assertThat(seen).hasSize(2).contains("PING").anyMatch(text -> text.contains(reason));
        }
    }

    @Test
    void survivesGarbage() {
        Random random = new Random(42);
        byte[] good = Wire.join(ping(), search(100), ping());
        for (int i = 0; i < 600; i++) {
            byte[] bytes;
            if (i % 2 == 0) {
                bytes = new byte[random.nextInt(3000)];
                random.nextBytes(bytes);
            } else {
                bytes = good.clone();
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            // nothing but a PerigeeException comes out, and nothing stays held: NoLeaks looks
            List<String> seen = Wire.feed(bytes, TO_SERVER, 1 << 16, random);
            assertThat(seen.size()).isLessThanOrEqualTo(4);
        }
    }

    @Test
    void tellsOfABrokenStreamOnce() {
        EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(TO_SERVER, 1 << 16));
        for (int i = 0; i < 3; i++) {
            try {
                channel.writeInbound(Wire.copy(new byte[64], 0, 64));
                assertThat(i).isPositive();
            } catch (PerigeeException e) {
                assertThat(i).isZero();
            }
        }
        channel.finishAndReleaseAll();
    }
}
