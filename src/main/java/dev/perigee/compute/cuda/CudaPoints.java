package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.Slot.Part.ALPHA;
import static dev.perigee.compute.cuda.Slot.Part.BETA;
import static dev.perigee.compute.cuda.Slot.Part.CONSTANT;
import static dev.perigee.compute.cuda.Slot.Part.GAMMA;
import static dev.perigee.compute.cuda.Slot.Part.SHADOWS;
import static dev.perigee.compute.cuda.Slot.Part.UNIT;

import dev.perigee.compute.Points;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows in device memory. The product with the centroids keeps the two smallest keys of each row; where they are nearer than
 * their errors allow, the row is compared with every centroid in double. Means are summed in double in order of rows. So
 * both are what the CPU gives.
 */
final class CudaPoints implements Points {
    /** Rows of one product. */
    private static final int SLICE = 1 << 17;
    /** Rows that a block compares at a time, and blocks. */
    private static final int EXACT_ROWS = 8;
    private static final int EXACT_BLOCKS_PER_MULTIPROCESSOR = 4;

    /** Rows of an item of a plan whose items nobody uses: so many that their number, a square of rows / this, stays small. */
    private static final int ITEM = 1 << 16;

    private final CudaBackend backend;
    private final List<DeviceBuffer> owned = new ArrayList<>();
    private final int count;
    private final int dim;
    private final long stride;
    private final DeviceBuffer rows;
    private final DeviceBuffer labels;
    private final DeviceBuffer before;
    private final DeviceBuffer order;
    /** Open rows of a slice, and before them how many. */
    private final DeviceBuffer open;
    private final DeviceBuffer flags;
    private int k;

    CudaPoints(CudaBackend backend, Matrix rows) {
        this.backend = backend;
        this.count = rows.rows();
        this.dim = rows.dim();
        this.stride = rows.stride();
        boolean done = false;
        try (Slots.Lease lease = backend.slots().take()) {
            Slot slot = lease.slot();
            this.rows = allocate(count * stride);
            this.labels = allocate(count * 4L);
            this.before = allocate(count * 4L);
            this.order = allocate(count * 4L);
            this.open = allocate(4L + Math.min(count, SLICE) * 4L);
            this.flags = allocate(4);
            this.rows.upload(0, rows.segment().asSlice(0, count * stride), slot.stream());
            labels.fill(0, count * 4L, -1, slot.stream());
            slot.stream().synchronize();
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private DeviceBuffer allocate(long bytes) {
        DeviceBuffer buffer = backend.cudaDevice().allocate(bytes, Purpose.OTHER);
        owned.add(buffer);
        return buffer;
    }

    /** Device memory that so many rows take. */
    static long bytes(Matrix rows) {
        return rows.rows() * (rows.stride() + 16L);
    }

    @Override
    public boolean assign(FlatData centroids) {
        k = centroids.count();
        DeviceSegment segment = backend.holdCentroids(centroids);
        try (Slots.Lease lease = backend.slots().take()) {
            Slot slot = lease.slot();
            slot.stream().synchronize(); // a search that failed may have left work
            before.copy(0, labels, 0, count * 4L, slot.stream());
            assign(slot, segment);
            try (DeviceBuffer counts = slot.device().allocate(k * 4L, Purpose.OTHER)) {
                counts.fill(0, k * 4L, 0, slot.stream());
                countLabels(slot, counts);
                return flag(slot) != 0;
            }
        } finally {
            backend.residents().release(centroids);
        }
    }

    DeviceBuffer rows() {
        return rows;
    }

    /** Rows of the last slice that were compared with every centroid. */
    int open() {
        try (Slots.Lease lease = backend.slots().take()) {
            return word(lease.slot(), open);
        }
    }

    private void assign(Slot slot, DeviceSegment segment) {
        segment.eachTile(slot, tile -> {
            boolean whole = tile.count() == k && tile.scan() == Scan.SHADOWS;
            if (tile.first() > 0) {
                return; // more centroids than a tile has: all of them at once, below
            }
            if (!whole) {
                exact(slot, segment.data(), null, 0, count);
                return;
            }
            for (int first = 0; first < count; first += SLICE) {
                nearest(slot, segment, tile, first, Math.min(SLICE, count - first));
            }
            slot.stream().synchronize();
        });
    }

    private void nearest(Slot slot, DeviceSegment segment, DeviceRows tile, int first, int n) {
        int padded = FlatTile.padded(n);
        int chunks = ProductShape.chunks(dim);
        Scale scale = segment.scale();
        boolean l2 = segment.data().distance() == Distance.L2;
        slot.reserve(SHADOWS, ProductShape.shadowBytes(padded, dim));
        for (Slot.Part part : new Slot.Part[] {ALPHA, BETA, GAMMA, UNIT, CONSTANT}) {
            slot.reserve(part, n * 8L);
        }
        slot.of(Kernel.INGEST_QUERIES).put(rows, first * stride).put(stride / 4).put(n).put(dim).put(segment.centre())
                .put(l2 ? 1 : 0).put(scale.queries()).put(scale.rows()).put(scale.accumulation()).put(0.0).put(slot.at(SHADOWS))
                .put(slot.at(ALPHA)).put(slot.at(BETA)).put(slot.at(GAMMA)).put(slot.at(UNIT)).put(slot.at(CONSTANT));
        slot.launch(padded / 8, 1, 256, 0);
        open.fill(0, 4, 0, slot.stream());
        ProductShape shape = ProductShape.of(Integer.MAX_VALUE, chunks);
        boolean resident = shape == ProductShape.RESIDENT;
        slot.of(resident ? Kernel.GEMM_NEAREST_RESIDENT : Kernel.GEMM_NEAREST_STREAMED).put(slot.at(SHADOWS)).put(tile.shadows())
                .put(tile.starts()).put(chunks).put(tile.panels()).put(slot.at(ALPHA)).put(slot.at(BETA))
                .put(slot.at(GAMMA)).put(scale.accumulation()).put(tile.largest).put(n).put(labels, first * 4L).put(open).put(open, 4);
        slot.launch((n + shape.queries - 1) / shape.queries, 1, shape.threads, shape.sharedBytes(chunks));
        exact(slot, segment.data(), tile.rows, first, n);
    }

    /** @param centroids on the device, or null: they are uploaded, and every row is compared */
    private void exact(Slot slot, FlatData data, DeviceBuffer centroids, int first, int n) {
        DeviceBuffer uploaded = centroids != null ? null
                : slot.uploaded(data.rows().segment().asSlice(0, data.count() * data.rows().stride()), Purpose.OTHER);
        Arguments a = slot.of(Kernel.NEAREST_EXACT).put(rows, first * stride).put(stride / 4).put(n)
                .put(uploaded == null ? centroids : uploaded).put(data.rows().stride() / 4).put(data.count()).put(dim)
                .put(data.distance() == Distance.L2 ? 1 : 0);
        (uploaded == null ? a.put(open) : a.none()).put(open, 4).put(labels, first * 4L);
        int pieces = (n + EXACT_ROWS - 1) / EXACT_ROWS;
        slot.launch(Math.min(pieces, slot.device().multiprocessors() * EXACT_BLOCKS_PER_MULTIPROCESSOR), 1, 256, 0);
        if (uploaded != null) {
            slot.stream().synchronize();
            uploaded.close();
        }
    }

    private void countLabels(Slot slot, DeviceBuffer counts) {
        flags.fill(0, 4, 0, slot.stream());
        slot.of(Kernel.COUNT_LABELS).put(labels).put(before).put(count).put(counts).put(flags);
        slot.launch((count + 255) / 256, 1, 256, 0);
    }

    private int flag(Slot slot) {
        return word(slot, flags);
    }

    private static int word(Slot slot, DeviceBuffer from) {
        MemorySegment host = slot.host(4);
        from.download(0, host.asSlice(0, 4), slot.stream());
        slot.stream().synchronize();
        return host.get(ValueLayout.JAVA_INT, 0);
    }

    @Override
    public void labels(int[] into) {
        try (Slots.Lease lease = backend.slots().take()) {
            MemorySegment host = lease.slot().host(count * 4L).asSlice(0, count * 4L);
            labels.download(0, host, lease.slot().stream());
            lease.slot().stream().synchronize();
            MemorySegment.copy(host, ValueLayout.JAVA_INT, 0, into, 0, count);
        }
    }

    @Override
    public int[] means(Matrix centroids) {
        int[] sizes = new int[k];
        CudaDevice device = backend.cudaDevice();
        try (Slots.Lease lease = backend.slots().take(); Arena arena = Arena.ofConfined();
                DeviceBuffer counts = device.allocate(k * 4L, Purpose.OTHER);
                DeviceBuffer begins = device.allocate((k + 1) * 4L, Purpose.OTHER);
                DeviceBuffer unused = device.allocate((k + 1) * 4L, Purpose.OTHER);
                DeviceBuffer cursors = device.allocate(k * 4L, Purpose.OTHER);
                DeviceBuffer moved = device.allocate(k * centroids.stride(), Purpose.OTHER)) {
            Slot slot = lease.slot();
            MemorySegment values = centroids.segment().asSlice(0, k * centroids.stride());
            moved.upload(0, values, slot.stream());
            counts.fill(0, k * 4L, 0, slot.stream());
            countLabels(slot, counts);
            slot.of(Kernel.PLAN_LISTS).put(counts).put(counts).put(k).put(ITEM).put(ITEM).put(begins).put(unused).put(cursors);
            slot.launch(1, 1, 512, 0);
            slot.of(Kernel.SORT_LABELS).put(labels).put(count).put(cursors).put(order);
            slot.launch((count + 255) / 256, 1, 256, 0);
            slot.of(Kernel.LIST_MEANS).put(rows).put(stride / 4).put(dim).put(begins).put(order).put(moved)
                    .put(centroids.stride() / 4);
            slot.launch(k, 1, 256, 0);
            MemorySegment host = arena.allocate(k * 4L, 4);
            counts.download(0, host, slot.stream());
            moved.download(0, values, slot.stream());
            slot.stream().synchronize();
            MemorySegment.copy(host, ValueLayout.JAVA_INT, 0, sizes, 0, k);
        }
        return sizes;
    }

    @Override
    public void close() {
        owned.forEach(DeviceBuffer::close);
    }
}
