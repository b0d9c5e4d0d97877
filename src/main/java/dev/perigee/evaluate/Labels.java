package dev.perigee.evaluate;

import static dev.perigee.PerigeeException.check;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The class of each row, as a number from 0 on, with the names of the classes. Classes are numbered in the order of their
 * values: integers by size, texts by their characters. Immutable.
 */
public final class Labels {
    private final int[] numbers;
    private final List<String> names;
    private final int[] sizes;

    private Labels(int[] numbers, List<String> names) {
        this.numbers = numbers;
        this.names = names;
        this.sizes = new int[names.size()];
        for (int number : numbers) {
            sizes[number]++;
        }
    }

    /** Labels of texts, one per row. */
    public static Labels of(List<String> values) {
        String[] distinct = values.stream().distinct().sorted().toArray(String[]::new);
        return new Labels(values.stream().mapToInt(value -> Arrays.binarySearch(distinct, value)).toArray(), List.of(distinct));
    }

    /** Labels of integers, one per row. */
    public static Labels of(long[] values) {
        long[] distinct = Arrays.stream(values).distinct().sorted().toArray();
        return new Labels(Arrays.stream(values).mapToInt(value -> Arrays.binarySearch(distinct, value)).toArray(),
                Arrays.stream(distinct).mapToObj(Long::toString).toList());
    }

    /** Labels of integers, one per row. */
    public static Labels of(int[] values) {
        return of(Arrays.stream(values).asLongStream().toArray());
    }

    /** @throws dev.perigee.PerigeeException INVALID_ARGUMENT unless there is a label, 0 or more, for each of {@code rows} */
    static Labels of(int[] values, int rows) {
        check(values.length == rows, "labels: %d (expected %d, one per row)", values.length, rows);
        for (int i = 0; i < rows; i++) {
            check(values[i] >= 0, "label of row %d: %d (expected 0 or more)", i, values[i]);
        }
        return of(values);
    }

    /** How many rows have a label: all. */
    public int rows() {
        return numbers.length;
    }

    /** The number of a row's class. */
    public int of(int row) {
        return numbers[row];
    }

    /** A copy of the numbers, one per row. */
    public int[] numbers() {
        return numbers.clone();
    }

    /** How many classes there are. */
    public int classes() {
        return names.size();
    }

    /** The name of a class. */
    public String name(int number) {
        return names.get(number);
    }

    /** The rows of a class. */
    public int size(int number) {
        return sizes[number];
    }

    /** How many classes have one row only: nothing can be found for it. */
    public int singletons() {
        return (int) Arrays.stream(sizes).filter(size -> size == 1).count();
    }

    /** @throws dev.perigee.PerigeeException INVALID_ARGUMENT if all rows are of one class */
    public void requireTwoClasses() {
        check(classes() >= 2, "classes: %d%s (expected 2 or more)", classes(),
                names.stream().map(name -> ", only '" + name + "'").collect(Collectors.joining()));
    }

    /** @throws dev.perigee.PerigeeException INVALID_ARGUMENT if no class has a second row */
    public void requirePairs() {
        check(singletons() < classes(), "classes: each of %d has one row (expected some with 2 or more)", classes());
    }
}
