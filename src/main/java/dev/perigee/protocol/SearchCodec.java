package dev.perigee.protocol;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.SearchRequest;
import dev.perigee.vector.Matrix;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Optional;
import java.util.OptionalInt;

/** SEARCH: some queries of one collection, with what is asked of them. */
public final class SearchCodec {
    /** Options by tag; 3 and up are kept for filter, space and recall. */
    private static final int PROBES = 1;
    private static final int REFINE = 2;
    private static final int OPTION_BYTES = 8;
    private static final int NAME_AT = 56;

    private SearchCodec() {
    }

    /**
     * A SEARCH whose counts were found good; its queries are still in the frame.
     *
     * @param queriesAt where the queries [rows, dim] start in the frame, dense: for {@link RawBlocks#read}
     */
    public record Search(String collection, int rows, int dim, SearchRequest request, int queriesAt) {
        /** Bytes of ids and scores in the answer. */
        public int resultBytes() {
            return rows * request.k() * Limits.BYTES_PER_HIT;
        }
    }

    /** Bytes of a SEARCH besides its queries, at most. */
    public static int overhead(String collection) {
        return (int) Frame.align(NAME_AT + Frame.utf8(collection).length + 2 * OPTION_BYTES);
    }

    /**
     * Rows {@code from} to {@code from + rows} of {@code queries} as one frame.
     *
     * @throws PerigeeException UNSUPPORTED for a request with a filter
     */
    public static ByteBuf encode(ByteBufAllocator allocator, long id, String collection, Matrix queries, int from, int rows,
            SearchRequest request) {
        ByteBuf frame = head(allocator, id, collection, rows, queries.dim(), request);
        RawBlocks.write(queries, from, rows, frame, frame.writerIndex());
        return frame.writerIndex(frame.capacity());
    }

    /** One query as one frame. */
    public static ByteBuf encode(ByteBufAllocator allocator, long id, String collection, float[] query, SearchRequest request) {
        ByteBuf frame = head(allocator, id, collection, 1, query.length, request);
        RawBlocks.write(query, 0, query.length, frame, frame.writerIndex());
        return frame.writerIndex(frame.capacity());
    }

    private static ByteBuf head(ByteBufAllocator allocator, long id, String collection, int rows, int dim,
            SearchRequest request) {
        if (request.filter().isPresent()) {
            throw new PerigeeException(ErrorCode.UNSUPPORTED,
                    "filter: of a search by a server (expected none: filters work on a collection that is opened in process)");
        }
        byte[] name = Frame.utf8(collection);
        int options = (request.probes().isPresent() ? 1 : 0) + (request.refine().isPresent() ? 1 : 0);
        int at = (int) Frame.align(NAME_AT + name.length + options * OPTION_BYTES);
        int length = Math.multiplyExact(Math.multiplyExact(rows, dim), Float.BYTES);
        ByteBuf frame = Frame.begin(allocator, Opcode.SEARCH, id, Math.addExact(at, length));
        frame.writeIntLE(rows).writeIntLE(dim).writeIntLE(request.k()).writeIntLE(at).writeIntLE(length)
                .writeShortLE(name.length).writeShortLE(options).writeBytes(name);
        request.probes().ifPresent(probes -> frame.writeShortLE(PROBES).writeShortLE(4).writeIntLE(probes));
        request.refine().ifPresent(refine -> frame.writeShortLE(REFINE).writeShortLE(4).writeIntLE(refine));
        return frame.writeZero(at - frame.writerIndex());
    }

    /**
     * Reads and checks everything but the queries' values; takes no memory for them.
     *
     * @throws PerigeeException LIMIT_EXCEEDED, INVALID_ARGUMENT, or UNSUPPORTED for an option that this build does not know
     */
    public static Search decode(Frame frame, Limits limits) {
        BodyReader body = new BodyReader(frame);
        long rows = body.u32();
        long dim = body.u32();
        long k = body.u32();
        long at = body.u32();
        long length = body.u32();
        int nameLength = body.u16();
        int options = body.u16();
        limits.checkSearch(rows, dim, k);
        String collection = body.text(nameLength);
        OptionalInt probes = OptionalInt.empty();
        OptionalInt refine = OptionalInt.empty();
        for (int i = 0; i < options; i++) {
            int tag = body.u16();
            int size = body.u16();
            switch (tag) {
                case PROBES -> probes = once(probes, "probes", size, body);
                case REFINE -> refine = once(refine, "refine", size, body);
                default -> throw new PerigeeException(ErrorCode.UNSUPPORTED,
                        "search option: tag %d (expected %d probes or %d refine)".formatted(tag, PROBES, REFINE));
            }
        }
        int end = RawBlocks.checkBlock(Opcode.SEARCH, rows, dim, at, length, body.position(), frame.bytes().readableBytes());
        check(end == frame.bytes().readableBytes(), "SEARCH: %d bytes left over", frame.bytes().readableBytes() - end);
        return new Search(collection, (int) rows, (int) dim, new SearchRequest((int) k, probes, refine, Optional.empty()),
                (int) at);
    }

    private static OptionalInt once(OptionalInt earlier, String name, int size, BodyReader body) {
        check(earlier.isEmpty(), "search option: %s twice", name);
        check(size == 4, "search option: %s of %d bytes (expected 4)", name, size);
        return OptionalInt.of(body.i31(name));
    }
}
