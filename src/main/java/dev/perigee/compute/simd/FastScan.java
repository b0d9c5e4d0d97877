package dev.perigee.compute.simd;

/**
 * Marks the 4-bit codes that may be near: sums of byte look-ups, 32 codes at once, that are never above what the float sums
 * would be (fast scan of Andre, Kermarrec, Le Scouarnec, VLDB 2015). Codes lie as {@link CodeBlocks} says, tables as
 * {@link ByteTables} does. All that are marked are summed in float afterwards, so which of them runs changes no answer.
 */
interface FastScan {
    /** Codes of a block. */
    int BLOCK = 32;
    /** Bytes of a block for each part. */
    int PART = 16;
    /** Parts are rounded up to a multiple of this. */
    int PARTS = 4;

    /**
     * For each block b and its code i, bit i of {@code marks[b]} (int32) is whether {@code scale * sum + term <= limit}, with
     * one rounding before the comparison.
     *
     * @param codes  address of the first block, at a multiple of 64
     * @param parts  of a code, a multiple of {@link #PARTS}
     * @param tables address of [parts][16] bytes, whose sums stay below 32,768
     * @param terms  address of [blocks * 32] float32
     * @param marks  address of [blocks] int32
     */
    void mark(long codes, int blocks, int parts, long tables, long terms, float scale, float limit, long marks);

    /** The fastest here. */
    static FastScan best() {
        return JavaFastScan.ONLY;
    }
}
