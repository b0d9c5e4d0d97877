package dev.perigee.compute;

import java.util.Arrays;

/**
 * The nearest rows found so far for each query of a batch, in order of (distance, position). A position is
 * {@code segment << 32 | row}, so that ties go in order of insertion. Different queries may be used by different threads.
 */
public final class TopK {
    private final int[] k;
    private final int[] begins;
    private final int[] sizes;
    private final double[] distances;
    private final long[] positions;

    /** @param k places per query */
    public TopK(int[] k) {
        this.k = k.clone();
        this.begins = new int[k.length];
        int total = 0;
        for (int i = 0; i < k.length; i++) {
            begins[i] = total;
            total = Math.addExact(total, k[i]);
        }
        this.sizes = new int[k.length];
        this.distances = new double[total];
        this.positions = new long[total];
    }

    /** Empties all places. */
    public void clear() {
        Arrays.fill(sizes, 0);
    }

    /** The position of a row of a segment. */
    public static long at(int segment, int row) {
        return (long) segment << 32 | row;
    }

    public int queries() {
        return k.length;
    }

    public int k(int query) {
        return k[query];
    }

    /** How many places of a query are taken. */
    public int size(int query) {
        return sizes[query];
    }

    /** The distance at a rank, nearest first; +infinity where the place is empty. */
    public double distance(int query, int rank) {
        return rank < sizes[query] ? distances[begins[query] + rank] : Double.POSITIVE_INFINITY;
    }

    /** The position at a rank; -1 where the place is empty. */
    public long position(int query, int rank) {
        return rank < sizes[query] ? positions[begins[query] + rank] : -1;
    }

    /** Distance of the last place, beyond which nothing enters: +infinity until all places are taken. */
    public double threshold(int query) {
        return distance(query, k[query] - 1);
    }

    /**
     * Offers one row; it enters if it is nearer than the last place, or as near and inserted before it. To offer a row again
     * changes nothing.
     */
    public void offer(int query, double distance, long position) {
        int begin = begins[query];
        int size = sizes[query];
        if (size == k[query]) {
            int last = begin + size - 1;
            if (!before(distance, position, distances[last], positions[last])) {
                return;
            }
        }
        int low = begin; // binary search, then one move: k may be thousands
        int high = begin + size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (before(distances[middle], positions[middle], distance, position)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low < begin + size && positions[low] == position) {
            return;
        }
        if (size == k[query]) {
            size--;
        }
        System.arraycopy(distances, low, distances, low + 1, begin + size - low);
        System.arraycopy(positions, low, positions, low + 1, begin + size - low);
        distances[low] = distance;
        positions[low] = position;
        sizes[query] = size + 1;
    }

    /**
     * Offers {@code count} rows that are sorted by (distance, position), as {@link #offer} would one by one; none of them
     * may be here already.
     *
     * @param from where they begin in both arrays
     */
    public void offerSorted(int query, double[] sortedDistances, long[] sortedPositions, int from, int count) {
        int begin = begins[query];
        int size = sizes[query];
        int total = Math.min(k[query], size + count);
        // how many of each side stay; then both are merged from the back, in place
        int mine = 0;
        int theirs = 0;
        while (mine + theirs < total) {
            boolean takeMine = mine < size && (theirs == count || before(distances[begin + mine], positions[begin + mine],
                    sortedDistances[from + theirs], sortedPositions[from + theirs]));
            if (takeMine) {
                mine++;
            } else {
                theirs++;
            }
        }
        for (int to = begin + total - 1; theirs > 0; to--) {
            int other = from + theirs - 1;
            if (mine > 0 && before(sortedDistances[other], sortedPositions[other],
                    distances[begin + mine - 1], positions[begin + mine - 1])) {
                mine--;
                distances[to] = distances[begin + mine];
                positions[to] = positions[begin + mine];
            } else {
                theirs--;
                distances[to] = sortedDistances[other];
                positions[to] = sortedPositions[other];
            }
        }
        sizes[query] = total;
    }

    /** Offers all that another has of a query; none of them may be here already. */
    public void offerAll(int query, TopK other, int otherQuery) {
        offerSorted(query, other.distances, other.positions, other.begins[otherQuery], other.sizes[otherQuery]);
    }

    /** The order of answers: by distance, ties by position. */
    public static boolean before(double distance, long position, double otherDistance, long otherPosition) {
        return distance < otherDistance || distance == otherDistance && position < otherPosition;
    }
}
