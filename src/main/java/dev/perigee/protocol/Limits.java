package dev.perigee.protocol;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.SearchRequest;
import dev.perigee.vector.Matrix;

/**
 * What a server takes, told to every client in WELCOME; the client refuses or splits locally what exceeds it, and the
 * server checks it again before it takes memory.
 *
 * @param maxFrameBytes  longest frame, header included, in both directions
 * @param maxQueries     most queries in one SEARCH
 * @param maxK           largest k
 * @param maxDim         longest row
 * @param maxResultBytes most bytes of ids and scores in one RESULT: queries x k x 12
 * @param credits        most queries that a connection may have in flight: sent in SEARCH and not yet answered. At least
 *                       {@code maxQueries}, so that the largest request fits when nothing else is in flight
 */
public record Limits(int maxFrameBytes, int maxQueries, int maxK, int maxDim, int maxResultBytes, int credits) {
    /** Bytes of one neighbour in a RESULT: an int64 id and a float32 score. */
    public static final int BYTES_PER_HIT = Long.BYTES + Float.BYTES;
    /** The shortest frame limit that holds every message without vectors, and room in a RESULT beside ids and scores. */
    static final int MIN_FRAME_BYTES = 1 << 16;
    private static final int MAX_FRAME_BYTES = 1 << 30;

    public static final Limits DEFAULT = new Limits(64 << 20, 1 << 16, SearchRequest.MAX_K, Matrix.MAX_DIM,
            (64 << 20) - 4096, 1 << 17);

    public Limits {
        check(maxFrameBytes >= MIN_FRAME_BYTES && maxFrameBytes <= MAX_FRAME_BYTES,
                "max frame: %d bytes (expected %d to %d)", maxFrameBytes, MIN_FRAME_BYTES, MAX_FRAME_BYTES);
        check(maxQueries >= 1, "max queries: %d (expected 1 or more)", maxQueries);
        check(maxK >= 1 && maxK <= SearchRequest.MAX_K, "max k: %d (expected 1 to %d)", maxK, SearchRequest.MAX_K);
        check(maxDim >= 1 && maxDim <= Matrix.MAX_DIM, "max dim: %d (expected 1 to %d)", maxDim, Matrix.MAX_DIM);
        check(maxResultBytes >= BYTES_PER_HIT && maxResultBytes <= maxFrameBytes - 4096,
                "max result: %d bytes (expected 12 to %d, the longest frame less 4096)", maxResultBytes, maxFrameBytes - 4096);
        check(credits >= maxQueries, "credits: %d (expected at least max queries, %d)", credits, maxQueries);
    }

    /** Refuses a search that is too large in queries, dim, k or the bytes of its answer. Takes any counts, also hostile. */
    public void checkSearch(long rows, long dim, long k) {
        refuse(rows >= 1 && rows <= maxQueries, "queries: %d (expected 1 to %d)", rows, maxQueries);
        checkDim(dim);
        refuse(k >= 1 && k <= maxK, "k: %d (expected 1 to %d)", k, maxK);
        // rows < 2^31, k < 2^15: the product is exact
        refuse(rows * k * BYTES_PER_HIT <= maxResultBytes,
                "answer: %d bytes (expected at most %d: fewer queries or a smaller k)", rows * k * BYTES_PER_HIT, maxResultBytes);
    }

    /** Refuses rows that are too long. Takes any count. */
    public void checkDim(long dim) {
        refuse(dim >= 1 && dim <= maxDim, "dim: %d (expected 1 to %d)", dim, maxDim);
    }

    private static void refuse(boolean ok, String format, Object... arguments) {
        if (!ok) {
            throw new PerigeeException(ErrorCode.LIMIT_EXCEEDED, format.formatted(arguments));
        }
    }
}
