package dev.perigee.compute.simd;

import dev.perigee.index.InvertedLists;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A mask of rows in the order of slots: 32 bits for each block of 32, made list by list when a list is first asked for. Any
 * number of threads may ask.
 */
final class SlotMask {
    private final RowMask mask;
    private final InvertedLists lists;
    private final MemorySegment bits;
    private final AtomicIntegerArray made;

    /** The masks that were asked for last, so that what many searches share is made once. Thread-safe. */
    static final class Cache {
        private final SlotMask[] last = new SlotMask[16];

        /** @param mask null for null */
        SlotMask of(RowMask mask, InvertedLists lists) {
            return mask == null ? null : made(mask, lists);
        }

        private synchronized SlotMask made(RowMask mask, InvertedLists lists) {
            for (int i = 0; i < last.length && last[i] != null; i++) {
                if (last[i].mask == mask && last[i].lists == lists) {
                    return toFront(last[i], i);
                }
            }
            return toFront(new SlotMask(mask, lists), last.length - 1);
        }

        private SlotMask toFront(SlotMask one, int from) {
            System.arraycopy(last, 0, last, 1, from);
            last[0] = one;
            return one;
        }
    }

    SlotMask(RowMask mask, InvertedLists lists) {
        this.mask = mask;
        this.lists = lists;
        this.bits = Arena.ofAuto().allocate(Math.max(4, lists.slots() / 8L), Matrix.ALIGNMENT);
        this.made = new AtomicIntegerArray(lists.lists());
    }

    /** Address of the bits of a list's first block; valid while this is reachable. */
    long bits(int list) {
        int begin = lists.begin(list);
        if (made.get(list) == 0) {
            make(begin, begin + lists.size(list));
            made.set(list, 1); // two threads may both have made it, of the same bits
        }
        return bits.address() + begin / 8;
    }

    private void make(int begin, int end) {
        for (int slot = begin; slot < end; slot += 32) {
            int word = 0;
            for (int i = 0; i < Math.min(32, end - slot); i++) {
                word |= (mask.allows(lists.row(slot + i)) ? 1 : 0) << i;
            }
            bits.set(InvertedLists.INT, slot / 8, word);
        }
    }
}
