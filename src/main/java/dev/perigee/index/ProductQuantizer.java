package dev.perigee.index;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Matrix;

/**
 * A product quantiser (Jegou, Douze, Schmid, TPAMI 2011): a row is cut into m parts of dsub values, each replaced by the
 * number of the nearest of 2^bits codewords. With 4 bits, parts 2i and 2i + 1 share byte i, the even one in the low half.
 *
 * @param codewords [m x 2^bits, dsub]: those of part s from row s x 2^bits on
 */
public record ProductQuantizer(int m, int bits, Matrix codewords) {
    public ProductQuantizer {
        check(bits == 8 || bits == 4, "pq-bits: %d (expected 8 or 4)", bits);
        check(codewords.rows() == m << bits, "codewords: %d (expected %d)", codewords.rows(), m << bits);
    }

    public int dsub() {
        return codewords.dim();
    }

    /** Codewords per part. */
    public int size() {
        return 1 << bits;
    }

    /** Bytes of one code that carry something. */
    public int codeBytes() {
        return codeBytes(m, bits);
    }

    /** Bytes from one code to the next: rounded up to 16, so that look-ups go in groups of 16. */
    public int codeStride() {
        return codeStride(m, bits);
    }

    public static int codeBytes(int m, int bits) {
        return bits == 8 ? m : (m + 1) / 2;
    }

    public static int codeStride(int m, int bits) {
        return (codeBytes(m, bits) + 15) / 16 * 16;
    }
}
