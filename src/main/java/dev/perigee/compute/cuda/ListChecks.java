package dev.perigee.compute.cuda;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** Searches of inverted lists that must give the answers of the CPU, to the last bit. */
final class ListChecks {
    /**
     * @param dims   of a part of a code, or with 5 or 6 bits of a whole code of IVF-SQ; 0 = lists of rows
     * @param refine candidates, for codes
     */
    record Shape(int rows, int dim, int lists, int queries, int probes, int k, int dims, int bits, int refine, boolean masked) {
        boolean isScalar() {
            return bits == 5 || bits == 6;
        }
    }

    static final List<Shape> SMALL_ROWS = List.of(new Shape(200, 20, 7, 5, 3, 5, 0, 0, 0, false),
            new Shape(150, 33, 5, 40, 2, 5, 0, 0, 0, true));
    static final List<Shape> SMALL_CODES = List.of(new Shape(200, 24, 7, 5, 2, 5, 3, 4, 0, true),
            new Shape(150, 16, 5, 40, 2, 5, 4, 8, 20, false));
    static final List<Shape> SMALL_SCALARS = List.of(new Shape(200, 24, 7, 5, 2, 5, 16, 5, 12, true),
            new Shape(150, 13, 5, 40, 2, 5, 24, 6, 0, false));
    static final List<Shape> FULL_ROWS = List.of(new Shape(20_000, 128, 100, 1, 10, 10, 0, 0, 0, false),
            new Shape(20_000, 128, 100, 100, 10, 10, 0, 0, 0, true), new Shape(20_000, 128, 40, 400, 8, 200, 0, 0, 0, false),
            new Shape(5000, 1000, 30, 100, 30, 10, 0, 0, 0, false), new Shape(3000, 1, 20, 50, 5, 10, 0, 0, 0, false));
    static final List<Shape> FULL_CODES = List.of(new Shape(20_000, 128, 100, 1, 10, 10, 4, 8, 64, false),
            new Shape(20_000, 128, 100, 100, 10, 10, 4, 8, 64, true), new Shape(20_000, 128, 40, 400, 8, 10, 2, 8, 0, false),
            new Shape(20_000, 96, 40, 400, 8, 10, 8, 8, 0, true), new Shape(20_000, 360, 40, 200, 8, 10, 4, 8, 100, false),
            new Shape(5000, 96, 40, 60, 8, 100, 4, 8, 1000, false), new Shape(5000, 96, 40, 100, 8, 10, 3, 4, 100, false),
            new Shape(5000, 784, 30, 50, 5, 10, 8, 8, 100, true));

    static final List<Shape> FULL_SCALARS = List.of(new Shape(20_000, 128, 100, 1, 10, 10, 64, 5, 32, false),
            new Shape(20_000, 128, 100, 100, 10, 10, 128, 6, 48, true), new Shape(20_000, 96, 40, 400, 8, 10, 96, 5, 20, false),
            new Shape(5000, 784, 300, 60, 40, 100, 192, 5, 300, true), new Shape(3000, 1, 20, 50, 5, 10, 8, 6, 30, false),
            new Shape(5000, 1000, 30, 100, 30, 10, 512, 6, 2000, false));

    private final CudaBackend backend;

    ListChecks(CudaBackend backend) {
        this.backend = backend;
    }

    /** @return how many queries gave the right answer */
    int compare(SeededRows kind, Distance distance, Shape shape) {
        try (Arena arena = Arena.ofShared()) {
            Matrix rows = kind.make(arena, distance, shape.rows, shape.dim, 21);
            Matrix queries = kind.make(arena, distance, shape.queries, shape.dim, 22);
            SeededLists lists = new SeededLists(arena, distance, rows, shape.lists);
            RowMask mask = shape.masked ? half(shape.rows) : null;
            String what = "%s, %s, %s".formatted(kind, distance, shape);
            if (shape.dims == 0) {
                compareEach(what, List.of(lists.rows(), FlatData.of(distance, rows.slice(0, 40), arena)), queries, shape,
                        new SearchParams.IvfFlat(shape.probes), mask);
            } else if (shape.isScalar()) {
                compareEach(what, List.of(lists.scalars(shape.dims, shape.bits)), queries, shape,
                        new SearchParams.IvfSq(shape.probes, shape.refine), mask);
            } else {
                compareCodes(what, lists.codes(shape.dims, shape.bits), queries, shape, mask);
            }
            return shape.queries;
        }
    }

    private static RowMask half(int rows) {
        BitSet bits = new BitSet();
        for (int row = 0; row < rows; row++) {
            bits.set(row, row * 7919 % 16 < 8);
        }
        return RowMask.of(bits, rows);
    }

    private static List<RowMask> masks(RowMask mask, int segments) {
        return mask == null ? List.of() : java.util.Collections.unmodifiableList(
                java.util.Arrays.asList(java.util.Arrays.copyOf(new RowMask[] {mask}, segments)));
    }

    private static TopK search(ComputeBackend backend, List<? extends IndexData> data, Matrix queries, int k, SearchParams params,
            RowMask mask) {
        SearchBatch all = SearchBatch.of(queries, k, params);
        TopK top = new TopK(all.k());
        try (Searcher searcher = backend.open(List.copyOf(data))) {
            searcher.search(new SearchBatch(queries, all.k(), all.params(), masks(mask, data.size())), top);
        }
        return top;
    }

    /** With the reference, query by query. */
    private void compareEach(String what, List<? extends IndexData> data, Matrix queries, Shape shape, SearchParams params,
            RowMask mask) {
        TopK actual = search(backend, data, queries, shape.k, params, mask);
        IntStream.range(0, shape.queries).parallel().forEach(q -> {
            try (ScalarBackend scalar = new ScalarBackend()) {
                require(what, q, actual, search(scalar, data, queries.slice(q, q + 1), shape.k, params, mask));
            }
        });
    }

    private void compareCodes(String what, IvfPqData data, Matrix queries, Shape shape, RowMask mask) {
        SearchParams.IvfPq params = new SearchParams.IvfPq(shape.probes, shape.refine);
        TopK actual = search(backend, List.of(data), queries, shape.k, params, mask);
        ReferenceCodes reference = new ReferenceCodes(data, queries, mask);
        IntStream.range(0, shape.queries).parallel().forEach(q -> require(what, q, actual, reference.search(q, shape.k, params)));
    }

    private static void require(String what, int query, TopK actual, TopK expected) {
        for (int i = 0; i < expected.k(0); i++) {
            ReferenceAnswers.check(actual.position(query, i) == expected.position(0, i)
                            && actual.distance(query, i) == expected.distance(0, i),
                    "%s: query %d, place %d: row %d at %s (expected row %d at %s)", what, query, i, actual.position(query, i),
                    actual.distance(query, i), expected.position(0, i), expected.distance(0, i));
        }
    }
}
