package dev.perigee.api;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Matrix;
import java.util.Optional;

/**
 * Rows to add.
 *
 * @param ids  the callers' keys, one per row, none negative; empty = numbered on from the rows already there
 * @param rows [rows, dim], read during the call only
 */
public record UpsertRequest(Optional<long[]> ids, Matrix rows) {
    public UpsertRequest {
        check(ids.isEmpty() || ids.get().length == rows.rows(),
                "ids: %d (expected %d, one per row)", ids.map(i -> i.length).orElse(0), rows.rows());
    }

    public static UpsertRequest of(Matrix rows) {
        return new UpsertRequest(Optional.empty(), rows);
    }

    public static UpsertRequest of(long[] ids, Matrix rows) {
        return new UpsertRequest(Optional.of(ids), rows);
    }
}
