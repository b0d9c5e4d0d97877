package dev.perigee.compute.cuda;

import dev.perigee.compute.Benchmark;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.index.FlatData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Times searches of one set of clustered rows. Each is checked before: some queries against the reference in double over all
 * rows, the others by what must hold for any answer, and searches for more neighbours against one for fewer.
 */
final class SearchRows implements AutoCloseable {
    /** Queries that are compared with the reference: all of a small batch, as many again of each larger one. */
    private static final int COMPARED = 32;
    private static final int BATCHES = 1024;
    /** Places of a query whose distances are computed again. */
    private static final int LOOKED_AT = 128;

    private final GpuSizes sizes;
    private final DeviceCeilings ceilings;
    private final Arena arena = Arena.ofShared();
    private final FlatData data;
    private final CudaSearcher searcher;
    private final Searcher.Queries lease;
    private final Matrix queries;
    private final ReferenceAnswers reference;

    /** @param shape of the data, with the most queries and neighbours that are searched for */
    SearchRows(CudaBackend backend, GpuSizes sizes, DeviceCeilings ceilings, GpuRow.Shape shape) {
        this.sizes = sizes;
        this.ceilings = ceilings;
        Matrix rows = SeededRows.CLUSTERED.make(arena, shape.distance(), shape.rows(), shape.dim(), 1);
        this.data = FlatData.of(shape.distance(), rows, arena);
        this.searcher = (CudaSearcher) backend.open(List.of(data));
        this.lease = searcher.queries(shape.queries());
        this.queries = lease.matrix();
        queries.copy(SeededRows.CLUSTERED.make(arena, shape.distance(), shape.queries(), shape.dim(), 2), 0, 0, shape.queries());
        this.reference = ReferenceAnswers.of(List.of(data), queries, compared(shape.queries()), shape.k(), List.of());
    }

    private static int[] compared(int count) {
        TreeSet<Integer> which = new TreeSet<>();
        for (int batch : new int[] {COMPARED, BATCHES, count}) {
            for (int i = 0; i < COMPARED; i++) {
                which.add((int) ((long) i * Math.min(batch, count) / COMPARED));
            }
        }
        return which.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Searches, with answers that were found right. */
    private final class Search {
        final GpuRow.Shape shape;
        final SearchBatch batch;
        final TopK top;
        final double recall;

        Search(GpuRow row) {
            this.shape = sizes.cut(row.shape);
            this.batch = SearchBatch.of(queries.slice(0, shape.queries()), shape.k(), new SearchParams.Flat());
            this.top = new TopK(batch.k());
            searcher.search(batch, top);
            this.recall = reference.compare(row.title(), top, shape.queries());
            ReferenceAnswers.requireOrder(row.title(), top, shape.queries(), data, queries, 1 + shape.k() / LOOKED_AT);
        }

        double millis() {
            top.clear();
            return Timings.millis(() -> searcher.search(batch, top));
        }
    }

    /** The median time of a search. */
    Benchmark.Row time(GpuRow row) {
        Search search = new Search(row);
        double millis = Timings.median(sizes, search::millis);
        Map<String, Double> more = new LinkedHashMap<>();
        double limit = limit(search.shape, more);
        more.put("of_limit", limit / millis);
        more.put("queries_per_second", search.shape.queries() / (millis * 1e-3));
        more.putAll(device(search));
        return row.row(millis, limit, search.recall, more);
    }

    /** The median ratio of the times of two searches that take turns. */
    Benchmark.Row compare(GpuRow row, GpuRow with) {
        Search other = new Search(with);
        Search search = new Search(row);
        ReferenceAnswers.requirePrefix(row.title(), other.top, search.top, search.shape.queries());
        double[] millis = new double[sizes.runs()];
        double[] others = new double[sizes.runs()];
        double[] ratios = new double[sizes.runs()];
        for (int run = -2; run < sizes.runs(); run++) {
            double first = other.millis();
            double second = search.millis();
            if (run >= 0) {
                others[run] = first;
                millis[run] = second;
                ratios[run] = second / first;
            }
        }
        Map<String, Double> more = new LinkedHashMap<>();
        more.put("value_ms", Timings.median(millis));
        more.put(with.title() + "_ms", Timings.median(others));
        more.putAll(device(search));
        return row.row(Timings.median(ratios), Double.NaN, search.recall, more);
    }

    /**
     * What the ceilings allow for the first pass: rows as fp16 read once, or all their products. Beside it the same with the
     * second pass: group minima written and read, eleven groups of rows a query (the median on clustered rows for k = 10).
     */
    private double limit(GpuRow.Shape shape, Map<String, Double> more) {
        double copy = ceilings.copyGbps() * 1e9;
        double pairs = (double) shape.queries() * shape.rows();
        double bytes = 2.0 * shape.rows() * shape.dim() / copy * 1e3;
        double products = 2 * pairs * shape.dim() / (ceilings.fp16Tflops() * 1e12) * 1e3;
        double limit = Double.isNaN(products) ? bytes : Math.max(bytes, products);
        double rescored = 11.0 * ProductShape.GROUP * 4 * shape.dim() * shape.queries();
        double second = (8 * pairs / ProductShape.GROUP + rescored) / copy * 1e3;
        more.put("limit_by_bytes_ms", bytes);
        more.put("limit_by_products_ms", products);
        more.put("limit_with_second_pass_ms", limit + second);
        return limit;
    }

    /** One more search, its launches watched. */
    private Map<String, Double> device(Search search) {
        return LaunchWatch.of(searcher.backend(), slot -> {
            search.top.clear();
            searcher.search(slot, search.batch, search.top);
        });
    }

    @Override
    public void close() {
        lease.close();
        searcher.close();
        arena.close();
    }
}
