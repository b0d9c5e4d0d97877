package dev.perigee.compute.cuda;

/**
 * Where the answers of a block of queries lie, in one piece of device memory so that one copy fetches them: candidates and
 * places taken per query, whether candidates overflowed, then distances and positions [count, most]. Offsets in bytes.
 *
 * @param count queries
 * @param most  places of each
 */
record AnswerLayout(int count, int most) {
    private long numbers() {
        return (count * 4L + 63) / 64 * 64;
    }

    long poolCounts() {
        return 0;
    }

    long topCounts() {
        return numbers();
    }

    long overflow() {
        return 2 * numbers();
    }

    /** Where refinement notes an overflow that it cannot have. */
    long unused() {
        return 3 * numbers();
    }

    /** What has to be zero at first. */
    long counted() {
        return 4 * numbers();
    }

    long distances() {
        return counted();
    }

    long positions() {
        return distances() + (long) count * most * 8;
    }

    long bytes() {
        return positions() + (long) count * most * 8;
    }
}
