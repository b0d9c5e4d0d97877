package dev.perigee.compute.cuda;

import dev.perigee.compute.Benchmark;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/** Times what building an index takes, on rows that are in device memory; answers are checked first. */
final class BuildRows {
    private static final int COMPARED = 64;
    /** Dims of a part that rows are encoded by. */
    private static final int DSUB = 2;
    private static final int WORDS = 256;

    private final CudaBackend backend;
    private final GpuSizes sizes;
    private final DeviceCeilings ceilings;

    BuildRows(CudaBackend backend, GpuSizes sizes, DeviceCeilings ceilings) {
        this.backend = backend;
        this.sizes = sizes;
        this.ceilings = ceilings;
    }

    private double limit(GpuRow.Shape shape) {
        return 2.0 * shape.rows() * shape.queries() * shape.dim() / (ceilings.fp16Tflops() * 1e12) * 1e3;
    }

    /** An iteration of k-means: the nearest centroid of every row, and the means of the lists. */
    Benchmark.Row iteration(GpuRow row) {
        GpuRow.Shape shape = sizes.cut(row.shape);
        try (Arena arena = Arena.ofShared()) {
            Matrix rows = SeededRows.CLUSTERED.make(arena, Distance.L2, shape.rows(), shape.dim(), 1);
            Matrix centroids = SeededRows.CLUSTERED.make(arena, Distance.L2, shape.queries(), shape.dim(), 2);
            try (CudaPoints points = new CudaPoints(backend, rows)) {
                FlatData fixed = FlatData.of(Distance.L2, centroids, arena);
                Matrix moved = Matrix.allocate(arena, centroids.rows(), centroids.dim());
                moved.copy(centroids, 0, 0, centroids.rows());
                points.assign(fixed);
                check(row.title(), points, rows, fixed);
                double millis = Timings.median(sizes, () -> Timings.millis(() -> {
                    points.assign(fixed);
                    points.means(moved);
                }));
                double limit = limit(shape);
                return row.row(millis, limit, Double.NaN,
                        Map.of("of_limit", limit / millis, "open_rows", (double) points.open()));
            }
        }
    }

    private static void check(String what, CudaPoints points, Matrix rows, FlatData centroids) {
        int[] labels = new int[rows.rows()];
        points.labels(labels);
        for (int i = 0; i < COMPARED; i++) {
            int row = (int) ((long) i * rows.rows() / COMPARED);
            double least = Double.POSITIVE_INFINITY;
            int where = -1;
            for (int c = 0; c < centroids.count(); c++) {
                double distance = Distance.L2.between(rows, row, centroids.rows(), c);
                if (distance < least) {
                    least = distance;
                    where = c;
                }
            }
            ReferenceAnswers.check(labels[row] == where, "%s: row %d: centroid %d (expected %d)", what, row, labels[row], where);
        }
    }

    /** Millions of rows per second that get a list and a code. Rows are encoded as they are, which takes what residuals take. */
    Benchmark.Row encoding(GpuRow row) {
        GpuRow.Shape shape = sizes.cut(row.shape);
        int m = shape.dim() / DSUB;
        int dim = m * DSUB;
        try (Arena arena = Arena.ofShared(); Slots.Lease lease = backend.slots().take()) {
            Matrix rows = SeededRows.CLUSTERED.make(arena, Distance.L2, shape.rows(), dim, 1);
            Matrix chosen = SeededRows.CLUSTERED.make(arena, Distance.L2, shape.queries(), dim, 2);
            FlatData centroids = FlatData.of(Distance.L2, chosen, arena);
            Matrix words = SeededRows.GAUSSIAN.make(arena, Distance.L2, m * WORDS, DSUB, 3);
            Slot slot = lease.slot();
            try (CudaPoints points = new CudaPoints(backend, rows); DeviceBuffer codewords = slot.uploaded(words, Purpose.OTHER);
                    DeviceBuffer codes = slot.device().allocate((long) shape.rows() * m, Purpose.OTHER)) {
                double millis = Timings.median(sizes, () -> Timings.millis(() -> {
                    points.assign(centroids);
                    Encoding.launch(slot, points.rows(), rows.stride(), shape.rows(), codewords, 8, DSUB, codes, m);
                    slot.stream().synchronize();
                }));
                check(row.title(), points, rows, centroids);
                checkCodes(row.title(), slot, codes, rows, words, m);
                double limit = limit(new GpuRow.Shape(Distance.L2, shape.rows(), dim, shape.queries(), 1));
                return row.row(shape.rows() / (millis * 1e3), shape.rows() / (limit * 1e3), Double.NaN, Map.of("ms", millis));
            }
        }
    }

    private static void checkCodes(String what, Slot slot, DeviceBuffer codes, Matrix rows, Matrix words, int m) {
        long count = Math.min(COMPARED, rows.rows());
        MemorySegment host = slot.host(count * m).asSlice(0, count * m);
        codes.download(0, host, slot.stream());
        slot.stream().synchronize();
        for (int i = 0; i < count * m; i++) {
            double least = Double.POSITIVE_INFINITY;
            int where = -1;
            for (int w = 0; w < WORDS; w++) {
                double sum = 0;
                for (int t = 0; t < DSUB; t++) {
                    double difference = (double) rows.get(i / m, i % m * DSUB + t) - words.get(i % m * WORDS + w, t);
                    sum += difference * difference;
                }
                if (sum < least) {
                    least = sum;
                    where = w;
                }
            }
            int code = host.get(ValueLayout.JAVA_BYTE, i) & 255;
            ReferenceAnswers.check(code == where, "%s: row %d, part %d: word %d (expected %d)", what, i / m, i % m, code, where);
        }
    }
}
