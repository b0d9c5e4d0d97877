package dev.perigee.protocol;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.CollectionInfo;
import dev.perigee.api.CollectionSpec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/** COLLECTIONS: the answer to INFO (one) and LIST (all). */
public final class CollectionsCodec {
    /** Fewer bytes than this no entry has. */
    private static final int MIN_ENTRY = 24;

    private CollectionsCodec() {
    }

    public static ByteBuf encode(ByteBufAllocator allocator, long id, List<CollectionInfo> infos) {
        int length = Frame.HEADER + 4;
        for (CollectionInfo info : infos) {
            length = Math.addExact(length, CreateCodec.length(info.spec()) + MIN_ENTRY + 4
                    + Frame.utf8(info.backend()).length + Frame.utf8(info.device()).length);
        }
        ByteBuf frame = Frame.begin(allocator, Opcode.COLLECTIONS, id, length);
        frame.writeIntLE(infos.size());
        for (CollectionInfo info : infos) {
            CreateCodec.write(frame, info.spec());
            frame.writeLongLE(info.rows()).writeLongLE(info.indexed()).writeLongLE(info.bytes());
            text(frame, info.backend());
            text(frame, info.device());
        }
        return frame;
    }

    public static List<CollectionInfo> decode(Frame frame) {
        BodyReader body = new BodyReader(frame);
        long count = body.u32();
        check(count <= body.remaining() / MIN_ENTRY, "COLLECTIONS: %d in %d bytes", count, body.remaining());
        List<CollectionInfo> infos = new ArrayList<>((int) count);
        for (long i = 0; i < count; i++) {
            CollectionSpec spec = CreateCodec.read(body);
            infos.add(new CollectionInfo(spec, body.i64(), body.i64(), body.i64(), body.text(), body.text()));
        }
        body.end();
        return infos;
    }

    private static void text(ByteBuf frame, String text) {
        byte[] utf8 = Frame.utf8(text);
        frame.writeShortLE(utf8.length).writeBytes(utf8);
    }
}
