package dev.perigee.compute.faiss;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.Points;
import dev.perigee.compute.Searcher;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.vector.Matrix;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Searches with FAISS; what building needs is done by the backend of the CPU that it is given, as FAISS has no such seam. */
public final class FaissBackend implements ComputeBackend {
    private final ComputeBackend host;
    private final int threads;
    /** Data that is open, by identity: segments outlive the searchers over them. Under its monitor. */
    private final Map<IndexData, Lease> open = new IdentityHashMap<>();

    private static final class Lease {
        final OpenIndex index;
        int users;

        Lease(OpenIndex index) {
            this.index = index;
        }
    }

    /**
     * Takes over the other backend.
     *
     * @param threads that FAISS may use for a search, 1 or more
     * @throws dev.perigee.PerigeeException UNAVAILABLE with the reason if there is no FAISS; then the other is closed
     */
    public FaissBackend(ComputeBackend host, int threads) {
        this.host = host;
        this.threads = threads;
        try {
            FaissLibrary.probe().require();
        } catch (RuntimeException e) {
            host.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return "faiss";
    }

    @Override
    public String device() {
        FaissLibrary library = FaissLibrary.probe();
        return "CPU, FAISS %s (%s), %d thread%s".formatted(library.version(), library.build(), threads, threads == 1 ? "" : "s");
    }

    @Override
    public int threads() {
        return threads;
    }

    /** @throws dev.perigee.PerigeeException UNSUPPORTED if FAISS refuses an index, with the reason */
    @Override
    public Searcher open(List<IndexData> segments) {
        List<OpenIndex> opened = new ArrayList<>();
        synchronized (open) {
            try {
                for (IndexData segment : segments) {
                    Lease lease = open.get(segment);
                    if (lease == null) {
                        lease = new Lease(new OpenIndex(segment));
                        open.put(segment, lease);
                    }
                    lease.users++;
                    opened.add(lease.index);
                }
            } catch (Throwable e) {
                release(opened);
                throw e;
            }
        }
        return new FaissSearcher(this, opened, threads);
    }

    void release(List<OpenIndex> indexes) {
        synchronized (open) {
            for (OpenIndex index : indexes) {
                Lease lease = open.get(index.data());
                if (--lease.users == 0) {
                    open.remove(index.data());
                    index.close();
                }
            }
        }
    }

    @Override
    public void nearest(Matrix rows, FlatData centroids, int[] into) {
        host.nearest(rows, centroids, into);
    }

    @Override
    public Points points(Matrix rows, int centroids) {
        return host.points(rows, centroids);
    }

    @Override
    public void encode(Matrix rows, List<FlatData> words, int[] into) {
        host.encode(rows, words, into);
    }

    @Override
    public void multiply(Matrix rows, Matrix weights, Matrix into) {
        host.multiply(rows, weights, into);
    }

    @Override
    public void project(Matrix rows, Matrix mean, Matrix axes, Matrix into) {
        host.project(rows, mean, axes, into);
    }

    @Override
    public void close() {
        host.close();
    }
}
