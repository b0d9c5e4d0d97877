package dev.perigee.learn.loss;

import java.util.Arrays;

/** Triplets of rows of a batch: anchor, positive (of its class), negative (of another); three arrays of one length. */
public record Triplets(int[] anchors, int[] positives, int[] negatives) {
    public static final Triplets NONE = new Triplets(new int[0], new int[0], new int[0]);

    public int count() {
        return anchors.length;
    }

    /** Triplets one by one. */
    public static final class Builder {
        private int[] anchors = new int[256];
        private int[] positives = new int[256];
        private int[] negatives = new int[256];
        private int count;

        public void add(int anchor, int positive, int negative) {
            if (count == anchors.length) {
                anchors = Arrays.copyOf(anchors, 2 * count);
                positives = Arrays.copyOf(positives, 2 * count);
                negatives = Arrays.copyOf(negatives, 2 * count);
            }
            anchors[count] = anchor;
            positives[count] = positive;
            negatives[count++] = negative;
        }

        public Triplets build() {
            return new Triplets(Arrays.copyOf(anchors, count), Arrays.copyOf(positives, count), Arrays.copyOf(negatives, count));
        }
    }
}
