package dev.perigee.index;

import static dev.perigee.PerigeeException.check;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Which rows are in which list. Rows lie in <em>slots</em>: list l has slots begin(l) to begin(l + 1), the first size(l) of
 * them hold rows, in order of insertion; each list begins at a multiple of {@link #BLOCK}, the slots between are empty.
 *
 * @param begins [lists + 1] int32, first slot of each list and the end of the last
 * @param rows   [slots] int32, row in each slot, -1 in an empty one
 * @param sizes  [lists] int32
 */
public record InvertedLists(int lists, MemorySegment begins, MemorySegment sizes, MemorySegment rows) {
    /** Lists begin at multiples of this many slots. */
    public static final int BLOCK = 32;
    public static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    public InvertedLists {
        check(begins.byteSize() == (lists + 1) * 4L && sizes.byteSize() == lists * 4L,
                "lists: %d and %d bytes (expected those of %d lists)", begins.byteSize(), sizes.byteSize(), lists);
        long begin = 0;
        for (int l = 0; l < lists; l++) {
            int size = sizes.get(INT, l * 4L);
            check(begins.get(INT, l * 4L) == begin && size >= 0, "list %d: begins at %d with %d rows (expected %d)",
                    l, begins.get(INT, l * 4L), size, begin);
            begin += (size + (long) BLOCK - 1) / BLOCK * BLOCK;
        }
        check(begin <= Integer.MAX_VALUE && begins.get(INT, lists * 4L) == begin && rows.byteSize() == begin * 4L,
                "slots: %d (expected %d)", rows.byteSize() / 4, begin);
    }

    /** Slots of a list of that many rows. */
    public static int padded(int size) {
        return (size + BLOCK - 1) / BLOCK * BLOCK;
    }

    public int begin(int list) {
        return begins.get(INT, list * 4L);
    }

    public int size(int list) {
        return sizes.get(INT, list * 4L);
    }

    public int slots() {
        return begin(lists);
    }

    /** The row in a slot, or -1. */
    public int row(int slot) {
        return rows.get(INT, slot * 4L);
    }

    public long bytes() {
        return begins.byteSize() + sizes.byteSize() + rows.byteSize();
    }
}
