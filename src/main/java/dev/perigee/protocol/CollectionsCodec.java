package dev.perigee.protocol;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.CollectionInfo;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.SpaceInfo;
import dev.perigee.distance.Distance;
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
        boolean withSpaces = infos.stream().anyMatch(CollectionsCodec::hasSpaces);
        int length = Frame.HEADER + 4 + (withSpaces ? infos.stream().mapToInt(CollectionsCodec::spacesLength).sum() : 0);
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
        if (withSpaces) {
            infos.forEach(info -> writeSpaces(frame, info.spaces()));
        }
        return frame;
    }

    /** Whether there is anything to say of its spaces that older clients, which refuse to hear it, do not take for granted. */
    private static boolean hasSpaces(CollectionInfo info) {
        return !info.spaces().equals(List.of(given(info.spec())));
    }

    /** The only space of a collection that nobody changed. */
    private static SpaceInfo given(CollectionSpec spec) {
        return new SpaceInfo(1, spec.dim(), SpaceInfo.GIVEN, spec.distance());
    }

    private static int spacesLength(CollectionInfo info) {
        return 2 + info.spaces().stream().mapToInt(space -> 12 + Frame.utf8(space.method()).length).sum();
    }

    private static void writeSpaces(ByteBuf frame, List<SpaceInfo> spaces) {
        frame.writeShortLE(spaces.size());
        for (SpaceInfo space : spaces) {
            frame.writeIntLE(space.version()).writeIntLE(space.dim()).writeShortLE(CreateCodec.code(space.distance()));
            text(frame, space.method());
        }
    }

    private static List<SpaceInfo> readSpaces(BodyReader body) {
        int count = body.u16();
        check(count >= 1, "COLLECTIONS: 0 spaces (expected at least one)");
        List<SpaceInfo> spaces = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int version = body.i31("space version");
            int dim = body.i31("dim");
            Distance distance = CreateCodec.distance(body.u16());
            spaces.add(new SpaceInfo(version, dim, body.text(), distance));
        }
        return spaces;
    }

    public static List<CollectionInfo> decode(Frame frame) {
        BodyReader body = new BodyReader(frame);
        long count = body.u32();
        check(count <= body.remaining() / MIN_ENTRY, "COLLECTIONS: %d in %d bytes", count, body.remaining());
        List<CollectionInfo> infos = new ArrayList<>((int) count);
        for (long i = 0; i < count; i++) {
            CollectionSpec spec = CreateCodec.read(body);
            infos.add(new CollectionInfo(spec, List.of(given(spec)), body.i64(), body.i64(), body.i64(), body.text(), body.text()));
        }
        if (body.remaining() > 0) {
            infos.replaceAll(info -> info.with(readSpaces(body)));
        }
        body.end();
        return infos;
    }

    private static void text(ByteBuf frame, String text) {
        byte[] utf8 = Frame.utf8(text);
        frame.writeShortLE(utf8.length).writeBytes(utf8);
    }
}
