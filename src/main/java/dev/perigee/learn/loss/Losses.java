package dev.perigee.learn.loss;

import dev.perigee.PerigeeException;

/** Losses by name. */
public final class Losses {
    /** For help texts. */
    public static final String NAMES = "contrastive, triplet, infonce, softmax, normface, sphereface, cosface, arcface";

    private Losses() {
    }

    /**
     * A loss of a text such as {@code triplet:margin=.2,swap}; what is not said has the values seen here.
     *
     * @throws PerigeeException INVALID_ARGUMENT for another name or option
     */
    public static Loss parse(String text) {
        Spec spec = Spec.parse(text);
        return switch (spec.name()) {
            case "contrastive" -> {
                spec.allow("margin", "power", "half");
                yield new ContrastiveLoss(spec.number("margin", 1), spec.whole("power", 1), spec.flag("half"));
            }
            case "triplet" -> {
                spec.allow("margin", "swap", "soft");
                yield new TripletLoss(spec.number("margin", .2), spec.flag("swap"), spec.flag("soft"));
            }
            case "infonce" -> new InfoNceLoss(spec.allow("scale").number("scale", 20));
            case "softmax" -> {
                spec.allow();
                yield new SoftmaxLoss();
            }
            case "normface" -> new NormFaceLoss(spec.allow("scale").number("scale", 16));
            case "sphereface" -> {
                spec.allow("m", "scale", "lambda");
                yield new SphereFaceLoss(spec.whole("m", 4), spec.number("scale", 16), spec.number("lambda", 5));
            }
            case "cosface" -> new CosFaceLoss(spec.allow("scale", "margin").number("scale", 16), spec.number("margin", .2));
            case "arcface" -> new ArcFaceLoss(spec.allow("scale", "margin").number("scale", 16), spec.number("margin", .3));
            default -> throw PerigeeException.invalid("loss: '%s' (expected one of %s)".formatted(spec.name(), NAMES));
        };
    }
}
