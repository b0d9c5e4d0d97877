package dev.perigee.compute.simd;

import dev.perigee.index.FlatData;
import dev.perigee.index.InvertedLists;
import dev.perigee.vector.RowMask;

/**
 * What a pass scans: the rows of {@code data}, in order, or the same rows in the order of inverted lists.
 *
 * @param lists   null where slot and row are one
 * @param mask    null where every row may be returned
 * @param segment number of the segment they belong to
 */
record Slots(FlatData data, InvertedLists lists, RowMask mask, int segment) {
    /** The row in a slot. */
    int row(int slot) {
        return lists == null ? slot : lists.row(slot);
    }

    /** First slot of a range: a list, or all rows as range 0. */
    int begin(int range) {
        return lists == null ? 0 : lists.begin(range);
    }

    int size(int range) {
        return lists == null ? data.count() : lists.size(range);
    }

    boolean allows(int slot) {
        return mask == null || mask.allows(row(slot));
    }
}
