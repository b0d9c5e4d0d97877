package dev.perigee.compute.cuda;

import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.IvfFlatData;
import dev.perigee.index.IvfModel;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.IvfSqData;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Searches the segments of a space on one device: flat ones together, then each with lists, then all are merged. */
final class CudaSearcher implements Searcher {
    private final CudaBackend backend;
    private final boolean part;
    private final int dim;
    private final List<ExactSearch.Part> flat = new ArrayList<>();
    private final List<Lists> lists = new ArrayList<>();
    private final List<Object> held = new ArrayList<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Inverted lists and the number of their segment in the space. */
    private record Lists(int segment, Probing probing, DeviceLists lists) {
    }

    /** @throws dev.perigee.PerigeeException UNSUPPORTED for an index that the device cannot search */
    CudaSearcher(CudaBackend backend, List<IndexData> segments) {
        this(backend, segments, false);
    }

    /** Of a part of some lists, the rest of which is elsewhere: candidates by code are never refined here. */
    static CudaSearcher ofPart(CudaBackend backend, IndexData lists) {
        return new CudaSearcher(backend, List.of(lists), true);
    }

    private CudaSearcher(CudaBackend backend, List<IndexData> segments, boolean part) {
        this.backend = backend;
        this.part = part;
        this.dim = segments.getFirst().dim();
        boolean done = false;
        try {
            for (int s = 0; s < segments.size(); s++) {
                switch (segments.get(s)) {
                    case FlatData data -> flat.add(new ExactSearch.Part(s, hold(data)));
                    case IvfFlatData data -> lists.add(hold(s, data, data.model()));
                    case IvfPqData data -> lists.add(hold(s, data, data.model()));
                    case IvfSqData data -> {
                        DeviceLists onDevice = hold(data);
                        lists.add(new Lists(s, new SqProbing(onDevice), onDevice));
                    }
                }
            }
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private DeviceSegment hold(FlatData data) {
        DeviceSegment segment = backend.residents().hold(data, backend::segment);
        held.add(data);
        return segment;
    }

    private Lists hold(int segment, IndexData data, IvfModel model) {
        // held before the lists and released after them: a graph points to both, and is known by the lists
        DeviceSegment centroids = backend.residents().hold(model.centroids(),
                c -> new DeviceSegment(c, DeviceSegment.MOST_ROWS, false));
        held.add(model.centroids());
        return new Lists(segment, new CentroidProbing(centroids), hold(data));
    }

    private DeviceLists hold(IndexData data) {
        DeviceLists onDevice = backend.residents().hold(data, d -> backend.lists(d, part));
        held.add(data);
        return onDevice;
    }

    @Override
    public void search(SearchBatch batch, TopK into) {
        if (batch.count() > 0) {
            backend.dispatcher().search(this, batch, into);
        }
    }

    /** The same on a slot that the caller holds. */
    void search(Slot slot, SearchBatch batch, TopK into) {
        if (!flat.isEmpty()) {
            ExactSearch.run(slot, flat, batch, backend.workBytes(), backend::product, into);
        }
        for (Lists each : lists) {
            ListSearch.run(slot, each.probing, each.lists, each.segment, part, batch, backend.workBytes(), into);
        }
    }

    @Override
    public Queries queries(int rows) {
        return backend.queryMemory().lease(rows, dim);
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
            held.reversed().forEach(backend.residents()::release);
        }
    }
}
