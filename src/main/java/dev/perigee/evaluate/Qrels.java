package dev.perigee.evaluate;

import static dev.perigee.PerigeeException.check;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Judgements: for each query the grades of documents, in the order in which they were added. A grade of 1 or more is relevant.
 */
public final class Qrels {
    private final Map<String, Map<String, Integer>> grades = new LinkedHashMap<>();

    /** @throws dev.perigee.PerigeeException INVALID_ARGUMENT if the query has judged that document already */
    public void add(String query, String document, int grade) {
        Integer before = grades.computeIfAbsent(query, q -> new LinkedHashMap<>()).putIfAbsent(document, grade);
        check(before == null, "document: '%s' twice for query '%s' (expected one judgement)", document, query);
    }

    public Set<String> queries() {
        return Collections.unmodifiableSet(grades.keySet());
    }

    /** Grades of the documents that were judged for a query. */
    public Map<String, Integer> grades(String query) {
        return Collections.unmodifiableMap(grades.getOrDefault(query, Map.of()));
    }

    /** How many documents are relevant to a query. */
    public int relevant(String query) {
        return (int) grades(query).values().stream().filter(grade -> grade > 0).count();
    }
}
