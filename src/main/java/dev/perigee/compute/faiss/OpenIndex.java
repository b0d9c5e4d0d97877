package dev.perigee.compute.faiss;

import static dev.perigee.faiss.Faiss.METRIC_INNER_PRODUCT;
import static dev.perigee.faiss.Faiss.METRIC_L2;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.distance.Distance;
import dev.perigee.faiss.Faiss;
import dev.perigee.faiss.FaissIndex;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfFlatData;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An index of FAISS over our data. Rows and codes stay where they are: padded rows are rows of a larger dim to FAISS, padded
 * codes codes of more parts, whose words, centroids and queries are zero. Made here are the rows' numbers as int64, and for
 * codes the centroids, the words and FAISS's own table of their products.
 */
final class OpenIndex implements AutoCloseable {
    /** Beyond this length a float32 sum of squares may overflow. */
    static final double MOST_LENGTH = 1e18;

    private final Arena arena = Arena.ofShared();
    private final IndexData data;
    private final int dim;
    private final FaissIndex index;
    /** Slot of each row, for rows that lie in lists; else null. */
    private final int[] slots;

    OpenIndex(IndexData data) {
        this.data = data;
        try {
            this.slots = data instanceof IvfFlatData ivf ? slots(ivf) : null;
            this.dim = dim(data);
            this.index = FaissCall.of(ErrorCode.UNSUPPORTED, "index", this::open);
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    private static int dim(IndexData data) {
        if (data instanceof IvfPqData ivf) {
            ProductQuantizer quantizer = ivf.model().quantizer();
            return parts(quantizer) * quantizer.dsub();
        }
        return (int) (Matrix.stride(data.dim()) / 4);
    }

    /** Parts of a code with its padding. */
    private static int parts(ProductQuantizer quantizer) {
        return quantizer.codeStride() * 8 / quantizer.bits();
    }

    private FaissIndex open() {
        return switch (data) {
            case FlatData flat -> Faiss.borrow_rows(dim, flat.count(), flat.rows().segment().address(), metric(flat.distance()));
            case IvfFlatData ivf -> {
                requireShort(ivf.slots());
                FlatData centroids = ivf.model().centroids();
                yield lists(centroids, centroids.rows().segment().address(), metric(ivf.distance()), null, ivf.lists(),
                        ivf.slots().rows().segment());
            }
            case IvfSqData ivf -> throw unsupported();
            case IvfPqData ivf -> {
                requireShort(ivf.rows());
                FlatData centroids = ivf.model().centroids();
                yield lists(centroids, wide(centroids.rows()).address(), metric(ivf.codeDistance()), ivf.model().quantizer(),
                        ivf.lists(), ivf.codes());
            }
        };
    }

    private FaissIndex lists(FlatData centroids, long centroidRows, int metric, ProductQuantizer quantizer, InvertedLists lists,
            MemorySegment codes) {
        FaissIndex coarse = Faiss.borrow_rows(dim, centroids.count(), centroidRows, metric(centroids.distance()));
        return Faiss.borrow_lists(coarse, dim, metric, quantizer == null ? 0 : parts(quantizer),
                quantizer == null ? 0 : quantizer.bits(), quantizer == null ? 0 : words(quantizer).address(),
                lists.begins().address(), lists.sizes().address(), codes.address(), ids(lists).address());
    }

    static int metric(Distance distance) {
        return distance == Distance.L2 ? METRIC_L2 : METRIC_INNER_PRODUCT;
    }

    private static void requireShort(FlatData rows) {
        if (rows.length() > MOST_LENGTH) {
            throw new PerigeeException(ErrorCode.UNSUPPORTED, "rows as long as %.1e (expected at most %.0e: FAISS sums in float32)"
                    .formatted(rows.length(), MOST_LENGTH));
        }
    }

    private MemorySegment ids(InvertedLists lists) {
        MemorySegment ids = arena.allocate(Math.max(1, lists.slots()) * 8L, 64);
        for (int slot = 0; slot < lists.slots(); slot++) {
            ids.set(ValueLayout.JAVA_LONG, slot * 8L, lists.row(slot));
        }
        return ids;
    }

    private static int[] slots(IvfFlatData ivf) {
        int[] slots = new int[ivf.count()];
        for (int slot = 0; slot < ivf.lists().slots(); slot++) {
            if (ivf.lists().row(slot) >= 0) {
                slots[ivf.lists().row(slot)] = slot;
            }
        }
        return slots;
    }

    /** Rows [n, dim] as FAISS wants them for this index, with zeros behind: a copy. */
    private MemorySegment wide(Matrix rows) {
        MemorySegment wide = arena.allocate(Math.max(1, (long) rows.rows() * dim) * 4, 64);
        copyWide(rows, 0, rows.rows(), wide, dim);
        return wide;
    }

    private static void copyWide(Matrix rows, int from, int to, MemorySegment into, int dim) {
        for (int i = from; i < to; i++) {
            MemorySegment.copy(rows.segment(), i * rows.stride(), into, (i - from) * dim * 4L, rows.dim() * 4L);
        }
    }

    private MemorySegment words(ProductQuantizer quantizer) {
        Matrix words = quantizer.codewords();
        long bytes = quantizer.dsub() * 4L;
        MemorySegment all = arena.allocate(((long) parts(quantizer) << quantizer.bits()) * bytes, 64);
        for (int w = 0; w < words.rows(); w++) {
            MemorySegment.copy(words.segment(), w * words.stride(), all, w * bytes, bytes);
        }
        return all;
    }

    static PerigeeException unsupported() {
        return new PerigeeException(ErrorCode.UNSUPPORTED,
                "index: ivf_sq (expected flat, ivf_flat or ivf_pq: FAISS has no codes of residuals along principal axes)");
    }

    IndexData data() {
        return data;
    }

    /** The rows that answers are re-scored from, and where row {@code row} lies in them. */
    FlatData rows() {
        return switch (data) {
            case FlatData flat -> flat;
            case IvfFlatData ivf -> ivf.slots();
            case IvfPqData ivf -> ivf.rows();
            case IvfSqData ivf -> throw unsupported();
        };
    }

    int place(int row) {
        return slots == null ? row : slots[row];
    }

    /** Queries {@code from} to {@code to} as this index takes them: where they lie, or copied to memory of {@code local}. */
    MemorySegment queries(Matrix queries, int from, int to, Arena local) {
        if (queries.stride() == dim * 4L) {
            return queries.slice(from, to).segment();
        }
        MemorySegment copy = local.allocate((long) (to - from) * dim * 4, 64);
        copyWide(queries, from, to, copy, dim);
        return copy;
    }

    FaissIndex index() {
        return index;
    }

    @Override
    public void close() {
        Faiss.destroy(index);
        index.setNull(); // what comes later is a NullPointerException and not a crash
        arena.close();
    }
}
