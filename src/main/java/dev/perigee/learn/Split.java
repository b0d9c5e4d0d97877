package dev.perigee.learn;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Rows parted by their classes: what is learned on some classes is chosen on others and judged on a third kind, which neither
 * training nor choosing has seen (Musgrave, Belongie and Lim 2020). Each array holds row numbers, ascending.
 */
public record Split(int[] train, int[] validation, int[] test) {
    /** A row that stands on two sides: {@code row} is the earlier one. */
    public record Leak(int row, int again) {
    }

    /**
     * Parts the classes in the ratio of the three shares, so that each side has large and small classes alike: classes are
     * sorted by size, and neighbours in this order are dealt to the sides at random.
     *
     * @param labels the class of each row
     * @param shares of train, validation and test; each 0 or more, of any sum; every side with a share gets a class
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT for fewer classes than sides, or shares that are none
     */
    public static Split byClass(int[] labels, double[] shares, long seed) {
        check(shares.length == 3 && Arrays.stream(shares).allMatch(s -> s >= 0 && s < Double.POSITIVE_INFINITY) && shares[0] > 0,
                "split: %s (expected three shares of 0 or more, that of train above 0)", Arrays.toString(shares));
        Map<Integer, Long> sizes = Arrays.stream(labels).boxed().collect(Collectors.groupingBy(label -> label,
                Collectors.counting()));
        long sides = Arrays.stream(shares).filter(share -> share > 0).count();
        check(sizes.size() >= sides, "classes: %d (expected at least %d, one for each side of the split)", sizes.size(), sides);
        List<Integer> order = new ArrayList<>(sizes.keySet());
        order.sort(Comparator.comparing((Integer label) -> -sizes.get(label)).thenComparing(label -> label));
        Map<Integer, Integer> sideOf = new HashMap<>();
        int[] counts = counts(shares, order.size());
        int[] dealt = new int[3];
        Random random = new Random(seed);
        int stratum = stratum(counts);
        for (int from = 0; from < order.size(); from += stratum) {
            List<Integer> alike = order.subList(from, Math.min(order.size(), from + stratum));
            java.util.Collections.shuffle(alike, random);
            for (Integer label : alike) {
                int side = neediest(counts, dealt);
                dealt[side]++;
                sideOf.put(label, side);
            }
        }
        return new Split(rows(labels, sideOf, 0), rows(labels, sideOf, 1), rows(labels, sideOf, 2));
    }

    /** Classes of each side: those of its share rounded down, at least one, and the rest to where most was cut off. */
    private static int[] counts(double[] shares, int classes) {
        double sum = Arrays.stream(shares).sum();
        int[] counts = new int[3];
        for (int side = 0; side < 3; side++) {
            counts[side] = shares[side] == 0 ? 0 : Math.max(1, (int) Math.floor(classes * shares[side] / sum));
        }
        while (Arrays.stream(counts).sum() < classes) {
            counts[IntStream.range(0, 3).filter(side -> shares[side] > 0).boxed()
                    .max(Comparator.comparingDouble(side -> classes * shares[side] / sum - counts[side])).orElseThrow()]++;
        }
        while (Arrays.stream(counts).sum() > classes) { // of a side that had to get one
            counts[IntStream.range(0, 3).boxed().max(Comparator.comparingInt(side -> counts[side])).orElseThrow()]--;
        }
        return counts;
    }

    /** So many classes of like size that the smallest side gets one of them. */
    private static int stratum(int[] counts) {
        int all = Arrays.stream(counts).sum();
        int smallest = Arrays.stream(counts).filter(count -> count > 0).min().orElseThrow();
        return Math.ceilDiv(all, smallest);
    }

    /** The side that has got the smallest part of its classes. */
    private static int neediest(int[] counts, int[] dealt) {
        return IntStream.range(0, 3).filter(side -> dealt[side] < counts[side]).boxed()
                .min(Comparator.comparingDouble(side -> (dealt[side] + 0.5) / counts[side])).orElseThrow();
    }

    private static int[] rows(int[] labels, Map<Integer, Integer> sideOf, int side) {
        return IntStream.range(0, labels.length).filter(row -> sideOf.get(labels[row]) == side).toArray();
    }

    /**
     * Rows that are equal to a row on an earlier side, bit by bit: what is judged was then learned, under another label. Each
     * is told once.
     *
     * @param rows [n, dim], those that were split
     */
    public List<Leak> leaks(Matrix rows) {
        List<Leak> leaks = new ArrayList<>();
        Map<Integer, List<Integer>> earlier = new HashMap<>(); // by content hash
        for (int[] side : List.of(train, validation, test)) {
            for (int row : side) {
                float[] values = rows.get(row);
                earlier.getOrDefault(Arrays.hashCode(values), List.of()).stream()
                        .filter(other -> Arrays.equals(values, rows.get(other))).findFirst()
                        .ifPresent(other -> leaks.add(new Leak(other, row)));
            }
            for (int row : side) {
                earlier.computeIfAbsent(Arrays.hashCode(rows.get(row)), hash -> new ArrayList<>()).add(row);
            }
        }
        return leaks;
    }
}
