package dev.perigee.compute.simd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Look-up tables of a query for {@link FastScan}: {@code [parts][16]} bytes q with least(part) + scale x q <= entry, as tight as
 * bytes go. Large entries are cut off: codes that have them are far in any case. So of each code, base + scale x sum of bytes
 * + term + constant, less a bound of all roundings, is never above the float sum that {@link CodeKernel} makes.
 */
final class ByteTables {
    /** Two entries are added as bytes. */
    private static final int LARGEST = 127;
    /** Relative errors of float operations besides one for each group: in a group, of the entries' bytes, of the comparison. */
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
        this.largest = Math.min(LARGEST, Short.MAX_VALUE / parts);
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
        scale = span / (LOOSE * largest);
        if (!(scale > 0x1p-100f && reach < 0x1p100)) {
            scale = 0; // nothing is known of the sums then but that they are not below base
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
    static final float LOOSE = Float.parseFloat(System.getProperty("loose", "1"));

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
     * What {@code scale x sum + term} must not exceed for a code whose float sum plus {@code constant} is at most {@code threshold}.
     *
     * @param largestTerm at least the absolute value of all finite terms
     */
    float limit(float threshold, float constant, float largestTerm) {
        double all = reach + largestTerm + Math.abs(constant);
        if (!(all < 0x1p100)) {
            return Float.POSITIVE_INFINITY; // float sums may overflow
        }
        double roundings = (groups.length + ROUNDINGS) * 0x1p-24 * all;
        return Math.nextUp((float) (threshold - (double) constant - base + roundings));
    }
}
