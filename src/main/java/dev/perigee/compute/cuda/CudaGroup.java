package dev.perigee.compute.cuda;

import dev.perigee.compute.Benchmark;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.Points;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.Verification;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.vector.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Several GPUs as one: inverted lists are split between them by size, what they find is merged. Flat segments, products and
 * training are the first one's.
 */
public final class CudaGroup implements ComputeBackend {
    private final List<CudaBackend> devices;

    private CudaGroup(List<CudaBackend> devices) {
        this.devices = List.copyOf(devices);
    }

    /**
     * Opens devices, in order: one by itself, several as a group.
     *
     * @throws dev.perigee.PerigeeException UNAVAILABLE with the reason why one of them cannot be used
     */
    public static ComputeBackend of(List<CudaDriver.Device> devices) {
        if (devices.size() == 1) {
            return CudaBackend.open(devices.getFirst());
        }
        List<CudaBackend> opened = new ArrayList<>();
        try {
            for (CudaDriver.Device device : devices) {
                opened.add(CudaBackend.open(device));
            }
            return new CudaGroup(opened);
        } catch (RuntimeException e) {
            opened.forEach(CudaBackend::close);
            throw e;
        }
    }

    private CudaBackend first() {
        return devices.getFirst();
    }

    List<CudaBackend> devices() {
        return devices;
    }

    @Override
    public String name() {
        return first().name();
    }

    @Override
    public String device() {
        return devices.stream().map(CudaBackend::device).collect(Collectors.joining(" + "));
    }

    @Override
    public Searcher open(List<IndexData> segments) {
        boolean flat = segments.stream().allMatch(FlatData.class::isInstance);
        return flat ? first().open(segments) : new GroupSearcher(this, segments);
    }

    @Override
    public void nearest(Matrix rows, FlatData centroids, int[] into) {
        first().nearest(rows, centroids, into);
    }

    @Override
    public Points points(Matrix rows, int centroids) {
        return first().points(rows, centroids);
    }

    @Override
    public void encode(Matrix rows, List<FlatData> words, int[] into) {
        first().encode(rows, words, into);
    }

    @Override
    public void multiply(Matrix rows, Matrix weights, Matrix into) {
        first().multiply(rows, weights, into);
    }

    @Override
    public void project(Matrix rows, Matrix mean, Matrix axes, Matrix into) {
        first().project(rows, mean, axes, into);
    }

    @Override
    public List<Benchmark> benchmarks() {
        return first().benchmarks();
    }

    @Override
    public Optional<Verification> verification() {
        return first().verification();
    }

    @Override
    public void close() {
        devices.forEach(CudaBackend::close);
    }
}
