package dev.perigee.api;

import static dev.perigee.PerigeeException.check;

import java.util.Arrays;

/**
 * The ids that a search may return; ids that a collection does not have match nothing. Immutable. Two filters are never equal:
 * what a collection works out for one it keeps for that one, so make it once and use it for many searches.
 */
public final class Filter {
    /** Ascending, each once. */
    private final long[] ids;

    private Filter(long[] ids) {
        this.ids = ids;
    }

    /**
     * Allows these ids, in any order; one that is given twice counts once.
     *
     * @param ids copied
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT for a negative id
     */
    public static Filter of(long... ids) {
        long[] sorted = ids.clone();
        Arrays.sort(sorted);
        check(sorted.length == 0 || sorted[0] >= 0, "filter: id %d (expected 0 or more)", sorted.length == 0 ? 0 : sorted[0]);
        int size = 0;
        for (long id : sorted) {
            if (size == 0 || sorted[size - 1] != id) {
                sorted[size++] = id;
            }
        }
        return new Filter(Arrays.copyOf(sorted, size));
    }

    public boolean allows(long id) {
        return Arrays.binarySearch(ids, id) >= 0;
    }

    /** How many different ids it allows. */
    public int size() {
        return ids.length;
    }
}
