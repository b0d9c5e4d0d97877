package dev.perigee.compute.cuda;

import dev.perigee.distance.Distance;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.ProductQuantizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The codewords of a product quantiser on a device: as they are, for look-up tables and the keys that define an answer, and
 * where tensor cores can scan the codes as fp16 too. See {@code native/cuda/cells.cuh} and {@code scan_mma.cu}.
 */
final class DeviceQuantizer implements AutoCloseable {
    /** Queries of a block of the scan, wide and narrow. */
    static final int WIDE = 64;
    static final int NARROW = 16;

    private static final int TABLE = 256;
    /** Codewords shorter than this part of the longest row need no more of fp16's range. */
    private static final int LEAST_EXPONENT = 40;

    private final ProductQuantizer quantizer;
    private final boolean l2;
    private final int dim;
    private final DeviceBuffer words;
    private final DeviceBuffer mean;
    private final DeviceBuffer codebook;
    private final DeviceBuffer sizes;
    private final double rowScale;
    private final double queryScale;

    DeviceQuantizer(IvfPqData data, Slot slot) {
        this.quantizer = data.model().quantizer();
        this.l2 = data.codeDistance() == Distance.L2;
        this.dim = data.dim();
        double radius = data.rows().radius();
        int exponent = radius == 0 ? 0 : Math.getExponent(radius);
        int largest = exponent - LEAST_EXPONENT;
        for (int w = 0; w < quantizer.codewords().rows(); w++) {
            for (float x : quantizer.codewords().get(w)) {
                largest = Math.max(largest, Math.getExponent(x));
            }
        }
        this.rowScale = Math.scalb(1.0, 14 - largest);
        this.queryScale = l2 ? Math.scalb(1.0, -exponent) : 0;
        try (Arena arena = Arena.ofConfined()) {
            words = slot.uploaded(quantizer.codewords(), Purpose.SHADOW);
            mean = slot.uploaded(data.model().centroids().mean(), Purpose.SHADOW);
            boolean scanned = isScanned(quantizer, slot.device());
            codebook = scanned ? slot.uploaded(halves(arena), Purpose.SHADOW) : null;
            sizes = scanned ? slot.uploaded(sizes(arena), Purpose.SHADOW) : null;
        }
    }

    /** Bytes of shared memory that the tables of a query take. */
    static long tableBytes(ProductQuantizer quantizer, int dim) {
        return (long) cells(quantizer) * 4 * TABLE * 4 + dim * 4L;
    }

    /** Whether the device can scan such codes on tensor cores, however few queries a block takes. */
    static boolean isScanned(ProductQuantizer quantizer, CudaDevice device) {
        return device.architecture() >= DeviceSegment.SHADOWED_FROM && isDecoded(quantizer)
                && scanBytes(quantizer, NARROW) <= device.sharedMemoryPerBlock();
    }

    private static boolean isDecoded(ProductQuantizer quantizer) {
        int dsub = quantizer.dsub();
        return quantizer.bits() == 8 && (dsub == 2 || dsub == 4 || dsub == 8);
    }

    /** Words of four code bytes; an even number where two of them make one step of 16 dims. */
    private static int cells(ProductQuantizer quantizer) {
        int cells = (quantizer.codeBytes() + 3) / 4;
        return isDecoded(quantizer) && quantizer.dsub() == 2 ? (cells + 1) / 2 * 2 : cells;
    }

    /** Shared memory of a block that scans: the codebook, queries as fragments, where minima go and what joins them. */
    private static long scanBytes(ProductQuantizer quantizer, int queries) {
        long cells = cells(quantizer);
        int dsub = quantizer.dsub();
        return cells * 4 * TABLE * dsub * 2 + cells * dsub / 4 * (queries / 8) * 256 + queries * 12L;
    }

    int scanBytes(int queries) {
        return (int) scanBytes(quantizer, queries);
    }

    int tableBytes() {
        return (int) tableBytes(quantizer, dim);
    }

    /** A value of a codeword in fp16's range. */
    private double scaled(int word, int t) {
        return quantizer.codewords().get(word, t) * rowScale;
    }

    /** Codewords as fp16, [4 cells, 256, dsub], zeros past the last part. */
    private MemorySegment halves(Arena arena) {
        int dsub = quantizer.dsub();
        MemorySegment values = arena.allocate(cells() * 4L * TABLE * dsub * 2, 2);
        for (int w = 0; w < quantizer.codewords().rows(); w++) {
            for (int t = 0; t < dsub; t++) {
                values.setAtIndex(ValueLayout.JAVA_SHORT, (long) w * dsub + t, Float.floatToFloat16((float) scaled(w, t)));
            }
        }
        return values;
    }

    /** Of each word the squared norm of its fp16 copy and of the difference, rounded up: [4 cells, 256, 2]. */
    private MemorySegment sizes(Arena arena) {
        MemorySegment values = arena.allocate(cells() * 4L * TABLE * 8, 4);
        for (int w = 0; w < quantizer.codewords().rows(); w++) {
            double norm = 0;
            double error = 0;
            for (int t = 0; t < quantizer.dsub(); t++) {
                double value = scaled(w, t);
                double copy = Float.float16ToFloat(Float.floatToFloat16((float) value));
                norm += copy * copy;
                error += (value - copy) * (value - copy);
            }
            values.setAtIndex(ValueLayout.JAVA_FLOAT, 2L * w, Math.nextUp((float) (norm * (1 + 1e-9))));
            values.setAtIndex(ValueLayout.JAVA_FLOAT, 2L * w + 1, Math.nextUp((float) (error * (1 + 1e-9))));
        }
        return values;
    }

    boolean isScanned() {
        return codebook != null;
    }

    int cells() {
        return cells(quantizer);
    }

    ProductQuantizer quantizer() {
        return quantizer;
    }

    /** Whether codes are compared by L2, not by inner product. */
    boolean l2() {
        return l2;
    }

    DeviceBuffer mean() {
        return mean;
    }

    DeviceBuffer codebook() {
        return codebook;
    }

    /** Null where codes are not scanned. */
    DeviceBuffer sizes() {
        return sizes;
    }

    double rowScale() {
        return rowScale;
    }

    /** 0 where each query has its own. */
    double queryScale() {
        return queryScale;
    }

    /** The mean that queries are taken around (none for inner product) and the codewords, as kernels take them. */
    Arguments putWords(Arguments a) {
        return (l2 ? a.put(mean) : a.none()).put(words).put(quantizer.m()).put(quantizer.bits()).put(quantizer.dsub());
    }

    @Override
    public void close() {
        words.close();
        mean.close();
        if (codebook != null) {
            codebook.close();
            sizes.close();
        }
    }
}
