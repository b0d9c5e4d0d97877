package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** Searches that must give the answers of the reference, to the last bit. */
final class SearchChecks {
    /** @param masked whether two rows of three may not be returned */
    record Shape(int rows, int dim, int queries, int k, boolean masked) {
    }

    static final List<Shape> FULL = List.of(new Shape(2000, 1, 40, 10, false), new Shape(1500, 25, 1, 10, true),
            new Shape(3000, 128, 300, 10, false), new Shape(3000, 128, 300, 200, true), new Shape(1500, 784, 40, 200, false),
            new Shape(3001, 129, 300, 10, true), new Shape(700, 1537, 70, 10, false), new Shape(33, 31, 65, 100, false),
            new Shape(10_000, 32, 10_000, 10, false));
    static final List<Shape> SMALL = List.of(new Shape(130, 3, 1, 5, true), new Shape(150, 40, 5, 10, false),
            new Shape(150, 33, 66, 130, false));

    private static final int COMPARED = 64;

    private final CudaBackend backend;

    SearchChecks(CudaBackend backend) {
        this.backend = backend;
    }

    /** @return how many queries gave the right answer */
    int exact(SeededRows kind, Distance distance, Shape shape) {
        try (Arena arena = Arena.ofShared()) {
            Matrix rows = kind.make(arena, distance, shape.rows(), shape.dim(), 11);
            Matrix queries = kind.make(arena, distance, shape.queries(), shape.dim(), 12);
            List<RowMask> masks = shape.masked() ? List.of(third(shape.rows(), 0)) : List.of();
            compare("%s, %s, %s".formatted(kind, distance, shape), List.of(FlatData.of(distance, rows, arena)), queries,
                    shape.k(), masks, ReferenceAnswers.all(shape.queries()));
            return shape.queries();
        }
    }

    /** Several segments, one of them masked, with a k of its own for each query. */
    int segments(Distance distance, Shape shape) {
        try (Arena arena = Arena.ofShared()) {
            Matrix rows = SeededRows.DUPLICATED.make(arena, distance, shape.rows(), shape.dim(), 13);
            Matrix queries = SeededRows.DUPLICATED.make(arena, distance, shape.queries(), shape.dim(), 14);
            int[] cuts = {0, shape.rows() / 3, shape.rows() / 3 + 1, shape.rows() / 2, shape.rows()};
            List<IndexData> segments = new ArrayList<>();
            List<RowMask> masks = new ArrayList<>();
            for (int i = 1; i < cuts.length; i++) {
                segments.add(FlatData.of(distance, rows.slice(cuts[i - 1], cuts[i]), arena));
                masks.add(i == 3 ? third(cuts[i] - cuts[i - 1], 1) : null);
            }
            compare("segments, " + distance, segments, queries, shape.k(), masks, ReferenceAnswers.all(shape.queries()));
            return shape.queries();
        }
    }

    /** Many queries of many rows, some of them compared, all looked at. */
    int sampled(Distance distance, Shape shape) {
        try (Arena arena = Arena.ofShared()) {
            Matrix rows = SeededRows.CLUSTERED.make(arena, distance, shape.rows(), shape.dim(), 15);
            FlatData data = FlatData.of(distance, rows, arena);
            Matrix queries = SeededRows.CLUSTERED.make(arena, distance, shape.queries(), shape.dim(), 16);
            int compared = Math.min(COMPARED, shape.queries());
            int[] which = IntStream.range(0, compared).map(i -> (int) ((long) i * shape.queries() / compared)).toArray();
            TopK top = compare("many queries, " + distance, List.of(data), queries, shape.k(), List.of(), which);
            ReferenceAnswers.requireOrder("many queries, " + distance, top, shape.queries(), data, queries, 1);
            return compared;
        }
    }

    private TopK compare(String what, List<? extends IndexData> segments, Matrix queries, int k, List<RowMask> masks,
            int[] which) {
        ReferenceAnswers expected = ReferenceAnswers.of(segments, queries, which, k, masks);
        SearchBatch unmasked = SearchBatch.of(queries, k, new SearchParams.Flat());
        TopK top = new TopK(unmasked.k());
        try (Searcher searcher = backend.open(new ArrayList<>(segments))) {
            searcher.search(new SearchBatch(queries, unmasked.k(), unmasked.params(), masks), top);
        }
        expected.compare(what, top, queries.rows());
        return top;
    }

    private static RowMask third(int rows, int first) {
        BitSet bits = new BitSet();
        for (int row = first; row < rows; row += 3) {
            bits.set(row);
        }
        return RowMask.of(bits, rows);
    }

    /** Takes the memory of the device away, has a search refused or done in pieces, gives it back, and searches again. */
    void outOfMemory(Shape shape) {
        List<DeviceBuffer> ballast = new ArrayList<>();
        CudaDevice device = backend.cudaDevice();
        try {
            for (long chunk = device.memory().free(); chunk >= 1 << 16;) {
                try {
                    ballast.add(device.allocate(chunk, Purpose.OTHER));
                } catch (PerigeeException e) {
                    requireOutOfMemory(e);
                    chunk /= 2;
                }
            }
            if (ballast.isEmpty()) {
                throw new PerigeeException(ErrorCode.INTERNAL, "nothing could be taken");
            }
            try {
                exact(SeededRows.GAUSSIAN, Distance.L2, shape);
            } catch (PerigeeException e) {
                requireOutOfMemory(e);
            }
        } finally {
            ballast.forEach(DeviceBuffer::close);
        }
        exact(SeededRows.GAUSSIAN, Distance.L2, shape);
    }

    private static void requireOutOfMemory(PerigeeException e) {
        if (e.code() != ErrorCode.OUT_OF_DEVICE_MEMORY) {
            throw e;
        }
    }
}
