package dev.perigee.compute.cuda;

import dev.perigee.compute.Benchmark;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Times searches of one IVF-PQ index whose rows and codes a device has made. Each is checked before: some queries against the
 * keys of the CPU, bit for bit, and recall against the exact search of the rows.
 */
final class ListRows implements AutoCloseable {
    /** Queries that are compared with the CPU. */
    private static final int COMPARED = 4;
    /** Queries whose recall is measured. */
    private static final int RECALLED = 200;
    private static final int CLIENTS = 256;

    private final CudaBackend backend;
    private final GpuSizes sizes;
    private final DeviceCeilings ceilings;
    private final GpuRow.Lists shape;
    private final MadeLists made;
    private final IvfPqData data;
    private final CudaSearcher searcher;
    private final Searcher.Queries lease;
    private final Matrix queries;
    private TopK exact;

    ListRows(CudaBackend backend, GpuSizes sizes, DeviceCeilings ceilings, GpuRow.Lists shape) {
        this.backend = backend;
        this.sizes = sizes;
        this.ceilings = ceilings;
        this.shape = sizes.cut(shape);
        this.made = new MadeLists(backend, this.shape);
        this.data = made.data();
        this.searcher = (CudaSearcher) backend.open(List.of(data));
        this.lease = searcher.queries(this.shape.queries());
        this.queries = lease.matrix();
        made.queries(backend, queries);
    }

    private SearchParams.IvfPq params() {
        return new SearchParams.IvfPq(shape.probes(), shape.refine());
    }

    private SearchBatch batch(int from, int count, RowMask mask) {
        SearchBatch all = SearchBatch.of(queries.slice(from, from + count), shape.k(), params());
        return mask == null ? all : new SearchBatch(all.queries(), all.k(), all.params(), List.of(mask));
    }

    /** A search of the first queries, whose answers were found right. */
    private final class Search {
        final CudaSearcher by;
        final SearchBatch batch;
        final TopK top;

        Search(String what, CudaSearcher by, int count, RowMask mask) {
            this.by = by;
            this.batch = batch(0, Math.min(count, shape.queries()), mask);
            this.top = new TopK(batch.k());
            by.search(batch, top);
            ReferenceCodes reference = new ReferenceCodes(data, queries, mask);
            IntStream.range(0, Math.min(COMPARED, batch.count())).parallel().forEach(i -> {
                int query = (int) ((long) i * batch.count() / COMPARED);
                TopK expected = reference.search(query, shape.k(), params());
                ReferenceAnswers.requireEqual(what, top, query, expected, 0);
            });
        }

        double millis() {
            top.clear();
            return Timings.millis(() -> by.search(batch, top));
        }

        Map<String, Double> device() {
            return LaunchWatch.of(backend, slot -> {
                top.clear();
                by.search(slot, batch, top);
            });
        }
    }

    private double recall(TopK top) {
        int count = Math.min(RECALLED, shape.queries());
        if (exact == null) {
            SearchBatch all = SearchBatch.of(queries.slice(0, count), shape.k(), new SearchParams.Flat());
            exact = new TopK(all.k());
            try (Searcher flat = backend.open(List.of(data.rows()))) {
                flat.search(all, exact);
            }
        }
        long found = 0;
        long wanted = 0;
        for (int q = 0; q < Math.min(count, top.queries()); q++) {
            double last = exact.distance(q, exact.size(q) - 1);
            for (int rank = 0; rank < top.size(q); rank++) {
                found += top.distance(q, rank) <= last ? 1 : 0;
            }
            wanted += exact.size(q);
        }
        return (double) found / wanted;
    }

    /** Reads all codes of the probed lists once, or multiplies all pairs. */
    private double limit(int count) {
        double rows = data.count();
        double seen = Math.min(1, (double) count * shape.probes() / shape.lists());
        double bytes = rows * seen * (data.model().quantizer().codeBytes() + 4);
        double pairs = (double) count * shape.probes() * rows / shape.lists();
        double products = 2 * pairs * shape.dim() / (ceilings.fp16Tflops() * 1e12) * 1e3;
        double copies = bytes / (ceilings.copyGbps() * 1e9) * 1e3;
        return Double.isNaN(products) ? copies : Math.max(products, copies);
    }

    /** The median time of a search of so many queries. */
    Benchmark.Row time(GpuRow row, int count) {
        Search search = new Search(row.title(), searcher, count, null);
        double recall = recall(search.top);
        double millis = Timings.median(sizes, search::millis);
        double limit = limit(search.batch.count());
        Map<String, Double> more = new LinkedHashMap<>();
        more.put("of_limit", limit / millis);
        more.put("queries_per_second", search.batch.count() / (millis * 1e-3));
        more.putAll(search.device());
        return row.row(millis, limit, recall, more);
    }

    /** The time of a search of rows by a mask beside that without, in turns. */
    Benchmark.Row masked(GpuRow row, double share) {
        BitSet allowed = new BitSet();
        SplittableRandom random = new SplittableRandom(17);
        for (int i = 0; i < data.count(); i++) {
            allowed.set(i, random.nextDouble() < share);
        }
        Search plain = new Search(row.title(), searcher, shape.queries(), null);
        Search masked = new Search(row.title(), searcher, shape.queries(), RowMask.of(allowed, data.count()));
        return ratio(row, masked, plain, "without_ms");
    }

    private Benchmark.Row ratio(GpuRow row, Search above, Search below, String name) {
        double[] ratios = new double[sizes.runs()];
        double[] millis = new double[sizes.runs()];
        for (int run = -2; run < sizes.runs(); run++) {
            double first = below.millis();
            double second = above.millis();
            if (run >= 0) {
                ratios[run] = second / first;
                millis[run] = first;
            }
        }
        return row.row(Timings.median(ratios), Double.NaN, Double.NaN, Map.of(name, Timings.median(millis)));
    }

    /** The time with rows on the device beside that with rows in pinned memory of the host: what is left of the speed. */
    Benchmark.Row fromHost(GpuRow row) {
        try (CudaBackend other = CudaBackend.refiningFromHost(backend.cudaDevice().facts())) {
            Search onDevice = new Search(row.title(), searcher, shape.queries(), null);
            try (CudaSearcher host = (CudaSearcher) other.open(List.of(data))) {
                return ratio(row, onDevice, new Search(row.title(), host, shape.queries(), null), "from_host_ms");
            }
        }
    }

    /** How much longer the scan by a table per query and list takes, without its selection, than ours. */
    Benchmark.Row anchor(GpuRow row) {
        Search search = new Search(row.title(), searcher, shape.queries(), null);
        Map<String, Double> ours = search.device();
        double scan = ours.entrySet().stream().filter(e -> e.getKey().startsWith("scan_")).mapToDouble(Map.Entry::getValue).sum();
        double anchor = new AnchorScan(backend, data, shape).millis(queries, sizes);
        return row.row(anchor / scan, Double.NaN, Double.NaN, Map.of("anchor_lut_ms", anchor, "scan_ms", scan));
    }

    /** The median time of a query by itself. */
    Benchmark.Row single(GpuRow row) {
        Search search = new Search(row.title(), searcher, 1, null);
        double millis = Timings.median(sizes, search::millis);
        return row.row(millis, Double.NaN, recall(search.top), search.device());
    }

    /** Queries per second of many clients that ask one at a time, beside those of one batch of as many. */
    Benchmark.Row clients(GpuRow row) {
        int clients = Math.min(CLIENTS, shape.queries());
        Search whole = new Search(row.title(), searcher, clients, null);
        double batch = clients / (Timings.median(sizes, whole::millis) * 1e-3);
        long end = System.nanoTime() + Math.max(1, sizes.millis()) * 4_000_000L;
        AtomicLong asked = new AtomicLong();
        AtomicInteger wrong = new AtomicInteger();
        long started = System.nanoTime();
        List<Thread> threads = IntStream.range(0, clients).mapToObj(c -> Thread.ofPlatform().start(() -> {
            SearchBatch one = batch(c, 1, null);
            TopK top = new TopK(one.k());
            do {
                top.clear();
                searcher.search(one, top);
                asked.incrementAndGet();
            } while (System.nanoTime() < end);
            wrong.addAndGet(top.position(0, 0) == whole.top.position(c, 0) ? 0 : 1);
        })).toList();
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        double seconds = (System.nanoTime() - started) * 1e-9;
        ReferenceAnswers.check(wrong.get() == 0, "%s: %d clients got other answers than in a batch", row.title(), wrong.get());
        double qps = asked.get() / seconds;
        return row.row(qps / batch, Double.NaN, Double.NaN, Map.of("clients_qps", qps, "batch_qps", batch));
    }

    /** 1: the same bytes of a batch again, in pieces, one by one, and of several at once. */
    Benchmark.Row deterministic(GpuRow row) {
        Search whole = new Search(row.title(), searcher, shape.queries(), null);
        int pieces = 0;
        for (int size : new int[] {shape.queries(), Math.max(1, shape.queries() / 7), 1}) {
            int step = size == 1 ? Math.max(1, shape.queries() / 50) : size;
            int[] froms = IntStream.iterate(0, from -> from < shape.queries(), from -> from + step).toArray();
            IntStream.of(froms).parallel().forEach(from -> {
                int count = Math.min(size, shape.queries() - from);
                SearchBatch some = batch(from, count, null);
                TopK top = new TopK(some.k());
                searcher.search(some, top);
                for (int q = 0; q < count; q++) {
                    for (int rank = 0; rank < shape.k(); rank++) {
                        ReferenceAnswers.check(top.position(q, rank) == whole.top.position(from + q, rank)
                                        && top.distance(q, rank) == whole.top.distance(from + q, rank),
                                "%s: query %d differs in a batch of %d", row.title(), from + q, count);
                    }
                }
            });
            pieces += froms.length;
        }
        return row.row(1, Double.NaN, Double.NaN, Map.of("batches_compared", (double) pieces));
    }

    @Override
    public void close() {
        lease.close();
        searcher.close();
        made.close();
    }
}
