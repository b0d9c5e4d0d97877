package dev.perigee.bench.workers;

/**
 * The rows that a filter lets pass: as good as drawn at random, and the same for the worker that filters and for the judge of
 * its answers.
 *
 * @param percent of the rows; 100 = all
 */
public record Share(int percent) {
    public static final Share ALL = new Share(100);

    private static final int MIX = 0x9E3779B1; // 2^32 over the golden ratio, odd: spreads numbers that follow each other

    public boolean has(int row) {
        int mixed = row * MIX;
        mixed = (mixed ^ mixed >>> 15) * MIX;
        return Integer.remainderUnsigned(mixed ^ mixed >>> 13, 100) < percent;
    }

    /** Those of {@code rows} rows, ascending. */
    public long[] rows(int rows) {
        return java.util.stream.IntStream.range(0, rows).filter(this::has).asLongStream().toArray();
    }
}
