package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.MASK;

import dev.perigee.vector.Matrix;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Look-up tables of a query for {@link FastScan}: {@code [parts][entries]} unsigned bytes b, with least(part) + scale x b <=
 * entry. So scale x (sum of bytes - MIDDLE) + term + {@link #add} is never above the float key of a code.
 *
 * @param base  sum of the least entries of all parts
 * @param reach sum of the largest absolute values of all parts
 * @param roundings of the float operations of a key, of the bytes and of the bound
 */
record ByteTables(float scale, double base, double reach, int roundings) {
    /**
     * Bytes end at three quarters of the widest part: codes beyond are far in any case, and the others are bounded more closely.
     * Of Fashion-MNIST (m = 196) 144 codes are summed for the 100 best of 8,000, 156 where bytes span everything.
     */
    private static final float CUT = 0.75f;
    /** Relative errors of float operations besides one for each group: within a group, in making the bytes, in the bound. */
    private static final int ROUNDINGS = 32;

    /** As many bytes as there are floats in a vector; there is no shorter one than of eight, so four are stored with four zeros. */
    private static final VectorSpecies<Byte> BYTE = Lanes.COUNT == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;

    /** Bytes of memory for the tables, a few that the last of them may spoil among them: a multiple of 64. */
    static long bytes(int parts, int entries) {
        return ((long) parts * entries / Matrix.ALIGNMENT + 1) * Matrix.ALIGNMENT;
    }

    /**
     * Makes the byte tables of the tables of a query.
     *
     * @param floats  address of [parts][entries] float32
     * @param groups  of parts whose look-ups are summed before they join the others
     * @param entries of a part, 16 or 256
     * @param to      where they go, an address at a multiple of 64
     */
    static ByteTables make(long floats, int groups, int parts, int entries, long to) {
        float[] leasts = new float[parts];
        double base = 0;
        double reach = 0;
        float span = 0;
        for (int p = 0; p < parts; p++) {
            long table = floats + (long) p * entries * 4;
            float least = least(table, table + entries * 4L);
            float most = most(table, table + entries * 4L);
            leasts[p] = least;
            base += least;
            reach += Math.max(Math.abs(least), Math.abs(most));
            span = Math.max(span, most - least);
        }
        int largest = Math.min(255, 65_535 / parts);
        float scale = CUT * span / largest;
        if (!(scale > 0x1p-100f && scale < 0x1p100f)) {
            scale = 0; // the sums are at least base, or overflow
        }
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int p = 0; p < parts; p++) {
            long table = floats + (long) p * entries * 4;
            quantise(table, table + entries * 4L, leasts[p], inverse, largest, to + (long) p * entries);
        }
        return new ByteTables(scale, base, reach, groups + ROUNDINGS);
    }

    private static float least(long at, long end) {
        FloatVector least = Lanes.at(at & MASK);
        for (at += Lanes.COUNT * 4; at != end; at += Lanes.COUNT * 4) {
            least = least.min(Lanes.at(at & MASK));
        }
        return least.reduceLanes(VectorOperators.MIN);
    }

    private static float most(long at, long end) {
        FloatVector most = Lanes.at(at & MASK);
        for (at += Lanes.COUNT * 4; at != end; at += Lanes.COUNT * 4) {
            most = most.max(Lanes.at(at & MASK));
        }
        return most.reduceLanes(VectorOperators.MAX);
    }

    private static void quantise(long at, long end, float least, float inverse, int largest, long to) {
        while (at != end) {
            FloatVector x = Lanes.at(at & MASK).sub(least).mul(inverse).min(largest);
            ((ByteVector) x.castShape(BYTE, 0)).intoMemorySegment(ALL, to & MASK, ByteOrder.LITTLE_ENDIAN);
            at += Lanes.COUNT * 4;
            to += Lanes.COUNT;
        }
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
        return (float) (base + constant + (double) scale * FastScan.MIDDLE - roundings * 0x1p-24 * all);
    }
}
