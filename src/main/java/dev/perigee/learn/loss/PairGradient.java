package dev.perigee.learn.loss;

import java.util.Arrays;

/** A gradient by distances between rows of a batch: a term for each pair that has one; a pair may have several. */
public final class PairGradient {
    private int[] first = new int[256];
    private int[] second = new int[256];
    private double[] terms = new double[256];
    private int count;

    void add(int i, int j, double term) {
        if (count == terms.length) {
            first = Arrays.copyOf(first, 2 * count);
            second = Arrays.copyOf(second, 2 * count);
            terms = Arrays.copyOf(terms, 2 * count);
        }
        first[count] = i;
        second[count] = j;
        terms[count++] = term;
    }

    /** Terms. */
    public int count() {
        return count;
    }

    int first(int term) {
        return first[term];
    }

    int second(int term) {
        return second[term];
    }

    double term(int term) {
        return terms[term];
    }

    /** The gradient by the distance between i and j, whichever comes first. */
    public double of(int i, int j) {
        double sum = 0;
        for (int k = 0; k < count; k++) {
            if (first[k] == i && second[k] == j || first[k] == j && second[k] == i) {
                sum += terms[k];
            }
        }
        return sum;
    }
}
