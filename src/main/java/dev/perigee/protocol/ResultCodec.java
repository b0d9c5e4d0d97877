package dev.perigee.protocol;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.SearchResult;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** RESULT: the answer to a SEARCH. */
public final class ResultCodec {
    private static final int IDS_AT = 64;
    /** Tag of the block that holds the version of the space that answered. */
    private static final int SPACE = 1;
    private static final int SPACE_BYTES = 12;

    private ResultCodec() {
    }

    /** A RESULT of that shape and space whose ids and scores are to be {@link #put}; nothing else is missing. */
    public static ByteBuf begin(ByteBufAllocator allocator, long id, int rows, int k, int spaceVersion) {
        int blocksAt = Math.addExact(IDS_AT, Math.multiplyExact(Math.multiplyExact(rows, k), Limits.BYTES_PER_HIT));
        ByteBuf frame = Frame.begin(allocator, Opcode.RESULT, id, Math.addExact(blocksAt, SPACE_BYTES));
        frame.writeIntLE(rows).writeIntLE(k).writeIntLE(1).writeZero(IDS_AT - frame.writerIndex());
        return frame.writerIndex(blocksAt).writeIntLE(SPACE).writeIntLE(Integer.BYTES).writeIntLE(spaceVersion);
    }

    /** Writes the answers of queries {@code fromRow} and following; several threads may write different ones. */
    public static void put(ByteBuf frame, int rows, int fromRow, SearchResult part) {
        int k = part.k();
        int hits = part.queries() * k;
        RawBlocks.write(part.ids(), 0, hits, frame, IDS_AT + fromRow * k * Long.BYTES);
        RawBlocks.write(part.scores(), 0, hits, frame, IDS_AT + rows * k * Long.BYTES + fromRow * k * Float.BYTES);
    }

    public static ByteBuf encode(ByteBufAllocator allocator, long id, SearchResult result) {
        ByteBuf frame = begin(allocator, id, result.queries(), result.k(), result.spaceVersion());
        put(frame, result.queries(), 0, result);
        return frame;
    }

    /**
     * Blocks whose tag this build does not know are skipped: they add to an answer and never change it. Without the block of
     * the space, as older servers answer, it was the first.
     */
    public static SearchResult decode(Frame frame) {
        BodyReader body = new BodyReader(frame);
        long rows = body.u32();
        long k = body.u32();
        long blocks = body.u32();
        body.skip(IDS_AT - body.position(), "padding");
        long most = body.remaining() / Limits.BYTES_PER_HIT;
        check(rows >= 1 && k >= 1 && rows <= most / k, "RESULT: %d x %d in %d bytes", rows, k, body.remaining());
        long hits = rows * k;
        long[] ids = new long[(int) hits];
        float[] scores = new float[(int) hits];
        RawBlocks.read(frame.bytes(), IDS_AT, ids);
        body.skip(hits * Long.BYTES, "ids");
        RawBlocks.read(frame.bytes(), body.position(), scores);
        body.skip(hits * Float.BYTES, "scores");
        int spaceVersion = 1;
        for (long i = 0; i < blocks; i++) {
            long tag = body.u32();
            long length = body.u32();
            if (tag == SPACE && length == Integer.BYTES) {
                spaceVersion = body.i31("space version");
            } else {
                body.skip(length, "block");
            }
        }
        body.end();
        return new SearchResult((int) rows, (int) k, ids, scores, spaceVersion);
    }
}
