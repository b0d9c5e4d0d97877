package dev.perigee.cli;

import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.vector.Matrix;
import java.util.Arrays;
import java.util.function.BiFunction;
import org.HdrHistogram.Histogram;

/**
 * How fast a search is: one batch of all queries, the median of three runs after a warm-up; then single queries, at most 500,
 * after a warm-up of their own.
 *
 * @param answer    of the batch; every run gave the same
 * @param singleQps single queries per second, one after another
 */
record Timing(SearchResult answer, double qps, double singleQps, double p50Micros, double p99Micros) {
    private static final int RUNS = 3;
    private static final int SINGLES = 500;
    private static final int WARM_UP = 1000;
    private static final long SINGLE_WARM_UP_NANOS = 1_000_000_000;

    static Timing of(Matrix queries, SearchRequest request, BiFunction<Matrix, SearchRequest, SearchResult> search) {
        return of(queries, request, SINGLES, search);
    }

    /** @param singles most single queries, in place of 500 */
    static Timing of(Matrix queries, SearchRequest request, int singles, BiFunction<Matrix, SearchRequest, SearchResult> search) {
        Batch batch = Batch.of(queries, request, search);
        Histogram latencies = singles(queries.slice(0, Math.min(singles, queries.rows())), request, search);
        return new Timing(batch.answer(), batch.qps(), 1e9 / latencies.getMean(), latencies.getValueAtPercentile(50) * 1e-3,
                latencies.getValueAtPercentile(99) * 1e-3);
    }

    /** The batch alone. */
    record Batch(SearchResult answer, double qps) {
        static Batch of(Matrix queries, SearchRequest request, BiFunction<Matrix, SearchRequest, SearchResult> search) {
            for (int i = 0; i < 2; i++) {
                search.apply(queries.slice(0, Math.min(WARM_UP, queries.rows())), request);
            }
            SearchResult answer = null;
            double[] seconds = new double[RUNS];
            for (int run = 0; run < RUNS; run++) {
                long started = System.nanoTime();
                SearchResult result = search.apply(queries, request);
                seconds[run] = (System.nanoTime() - started) * 1e-9;
                if (answer != null && !Arrays.equals(answer.ids(), result.ids())) {
                    throw new IllegalStateException("two runs of one search gave different answers");
                }
                answer = result;
            }
            Arrays.sort(seconds);
            return new Batch(answer, queries.rows() / seconds[RUNS / 2]);
        }
    }

    /** Nanoseconds of single queries. */
    private static Histogram singles(Matrix queries, SearchRequest request,
            BiFunction<Matrix, SearchRequest, SearchResult> search) {
        int count = queries.rows();
        long end = System.nanoTime() + SINGLE_WARM_UP_NANOS;
        for (int i = 0; i < 4 * SINGLES && System.nanoTime() < end; i++) {
            search.apply(queries.slice(i % count, i % count + 1), request);
        }
        Histogram latencies = new Histogram(3);
        for (int query = 0; query < count; query++) {
            long started = System.nanoTime();
            search.apply(queries.slice(query, query + 1), request);
            latencies.recordValue(System.nanoTime() - started);
        }
        return latencies;
    }
}
