package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.IvfFlatData;
import dev.perigee.index.IvfPqData;
import dev.perigee.vector.Matrix;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Searches the flat segments of a space on one device. */
final class CudaSearcher implements Searcher {
    private final CudaBackend backend;
    private final Residents residents;
    private final DeviceSegment[] segments;
    private final int dim;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** @throws PerigeeException UNSUPPORTED for an index that has no kernels */
    CudaSearcher(CudaBackend backend, Residents residents, List<IndexData> segments) {
        this.backend = backend;
        this.residents = residents;
        this.dim = segments.getFirst().dim();
        for (IndexData segment : segments) {
            if (!(segment instanceof FlatData)) {
                throw new PerigeeException(ErrorCode.UNSUPPORTED,
                        "index: %s (expected flat, the only one that backend cuda has kernels for)".formatted(name(segment)));
            }
        }
        this.segments = segments.stream().map(s -> residents.hold((FlatData) s)).toArray(DeviceSegment[]::new);
    }

    private static String name(IndexData segment) {
        return switch (segment) {
            case FlatData flat -> "flat";
            case IvfFlatData ivf -> "ivf_flat";
            case IvfPqData ivf -> "ivf_pq";
        };
    }

    @Override
    public void search(SearchBatch batch, TopK into) {
        if (batch.count() == 0) {
            return;
        }
        try (Slots.Lease lease = backend.slots().take()) {
            search(lease.slot(), batch, into);
        }
    }

    /** The same on a slot that the caller holds. */
    void search(Slot slot, SearchBatch batch, TopK into) {
        ExactSearch.run(slot, segments, batch, backend.workBytes(), backend::product, into);
    }

    @Override
    public Queries queries(int rows) {
        return backend.queryMemory().lease(Math.max(Matrix.ALIGNMENT, Matrix.bytes(rows, dim)), rows, dim);
    }

    @Override
    public CudaBackend backend() {
        return backend;
    }

    @Override
    public int slots() {
        return Slots.COUNT;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            for (DeviceSegment segment : segments) {
                residents.release(segment);
            }
        }
    }
}
