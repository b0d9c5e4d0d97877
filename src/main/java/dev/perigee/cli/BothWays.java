package dev.perigee.cli;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.client.Client;
import dev.perigee.collection.Collection;
import dev.perigee.vector.Matrix;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;

/**
 * The same searches of one collection in this process and through a client, to compare their times.
 *
 * @param queries [q, dim], searched one by one or all as one batch
 */
record BothWays(Collection collection, Client client, Matrix queries, SearchRequest request) {
    /** Batches that a client keeps in flight, so that the server never waits for the next. */
    private static final int IN_FLIGHT = 4;

    /**
     * Compares ids and scores of every query, one by one and as batches in flight together.
     *
     * @throws PerigeeException INTERNAL if one differs
     */
    void requireSameAnswers() {
        SearchResult batch = collection.search(queries, request);
        Deque<CompletableFuture<SearchResult>> running = new ArrayDeque<>();
        for (int i = 0; i < IN_FLIGHT; i++) {
            running.add(client.searchAsync(name(), queries, request));
        }
        running.forEach(wire -> requireSame(batch, wire.join(), "batch of %d queries".formatted(queries.rows())));
        for (int q = 0; q < queries.rows(); q++) {
            requireSame(collection.search(one(q), request), client.search(name(), one(q), request), "query " + q);
        }
    }

    private void requireSame(SearchResult expected, SearchResult wire, String what) {
        if (!Arrays.equals(expected.ids(), wire.ids()) || !Arrays.equals(expected.scores(), wire.scores())) {
            throw new PerigeeException(ErrorCode.INTERNAL,
                    "%s: the server's answer differs from the one in process (collection '%s')".formatted(what, name()));
        }
    }

    /** Median time of {@code count} single queries, one after another. */
    double inProcessSingleMicros(int count) {
        long[] nanos = new long[count];
        for (int i = 0; i < count; i++) {
            Matrix query = one(i);
            long started = System.nanoTime();
            collection.search(query, request);
            nanos[i] = System.nanoTime() - started;
        }
        return medianMicros(nanos);
    }

    /** As {@link #inProcessSingleMicros}, through the client. */
    double wireSingleMicros(int count) {
        long[] nanos = new long[count];
        for (int i = 0; i < count; i++) {
            Matrix query = one(i);
            long started = System.nanoTime();
            client.search(name(), query, request);
            nanos[i] = System.nanoTime() - started;
        }
        return medianMicros(nanos);
    }

    /** Queries per second in {@code batches} batches of all queries, one after another. */
    double inProcessQps(int batches) {
        long started = System.nanoTime();
        for (int i = 0; i < batches; i++) {
            collection.search(queries, request);
        }
        return qps(batches, started);
    }

    /** As {@link #inProcessQps}, through the client, with four batches in flight. */
    double wireQps(int batches) {
        Deque<CompletableFuture<SearchResult>> running = new ArrayDeque<>();
        long started = System.nanoTime();
        for (int i = 0; i < batches; i++) {
            if (running.size() == IN_FLIGHT) {
                running.poll().join();
            }
            running.add(client.searchAsync(name(), queries, request));
        }
        running.forEach(CompletableFuture::join);
        return qps(batches, started);
    }

    private String name() {
        return collection.spec().name();
    }

    private Matrix one(int i) {
        int query = i % queries.rows();
        return queries.slice(query, query + 1);
    }

    private double qps(int batches, long started) {
        return (double) batches * queries.rows() / ((System.nanoTime() - started) * 1e-9);
    }

    private static double medianMicros(long[] nanos) {
        Arrays.sort(nanos);
        return nanos[nanos.length / 2] * 1e-3;
    }
}
