package dev.perigee.cli;

import dev.perigee.compute.ComputeBackend;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** How {@code learn fit --method head} trains; the parts can be exchanged one by one. */
final class HeadOptions {
    @Option(names = "--tower", paramLabel = "T", defaultValue = "linear",
            description = "head: linear, or mlp:N[,N] with N hidden values (default ${DEFAULT-VALUE}).")
    private String tower;

    @Option(names = "--start", paramLabel = "S",
            description = "head: what a linear tower starts from: identity, lda, pca or random (default identity); an mlp is random.")
    private String start;

    @Option(names = "--loss", paramLabel = "L", defaultValue = "triplet:margin=.2",
            description = "head: contrastive, triplet, infonce, softmax, normface, sphereface, cosface or "
                    + "arcface, with options as in arcface:scale=16,margin=.3 (default ${DEFAULT-VALUE}).")
    private String loss;

    @Option(names = "--loss-distance", paramLabel = "D", defaultValue = "cosine",
            description = "head: what contrastive, triplet and infonce look at: l2, squared or cosine "
                    + "(default ${DEFAULT-VALUE}).")
    private String distance;

    @Option(names = "--sampler", paramLabel = "S",
            description = "head: classes:PxK, triplets:N, uniform:N or epochs:N (default: classes:32x8; "
                    + "triplets:256 for drawn and index; epochs:256 for losses of classes).")
    private String sampler;

    @Option(names = "--miner", paramLabel = "M", defaultValue = "semihard",
            description = "head: all, random, semihard, hard, easy, batchhard, drawn, or index: negatives "
                    + "among all rows, with options as in index:keep=10,margin=.05,refresh=100 (default ${DEFAULT-VALUE}).")
    private String miner;

    @Option(names = "--split", paramLabel = "SHARE", defaultValue = "0.2",
            description = "head: share of the classes to choose the steps on, which training does not see; 0 = train on all, for "
                    + "all steps (default ${DEFAULT-VALUE}).")
    private double split;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "500",
            description = "head: batches to learn from (default ${DEFAULT-VALUE}).")
    private int steps;

    @Option(names = "--rate", paramLabel = "R", description = "head: of learning (default: .0002 for linear, .001 for an mlp).")
    private Double rate;

    @Option(names = "--check-every", paramLabel = "N", defaultValue = "0",
            description = "head: steps between two looks at the validation classes, and two checkpoints "
                    + "(default: a tenth of the steps).")
    private int checkEvery;

    @Option(names = "--patience", paramLabel = "N", defaultValue = "5",
            description = "head: looks without a gain after which training stops (default ${DEFAULT-VALUE}).")
    private int patience;

    @Option(names = "--seed", paramLabel = "S", defaultValue = "1",
            description = "head: the same data and seed give the same weights (default ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin
    private BackendOptions backend;

    @Option(names = "--checkpoint", paramLabel = "F",
            description = "head: write the state of training to this file now and then.")
    private Path checkpoint;

    @Option(names = "--resume", description = "head: go on from the checkpoint, if it is there.")
    private boolean resume;

    /** The first of these options on a command line: no method but head takes one. */
    static Optional<String> given(ParseResult line) {
        return line.matchedOptions().stream().filter(option -> option.userObject() instanceof Field field
                && (field.getDeclaringClass() == HeadOptions.class || field.getDeclaringClass() == BackendOptions.class))
                .map(option -> option.longestName()).findFirst();
    }

    ComputeBackend openBackend() {
        return backend.open();
    }

    long seed() {
        return seed;
    }

    String tower() {
        return tower;
    }

    String start() {
        return start;
    }

    String loss() {
        return loss;
    }

    String distance() {
        return distance;
    }

    String sampler() {
        return sampler;
    }

    String miner() {
        return miner;
    }

    double split() {
        return split;
    }

    int steps() {
        return steps;
    }

    double rate() {
        return rate != null ? rate : tower.equals("linear") ? 2e-4 : 1e-3;
    }

    int checkEvery() {
        return checkEvery > 0 ? checkEvery : Math.max(1, steps / 10);
    }

    int patience() {
        return patience;
    }

    Path checkpoint() {
        return checkpoint;
    }

    boolean resume() {
        return resume;
    }
}
