package dev.perigee.compute.cuda;

import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * The anchor that our scan is compared with: the scheme that is published for other engines, made again by us: a block per
 * (query, list), a table in fp16 for each. It gives the minima of groups only, so it does less than they must.
 */
final class AnchorScan {
    private final CudaBackend backend;
    private final IvfPqData data;
    private final GpuRow.Lists shape;

    AnchorScan(CudaBackend backend, IvfPqData data, GpuRow.Lists shape) {
        this.backend = backend;
        this.data = data;
        this.shape = shape;
    }

    /** Median time on the device for the lists that the queries probe. */
    double millis(Matrix queries, GpuSizes sizes) {
        TopK probed = probed(queries);
        int count = queries.rows();
        int probes = Math.min(shape.probes(), shape.lists());
        try (Arena arena = Arena.ofShared(); Slots.Lease lease = backend.slots().take();
                DeviceLists lists = backend.lists(data, true)) {
            Slot slot = lease.slot();
            MemorySegment numbers = arena.allocate((long) count * probes * 8, 64);
            MemorySegment begins = arena.allocate((long) count * (probes + 1) * 4, 64);
            MemorySegment counts = arena.allocate(count * 4L, 64);
            for (int q = 0; q < count; q++) {
                int begin = 0;
                counts.setAtIndex(ValueLayout.JAVA_INT, q, probes);
                for (int j = 0; j < probes; j++) {
                    int list = (int) probed.position(q, j);
                    numbers.setAtIndex(ValueLayout.JAVA_LONG, (long) q * probes + j, list);
                    begins.setAtIndex(ValueLayout.JAVA_INT, (long) q * (probes + 1) + j, begin);
                    begin += (data.lists().begin(list + 1) - data.lists().begin(list)) / ProductShape.GROUP;
                }
                begins.setAtIndex(ValueLayout.JAVA_INT, (long) q * (probes + 1) + probes, begin);
            }
            double[] millis = new double[1];
            long columns = lists.mostGroups(probes);
            lists.eachTile(slot, tile -> {
                try (DeviceBuffer probedLists = slot.uploaded(numbers, Purpose.OTHER);
                        DeviceBuffer probedBegins = slot.uploaded(begins, Purpose.OTHER);
                        DeviceBuffer probeCounts = slot.uploaded(counts, Purpose.OTHER);
                        DeviceBuffer centroids = slot.uploaded(data.model().centroids().rows(), Purpose.OTHER);
                        DeviceBuffer words = slot.uploaded(data.model().quantizer().codewords(), Purpose.OTHER);
                        DeviceBuffer asked = slot.uploaded(queries.segment().asSlice(0, count * queries.stride()), Purpose.OTHER);
                        DeviceBuffer minima = slot.device().allocate(count * columns * 4, Purpose.OTHER)) {
                    int cells = lists.quantizer().cells();
                    millis[0] = Timings.ofDevice(slot, sizes, () -> {
                        slot.of(Kernel.ANCHOR_LUT).put(asked).put(queries.stride() / 4).put(centroids).put(shape.dim()).put(words)
                                .put(shape.m()).put(data.model().quantizer().dsub()).put(tile.codes().cells()).put(cells)
                                .put(tile.rowOf).put(probedLists).put(probeCounts).put(probes).put(probedBegins)
                                .put(tile.firstGroups).put(minima).put(columns);
                        slot.launch(probes, count, 256, cells * 4 * 256 * 2);
                    });
                }
            });
            return millis[0];
        }
    }

    private TopK probed(Matrix queries) {
        SearchBatch batch = SearchBatch.of(queries, Math.min(shape.probes(), shape.lists()), new SearchParams.Flat());
        TopK top = new TopK(batch.k());
        try (Searcher coarse = backend.open(List.of(data.model().centroids()))) {
            coarse.search(batch, top);
        }
        return top;
    }
}
