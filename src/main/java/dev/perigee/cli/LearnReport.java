package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.SpaceInfo;
import dev.perigee.dataset.Vectors;
import dev.perigee.learn.Comparison;
import dev.perigee.learn.Gate;
import dev.perigee.learn.Preview;
import dev.perigee.vector.Matrix;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What preview and promote found, as fields and as text. */
final class LearnReport {
    /** Labelled rows that ask. */
    private static final int MOST = 1_000;

    private LearnReport() {
    }

    /** Searches, and writes the ids of the neighbours to a file. */
    static String search(Preview preview, Matrix queries, int k, Path out, Map<String, Object> fields) {
        SearchResult found = preview.search(queries, k);
        SearchResult now = preview.collection().search(queries, SearchRequest.nearest(1));
        int other = 0;
        for (int q = 0; q < queries.rows(); q++) {
            other += found.id(q, 0) == now.id(q, 0) ? 0 : 1;
        }
        Vectors.writeHits(out, found.ids(), found.queries(), k);
        fields.put("queries", queries.rows());
        fields.put("other_nearest", other);
        fields.put("out", out);
        return "%s: %d neighbours of %d queries, the nearest is another one for %d".formatted(out, k, queries.rows(), other);
    }

    static String compare(Preview preview, LabelledRows.Chosen chosen, int k, long seed, Map<String, Object> fields) {
        long[] asking = chosen.some(MOST);
        check(asking.length > 0, "rows: none to ask for (expected rows of the collection with a label)");
        List<Comparison> measures = preview.compare(asking, chosen.all(), k, seed);
        fields.put("queries", asking.length);
        put(measures, fields);
        return "%d rows asked for their class, %d candidates each:%s".formatted(asking.length, preview.candidates(), table(measures));
    }

    static String promotion(Gate gate, boolean promoted, SpaceInfo space, Map<String, Object> fields) {
        fields.put("promoted", promoted);
        fields.put("forced", promoted && !gate.passes());
        fields.put("space_version", promoted ? gate.after() : gate.before());
        fields.put("method", space.method());
        fields.put("distance", space.distance().label());
        fields.put("dim", space.dim());
        fields.put("rows", gate.rows());
        fields.put("classes", gate.classes());
        put(gate.measures(), fields);
        fields.put("worse", gate.refusals().stream().map(Comparison::name).toList());
        return "space %d (%s, dim %d) is in service%s; %d rows of %d classes:%s".formatted(gate.after(), space.method(), space.dim(),
                gate.passes() ? "" : ", forced though it is worse", gate.rows(), gate.classes(), table(gate.measures()));
    }

    private static void put(List<Comparison> measures, Map<String, Object> fields) {
        for (Comparison measure : measures) {
            fields.put(measure.name(), measure.after());
            fields.put(measure.name() + "_before", measure.before());
            fields.put(measure.name() + "_difference", measure.difference().value());
            fields.put(measure.name() + "_difference_low", measure.difference().low());
            fields.put(measure.name() + "_difference_high", measure.difference().high());
        }
    }

    private static String table(List<Comparison> measures) {
        StringBuilder text = new StringBuilder();
        for (Comparison measure : measures) {
            text.append(String.format(Locale.ROOT, "%n  %-18s before %7.4f  after %7.4f  difference %+.4f (%+.4f to %+.4f)", measure.name(),
                    measure.before(), measure.after(), measure.difference().value(), measure.difference().low(), measure.difference().high()));
        }
        return text.toString();
    }
}
