package dev.perigee.compute.cuda;

import dev.perigee.compute.Benchmark;
import dev.perigee.compute.RandomSq;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.SqReference;
import dev.perigee.compute.TopK;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.SearchParams;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Times a search of a random IVF-SQ index, some of whose answers are compared with the reference before. */
final class SqRows implements AutoCloseable {
    private static final int COMPARED = 4;

    private final CudaBackend backend;
    private final GpuSizes sizes;
    private final DeviceCeilings ceilings;
    private final Arena arena = Arena.ofShared();
    private final GpuRow.Lists shape;
    private final IvfSqData data;
    private final CudaSearcher searcher;
    private final SearchBatch batch;
    private final TopK top;

    /** @param lists of which {@code m} are the dims of the codes */
    SqRows(CudaBackend backend, GpuSizes sizes, DeviceCeilings ceilings, GpuRow.Lists lists) {
        this.backend = backend;
        this.sizes = sizes;
        this.ceilings = ceilings;
        this.shape = sizes.cut(lists);
        RandomSq random = new RandomSq(arena, 1);
        int perList = InvertedLists.padded(shape.rows() / shape.lists());
        this.data = random.make(shape.lists(), perList, shape.dim(), Math.max(8, shape.m() / 8 * 8));
        this.searcher = (CudaSearcher) backend.open(List.of(data));
        this.batch = SearchBatch.of(random.rows(shape.queries(), shape.dim()), shape.k(),
                new SearchParams.IvfSq(shape.probes(), shape.refine()));
        this.top = new TopK(batch.k());
    }

    /** The median time of a search. */
    Benchmark.Row time(GpuRow row) {
        searcher.search(batch, top);
        compare(row.title());
        double millis = Timings.median(sizes, () -> {
            top.clear();
            return Timings.millis(() -> searcher.search(batch, top));
        });
        Map<String, Double> more = new LinkedHashMap<>();
        more.put("of_limit", limit() / millis);
        more.put("queries_per_second", batch.count() / (millis * 1e-3));
        more.putAll(LaunchWatch.of(backend, slot -> {
            top.clear();
            searcher.search(slot, batch, top);
        }));
        return row.row(millis, limit(), Double.NaN, more);
    }

    private void compare(String what) {
        IntStream.range(0, Math.min(COMPARED, batch.count())).parallel().forEach(i -> {
            int query = (int) ((long) i * batch.count() / COMPARED);
            TopK expected = new TopK(batch.k());
            new SqReference(data, 0, null).search(batch, query, expected);
            ReferenceAnswers.requireEqual(what, top, query, expected, query);
        });
    }

    /** Reads the codes of all lists once, or multiplies all pairs, at the rate of fp16. */
    private double limit() {
        int dims = data.model().dims();
        double bytes = (double) data.lists().slots() * (dims + 4);
        double pairs = (double) batch.count() * shape.probes() * data.lists().slots() / shape.lists();
        double copies = bytes / (ceilings.copyGbps() * 1e9) * 1e3;
        double products = 2 * pairs * dims / (ceilings.fp16Tflops() * 1e12) * 1e3;
        return Double.isNaN(products) ? copies : Math.max(products, copies);
    }

    @Override
    public void close() {
        searcher.close();
        arena.close();
    }
}
