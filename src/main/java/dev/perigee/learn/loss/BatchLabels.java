package dev.perigee.learn.loss;

/**
 * Who belongs together in a batch.
 *
 * @param labels   the class of each row
 * @param contents a hash of what each row is made from: equal ones are never negatives of each other
 */
public record BatchLabels(int[] labels, long[] contents) {
    /** Rows whose contents all differ. */
    public static BatchLabels of(int... labels) {
        long[] contents = new long[labels.length];
        java.util.Arrays.setAll(contents, i -> i);
        return new BatchLabels(labels, contents);
    }

    public int count() {
        return labels.length;
    }

    public boolean positive(int i, int j) {
        return i != j && labels[i] == labels[j];
    }

    public boolean negative(int i, int j) {
        return labels[i] != labels[j] && contents[i] != contents[j];
    }
}
