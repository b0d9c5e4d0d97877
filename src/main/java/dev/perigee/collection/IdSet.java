package dev.perigee.collection;

import java.util.Arrays;

/** A set of ids that are not negative, in two longs per id at the most. Not thread-safe. */
final class IdSet {
    private long[] table = new long[16];
    private int size;

    IdSet() {
        Arrays.fill(table, -1);
    }

    /** @return whether it was not there */
    boolean add(long id) {
        if (size * 2 >= table.length) {
            grow();
        }
        int i = find(id);
        if (table[i] == id) {
            return false;
        }
        table[i] = id;
        size++;
        return true;
    }

    boolean contains(long id) {
        return table[find(id)] == id;
    }

    /** Where the id is, or the free place where it would be: linear probing from a mixed start. */
    private int find(long id) {
        int i = (int) (id * 0x9E3779B97F4A7C15L >>> 32) & table.length - 1;
        while (table[i] >= 0 && table[i] != id) {
            i = i + 1 & table.length - 1;
        }
        return i;
    }

    private void grow() {
        long[] old = table;
        table = new long[old.length * 2];
        Arrays.fill(table, -1);
        for (long id : old) {
            if (id >= 0) {
                table[find(id)] = id;
            }
        }
    }
}
