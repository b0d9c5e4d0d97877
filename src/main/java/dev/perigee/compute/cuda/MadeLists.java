package dev.perigee.compute.cuda;

import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfModel;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * An IVF-PQ index for benchmarks, clustered, made by a device piece by piece from a seed: a row is the centroid of its list and
 * the codewords of its code, and noise. So no time goes into training, and codes are as good as codes can be. Lists hold from
 * half to one and a half times the mean.
 */
final class MadeLists implements AutoCloseable {
    private static final long SEED = 0x5EED;
    private static final int PIECE = 1 << 20;
    /** Standard deviations, beside 1 of the centroids. */
    private static final double RESIDUAL = 0.5;
    private static final float NOISE = 0.1f;

    private final Arena arena = Arena.ofShared();
    private final GpuRow.Lists shape;
    private final ProductQuantizer quantizer;
    private final FlatData centroids;
    private final int[] begins;
    private final IvfPqData data;

    MadeLists(CudaBackend backend, GpuRow.Lists shape) {
        this.shape = shape;
        SplittableRandom random = new SplittableRandom(SEED);
        this.centroids = FlatData.of(Distance.L2, gaussian(random, shape.lists(), shape.dim(), 1), arena);
        int dsub = shape.dim() / shape.m();
        this.quantizer = new ProductQuantizer(shape.m(), 8, gaussian(random, shape.m() * 256, dsub, RESIDUAL));
        this.begins = begins(random);
        this.data = data(backend);
    }

    private Matrix gaussian(SplittableRandom random, int rows, int dim, double deviation) {
        Matrix matrix = Matrix.allocate(arena, rows, dim);
        for (int i = 0; i < rows; i++) {
            for (int t = 0; t < dim; t++) {
                matrix.set(i, t, (float) (deviation * random.nextGaussian()));
            }
        }
        return matrix;
    }

    /** Of whole groups, so that a slot is a row. */
    private int[] begins(SplittableRandom random) {
        int[] all = new int[shape.lists() + 1];
        double mean = (double) shape.rows() / shape.lists() / InvertedLists.BLOCK;
        for (int l = 0; l < shape.lists(); l++) {
            int groups = (int) Math.max(1, Math.round(mean * (0.5 + random.nextDouble())));
            all[l + 1] = Math.addExact(all[l], groups * InvertedLists.BLOCK);
        }
        return all;
    }

    private IvfPqData data(CudaBackend backend) {
        int rows = begins[shape.lists()];
        Matrix all = Matrix.allocate(arena, rows, shape.dim());
        MemorySegment codes = arena.allocate((long) rows * quantizer.codeStride(), 64);
        MemorySegment terms = arena.allocate(rows * 4L, 64);
        make(backend, SEED, begins, all, codes, terms);
        int[] sizes = new int[shape.lists()];
        for (int l = 0; l < sizes.length; l++) {
            sizes[l] = begins[l + 1] - begins[l];
        }
        MemorySegment slots = arena.allocate(rows * 4L, 64);
        for (int row = 0; row < rows; row++) {
            slots.setAtIndex(ValueLayout.JAVA_INT, row, row);
        }
        InvertedLists lists = new InvertedLists(shape.lists(), ints(begins), ints(sizes), slots);
        Matrix mean = centroids.mean();
        double[] extent = IntStream.range(0, (rows + PIECE - 1) / PIECE).parallel()
                .mapToObj(piece -> extent(all.slice(piece * PIECE, Math.min(rows, (piece + 1) * PIECE)), mean))
                .reduce(new double[2], (a, b) -> new double[] {Math.max(a[0], b[0]), Math.max(a[1], b[1])});
        FlatData flat = new FlatData(Distance.L2, all, mean, arena.allocate(rows * 4L, 64), Math.sqrt(extent[0]) * (1 + 1e-9),
                Math.sqrt(extent[1]) * (1 + 1e-9));
        return new IvfPqData(new IvfModel(SEED, centroids, quantizer), lists, codes, terms, flat);
    }

    /** The largest squares of |row - mean| and |row|. */
    private static double[] extent(Matrix rows, Matrix mean) {
        double[] most = new double[2];
        float[] centre = mean.get(0);
        for (int i = 0; i < rows.rows(); i++) {
            double fromMean = 0;
            double fromZero = 0;
            for (int t = 0; t < centre.length; t++) {
                double x = rows.get(i, t);
                fromZero += x * x;
                fromMean += (x - centre[t]) * (x - centre[t]);
            }
            most[0] = Math.max(most[0], fromMean);
            most[1] = Math.max(most[1], fromZero);
        }
        return most;
    }

    private MemorySegment ints(int[] values) {
        MemorySegment segment = arena.allocate(values.length * 4L, 64);
        MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_INT, 0, values.length);
        return segment;
    }

    /** @param begins rows of each list, or null: any list */
    private void make(CudaBackend backend, long seed, int[] begins, Matrix rows, MemorySegment codes, MemorySegment terms) {
        int piece = Math.min(PIECE, rows.rows());
        int codeStride = quantizer.codeStride();
        try (Slots.Lease lease = backend.slots().take()) {
            Slot slot = lease.slot();
            CudaDevice device = slot.device();
            try (DeviceBuffer c = slot.uploaded(centroids.rows(), Purpose.OTHER);
                    DeviceBuffer mean = slot.uploaded(centroids.mean(), Purpose.OTHER);
                    DeviceBuffer words = slot.uploaded(quantizer.codewords(), Purpose.OTHER);
                    DeviceBuffer lists = begins == null ? null : slot.uploaded(ints(begins), Purpose.OTHER);
                    DeviceBuffer out = device.allocate(piece * rows.stride(), Purpose.OTHER);
                    DeviceBuffer outCodes = device.allocate((long) piece * codeStride, Purpose.OTHER);
                    DeviceBuffer outTerms = device.allocate(piece * 4L, Purpose.OTHER)) {
                out.fill(0, out.bytes(), (byte) 0, slot.stream());
                outCodes.fill(0, outCodes.bytes(), (byte) 0, slot.stream());
                for (int first = 0; first < rows.rows(); first += piece) {
                    int count = Math.min(piece, rows.rows() - first);
                    Arguments a = slot.of(Kernel.MAKE_ROWS).put(seed).put((long) first).put(count).put(shape.dim());
                    (lists == null ? a.none() : a.put(lists)).put(shape.lists()).put(c).put(mean).put(words).put(quantizer.dsub())
                            .put(NOISE).put(out).put(rows.stride() / 4).put(outCodes).put(codeStride).put(outTerms);
                    slot.launch((count + 7) / 8, 1, 256, 0);
                    out.download(0, rows.segment().asSlice(first * rows.stride(), count * rows.stride()), slot.stream());
                    if (codes != null) {
                        outCodes.download(0, codes.asSlice((long) first * codeStride, (long) count * codeStride), slot.stream());
                        outTerms.download(0, terms.asSlice(first * 4L, count * 4L), slot.stream());
                    }
                    slot.stream().synchronize();
                }
            }
        }
    }

    IvfPqData data() {
        return data;
    }

    /** Queries like the rows. */
    void queries(CudaBackend backend, Matrix into) {
        make(backend, SEED + 1, null, into, null, null);
    }

    @Override
    public void close() {
        arena.close();
    }
}
