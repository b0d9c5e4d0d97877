package dev.perigee.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.PerigeeException;
import org.junit.jupiter.api.Test;

class RankingTest {
    private static final int[] RANKED = {0, 1, 0, 2, 1};
    private static final int[] IDEAL = {1, 2, 1, 1};

    @Test
    void valuesWorkedOutByHand() {
        assertThat(Ranking.ndcg(RANKED, IDEAL, 5, Ranking.Gain.LINEAR)).isCloseTo(.527609, within(1e-6));
        assertThat(Ranking.ndcg(RANKED, IDEAL, 5, Ranking.Gain.EXPONENTIAL)).isCloseTo(.506359, within(1e-6));
        assertThat(Ranking.reciprocalRank(RANKED)).isEqualTo(.5);
        assertThat(Ranking.averagePrecision(RANKED, 4)).isCloseTo(.4, within(1e-12));
        assertThat(Ranking.precision(RANKED, 5)).isEqualTo(.6);
        assertThat(Ranking.recall(RANKED, 4, 5)).isEqualTo(.75);
    }

    private static Run run(Object... documentsAndScores) {
        Run run = new Run();
        for (int i = 0; i < documentsAndScores.length; i += 2) {
            run.add("1", (String) documentsAndScores[i], (Double) documentsAndScores[i + 1]);
        }
        return run;
    }

    private static double ndcg(Run run, Run.Ties ties) {
        Qrels qrels = new Qrels();
        qrels.add("1", "b", 1);
        return Ranking.of(qrels, run, 10, ties).ndcgLinear()[0];
    }

    @Test
    void tiesGoByIdOrAsTrecEvalBreaksThem() {
        assertThat(ndcg(run("b", 1.0, "a", 1.0), Run.Ties.TREC)).isEqualTo(1);
        assertThat(ndcg(run("b", 1.0, "c", 1.0), Run.Ties.TREC)).isCloseTo(.6309, within(5e-5));
        assertThat(ndcg(run("b", 1.0, "a", 1.0), Run.Ties.BY_ID)).isCloseTo(.6309, within(5e-5));
        assertThat(ndcg(run("b", 1.0, "c", 1.0), Run.Ties.BY_ID)).isEqualTo(1);
        assertThat(run("b", 0.0, "a", -0.0, "c", 2.0).ranked("1", Run.Ties.BY_ID)).containsExactly("c", "a", "b");
        assertThat(run("a", 1 + 1e-12, "b", 1.0).ranked("1", Run.Ties.TREC)).as("scores of float32").containsExactly("b", "a");
        assertThat(run("b", 1 + 1e-12, "a", 1.0).ranked("1", Run.Ties.BY_ID)).containsExactly("b", "a");
    }

    @Test
    void queriesWithoutAnythingToFindAreLeftOutAndOthersCount() {
        Qrels qrels = new Qrels();
        qrels.add("q1", "a", 2);
        qrels.add("q1", "b", 0);
        qrels.add("q1", "c", -1);
        qrels.add("q2", "a", 0);
        qrels.add("q3", "z", 1);
        Run run = new Run();
        run.add("q1", "b", 9);
        run.add("q1", "a", 8);
        run.add("q1", "c", 7);
        run.add("q9", "a", 1);
        Ranking ranking = Ranking.of(qrels, run, 2, Run.Ties.BY_ID);
        assertThat(ranking.queries()).containsExactly("q1", "q3");
        assertThat(new int[] {ranking.excluded(), ranking.unanswered(), ranking.unjudged()}).containsExactly(1, 1, 1);
        assertThat(ranking.reciprocalRank()).containsExactly(.5, 0);
        assertThat(ranking.averagePrecision()).containsExactly(.5, 0);
        assertThat(ranking.precision()).containsExactly(.5, 0);
        assertThat(ranking.recall()).containsExactly(1, 0);
        assertThat(ranking.ndcgExponential()).containsExactly(new double[] {Math.log(2) / Math.log(3), 0}, within(1e-12));
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        Run run = run("a", 1.0);
        assertInvalid("document: 'a' twice for query '1' (expected each once)", () -> run.add("1", "a", 2));
        assertInvalid("score: NaN of document 'b', query '1' (expected a number)", () -> run.add("1", "b", Double.NaN));
        Qrels qrels = new Qrels();
        qrels.add("1", "a", 0);
        assertInvalid("document: 'a' twice for query '1' (expected one judgement)", () -> qrels.add("1", "a", 1));
        assertInvalid("qrels: no query of 1 has a relevant document (expected a grade of 1 or more)",
                () -> Ranking.of(qrels, run, 10, Run.Ties.BY_ID));
    }

    private static void assertInvalid(String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(PerigeeException.class).hasMessage(message);
    }
}
