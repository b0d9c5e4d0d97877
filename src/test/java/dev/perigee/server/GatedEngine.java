package dev.perigee.server;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchResult;
import dev.perigee.collection.Batch;
import dev.perigee.collection.Collection;
import dev.perigee.vector.Matrix;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** The real searches and builds, held up while {@link #shut}; remembers the rows of each part of each batch. */
final class GatedEngine implements Engine {
    /** A search of that many fails, and with it the call that it is in. */
    static final int REFUSED_K = 666;
    static final int DEFECT_K = 777;
    final List<List<Integer>> batches = new CopyOnWriteArrayList<>();
    /** Names of the threads that searched, in order. */
    final List<String> threads = new CopyOnWriteArrayList<>();
    /** Batches that have come to the gate. */
    final Semaphore arrived = new Semaphore(0);
    private final Object monitor = new Object();
    private boolean isShut;

    void shut() {
        synchronized (monitor) {
            isShut = true;
        }
    }

    void open() {
        synchronized (monitor) {
            isShut = false;
            monitor.notifyAll();
        }
    }

    /** Waits until a batch is at the gate. */
    void awaitArrival() throws InterruptedException {
        if (!arrived.tryAcquire(10, TimeUnit.SECONDS)) {
            throw new AssertionError("no batch came");
        }
    }

    private void pass() {
        arrived.release();
        synchronized (monitor) {
            while (isShut) {
                try {
                    monitor.wait();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        }
    }

    @Override
    public Lease lease(Collection collection, int rows) {
        Lease lease = DIRECT.lease(collection, rows);
        return new Lease() {
            @Override
            public Matrix queries() {
                return lease.queries();
            }

            @Override
            public List<SearchResult> search(List<Batch.Part> parts) {
                batches.add(parts.stream().map(Batch.Part::rows).toList());
                threads.add(Thread.currentThread().getName());
                pass();
                for (Batch.Part part : parts) {
                    if (part.request().k() == REFUSED_K) {
                        throw new PerigeeException(ErrorCode.UNSUPPORTED, "k: refused");
                    }
                    if (part.request().k() == DEFECT_K) {
                        throw new IllegalStateException("a secret of the server");
                    }
                }
                return lease.search(parts);
            }

            @Override
            public void close() {
                lease.close();
            }
        };
    }

    @Override
    public void build(Collection collection, Progress progress) {
        arrived.release();
        for (int i = 0; ; i++) {
            if (!progress.at("gate", i, 1000)) {
                throw new PerigeeException(ErrorCode.CANCELLED, "build: cancelled");
            }
            synchronized (monitor) {
                if (!isShut) {
                    break;
                }
                try {
                    monitor.wait(1);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        }
        DIRECT.build(collection, progress);
    }
}
