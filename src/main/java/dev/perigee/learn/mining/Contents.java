package dev.perigee.learn.mining;

/** A 64-bit hash of a row's content, to know rows that are the same again. */
public final class Contents {
    private Contents() {
    }

    /** Of values; -0 and 0 count as the same. */
    public static long hash(float[] values) {
        long hash = values.length;
        for (float value : values) {
            hash = (hash ^ Float.floatToIntBits(value + 0f)) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 32;
        }
        return hash;
    }
}
