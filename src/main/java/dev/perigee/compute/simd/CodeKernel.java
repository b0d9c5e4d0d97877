package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.FLOAT;
import static dev.perigee.compute.simd.Lanes.MASK;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * Look-ups of PQ codes (asymmetric distance computation of Jegou, Douze, Schmid, TPAMI 2011). Sixteen code bytes are one
 * group with one table {@code float[16 x 256]}: the constant length and the constant offsets let the bounds checks fold.
 * Sums have one order: within a group ((0+4)+8+12...) as written below, then the groups in order; the same for every query,
 * batch and width of vectors.
 */
final class CodeKernel {
    /** Code bytes of a group. */
    static final int GROUP = 16;
    /** Entries of a group's table, of 8 bits a part. */
    static final int TABLE = GROUP * 256;
    /** The same of 4 bits a part. */
    static final int SHORT_TABLE = GROUP * 2 * 16;

    private CodeKernel() {
    }

    private static int at(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address) & 255;
    }

    /** Adds the 16 look-ups of {@code count} codes, {@code stride} bytes apart from {@code codes} on, to {@code sums}. */
    static void add(long codes, long stride, int count, float[] table, float[] sums) {
        if (table.length < TABLE || sums.length < count) {
            throw new IllegalArgumentException();
        }
        for (int v = 0; v < count; v++) {
            long p = codes & MASK;
            codes += stride;
            float s0 = table[at(p)] + table[1024 + at(p + 4)];
            float s1 = table[256 + at(p + 1)] + table[1280 + at(p + 5)];
            float s2 = table[512 + at(p + 2)] + table[1536 + at(p + 6)];
            float s3 = table[768 + at(p + 3)] + table[1792 + at(p + 7)];
            s0 += table[2048 + at(p + 8)] + table[3072 + at(p + 12)];
            s1 += table[2304 + at(p + 9)] + table[3328 + at(p + 13)];
            s2 += table[2560 + at(p + 10)] + table[3584 + at(p + 14)];
            s3 += table[2816 + at(p + 11)] + table[3840 + at(p + 15)];
            sums[v] += (s0 + s1) + (s2 + s3);
        }
    }

    /** The look-ups of two neighbouring parts of 4 bits, each at {@code shift} in its byte of a block. */
    private static float both(float[] table, int from, long p, int shift) {
        return table[from + (at(p) >> shift & 15)] + table[from + 16 + (at(p + FastScan.PART) >> shift & 15)];
    }

    /**
     * Adds the look-ups of 32 parts of 4 bits to {@code sums}, for some codes of {@link CodeBlocks}, which were scanned a moment
     * ago and are in the cache. The sums are those above, of bytes that hold two parts each.
     *
     * @param parts address of these parts in the first block; blocks are {@code stride} bytes apart
     * @param slots which codes
     */
    static void addShort(long parts, long stride, int[] slots, int count, float[] table, float[] sums) {
        if (table.length < SHORT_TABLE || sums.length < count || slots.length < count) {
            throw new IllegalArgumentException();
        }
        for (int v = 0; v < count; v++) {
            int slot = slots[v] % FastScan.BLOCK;
            int shift = slot / FastScan.PART * 4;
            long p = parts + slots[v] / FastScan.BLOCK * stride + CodeBlocks.place(slot) & MASK;
            float s0 = both(table, 0, p, shift) + both(table, 128, p + 128, shift);
            float s1 = both(table, 32, p + 32, shift) + both(table, 160, p + 160, shift);
            float s2 = both(table, 64, p + 64, shift) + both(table, 192, p + 192, shift);
            float s3 = both(table, 96, p + 96, shift) + both(table, 224, p + 224, shift);
            s0 += both(table, 256, p + 256, shift) + both(table, 384, p + 384, shift);
            s1 += both(table, 288, p + 288, shift) + both(table, 416, p + 416, shift);
            s2 += both(table, 320, p + 320, shift) + both(table, 448, p + 448, shift);
            s3 += both(table, 352, p + 352, shift) + both(table, 480, p + 480, shift);
            sums[v] += (s0 + s1) + (s2 + s3);
        }
    }

    /**
     * Products of a part of a query with all codewords of that part: out[o + c] = sum over t of weight[w + t] x word[t][c], in
     * ascending order of t, fused.
     *
     * @param words [dsub][size], k-major: the words of one part from {@code from} on; size is a multiple of 16
     */
    static void products(float[] weights, int w, int dsub, float[] words, int from, int size, float[] out, int o) {
        for (int c = 0; c < size; c += Lanes.COUNT) {
            FloatVector sum = FloatVector.zero(FLOAT);
            int word = from + c;
            for (int t = 0; t < dsub; t++) {
                sum = FloatVector.broadcast(FLOAT, weights[w + t]).fma(FloatVector.fromArray(FLOAT, words, word), sum);
                word += size;
            }
            sum.intoArray(out, o + c);
        }
    }

    /** The same to an address. */
    static void products(float[] weights, int w, int dsub, float[] words, int from, int size, long out) {
        for (int c = 0; c < size; c += Lanes.COUNT) {
            FloatVector sum = FloatVector.zero(FLOAT);
            int word = from + c;
            for (int t = 0; t < dsub; t++) {
                sum = FloatVector.broadcast(FLOAT, weights[w + t]).fma(FloatVector.fromArray(FLOAT, words, word), sum);
                word += size;
            }
            sum.intoMemorySegment(ALL, out + c * 4L & MASK, ByteOrder.LITTLE_ENDIAN);
        }
    }
}
