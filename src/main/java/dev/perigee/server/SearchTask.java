package dev.perigee.server;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.protocol.Frame;
import dev.perigee.protocol.RawBlocks;
import dev.perigee.protocol.ResultCodec;
import dev.perigee.protocol.SearchCodec.Search;
import dev.perigee.vector.Matrix;
import io.netty.buffer.ByteBuf;

/**
 * One SEARCH on its way: waits in its collection's {@link SearchBatcher}, is searched whole or in slices, and is answered
 * once. Owns its frame, and its answer until that is sent.
 */
final class SearchTask implements Accepted {
    private final RequestHandler connection;
    private final Frame frame;
    private final Search search;
    private final long bytes;
    private final boolean hasDeadline;
    private final long deadline;
    private final SearchBatcher batcher;
    private ByteBuf answer;
    private int spaceVersion;

    // under the lock of the workers
    int taken;
    int running;
    boolean answered;
    PerigeeException failure;

    SearchTask(RequestHandler connection, Frame frame, Search search, long bytes, SearchBatcher batcher) {
        this.connection = connection;
        this.frame = frame;
        this.search = search;
        this.bytes = bytes;
        this.batcher = batcher;
        this.hasDeadline = frame.deadlineMicros() != 0;
        this.deadline = hasDeadline ? System.nanoTime() + frame.deadlineMicros() * 1000 : 0;
    }

    @Override
    public long request() {
        return frame.request();
    }

    @Override
    public int queries() {
        return search.rows();
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void cancel() {
        batcher.cancel(this);
    }

    int rows() {
        return search.rows();
    }

    SearchRequest what() {
        return search.request();
    }

    boolean isLate() {
        return hasDeadline && System.nanoTime() - deadline >= 0;
    }

    /** The one copy of the queries on their way: from the socket's buffer to the searcher's memory. */
    void copyQueries(int from, int rows, Matrix into, int at) {
        RawBlocks.read(frame.bytes(), search.queriesAt(), from, rows, into, at);
    }

    /** Writes the answers of some queries; several slices may do so at the same time. */
    void put(int from, SearchResult part) {
        ResultCodec.put(answer(part.spaceVersion()), rows(), from, part);
    }

    private synchronized ByteBuf answer(int spaceVersion) {
        if (answer == null) {
            answer = ResultCodec.begin(connection.allocator(), request(), rows(), what().k(), spaceVersion);
            this.spaceVersion = spaceVersion;
        }
        if (spaceVersion != this.spaceVersion) {
            throw new PerigeeException(ErrorCode.UNAVAILABLE, "space: version %d went into service during a search of version %d; ask again"
                    .formatted(spaceVersion, this.spaceVersion));
        }
        return answer;
    }

    /** Sends the answer; after it, nothing of this task is used. Called once, when no slice runs. */
    void finish() {
        ByteBuf result = answer;
        frame.release();
        if (failure == null) {
            connection.answer(this, result);
        } else {
            if (result != null) {
                result.release();
            }
            connection.fail(this, failure);
        }
    }
}
