package dev.perigee.learn.tower;

import static dev.perigee.PerigeeException.check;

import java.util.Arrays;

/** The classes of training rows, numbered 0, 1 ... in order of their labels. */
final class Classes {
    private final int[] labels;
    private final int[][] members;
    /** Numbers of those with two members or more. */
    private final int[] paired;

    /** @param given label of each row, any numbers */
    Classes(int[] given) {
        int[] names = Arrays.stream(given).distinct().sorted().toArray();
        check(names.length >= 2, "classes: %d (expected 2 or more to be told apart)", names.length);
        labels = Arrays.stream(given).map(label -> Arrays.binarySearch(names, label)).toArray();
        int[] sizes = new int[names.length];
        for (int label : labels) {
            sizes[label]++;
        }
        members = new int[names.length][];
        Arrays.setAll(members, c -> new int[sizes[c]]);
        for (int row = labels.length - 1; row >= 0; row--) {
            members[labels[row]][--sizes[labels[row]]] = row;
        }
        paired = java.util.stream.IntStream.range(0, members.length).filter(c -> members[c].length >= 2).toArray();
        check(paired.length >= 1, "classes: no one of %d has two rows (expected some to learn from)", members.length);
    }

    int count() {
        return members.length;
    }

    /** How many have one member: there is no pair to learn from. */
    int single() {
        return members.length - paired.length;
    }

    /** Number of the class of each row. */
    int[] labels() {
        return labels;
    }

    /** Rows of a class, ascending. */
    int[] members(int number) {
        return members[number];
    }

    int[] paired() {
        return paired;
    }
}
