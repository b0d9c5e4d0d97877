package dev.perigee.bench.learn;

import dev.perigee.compute.Benchmark;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.evaluate.Bootstrap;
import dev.perigee.learn.Split;
import dev.perigee.learn.tower.Trained;
import dev.perigee.learn.transform.Lda;
import dev.perigee.learn.transform.Mahalanobis;
import dev.perigee.learn.transform.Shrinkage;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * G7: intents that nobody learned from, found by vectors of a frozen encoder, by closed forms over them, and by heads that were
 * trained with every loss and every miner. Of 150 intents every third is for the test; of the others 20 choose.
 */
final class ClincRows implements Benchmark {
    static final String FILE = "clinc150/data_full.json.gz";
    private static final int SEEDS = 3;
    private static final String PAIRS = "classes:80x8";
    private static final String TRIPLETS = "classes:32x8";
    private static final String ROWS = "uniform:512";
    private static final String ALL = "all";

    private static final List<Head> LOSSES = List.of(
            new Head("loss_contrastive", "contrastive:margin=0.5", ALL, PAIRS, 1e-4),
            new Head("loss_contrastive_squared", "contrastive:margin=0.5,power=2", ALL, PAIRS, 1e-4),
            new Head("loss_triplet", "triplet:margin=0.2", "semihard", TRIPLETS, 3e-4),
            new Head("loss_infonce", "infonce:scale=20", ALL, PAIRS, 3e-4),
            new Head("loss_softmax", "softmax", ALL, ROWS, 3e-4),
            new Head("loss_normface", "normface:scale=16", ALL, ROWS, 3e-4),
            new Head("loss_sphereface", "sphereface", ALL, ROWS, 3e-4),
            new Head("loss_cosface", "cosface:scale=16,margin=0.2", ALL, ROWS, 3e-4),
            new Head("loss_arcface", "arcface:scale=16,margin=0.3", ALL, ROWS, 3e-4));
    private static final List<Head> MINERS = Stream.of("all", "random", "easy", "semihard", "hard", "batchhard")
            .map(miner -> new Head("miner_" + miner, "triplet:margin=0.2", miner, TRIPLETS, 3e-4)).collect(Collectors.toList());

    static {
        MINERS.add(new Head("miner_index", "triplet:margin=0.2", "index:refresh=50", "triplets:256", 3e-4));
    }

    private static final Figure FROZEN_HIT = Figure.atLeast("G7_frozen_hit_at_1", "hit@1", .9729, Double.NaN, "reference .9729");
    private static final Figure FROZEN_MAP = Figure.atLeast("G7_frozen_map_at_r", "MAP@R", .7142, Double.NaN, "reference .7143");
    private static final Figure WHITE_HIT = Figure.of("G7_whitened_hit_at_1", "hit@1").beside("reference .952: harm");
    private static final Figure WHITE_MAP = Figure.of("G7_whitened_map_at_r", "MAP@R").beside("reference .475: harm");
    private static final Figure LDA_HIT = Figure.atLeast("G7_lda_hit_at_1", "hit@1", .9778, Double.NaN, "reference .9783");
    private static final Figure LDA_MAP = Figure.atLeast("G7_lda_map_at_r", "MAP@R", .7498, Double.NaN, "reference .7503");
    private static final Figure HEAD_HIT = Figure.atLeast("G7_head_hit_at_1", "hit@1", .975, .980, "numpy .9783");
    private static final Figure HEAD_MAP = Figure.atLeast("G7_head_map_at_r", "MAP@R", .745, .765, "numpy .754");
    private static final String HIT = "_hit_at_1";
    private static final String MAP = "_map_at_r";

    private final Sources sources;
    private final ComputeBackend backend;

    ClincRows(Sources sources, ComputeBackend backend) {
        this.sources = sources;
        this.backend = backend;
    }

    @Override
    public List<String> rows() {
        List<String> names = new ArrayList<>(Figure.names(FROZEN_HIT, FROZEN_MAP, WHITE_HIT, WHITE_MAP, LDA_HIT, LDA_MAP,
                HEAD_HIT, HEAD_MAP));
        Stream.concat(LOSSES.stream(), MINERS.stream())
                .forEach(head -> names.addAll(List.of(head.name() + HIT, head.name() + MAP)));
        return names;
    }

    @Override
    public List<Row> run(List<String> names) {
        if (!sources.have(names, FILE)) {
            return List.of();
        }
        try (Arena arena = Arena.ofShared()) {
            ClincVectors all = ClincVectors.of(Clinc.read(sources.file(FILE)), sources.cache(), arena, sources.notes());
            return new Run(names, all, arena).rows();
        }
    }

    private static boolean wanted(List<String> names, String name) {
        return names.contains(name + HIT) || names.contains(name + MAP);
    }

    /** The figures of one set of vectors. */
    private final class Run {
        private final List<String> names;
        private final ClincVectors test;
        private final ClincVectors others;
        private final ClincVectors train;
        private final ClincVectors validation;
        private final List<Row> rows = new ArrayList<>();
        /** A head, and how good it was on the validation intents after how many steps. */
        private record Tried(Head head, int steps, double validation) {
        }

        Run(List<String> names, ClincVectors all, Arena arena) {
            this.names = names;
            test = all.where(i -> all.labels()[i] % 3 == 0, arena);
            others = all.where(i -> all.labels()[i] % 3 != 0, arena);
            Split split = Split.byClass(others.labels(), new double[] {80, 20, 0}, 7);
            train = others.where(among(split.train()), arena);
            validation = others.where(among(split.validation()), arena);
        }

        private static IntPredicate among(int[] ascending) {
            return i -> Arrays.binarySearch(ascending, i) >= 0;
        }

        List<Row> rows() {
            if (wanted(names, "G7_frozen")) {
                add(FROZEN_HIT, FROZEN_MAP, Quality.of(test.rows(), test.labels(), Distance.COSINE, backend));
            }
            if (wanted(names, "G7_whitened")) {
                add(WHITE_HIT, WHITE_MAP, quality(Mahalanobis.fit(others.rows(), new Shrinkage.None()).transform(), Distance.L2));
            }
            if (wanted(names, "G7_lda")) {
                add(LDA_HIT, LDA_MAP, quality(Lda.fit(others.rows(), others.labels(), 99, new Shrinkage.Fixed(.5)).transform(),
                        Distance.COSINE));
            }
            heads();
            return rows;
        }

        /** All that are wanted; for the row of the best of them all are tried. */
        private void heads() {
            boolean best = wanted(names, "G7_head");
            List<Tried> tried = new ArrayList<>();
            for (Head head : Stream.concat(LOSSES.stream(), MINERS.stream()).toList()) {
                if (best || wanted(names, head.name())) {
                    sources.notes().accept("training %s".formatted(head.name()));
                    Trained trained = head.train(train, validation, 1, backend);
                    Trained.Validation top = trained.validations().stream()
                            .max(Comparator.comparingDouble(Trained.Validation::value)).orElseThrow();
                    tried.add(new Tried(head, Math.max(1, top.step()), top.value()));
                    add(Figure.of(head.name() + HIT, "hit@1").beside(head.loss() + ", " + head.miner()),
                            Figure.of(head.name() + MAP, "MAP@R").beside("best step %d".formatted(top.step())),
                            quality(trained.transform(), Distance.COSINE));
                }
            }
            if (best) {
                Tried chosen = tried.stream().max(Comparator.comparingDouble(Tried::validation)).orElseThrow();
                sources.notes().accept("%s after %d steps is the best on the validation intents; now on all 100, by %d seeds"
                        .formatted(chosen.head().name(), chosen.steps(), SEEDS));
                List<Quality> runs = IntStream.rangeClosed(1, SEEDS).mapToObj(seed ->
                        quality(chosen.head().train(others, chosen.steps(), seed, backend), Distance.COSINE)).toList();
                add(HEAD_HIT.beside(HEAD_HIT.anchor() + "; " + chosen.head().name()),
                        HEAD_MAP.beside(HEAD_MAP.anchor() + "; %d steps".formatted(chosen.steps())), Quality.meanOf(runs));
            }
        }

        private Quality quality(Transform transform, Distance distance) {
            return Quality.of(test.rows(), test.labels(), transform, distance, backend);
        }

        private void add(Figure hit, Figure map, Quality quality) {
            if (names.contains(hit.name())) {
                rows.add(hit.row(Bootstrap.mean(quality.hitAt1(), 1)));
            }
            if (names.contains(map.name())) {
                rows.add(map.row(Bootstrap.mean(quality.mapAtR(), 1)));
            }
        }
    }
}
