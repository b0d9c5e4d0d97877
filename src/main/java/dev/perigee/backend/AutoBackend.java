package dev.perigee.backend;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.Points;
import dev.perigee.compute.Searcher;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.vector.Matrix;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Chooses for each index when it is opened: the first backend, unless it refuses, then the second. What was refused and why
 * is said once.
 */
final class AutoBackend implements ComputeBackend {
    private static final System.Logger LOG = System.getLogger(AutoBackend.class.getName());

    /**
     * Multiplications that are worth copies to a device and back, a few milliseconds: some tens of milliseconds of a core. Both
     * ways give the same numbers in {@code nearest}. An estimate; to be measured on a device.
     */
    private static final long WORTH_A_TRIP = 1_000_000_000;

    private final ComputeBackend first;
    private final ComputeBackend second;
    private final Set<String> said = ConcurrentHashMap.newKeySet();

    /** Takes over both. */
    AutoBackend(ComputeBackend first, ComputeBackend second) {
        this.first = first;
        this.second = second;
    }

    @Override
    public String name() {
        return first.name();
    }

    @Override
    public String device() {
        return first.device();
    }

    @Override
    public int threads() {
        return Math.max(first.threads(), second.threads());
    }

    @Override
    public Searcher open(List<IndexData> segments) {
        try {
            return first.open(segments);
        } catch (PerigeeException refused) {
            if (refused.code() != ErrorCode.UNSUPPORTED) {
                throw refused;
            }
            if (said.add(refused.getMessage())) {
                LOG.log(System.Logger.Level.INFO, "{0}; searched by {1} instead", refused.getMessage(), second.name());
            }
            return second.open(segments);
        }
    }

    @Override
    public void nearest(Matrix rows, FlatData centroids, int[] into) {
        byWork(rows, centroids.count()).nearest(rows, centroids, into);
    }

    @Override
    public Points points(Matrix rows, int centroids) {
        return byWork(rows, centroids).points(rows, centroids);
    }

    @Override
    public void encode(Matrix rows, List<FlatData> words, int[] into) {
        byWork(rows, words.getFirst().count()).encode(rows, words, into);
    }

    @Override
    public void multiply(Matrix rows, Matrix weights, Matrix into) {
        byWork(rows, weights.rows()).multiply(rows, weights, into);
    }

    @Override
    public void project(Matrix rows, Matrix mean, Matrix axes, Matrix into) {
        second.project(rows, mean, axes, into);
    }

    private ComputeBackend byWork(Matrix rows, int others) {
        return (long) rows.rows() * others * rows.dim() < WORTH_A_TRIP ? second : first;
    }

    @Override
    public List<Benchmark> benchmarks() {
        return first.benchmarks();
    }

    @Override
    public void close() {
        try {
            first.close();
        } finally {
            second.close();
        }
    }
}
