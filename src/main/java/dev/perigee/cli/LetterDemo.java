package dev.perigee.cli;

import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.UpsertRequest;
import dev.perigee.collection.Collection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.evaluate.Judgement;
import dev.perigee.index.TransformFile;
import dev.perigee.learn.tower.Trained;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Learns from letters of some alphabets, is judged on others, searches them and draws what came of it. */
final class LetterDemo {
    private static final int NEIGHBOURS = 5;
    private static final int SHOWN = 8;

    private final Output output;
    private final ComputeBackend compute;
    private final Progress progress;
    private final Arena arena;
    private final long seed;

    LetterDemo(Output output, ComputeBackend compute, Progress progress, Arena arena, long seed) {
        this.output = output;
        this.compute = compute;
        this.progress = progress;
        this.arena = arena;
        this.seed = seed;
    }

    /** A way to compare letters, what it makes of the unseen ones, and how good it is. */
    private record Judged(String name, Matrix rows, Distance distance, Judgement judgement) {
        Map<String, Object> fields() {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("name", name);
            judgement.measures().forEach((measure, interval) -> {
                if (List.of("hit_at_1", "map_at_r", "silhouette").contains(measure)) {
                    fields.put(measure, Output.rounded(interval.value()));
                    fields.put(measure + "_low", Output.rounded(interval.low()));
                    fields.put(measure + "_high", Output.rounded(interval.high()));
                }
            });
            return fields;
        }

        LetterPictures.Line line() {
            return new LetterPictures.Line(name, judgement.hitAt1(), judgement.mapAtR(), judgement.meanSilhouette());
        }
    }

    void run(Letters all, int steps, Pictures pictures, Path out) {
        Letters learned = all.of(Letters.LEARNED, arena);
        Letters unseen = all.of(Letters.UNSEEN, arena);
        output.note("1. letters: %,d drawings of %s to learn from; %,d of %s to be judged on", learned.labels().length,
                String.join(", ", Letters.LEARNED), unseen.labels().length, String.join(", ", Letters.UNSEEN));
        List<Judged> unlearned = LetterRecipe.unlearned(learned.images()).stream().map(candidate -> judge(candidate, unseen))
                .toList();
        Judged before = unlearned.stream().max(Comparator.comparingDouble(j -> j.judgement().hitAt1())).orElseThrow();
        output.note("2. without learning the best is %s: hit@1 %.3f, MAP@R %.3f", before.name(), before.judgement().hitAt1(),
                before.judgement().mapAtR());
        output.note("3. learning: ArcFace over a tower 784-1024-256, %,d steps of 256 drawings", steps);
        long started = System.nanoTime();
        Trained trained = LetterRecipe.train(learned, steps, seed, compute, (step, of, loss) -> progress.at("learn", step, of));
        double seconds = (System.nanoTime() - started) * 1e-9;
        Judged after = judge(new LetterRecipe.Candidate("learned", trained.transform(), Distance.COSINE), unseen);
        output.note("4. on the unseen letters: hit@1 %.3f, MAP@R %.3f, after %.0f s", after.judgement().hitAt1(),
                after.judgement().mapAtR(), seconds);
        Found found = search(unseen, trained);
        output.note("5. indexed them and asked for the first drawing of each letter: %d of %d found it first, %.0f us each",
                found.right(), found.asked(), found.microseconds());
        List<Path> files = new ArrayList<>(LetterFiles.write(out, learned, unseen, trained));
        draw(pictures, unseen, before, after, unlearned, trained);
        files.addAll(0, pictures.write());
        List<Judged> lines = new ArrayList<>(unlearned);
        lines.add(after);
        output.result(fields(before, after, lines, found, trained, seconds, files), text(lines, files));
    }

    private Judged judge(LetterRecipe.Candidate way, Letters letters) {
        Matrix rows = way.map(letters.images(), compute, arena);
        return new Judged(way.name(), rows, way.distance(), Judgement.of(rows, letters.labels(), way.distance(), compute, seed));
    }

    /** What the search of the index found. */
    private record Found(int right, int asked, double microseconds) {
    }

    /** Indexes the drawings but the first of each letter, as they are: the space maps them. Asks for the first ones. */
    private Found search(Letters letters, Trained trained) {
        int[] labels = letters.labels();
        int[] first = IntStream.range(0, labels.length).filter(row -> row == 0 || labels[row] != labels[row - 1]).toArray();
        int[] rest = IntStream.range(0, labels.length).filter(row -> Arrays.binarySearch(first, row) < 0).toArray();
        CollectionSpec spec = new CollectionSpec("letters", letters.images().dim(), Distance.COSINE, IndexSpec.FLAT);
        Optional<TransformFile.Content> learned = Optional.of(new TransformFile.Content(trained.transform(), trained.facts()));
        try (Collection collection = Collection.create(spec, learned, compute,
                Path.of(System.getProperty("java.io.tmpdir"), "perigee-letters"))) {
            collection.add(UpsertRequest.of(letters.images().select(arena, rest)));
            collection.build(progress);
            Matrix queries = letters.images().select(arena, first);
            SearchRequest request = SearchRequest.nearest(NEIGHBOURS);
            collection.search(queries, request); // the first pays for compiling
            long started = System.nanoTime();
            SearchResult result = collection.search(queries, request);
            double microseconds = (System.nanoTime() - started) * 1e-3 / first.length;
            int right = (int) IntStream.range(0, first.length)
                    .filter(q -> labels[rest[(int) result.id(q, 0)]] == labels[first[q]]).count();
            return new Found(right, first.length, microseconds);
        }
    }

    private void draw(Pictures pictures, Letters unseen, Judged before, Judged after, List<Judged> unlearned, Trained trained) {
        Optional<String> reason = Pictures.whyNot();
        if (reason.isPresent()) {
            output.note("no pictures: %s", reason.get());
            return;
        }
        output.note("6. drawing");
        List<LetterPictures.Line> lines = new ArrayList<>(unlearned.stream().map(Judged::line).toList());
        lines.add(after.line());
        pictures.add("letters-table.png", LetterPictures.table(lines,
                "Finding the same letter, in alphabets that were not learned from",
                "%,d drawings of 106 letters, each asked for in turn; 136 other letters were learned from"
                        .formatted(unseen.labels().length)));
        pictures.add("letters-map.png", LetterPictures.map(unseen, before.rows(), after.rows(), before.name(),
                "What learning does to letters"));
        int[] queries = IntStream.range(0, SHOWN).map(i -> (2 * i + 1) * unseen.labels().length / (2 * SHOWN)).toArray();
        pictures.add("letters-neighbours.png", LetterPictures.neighbours(unseen, queries, nearest(before, queries),
                nearest(after, queries), before.name(), "The five nearest drawings"));
        pictures.add("letters-loss.png", LetterPictures.loss(trained.losses(),
                "Learning 136 letters by ArcFace: loss, on drawings that are new in every step"));
    }

    /** Of each query its nearest other rows. */
    private static int[][] nearest(Judged judged, int[] queries) {
        int[][] nearest = new int[queries.length][];
        for (int q = 0; q < queries.length; q++) {
            int query = queries[q];
            nearest[q] = IntStream.range(0, judged.rows().rows()).filter(row -> row != query).boxed()
                    .sorted(Comparator.comparingDouble(
                            row -> judged.distance().between(judged.rows(), query, judged.rows(), row)))
                    .limit(NEIGHBOURS).mapToInt(Integer::intValue).toArray();
        }
        return nearest;
    }

    private Map<String, Object> fields(Judged before, Judged after, List<Judged> all, Found found, Trained trained,
            double seconds, List<Path> files) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("unlearned", before.fields());
        fields.put("learned", after.fields());
        fields.put("others", all.stream().filter(judged -> judged != before && judged != after).map(Judged::fields).toList());
        fields.put("steps", trained.losses().length);
        fields.put("train_seconds", Output.rounded(seconds));
        fields.put("search_right", found.right());
        fields.put("search_asked", found.asked());
        fields.put("backend", compute.name());
        fields.put("device", compute.device());
        fields.put("files", files.stream().map(Path::toString).toList());
        return fields;
    }

    private static String text(List<Judged> lines, List<Path> files) {
        StringBuilder text = new StringBuilder("%-26s %7s %7s %11s%n".formatted("letters nobody learned from", "hit@1", "MAP@R",
                "silhouette"));
        for (Judged judged : lines) {
            text.append(String.format(Locale.ROOT, "%-27s %7.3f %7.3f %11.3f%n", judged.name(), judged.judgement().hitAt1(),
                    judged.judgement().mapAtR(), judged.judgement().meanSilhouette()));
        }
        files.forEach(file -> text.append(file).append('\n'));
        return text.toString().stripTrailing();
    }
}
