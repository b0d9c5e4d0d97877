package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.FLOAT;
import static dev.perigee.compute.simd.Lanes.MASK;

import dev.perigee.vector.Matrix;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

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

    private static final int PARTS_OF_A_GROUP = CodeKernel.SHORT_TABLE / FastScan.PART;
    /** As many bytes as there are floats in a vector; there is no shorter one than of eight, so four are stored with four zeros. */
    private static final VectorSpecies<Byte> BYTE = Lanes.COUNT == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;

    private final float[][] groups;
    private final int parts;
    private final long address;
    private final float[] leasts;
    private final int largest;
    private float scale;
    private double base;
    private double reach;

    /**
     * @param groups tables of 16 code bytes each, [32][16] entries
     * @param address of [parts][16] bytes, at a multiple of 64
     */
    ByteTables(float[][] groups, int parts, long address) {
        this.groups = groups;
        this.parts = parts;
        this.address = address;
        this.leasts = new float[parts];
        this.largest = Math.min(255, 65_535 / parts);
    }

    /** Bytes of memory for the tables of {@code parts}, and a few that the last of them may spoil. */
    static long bytes(int parts) {
        return (long) parts * FastScan.PART + Matrix.ALIGNMENT;
    }

    long address() {
        return address;
    }

    float scale() {
        return scale;
    }

    /** Makes the tables of what is in the groups now. */
    void fill() {
        base = 0;
        reach = 0;
        float span = 0;
        for (int p = 0; p < parts; p++) {
            float[] group = groups[p / PARTS_OF_A_GROUP];
            float least = least(group, p % PARTS_OF_A_GROUP * FastScan.PART);
            float most = most(group, p % PARTS_OF_A_GROUP * FastScan.PART);
            leasts[p] = least;
            base += least;
            reach += Math.max(Math.abs(least), Math.abs(most));
            span = Math.max(span, most - least);
        }
        scale = CUT * span / largest;
        if (!(scale > 0x1p-100f && scale < 0x1p100f)) {
            scale = 0; // the sums are at least base, or overflow
        }
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int p = 0; p < parts; p++) {
            quantise(groups[p / PARTS_OF_A_GROUP], p % PARTS_OF_A_GROUP * FastScan.PART, leasts[p], inverse, largest,
                    address + (long) p * FastScan.PART);
        }
    }

    private static float least(float[] table, int from) {
        FloatVector least = FloatVector.fromArray(FLOAT, table, from);
        for (int c = Lanes.COUNT; c < FastScan.PART; c += Lanes.COUNT) {
            least = least.min(FloatVector.fromArray(FLOAT, table, from + c));
        }
        return least.reduceLanes(VectorOperators.MIN);
    }

    private static float most(float[] table, int from) {
        FloatVector most = FloatVector.fromArray(FLOAT, table, from);
        for (int c = Lanes.COUNT; c < FastScan.PART; c += Lanes.COUNT) {
            most = most.max(FloatVector.fromArray(FLOAT, table, from + c));
        }
        return most.reduceLanes(VectorOperators.MAX);
    }

    private static void quantise(float[] table, int from, float least, float inverse, int largest, long to) {
        for (int c = 0; c < FastScan.PART; c += Lanes.COUNT) {
            FloatVector x = FloatVector.fromArray(FLOAT, table, from + c).sub(least).mul(inverse).min(largest);
            ((ByteVector) x.castShape(BYTE, 0)).intoMemorySegment(ALL, to + c & MASK, ByteOrder.LITTLE_ENDIAN);
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
        return (float) (base + constant + (double) scale * FastScan.MIDDLE - (groups.length + ROUNDINGS) * 0x1p-24 * all);
    }
}
