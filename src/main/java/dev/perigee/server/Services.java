package dev.perigee.server;

import dev.perigee.collection.Collection;
import dev.perigee.collection.Collections;
import dev.perigee.protocol.Limits;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** What all connections of a server share. */
final class Services implements AutoCloseable {
    private static final int WORK_THREADS = 2;

    private final Limits limits;
    private final Collections collections;
    private final Engine engine;
    private final Admission admission;
    private final Builds builds;
    private final SearchWorkers workers;
    private final ExecutorService workThreads = Executors.newFixedThreadPool(WORK_THREADS,
            Thread.ofPlatform().name("perigee-work-", 0).daemon().factory());
    private final ConcurrentMap<String, SearchBatcher> batchers = new ConcurrentHashMap<>();
    private volatile boolean closing;

    Services(ServerSettings settings, Collections collections, Engine engine) {
        this.limits = settings.limits();
        this.collections = collections;
        this.engine = engine;
        this.admission = new Admission(settings.waitingBytes());
        this.builds = new Builds(engine);
        this.workers = new SearchWorkers(settings.workers());
    }

    Limits limits() {
        return limits;
    }

    Collections collections() {
        return collections;
    }

    Admission admission() {
        return admission;
    }

    Builds builds() {
        return builds;
    }

    ExecutorService workThreads() {
        return workThreads;
    }

    boolean isClosing() {
        return closing;
    }

    void beginClosing() {
        closing = true;
    }

    /** The batcher of the collection that has this name now. */
    SearchBatcher batcher(String name) {
        Collection collection = collections.get(name);
        SearchBatcher batcher = batchers.get(name);
        if (batcher == null || batcher.collection() != collection) {
            // one of that name was dropped and created again: what waits for the old one keeps its own batcher
            batcher = batchers.compute(name, (n, old) -> old != null && old.collection() == collection ? old
                    : new SearchBatcher(collection, engine, workers));
        }
        return batcher;
    }

    void drop(String name) {
        collections.drop(name);
        batchers.remove(name);
    }

    /** Called when no connection is left; ends the threads. */
    @Override
    public void close() {
        workers.close();
        workThreads.shutdown();
        try {
            workThreads.awaitTermination(10, TimeUnit.SECONDS);
            builds.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
