package dev.perigee.learn.transform;

import dev.perigee.vector.Transform;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was learned from rows: a transform, the facts of its making (method, rows, dims, shrinkage ...; one line each, in
 * order), and what the user should know of it.
 */
public record Fit(Transform transform, Map<String, String> facts, List<String> warnings) {
    public Fit {
        facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
        warnings = List.copyOf(warnings);
    }

    /** The same, with one more fact. */
    public Fit with(String key, Object value) {
        Map<String, String> more = new LinkedHashMap<>(facts);
        more.put(key, String.valueOf(value));
        return new Fit(transform, more, warnings);
    }

    /** This fit, which was made on rows that {@code first} had mapped: one transform from the rows as they were. */
    public Fit after(Fit first) {
        Map<String, String> all = new LinkedHashMap<>(facts);
        all.put("before", first.facts.get("method"));
        List<String> both = new ArrayList<>(first.warnings);
        both.addAll(warnings);
        return new Fit(first.transform.then(transform), all, both);
    }
}
