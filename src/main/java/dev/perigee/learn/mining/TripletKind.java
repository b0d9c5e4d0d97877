package dev.perigee.learn.mining;

import dev.perigee.learn.loss.BatchLabels;
import dev.perigee.learn.loss.Distances;
import java.util.EnumMap;
import java.util.Map;

/** How hard a triplet is, seen from its anchor. Schroff et al., FaceNet, 2015; an edge belongs to the harder side. */
public enum TripletKind {
    /** d(a, n) <= d(a, p) */
    HARD,
    /** d(a, p) < d(a, n) <= d(a, p) + margin */
    SEMI_HARD,
    /** beyond */
    EASY;

    public static TripletKind of(double positive, double negative, double margin) {
        return negative <= positive ? HARD : negative <= positive + margin ? SEMI_HARD : EASY;
    }

    /** How many of all triplets of a batch are of each kind. */
    public static Map<TripletKind, Long> counts(Distances distances, BatchLabels labels, double margin) {
        Map<TripletKind, Long> counts = new EnumMap<>(TripletKind.class);
        for (TripletKind kind : values()) {
            counts.put(kind, 0L);
        }
        for (int a = 0; a < labels.count(); a++) {
            for (int p = 0; p < labels.count(); p++) {
                for (int n = 0; labels.positive(a, p) && n < labels.count(); n++) {
                    if (labels.negative(a, n)) {
                        counts.merge(of(distances.between(a, p), distances.between(a, n), margin), 1L, Long::sum);
                    }
                }
            }
        }
        return counts;
    }
}
