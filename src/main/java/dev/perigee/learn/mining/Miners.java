package dev.perigee.learn.mining;

import dev.perigee.PerigeeException;
import dev.perigee.learn.loss.Spec;
import java.util.Locale;

/** Miners by name. */
public final class Miners {
    /** For help texts. */
    public static final String NAMES = "all, random, semihard, hard, easy, batchhard, drawn, index";

    private Miners() {
    }

    /**
     * A miner of a text such as {@code semihard:margin=.2} or {@code hard:warmup=200} (semi-hard for so many steps).
     *
     * @throws PerigeeException INVALID_ARGUMENT for another name or option
     */
    public static Miner parse(String text) {
        Spec spec = Spec.parse(text);
        return switch (spec.name()) {
            case "all", "random" -> batch(spec.allow());
            case "semihard", "easy" -> batch(spec.allow("margin"));
            case "hard", "batchhard" -> warmed(spec.allow("warmup"));
            case "drawn" -> {
                spec.allow();
                yield new DrawnMiner();
            }
            case "index" -> index(spec.allow("keep", "from", "to", "margin", "absolute", "refresh"));
            default -> throw PerigeeException.invalid("miner: '%s' (expected one of %s)".formatted(spec.name(), NAMES));
        };
    }

    private static BatchMiner batch(Spec spec) {
        return new BatchMiner(BatchMiner.Choice.valueOf(spec.name().toUpperCase(Locale.ROOT)), spec.number("margin", .2));
    }

    private static Miner warmed(Spec spec) {
        int steps = spec.whole("warmup", 0);
        BatchMiner then = batch(spec);
        return steps == 0 ? then : new WarmUp(new BatchMiner(BatchMiner.Choice.SEMIHARD, .2), steps, then);
    }

    private static IndexMiner index(Spec spec) {
        int keep = spec.whole("keep", 10);
        int from = spec.whole("from", 0);
        return new IndexMiner(keep, from, spec.whole("to", from + 5 * keep), spec.number("margin", .05), spec.flag("absolute"),
                spec.whole("refresh", 100));
    }
}
