package dev.perigee.cli;

import dev.perigee.learn.Comparison;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Measures of two ways to answer, as fields and as a table. */
final class Comparisons {
    private Comparisons() {
    }

    static void put(List<Comparison> measures, Map<String, Object> fields) {
        for (Comparison measure : measures) {
            fields.put(measure.name(), measure.after());
            fields.put(measure.name() + "_before", measure.before());
            fields.put(measure.name() + "_difference", measure.difference().value());
            fields.put(measure.name() + "_difference_low", measure.difference().low());
            fields.put(measure.name() + "_difference_high", measure.difference().high());
        }
    }

    /** A line each, after a line end each. */
    static String table(List<Comparison> measures) {
        StringBuilder text = new StringBuilder();
        for (Comparison measure : measures) {
            text.append(String.format(Locale.ROOT, "%n  %-18s before %7.4f  after %7.4f  difference %+.4f (%+.4f to %+.4f)", measure.name(),
                    measure.before(), measure.after(), measure.difference().value(), measure.difference().low(), measure.difference().high()));
        }
        return text.toString();
    }
}
