package dev.perigee.learn.mining;

import dev.perigee.PerigeeException;
import dev.perigee.learn.loss.BatchDistances;
import dev.perigee.learn.loss.BatchLabels;
import dev.perigee.learn.loss.Triplets;
import java.util.Locale;
import java.util.random.RandomGenerator;

/** Chooses among the rows of a batch, for each anchor with each of its positives one negative, if there is one such. */
public record BatchMiner(Choice choice, double margin) implements Miner {
    /** Which negative. */
    public enum Choice {
        /** Every one. */
        ALL,
        /** Any, by chance. */
        RANDOM,
        /** The nearest that is beyond the positive, and within the margin. */
        SEMIHARD,
        /** The nearest, if it is no farther than the positive. */
        HARD,
        /** Any beyond the margin, by chance. */
        EASY,
        /** The nearest, and of the positives only the farthest. Hermans et al., In Defense of the Triplet Loss, 2017. */
        BATCHHARD
    }

    public BatchMiner {
        PerigeeException.check(Double.isFinite(margin) && margin >= 0, "margin: %s (expected 0 or more)", margin);
    }

    @Override
    public String spec() {
        String name = choice.name().toLowerCase(Locale.ROOT);
        return choice == Choice.SEMIHARD || choice == Choice.EASY ? name + ":margin=" + margin : name;
    }

    @Override
    public Triplets mine(int step, BatchDistances distances, BatchLabels labels, Triplets drawn, RandomGenerator random) {
        Triplets.Builder triplets = new Triplets.Builder();
        double[][] d = distances.values();
        for (int a = 0; a < labels.count(); a++) {
            if (choice == Choice.BATCHHARD) {
                add(triplets, a, farthestPositive(d[a], labels, a), d[a], labels, random);
                continue;
            }
            for (int p = 0; p < labels.count(); p++) {
                if (labels.positive(a, p)) {
                    add(triplets, a, p, d[a], labels, random);
                }
            }
        }
        return triplets.build();
    }

    private void add(Triplets.Builder triplets, int a, int p, double[] distances, BatchLabels labels, RandomGenerator random) {
        int chosen = -1;
        int seen = 0;
        for (int n = 0; p >= 0 && n < distances.length; n++) {
            if (!labels.negative(a, n) || !suits(distances[p], distances[n])) {
                continue;
            }
            switch (choice) {
                case ALL -> triplets.add(a, p, n);
                case RANDOM, EASY -> chosen = random.nextInt(++seen) == 0 ? n : chosen; // each of those seen is as likely
                case SEMIHARD, HARD, BATCHHARD -> chosen = chosen < 0 || distances[n] < distances[chosen] ? n : chosen;
            }
        }
        if (chosen >= 0) {
            triplets.add(a, p, chosen);
        }
    }

    private boolean suits(double positive, double negative) {
        return switch (choice) {
            case ALL, RANDOM, BATCHHARD -> true;
            case SEMIHARD -> TripletKind.of(positive, negative, margin) == TripletKind.SEMI_HARD;
            case HARD -> TripletKind.of(positive, negative, margin) == TripletKind.HARD;
            case EASY -> TripletKind.of(positive, negative, margin) == TripletKind.EASY;
        };
    }

    private static int farthestPositive(double[] distances, BatchLabels labels, int a) {
        int farthest = -1;
        for (int p = 0; p < distances.length; p++) {
            if (labels.positive(a, p) && (farthest < 0 || distances[p] > distances[farthest])) {
                farthest = p;
            }
        }
        return farthest;
    }
}
