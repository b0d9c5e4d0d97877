package dev.perigee.bench.workers;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One pass over all queries, timed call by call.
 *
 * @param seconds of the whole pass
 * @param p50 median of a call, in microseconds
 * @param p99 99th percentile of a call, in microseconds
 * @param cpu processor time in seconds; NaN where nobody knows
 */
record Pass(double seconds, double p50, double p99, double cpu) {
    /** Searches with one query at a time; for one thread only. */
    interface Search {
        /** Row numbers of the nearest rows, nearest first, into {@code found} [k], which holds -1 before. */
        void nearest(float[] query, int[] found) throws Exception;
    }

    private static final int TAKEN = 8; // queries that a thread takes at a time: few enough to share the end of a batch

    /** One query a call, one after another. */
    static Pass single(Search search, float[][] queries, int[][] found) throws Exception {
        long[] nanos = new long[queries.length];
        long begin = System.nanoTime();
        for (int i = 0; i < queries.length; i++) {
            long start = System.nanoTime();
            search.nearest(queries[i], found[i]);
            nanos[i] = System.nanoTime() - start;
        }
        return of(System.nanoTime() - begin, nanos);
    }

    /** Batches one after another, the queries of each spread over as many threads as there are searches. */
    static Pass batches(List<Search> searches, float[][] queries, int batch, int[][] found) throws Exception {
        long[] nanos = new long[(queries.length + batch - 1) / batch];
        try (ExecutorService threads = Executors.newFixedThreadPool(searches.size())) {
            threads.invokeAll(searches.stream().<Callable<Void>>map(search -> () -> null).toList()); // starts them
            long begin = System.nanoTime();
            for (int b = 0; b < nanos.length; b++) {
                int end = Math.min(queries.length, (b + 1) * batch);
                AtomicInteger next = new AtomicInteger(b * batch);
                long start = System.nanoTime();
                List<Callable<Void>> work = searches.stream().<Callable<Void>>map(search -> () -> {
                    for (int from = next.getAndAdd(TAKEN); from < end; from = next.getAndAdd(TAKEN)) {
                        for (int i = from; i < Math.min(end, from + TAKEN); i++) {
                            search.nearest(queries[i], found[i]);
                        }
                    }
                    return null;
                }).toList();
                for (Future<Void> done : threads.invokeAll(work)) {
                    done.get();
                }
                nanos[b] = System.nanoTime() - start;
            }
            return of(System.nanoTime() - begin, nanos);
        }
    }

    static Pass of(long total, long[] nanos) {
        Arrays.sort(nanos);
        return new Pass(total / 1e9, percentile(nanos, 0.5), percentile(nanos, 0.99), Double.NaN);
    }

    Pass withCpu(double seconds) {
        return new Pass(this.seconds, p50, p99, seconds);
    }

    private static double percentile(long[] sorted, double part) {
        return sorted.length == 0 ? 0 : sorted[Math.max(0, (int) Math.ceil(part * sorted.length) - 1)] / 1e3;
    }
}
