package dev.perigee.compute.simd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Look-up tables of a query for {@link FastScan}: {@code [parts][16]} unsigned bytes b, with least(part) + scale x b <= entry.
 * So scale x (sum of bytes - MIDDLE) + term + {@link #add} is never above the float key of a code.
 */
final class ByteTables {
    /**
     * Bytes end at three quarters of the widest part: codes beyond are far in any case, and the others are bounded more closely.
     * Of Fashion-MNIST (m = 196) 144 codes are summed for the 100 best of 8,000, 156 where bytes span everything.
     */
    private static final float CUT = 0.75f;
    /** Relative errors of float operations besides one for each group: within a group, in making the bytes, in the bound. */
    private static final int ROUNDINGS = 32;

    private final float[][] groups;
    private final MemorySegment memory;
    private final byte[] bytes;
    private final int largest;
    private float scale;
    private double base;
    private double reach;

    /**
     * @param groups tables of 16 code bytes each, [32][16] entries
     * @param memory for [parts][16] bytes, at a multiple of 64
     */
    ByteTables(float[][] groups, int parts, MemorySegment memory) {
        this.groups = groups;
        this.memory = memory;
        this.bytes = new byte[parts * FastScan.PART];
        this.largest = Math.min(255, 65_535 / parts);
    }

    /** Bytes of memory for the tables of {@code parts}. */
    static long bytes(int parts) {
        return (long) parts * FastScan.PART;
    }

    long address() {
        return memory.address();
    }

    float scale() {
        return scale;
    }

    /** Makes the tables of what is in the groups now. */
    void fill() {
        base = 0;
        reach = 0;
        float span = 0;
        for (int p = 0; p < bytes.length; p += FastScan.PART) {
            float[] group = groups[p / CodeKernel.SHORT_TABLE];
            float least = least(group, p % CodeKernel.SHORT_TABLE);
            float most = most(group, p % CodeKernel.SHORT_TABLE);
            base += least;
            reach += Math.max(Math.abs(least), Math.abs(most));
            span = Math.max(span, most - least);
        }
        scale = CUT * span / largest;
        if (!(scale > 0x1p-100f && scale < 0x1p100f)) {
            scale = 0; // the sums are at least base, or overflow
        }
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int p = 0; p < bytes.length; p += FastScan.PART) {
            float[] group = groups[p / CodeKernel.SHORT_TABLE];
            float least = least(group, p % CodeKernel.SHORT_TABLE);
            for (int c = 0; c < FastScan.PART; c++) {
                bytes[p + c] = (byte) Math.min(largest, (int) ((group[p % CodeKernel.SHORT_TABLE + c] - least) * inverse));
            }
        }
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
    }

    private static float least(float[] table, int from) {
        float least = table[from];
        for (int c = 1; c < FastScan.PART; c++) {
            least = Math.min(least, table[from + c]);
        }
        return least;
    }

    private static float most(float[] table, int from) {
        float most = table[from];
        for (int c = 1; c < FastScan.PART; c++) {
            most = Math.max(most, table[from + c]);
        }
        return most;
    }

    /**
     * What bounds of codes of a list have besides their sums and terms.
     *
     * @param constant    of the list's keys
     * @param largestTerm at least the absolute value of all finite terms of the list
     */
    float add(float constant, float largestTerm) {
        double all = reach + largestTerm + Math.abs(constant) + (double) scale * FastScan.MIDDLE;
        if (!(all < 0x1p100)) {
            return Float.NEGATIVE_INFINITY; // float sums may overflow, and nothing is known of them
        }
        return (float) (base + constant + (double) scale * FastScan.MIDDLE - (groups.length + ROUNDINGS) * 0x1p-24 * all);
    }
}
