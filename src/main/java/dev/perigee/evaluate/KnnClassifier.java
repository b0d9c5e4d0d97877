package dev.perigee.evaluate;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.Progress;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The class of a query by a vote of its k nearest rows (T. Cover, P. Hart, Nearest neighbor pattern classification, 1967). Where
 * classes have equally many votes, the one with the nearest row wins; where those are as near, the lower class number.
 *
 * <p>It sees distances as people do: Euclidean for L2, 1 - cosine, and the negated inner product.
 *
 * @param k      rows that vote, 1 or more
 * @param vote   what the vote of a row counts
 * @param reject a query whose nearest row is farther than this gets no class; +infinity = none is rejected
 */
public record KnnClassifier(int k, Vote vote, double reject) {
    /** The class of a query that was rejected. */
    public static final int REJECTED = -1;

    /** What the vote of a row counts. */
    public enum Vote {
        /** Each as much. */
        EQUAL,
        /** 1 / distance; where some rows are at distance 0, those alone vote. Not for the inner product, which is no distance. */
        BY_DISTANCE
    }

    public KnnClassifier {
        check(k >= 1, "k: %d (expected 1 or more)", k);
        check(!Double.isNaN(reject), "reject: NaN (expected a distance)");
    }

    /** The majority of k rows, none rejected. */
    public static KnnClassifier of(int k) {
        return new KnnClassifier(k, Vote.EQUAL, Double.POSITIVE_INFINITY);
    }

    /**
     * The classes of some queries.
     *
     * @param queries   their numbers
     * @param predicted of each, as in the labels, or {@link #REJECTED}
     */
    public record Answer(int[] queries, int[] predicted) {
        /** Per query 1 if the class is right, else 0: rejected ones are not. @param labels of all queries, by their numbers */
        public double[] right(int[] labels) {
            return IntStream.range(0, queries.length).mapToDouble(i -> predicted[i] == labels[queries[i]] ? 1 : 0).toArray();
        }

        /** The part of all queries whose class is right. */
        public double accuracy(int[] labels) {
            return Arrays.stream(right(labels)).average().orElse(Double.NaN);
        }

        public int rejected() {
            return (int) Arrays.stream(predicted).filter(c -> c == REJECTED).count();
        }
    }

    /**
     * @param queries [q, dim], finite; unit rows for cosine
     * @param rows    [n, dim], finite; unit rows for cosine
     * @param labels  the class of each of {@code rows}, 0 or more
     */
    public Answer classify(Matrix queries, Matrix rows, int[] labels, Distance distance, ComputeBackend backend) {
        requireFor(distance);
        AllPairs.requireUnit(queries, distance);
        Labels.of(labels, rows.rows());
        int[] predicted = new int[queries.rows()];
        try (Neighbours neighbours = Neighbours.among(rows, distance, backend)) {
            neighbours.of(queries, ks(queries.rows()), Progress.NONE,
                    (query, found, distances, count) -> predicted[query] = vote(found, distances, count, labels, distance));
        }
        return new Answer(IntStream.range(0, queries.rows()).toArray(), predicted);
    }

    /** The class of each row by the other rows. Parameters as of {@link #classify}. */
    public Answer leaveOneOut(Matrix rows, int[] labels, Distance distance, ComputeBackend backend) {
        requireFor(distance);
        Labels.of(labels, rows.rows());
        int[] all = IntStream.range(0, rows.rows()).toArray();
        int[] predicted = new int[all.length];
        try (Neighbours neighbours = Neighbours.among(rows, distance, backend)) {
            neighbours.ofRows(all, ks(all.length), Progress.NONE,
                    (query, found, distances, count) -> predicted[query] = vote(found, distances, count, labels, distance));
        }
        return new Answer(all, predicted);
    }

    private int[] ks(int queries) {
        int[] ks = new int[queries];
        Arrays.fill(ks, k);
        return ks;
    }

    void requireFor(Distance distance) {
        check(vote == Vote.EQUAL || distance != Distance.INNER_PRODUCT,
                "vote: by distance with inner product (expected l2 or cosine, which are distances)");
    }

    /**
     * The class that the neighbours of one query vote for.
     *
     * @param found     rows, nearest first; those beyond k have no vote
     * @param distances of each, in the inside sense of {@link Distance}
     */
    int vote(int[] found, double[] distances, int count, int[] labels, Distance distance) {
        int voters = Math.min(k, count);
        if (voters == 0 || apart(distance, distances[0]) > reject) {
            return REJECTED;
        }
        int[] classes = new int[voters]; // in order of their nearest rows
        double[] votes = new double[voters];
        double[] nearest = new double[voters];
        int distinct = 0;
        boolean zero = apart(distance, distances[0]) == 0;
        for (int i = 0; i < voters; i++) {
            int at = 0;
            while (at < distinct && classes[at] != labels[found[i]]) {
                at++;
            }
            if (at == distinct) {
                classes[distinct] = labels[found[i]];
                nearest[distinct++] = distances[i];
            }
            double apart = apart(distance, distances[i]);
            votes[at] += vote == Vote.EQUAL ? 1 : zero ? apart == 0 ? 1 : 0 : 1 / apart;
        }
        int best = 0;
        for (int at = 1; at < distinct; at++) {
            boolean asGood = votes[at] == votes[best] && nearest[at] == nearest[best];
            if (votes[at] > votes[best] || asGood && classes[at] < classes[best]) {
                best = at;
            }
        }
        return classes[best];
    }

    private static double apart(Distance distance, double inside) {
        return switch (distance) {
            case L2 -> Math.sqrt(inside);
            case COSINE -> Math.max(0, 1 + inside);
            case INNER_PRODUCT -> inside;
        };
    }
}
