package dev.perigee.evaluate;

import static dev.perigee.PerigeeException.check;

import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a system answered: for each query, documents with scores, larger is better. */
public final class Run {
    private final Map<String, Map<String, Double>> scores = new LinkedHashMap<>();

    /** The order of documents with equal scores; ids are compared by their characters. */
    public enum Ties {
        /** Lower ids first. */
        BY_ID,
        /** As trec_eval does: higher ids first, and scores are equal if they are so in float32. */
        TREC
    }

    /** @throws dev.perigee.PerigeeException INVALID_ARGUMENT if the query has that document already, or the score is NaN */
    public void add(String query, String document, double score) {
        check(!Double.isNaN(score), "score: NaN of document '%s', query '%s' (expected a number)", document, query);
        Double before = scores.computeIfAbsent(query, q -> new LinkedHashMap<>()).putIfAbsent(document, score);
        check(before == null, "document: '%s' twice for query '%s' (expected each once)", document, query);
    }

    public Set<String> queries() {
        return Collections.unmodifiableSet(scores.keySet());
    }

    /** Documents of a query in order of (score descending, id as {@code ties} says); none for a query that is not there. */
    public List<String> ranked(String query, Ties ties) {
        Comparator<String> ids = ties == Ties.BY_ID ? Comparator.naturalOrder() : Comparator.reverseOrder();
        Comparator<Map.Entry<String, Double>> best = Comparator.comparingDouble( // 0 - x, since -0 would differ from 0
                each -> 0 - (ties == Ties.BY_ID ? each.getValue() : each.getValue().floatValue()));
        return scores.getOrDefault(query, Map.of()).entrySet().stream().sorted(best.thenComparing(Map.Entry::getKey, ids))
                .map(Map.Entry::getKey).toList();
    }
}
