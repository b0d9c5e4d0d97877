package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.Points;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.Verification;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.vector.Matrix;
import java.util.List;
import java.util.Optional;

/** A GPU through the CUDA driver: exact search and search of inverted lists with our own kernels. */
public final class CudaBackend implements ComputeBackend {
    private static final System.Logger LOG = System.getLogger(CudaBackend.class.getName());
    private static final long LEAST_WORK_BYTES = 32L << 20;
    private static final long MOST_WORK_BYTES = 4L << 30;
    /** Part of the device's memory that one search may work in. */
    private static final int WORK_PART = 16;
    private static final int NEAREST_SLICE = 1 << 18;

    private final CudaDevice device;
    private final Slots slots;
    private final Dispatcher dispatcher;
    private final QueryMemory queryMemory;
    private final Residents residents = new Residents();
    private final int tileRows;
    private final boolean byProducts;
    private final boolean refinesFromHost;
    private final long workBytes;
    private Multiplication.Product product;
    /** The centroids that rows were compared with last stay: the next rows will be too. */
    private FlatData lastCentroids;

    private CudaBackend(CudaDevice device, int tileRows, boolean byProducts, boolean refinesFromHost) {
        this.device = device;
        this.slots = new Slots(device, KernelModule.load(device));
        this.dispatcher = new Dispatcher(slots);
        this.queryMemory = new QueryMemory(device);
        this.tileRows = tileRows;
        this.byProducts = byProducts;
        this.refinesFromHost = refinesFromHost;
        this.workBytes = Math.clamp(device.memory().total() / WORK_PART, LEAST_WORK_BYTES, MOST_WORK_BYTES);
    }

    /**
     * Opens a device.
     *
     * @throws dev.perigee.PerigeeException UNAVAILABLE with the reason why it cannot be used
     */
    public static CudaBackend open(CudaDriver.Device device) {
        return open(device, DeviceSegment.MOST_ROWS, false);
    }

    /**
     * @param tileRows   most rows that are searched at a time, a multiple of {@link ProductShape#PANEL}
     * @param byProducts whether rows are scanned by {@link Scan#PRODUCTS}, to check the other ways
     */
    static CudaBackend open(CudaDriver.Device which, int tileRows, boolean byProducts) {
        return open(which, tileRows, byProducts, false);
    }

    /** Candidates by code are refined from pinned memory of the host, as where the rows do not fit the device. */
    static CudaBackend refiningFromHost(CudaDriver.Device which) {
        return open(which, DeviceSegment.MOST_ROWS, false, true);
    }

    private static CudaBackend open(CudaDriver.Device which, int tileRows, boolean byProducts, boolean refinesFromHost) {
        CudaDevice device = CudaDevice.open(which);
        try {
            return new CudaBackend(device, tileRows, byProducts, refinesFromHost);
        } catch (RuntimeException e) {
            device.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public String device() {
        return device.toString();
    }

    Slots slots() {
        return slots;
    }

    Dispatcher dispatcher() {
        return dispatcher;
    }

    QueryMemory queryMemory() {
        return queryMemory;
    }

    Residents residents() {
        return residents;
    }

    /** Centroids on the device; {@link Residents#release} gives them back. */
    synchronized DeviceSegment holdCentroids(FlatData centroids) {
        if (lastCentroids != centroids) {
            if (lastCentroids != null) {
                residents.release(lastCentroids);
            }
            residents.hold(centroids, this::segment);
            lastCentroids = centroids;
        }
        return residents.hold(centroids, this::segment);
    }

    /** Rows as this backend scans them. */
    DeviceSegment segment(FlatData data) {
        return new DeviceSegment(data, tileRows, byProducts);
    }

    /**
     * Inverted lists as this backend searches them.
     *
     * @param part whether they are a part, whose candidates are never refined here
     * @throws PerigeeException UNSUPPORTED with the reason if it cannot
     */
    DeviceLists lists(IndexData data, boolean part) {
        return new DeviceLists(data, device, part ? DeviceLists.NEVER_REFINED : refinesFromHost ? 0 : Long.MAX_VALUE,
                tileRows == DeviceSegment.MOST_ROWS ? Integer.MAX_VALUE : tileRows);
    }

    long workBytes() {
        return workBytes;
    }

    CudaDevice cudaDevice() {
        return device;
    }

    @Override
    public Searcher open(List<IndexData> segments) {
        return new CudaSearcher(this, segments);
    }

    @Override
    public void nearest(Matrix rows, FlatData centroids, int[] into) {
        int[] labels = new int[Math.min(NEAREST_SLICE, rows.rows())];
        for (int from = 0; from < rows.rows(); from += NEAREST_SLICE) {
            int count = Math.min(NEAREST_SLICE, rows.rows() - from);
            try (CudaPoints points = new CudaPoints(this, rows.slice(from, from + count))) {
                points.assign(centroids);
                points.labels(labels);
            }
            System.arraycopy(labels, 0, into, from, count);
        }
    }

    /** Where the rows do not fit the device, they pass through in slices. */
    @Override
    public Points points(Matrix rows, int centroids) {
        long free = device.memory().free();
        return rows.rows() == 0 || CudaPoints.bytes(rows) > free / 2 ? ComputeBackend.super.points(rows, centroids)
                : new CudaPoints(this, rows);
    }

    @Override
    public void encode(Matrix rows, List<FlatData> words, int[] into) {
        if (words.getFirst().dim() > Encoding.MOST_DSUB) {
            ComputeBackend.super.encode(rows, words, into);
        } else if (rows.rows() > 0) {
            try (Slots.Lease lease = slots.take()) {
                Encoding.run(lease.slot(), rows, words, into);
            }
        }
    }

    @Override
    public void multiply(Matrix rows, Matrix weights, Matrix into) {
        ComputeBackend.checkProduct(rows, weights, into);
        try (Slots.Lease lease = slots.take()) {
            Multiplication.run(lease.slot(), product(), rows, weights, into, workBytes);
        }
    }

    @Override
    public void project(Matrix rows, Matrix mean, Matrix axes, Matrix into) {
        ComputeBackend.checkProduct(rows, axes, into);
        try (Slots.Lease lease = slots.take()) {
            Coordinates.run(lease.slot(), rows, mean, axes, into, workBytes);
        }
    }

    /** Decided at the first product, for cuBLAS takes a second to load and memory of the device. */
    synchronized Multiplication.Product product() {
        if (product == null) {
            product = CublasLibrary.probe().problem().isEmpty() ? cublas() : Multiplication.KERNEL;
        }
        return product;
    }

    private Multiplication.Product cublas() {
        try {
            return Multiplication.by(Cublas.open(device));
        } catch (PerigeeException e) {
            if (e.code() != ErrorCode.UNAVAILABLE) {
                throw e;
            }
            LOG.log(System.Logger.Level.INFO, "{0}; products are made by a kernel of Perigee", e.getMessage());
            return Multiplication.KERNEL;
        }
    }

    @Override
    public List<Benchmark> benchmarks() {
        return List.of(new CudaBenchmark(this, GpuSizes.FULL));
    }

    /** The rows of its benchmark as one H200 should have them: limits and goals, no values. */
    public static List<Benchmark.Row> expectedRows() {
        return CudaBenchmark.expected();
    }

    @Override
    public Optional<Verification> verification() {
        return Optional.of(new CudaVerification(this));
    }

    @Override
    public void close() {
        slots.close();
        queryMemory.close();
        device.close(); // and all else that lies on it
    }
}
