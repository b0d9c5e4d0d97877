package dev.perigee.evaluate;

import static dev.perigee.PerigeeException.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * How well a run ranks documents that were judged by grade; a grade of 1 or more is relevant. Queries without a relevant document
 * are left out and counted; a query that the run does not answer has 0 everywhere. Values are kept per query, so that they can be
 * resampled and paired.
 *
 * @param depth          places that nDCG, precision and recall look at; reciprocal rank and average precision look at all
 * @param queries        the queries that were judged, in the order of the judgements
 * @param excluded       judged queries without a relevant document
 * @param unanswered     queries that the run does not answer
 * @param unjudged       queries of the run that were not judged
 * @param ndcgLinear     per query, with a gain of the grade (K. Järvelin, J. Kekäläinen, Cumulated gain-based evaluation of IR
 *                       techniques, 2002, with the discount 1 / log2(place + 1))
 * @param ndcgExponential per query, with a gain of 2^grade - 1 (C. Burges and others, Learning to rank using gradient descent,
 *     2005)
 * @param reciprocalRank per query, 1 / place of the first relevant document; its mean is MRR
 * @param averagePrecision per query, precision at each relevant document, summed, divided by how many there are; its mean is MAP
 * @param precision      per query, relevant documents among the first {@code depth}, divided by {@code depth}
 * @param recall         the same divided by how many there are
 */
public record Ranking(int depth, List<String> queries, int excluded, int unanswered, int unjudged, double[] ndcgLinear,
        double[] ndcgExponential, double[] reciprocalRank, double[] averagePrecision, double[] precision, double[] recall) {
    /** What a document of a grade adds to nDCG. */
    public enum Gain {
        LINEAR, EXPONENTIAL;

        double of(int grade) {
            return this == LINEAR ? Math.max(grade, 0) : Math.pow(2, Math.max(grade, 0)) - 1;
        }
    }

    /**
     * Judges a run.
     *
     * @param ties the order of documents with equal scores
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT if no query has a relevant document
     */
    public static Ranking of(Qrels qrels, Run run, int depth, Run.Ties ties) {
        check(depth >= 1, "N: %d (expected 1 or more)", depth);
        List<String> judged = qrels.queries().stream().filter(query -> qrels.relevant(query) > 0).toList();
        check(!judged.isEmpty(), "qrels: no query of %d has a relevant document (expected a grade of 1 or more)",
                qrels.queries().size());
        List<double[]> values = new ArrayList<>();
        int unanswered = 0;
        for (String query : judged) {
            Map<String, Integer> grades = qrels.grades(query);
            int[] ranked = run.ranked(query, ties).stream().mapToInt(document -> grades.getOrDefault(document, 0)).toArray();
            int[] ideal = grades.values().stream().mapToInt(grade -> grade).toArray();
            int relevant = qrels.relevant(query);
            unanswered += ranked.length == 0 ? 1 : 0;
            values.add(new double[] {ndcg(ranked, ideal, depth, Gain.LINEAR), ndcg(ranked, ideal, depth, Gain.EXPONENTIAL),
                reciprocalRank(ranked), averagePrecision(ranked, relevant), precision(ranked, depth),
                recall(ranked, relevant, depth)});
        }
        int unjudged = (int) run.queries().stream().filter(query -> !qrels.queries().contains(query)).count();
        return new Ranking(depth, judged, qrels.queries().size() - judged.size(), unanswered, unjudged, column(values, 0),
                column(values, 1), column(values, 2), column(values, 3), column(values, 4), column(values, 5));
    }

    private static double[] column(List<double[]> values, int column) {
        return values.stream().mapToDouble(each -> each[column]).toArray();
    }

    /**
     * Normalised discounted cumulated gain; 0 if nothing is relevant.
     *
     * @param ranked grades in the order of the answer, 0 for what was not judged
     * @param ideal  grades of all that was judged, in any order
     */
    public static double ndcg(int[] ranked, int[] ideal, int depth, Gain gain) {
        int[] best = Arrays.stream(ideal).map(grade -> -grade).sorted().map(grade -> -grade).toArray();
        double most = dcg(best, depth, gain);
        return most == 0 ? 0 : dcg(ranked, depth, gain) / most;
    }

    private static double dcg(int[] grades, int depth, Gain gain) {
        double sum = 0;
        for (int i = 0; i < Math.min(depth, grades.length); i++) {
            sum += gain.of(grades[i]) * Math.log(2) / Math.log(i + 2);
        }
        return sum;
    }

    /** 1 / place of the first relevant document, 0 if there is none. */
    public static double reciprocalRank(int[] ranked) {
        for (int i = 0; i < ranked.length; i++) {
            if (ranked[i] > 0) {
                return 1.0 / (i + 1);
            }
        }
        return 0;
    }

    /** @param relevant how many relevant documents there are, 1 or more */
    public static double averagePrecision(int[] ranked, int relevant) {
        int hits = 0;
        double sum = 0;
        for (int i = 0; i < ranked.length; i++) {
            if (ranked[i] > 0) {
                sum += (double) ++hits / (i + 1);
            }
        }
        return sum / relevant;
    }

    /** Relevant documents among the first {@code depth}, divided by {@code depth}. */
    public static double precision(int[] ranked, int depth) {
        return (double) hits(ranked, depth) / depth;
    }

    /** Relevant documents among the first {@code depth}, divided by how many there are, 1 or more. */
    public static double recall(int[] ranked, int relevant, int depth) {
        return (double) hits(ranked, depth) / relevant;
    }

    private static long hits(int[] ranked, int depth) {
        return Arrays.stream(ranked).limit(depth).filter(grade -> grade > 0).count();
    }
}
