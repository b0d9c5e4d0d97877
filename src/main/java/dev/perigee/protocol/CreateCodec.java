package dev.perigee.protocol;

import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.distance.Distance;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** CREATE: a collection to be; the same bytes describe it in COLLECTIONS. */
public final class CreateCodec {
    private static final int FIXED = 4 + 2 + 2 + 4 + 4 + 4 + 8 + 2;

    private CreateCodec() {
    }

    public static ByteBuf encode(ByteBufAllocator allocator, long id, CollectionSpec spec) {
        ByteBuf frame = Frame.begin(allocator, Opcode.CREATE, id, Frame.HEADER + length(spec));
        write(frame, spec);
        return frame;
    }

    public static CollectionSpec decode(Frame frame) {
        BodyReader body = new BodyReader(frame);
        CollectionSpec spec = read(body);
        body.end();
        return spec;
    }

    static int length(CollectionSpec spec) {
        return FIXED + Frame.utf8(spec.name()).length;
    }

    static void write(ByteBuf frame, CollectionSpec spec) {
        IndexSpec index = spec.index();
        byte[] name = Frame.utf8(spec.name());
        frame.writeIntLE(spec.dim()).writeShortLE(code(spec.distance())).writeShortLE(index.kind().code())
                .writeIntLE(index.lists()).writeIntLE(index.codeWidth()).writeIntLE(index.codeBits()).writeLongLE(index.seed())
                .writeShortLE(name.length).writeBytes(name);
    }

    static CollectionSpec read(BodyReader body) {
        int dim = body.i31("dim");
        Distance distance = distance(body.u16());
        IndexKind kind = IndexKind.of(body.u16());
        IndexSpec index = new IndexSpec(kind, body.i31("lists"), body.i31("pq-m"), body.i31("pq-bits"), body.i64());
        return new CollectionSpec(body.text(), dim, distance, index);
    }

    static int code(Distance distance) {
        return switch (distance) {
            case L2 -> 0;
            case INNER_PRODUCT -> 1;
            case COSINE -> 2;
        };
    }

    static Distance distance(int code) {
        return switch (code) {
            case 0 -> Distance.L2;
            case 1 -> Distance.INNER_PRODUCT;
            case 2 -> Distance.COSINE;
            default -> throw PerigeeException.invalid("distance: %d (expected 0 to 2)".formatted(code));
        };
    }
}
