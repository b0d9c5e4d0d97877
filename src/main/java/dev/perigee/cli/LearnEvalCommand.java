package dev.perigee.cli;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.dataset.LabelFile;
import dev.perigee.dataset.TrecFile;
import dev.perigee.dataset.VectorFormat;
import dev.perigee.dataset.Vectors;
import dev.perigee.distance.Distance;
import dev.perigee.evaluate.Bootstrap;
import dev.perigee.evaluate.Interval;
import dev.perigee.evaluate.Judgement;
import dev.perigee.evaluate.Labels;
import dev.perigee.evaluate.Ranking;
import dev.perigee.evaluate.Run;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee learn eval}: every measure of labelled vectors, or of a ranking that was judged. */
@Command(name = "eval", description = {"Judge any vectors by their labels: does what is near belong together?",
    "Or judge a run (TREC) by graded judgements. Each figure has an interval of 95 % confidence."},
        footer = {"", "Of labelled vectors, each row asks for the others; R = rows of its class besides itself:",
            "  hit_at_N             whether one of the N nearest is of its class",
            "  precision_at_N       how many of the N nearest are, of N",
            "  recall_at_N          how many of the N nearest are, of R",
            "  r_precision          precision at R",
            "  map_at_r             precision where a row of its class is, over the first R places",
            "  micro_, macro_recall found within the first R, over all rows and by class",
            "  knn_accuracy         class by a vote of the 5 nearest",
            "  separation_accuracy  triplets whose positive is nearer than the negative",
            "  silhouette           from -1 to 1; not for ip, which is no distance",
            "Of a run: ndcg_at_N, ndcg_exponential_at_N, mrr, map, precision_at_N, recall_at_N."})
final class LearnEvalCommand implements Callable<Integer> {
    @Mixin
    private Output output;

    @Mixin
    private BackendOptions backend;

    @ArgGroup(multiplicity = "1")
    private Judged judged;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "Of what is drawn: intervals, samples (default ${DEFAULT-VALUE}).")
    private long seed;

    /** One of the two. */
    static final class Judged {
        @ArgGroup(exclusive = false)
        private Embeddings embeddings;

        @ArgGroup(exclusive = false)
        private Trec trec;
    }

    /** Vectors with labels. */
    static final class Embeddings {
        @Option(names = "--embeddings", required = true, paramLabel = "F",
                description = "Vectors, in the formats of build --data.")
        private Path file;

        @Option(names = "--format", paramLabel = "NAME", description = "Format of the vectors (default: by the file's name).")
        private String format;

        @Option(names = "--labels", required = true, paramLabel = "L",
                description = "Their classes: IDX, npy, CSV or TSV, or text with one a line.")
        private Path labels;

        @Option(names = "--column", paramLabel = "NAME",
                description = "The column of a CSV or TSV (default: label, or the only one).")
        private String column;

        @Option(names = "--distance", paramLabel = "D", defaultValue = "l2",
                description = "l2, cosine or ip (default ${DEFAULT-VALUE}).")
        private String distance;

        @Option(names = "--sample", paramLabel = "N", description = "Let only N rows ask, drawn at random (default: all).")
        private Integer sample;
    }

    /** A ranking with judgements. */
    static final class Trec {
        @Option(names = "--qrels", required = true, paramLabel = "F",
                description = "Judgements: query, iteration, document, grade.")
        private Path qrels;

        @Option(names = "--run", required = true, paramLabel = "F",
                description = "Answers: query, Q0, document, rank, score, name.")
        private Path run;

        @Option(names = "--depth", paramLabel = "N", defaultValue = "10",
                description = "N of nDCG, precision and recall (default ${DEFAULT-VALUE}).")
        private int depth;

        @Option(names = "--trec-ties",
                description = "Put equal scores in order of falling ids, as trec_eval does (default: rising).")
        private boolean trecTies;
    }

    @Override
    public Integer call() {
        Map<String, Object> fields = new LinkedHashMap<>();
        StringBuilder text = new StringBuilder();
        if (judged.trec != null) {
            judge(judged.trec, fields, text);
        } else {
            judge(judged.embeddings, fields, text);
        }
        output.result(fields, text.toString().stripTrailing());
        return 0;
    }

    private void judge(Embeddings given, Map<String, Object> fields, StringBuilder text) {
        Distance distance = Distance.parse(given.distance);
        try (ComputeBackend compute = backend.open(); Arena arena = Arena.ofShared(); Bar bar = new Bar()) {
            Labels labels = LabelFile.read(given.labels, Optional.ofNullable(given.column));
            Matrix rows = Vectors.read(given.file, Optional.ofNullable(given.format).map(VectorFormat::parse), arena);
            int sample = given.sample == null ? Math.max(1, rows.rows()) : given.sample;
            Judgement judgement = Judgement.of(rows, labels.numbers(), distance, compute, seed, sample, bar);
            fields.put("rows", rows.rows());
            fields.put("dim", rows.dim());
            fields.put("distance", distance.label());
            fields.put("classes", labels.classes());
            fields.put("classes_of_one", labels.singletons());
            fields.put("queries", judgement.retrieval().queries().length);
            fields.put("queries_excluded", judgement.retrieval().excluded());
            fields.put("triplets", judgement.separation().count());
            fields.put("triplets_sampled", judgement.separation().sampled());
            text.append("%d rows x %d, %d classes (%d of one row), %s; %d asked, %d more had nothing to find%n"
                    .formatted(rows.rows(), rows.dim(), labels.classes(), labels.singletons(), distance.label(),
                            judgement.retrieval().queries().length, judgement.retrieval().excluded()));
            put(judgement.measures(), fields, text);
            if (judgement.silhouette().isEmpty()) {
                put("silhouette", new Interval(Double.NaN, Double.NaN, Double.NaN), fields);
            }
            fields.put("backend", compute.name());
            fields.put("device", compute.device());
        }
    }

    private void judge(Trec given, Map<String, Object> fields, StringBuilder text) {
        Ranking ranking = Ranking.of(TrecFile.readQrels(given.qrels), TrecFile.readRun(given.run), given.depth,
                given.trecTies ? Run.Ties.TREC : Run.Ties.BY_ID);
        fields.put("queries", ranking.queries().size());
        fields.put("queries_excluded", ranking.excluded());
        fields.put("queries_unanswered", ranking.unanswered());
        fields.put("queries_unjudged", ranking.unjudged());
        text.append(("%d queries; left out: %d without a relevant document, %d of the run without judgements; "
                + "%d not answered count 0%n").formatted(ranking.queries().size(), ranking.excluded(),
                ranking.unjudged(), ranking.unanswered()));
        Map<String, Interval> measures = new LinkedHashMap<>();
        measures.put("ndcg_at_" + ranking.depth(), Bootstrap.mean(ranking.ndcgLinear(), seed));
        measures.put("ndcg_exponential_at_" + ranking.depth(), Bootstrap.mean(ranking.ndcgExponential(), seed));
        measures.put("mrr", Bootstrap.mean(ranking.reciprocalRank(), seed));
        measures.put("map", Bootstrap.mean(ranking.averagePrecision(), seed));
        measures.put("precision_at_" + ranking.depth(), Bootstrap.mean(ranking.precision(), seed));
        measures.put("recall_at_" + ranking.depth(), Bootstrap.mean(ranking.recall(), seed));
        put(measures, fields, text);
    }

    private static void put(Map<String, Interval> measures, Map<String, Object> fields, StringBuilder text) {
        measures.forEach((name, interval) -> {
            put(name, interval, fields);
            text.append(String.format(Locale.ROOT, "%-24s %7.4f  (%.4f to %.4f)%n", name, interval.value(), interval.low(),
                    interval.high()));
        });
    }

    private static void put(String name, Interval interval, Map<String, Object> fields) {
        fields.put(name, interval.value());
        fields.put(name + "_low", interval.low());
        fields.put(name + "_high", interval.high());
    }
}
