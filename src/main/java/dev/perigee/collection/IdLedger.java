package dev.perigee.collection;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.UpsertRequest;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/**
 * Which ids are taken and which comes next. As long as nobody brings ids of his own, a counter is all there is; the set of
 * taken ids is made when it is first needed. Not thread-safe.
 */
final class IdLedger {
    private IdSet taken;
    private long next;

    /** The smallest number that is larger than every id. */
    long next() {
        return next;
    }

    void startAt(long first) {
        next = first;
    }

    /** What was admitted last came to nothing: its ids are free again, but numbering goes on. */
    void forget() {
        taken = null;
    }

    /**
     * Takes the ids of some rows, the given ones or the next numbers.
     *
     * @param present adds the ids of all rows that are there, or on their way, to a set
     * @return the id of each row
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT for an id that is negative or taken; then none is taken
     */
    Segment.Ids admit(UpsertRequest request, Consumer<IdSet> present) {
        int rows = request.rows().rows();
        check(request.ids().isPresent() || next < Long.MAX_VALUE - rows,
                "ids: %d more from %d on (expected ids of the caller: the numbers end there)", rows, next);
        if (request.ids().isEmpty() && taken == null) {
            long first = next;
            next += rows;
            return row -> first + row;
        }
        long[] ids = request.ids().orElseGet(() -> LongStream.range(next, next + rows).toArray());
        take(ids, present);
        return row -> ids[row];
    }

    private void take(long[] ids, Consumer<IdSet> present) {
        if (taken == null) {
            IdSet all = new IdSet();
            present.accept(all);
            taken = all;
        }
        IdSet added = new IdSet();
        for (int i = 0; i < ids.length; i++) {
            check(ids[i] >= 0 && ids[i] < Long.MAX_VALUE, "id of row %d: %d (expected 0 or more)", i, ids[i]);
            check(!taken.contains(ids[i]), "id of row %d: %d is there already", i, ids[i]);
            check(added.add(ids[i]), "id of row %d: %d (given twice)", i, ids[i]);
        }
        for (long id : ids) {
            taken.add(id);
            next = Math.max(next, id + 1);
        }
    }
}
