package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.PerigeeException;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.build.Stages;
import dev.perigee.collection.Collection;
import dev.perigee.collection.Tuner;
import java.util.LinkedHashMap;
import java.util.Map;

/** What {@code build --tune} is to reach, and what it says of it. */
record TuneGoal(double recall, int k) {
    /** Of {@code recall=R[,k=K]}. */
    static TuneGoal parse(String text) {
        double recall = Double.NaN;
        int k = 10;
        for (String part : text.split(",", -1)) {
            String value = part.substring(part.indexOf('=') + 1);
            try {
                switch (part.substring(0, Math.max(0, part.indexOf('=')))) {
                    case "recall" -> recall = Double.parseDouble(value);
                    case "k" -> k = Integer.parseInt(value);
                    default -> throw unreadable(text);
                }
            } catch (NumberFormatException e) {
                throw unreadable(text);
            }
        }
        check(recall > 0 && recall <= 1, "tune: '%s' (expected a recall of more than 0, at most 1)", text);
        check(k >= 1 && k < SearchRequest.MAX_K, "tune: '%s' (expected k from 1 to %d)", text, SearchRequest.MAX_K - 1);
        return new TuneGoal(recall, k);
    }

    private static PerigeeException unreadable(String text) {
        return PerigeeException.invalid("tune: '%s' (expected recall=R[,k=K], as recall=.99)".formatted(text));
    }

    /** Tunes a collection, which searches like that from then on. */
    Tuner.Choice tune(Collection collection, long seed, Progress progress) {
        Tuner.Choice choice = new Tuner(collection, recall, k, new Stages(progress)).choose(seed);
        collection.tune(choice.tuned());
        return choice;
    }

    static void report(Tuner.Choice choice, Map<String, Object> fields) {
        fields.put("tuned_k", choice.tuned().k());
        fields.put("tuned_probes", choice.tuned().probes());
        fields.put("tuned_refine", choice.tuned().refine());
        fields.put("tuned_recall", Output.rounded(choice.tuned().recall()));
        fields.put("tuned_reached", choice.row().reaches());
        fields.put("tuning", choice.table().stream().map(row -> {
            Map<String, Object> cells = new LinkedHashMap<>();
            cells.put("probes", row.probes());
            cells.put("refine", row.refine());
            cells.put("recall", Output.rounded(row.recall()));
            cells.put("reached", row.reaches());
            cells.put("batch_us", Output.rounded(row.batchMicros()));
            cells.put("single_us", Output.rounded(row.singleMicros()));
            cells.put("chosen", row == choice.row());
            return cells;
        }).toList());
    }

    /** The table, from a line of its own on. */
    String text(Tuner.Choice choice) {
        StringBuilder text = new StringBuilder("%n%8s%8s%10s%12s%12s".formatted("probes", "refine", "recall@" + k, "batch us", "single us"));
        for (Tuner.Row row : choice.table()) {
            text.append("%n%8d%8d%10.4f%12.1f%12.1f%s".formatted(row.probes(), row.refine(), row.recall(), row.batchMicros(),
                    row.singleMicros(), row == choice.row() ? "  <- chosen" : row.reaches() ? "" : "  not reached"));
        }
        if (!choice.row().reaches()) {
            text.append("%na recall of %s was not reached: kept the best".formatted(recall));
        }
        return text.toString();
    }
}
