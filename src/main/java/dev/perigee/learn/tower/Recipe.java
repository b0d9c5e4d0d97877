package dev.perigee.learn.tower;

import static dev.perigee.PerigeeException.check;

import dev.perigee.learn.loss.ClassLoss;
import dev.perigee.learn.loss.EmbeddingDistance;
import dev.perigee.learn.loss.Loss;
import dev.perigee.learn.mining.IndexMiner;
import dev.perigee.learn.mining.Miner;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a tower is trained: the parts that can be exchanged one by one.
 *
 * @param distance   what a loss of tuples looks at; losses of classes look at cosines
 * @param miner      chooses triplets; not asked by losses of classes
 * @param steps      batches to learn from
 * @param rate       of learning by {@link Adam}; falls to 0, in a line, in the second half of the steps
 * @param checkEvery steps between two looks at the validation classes, if there are any
 * @param patience   looks without a gain after which training stops
 */
public record Recipe(Loss loss, EmbeddingDistance distance, Sampler sampler, Miner miner, int steps, double rate, long seed,
        int checkEvery, int patience) {
    public Recipe {
        check(steps >= 1, "steps: %d (expected 1 or more)", steps);
        check(Double.isFinite(rate) && rate > 0, "rate: %s (expected more than 0)", rate);
        check(checkEvery >= 1 && patience >= 1, "checks: every %d, patience %d (expected 1 or more)", checkEvery, patience);
        check(loss instanceof ClassLoss || !drawsTriplets(miner) || sampler instanceof Sampler.DrawnTriplets,
                "miner: %s with sampler %s (expected triplets:N)", miner.spec(), sampler.spec());
    }

    /** With checks every tenth of the steps, and patience for five of them. */
    public static Recipe of(Loss loss, EmbeddingDistance distance, Sampler sampler, Miner miner, int steps, double rate,
            long seed) {
        return new Recipe(loss, distance, sampler, miner, steps, rate, seed, Math.max(1, steps / 10), 5);
    }

    private static boolean drawsTriplets(Miner miner) {
        return miner instanceof IndexMiner || miner instanceof dev.perigee.learn.mining.DrawnMiner;
    }

    /** Its parts by name, as they are written to files. */
    Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("loss", loss.spec());
        facts.put("loss_distance", loss instanceof ClassLoss ? EmbeddingDistance.COSINE.label() : distance.label());
        facts.put("sampler", sampler.spec());
        facts.put("miner", loss instanceof ClassLoss ? "none" : miner.spec());
        facts.put("train_steps", String.valueOf(steps));
        facts.put("rate", String.valueOf(rate));
        facts.put("seed", String.valueOf(seed));
        return facts;
    }
}
