package dev.perigee.compute.simd;

import java.util.List;
import java.util.stream.Stream;

/**
 * Bounds the keys of 4-bit codes from below, 32 codes at once, by sums of byte look-ups (fast scan of Andre, Kermarrec, Le
 * Scouarnec, VLDB 2015). Codes lie as {@link CodeBlocks} says, tables as {@link ByteTables} does. What is marked is summed in
 * float afterwards, so whichever kernel runs, answers are the same; the kernels agree to the last bit all the same.
 */
interface FastScan {
    /** Codes of a block. */
    int BLOCK = 32;
    /** Bytes of a block for each part. */
    int PART = 16;
    /** Parts are rounded up to a multiple of this. */
    int PARTS = 4;
    /** Taken off the sums, so that they are signed shorts. */
    int MIDDLE = 1 << 15;

    /**
     * Bound of code i: {@code fma(scale, sum of its look-ups - MIDDLE, terms[i] + add)}, to {@code bounds[i]}; bit i mod 32 of
     * {@code marks[i / 32]} is whether it is at most {@code threshold}.
     *
     * @param codes  address of the first block, at a multiple of 64
     * @param parts  of a code, a multiple of {@link #PARTS}
     * @param tables address of [parts][16] unsigned bytes, at a multiple of 64; no sum exceeds 65,535
     * @param terms  address of [blocks * 32] float32
     * @param bounds address of [blocks * 32] float32; of a block without a mark they mean nothing
     * @param marks  address of [blocks] int32
     */
    void scan(long codes, int blocks, int parts, long tables, long terms, float scale, float add, float threshold, long bounds,
            long marks);

    /** What it runs on, for people. */
    String name();

    /** The fastest here. */
    static FastScan best() {
        return all().getFirst();
    }

    /** All that this machine can run, the fastest first. */
    static List<FastScan> all() {
        return Stream.concat(NativeSqTile.allFastScans().stream(), Stream.of(JavaFastScan.ONLY)).toList();
    }
}
