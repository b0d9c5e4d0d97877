package dev.perigee.learn.transform;

import static dev.perigee.PerigeeException.check;

import dev.perigee.PerigeeException;

/**
 * How far a covariance S [dim, dim] of n rows (divisor n) is drawn towards a sphere of the same trace:
 * {@code (1 - a) S + a (tr S / dim) I}. Few rows, or features that depend on each other, make S singular; this mends it.
 */
public sealed interface Shrinkage {
    /** Not at all: directions without variance are left out instead. */
    record None() implements Shrinkage {
    }

    /** O. Ledoit, M. Wolf, A well-conditioned estimator for large-dimensional covariance matrices, 2004. */
    record LedoitWolf() implements Shrinkage {
    }

    /**
     * Oracle approximating shrinkage, for rows that are about Gaussian: Y. Chen et al., Shrinkage algorithms for MMSE covariance
     * estimation, 2010, without the terms 2 / dim, as scikit-learn computes it.
     */
    record Oas() implements Shrinkage {
    }

    /** By that much, 0 to 1. */
    record Fixed(double weight) implements Shrinkage {
        public Fixed {
            check(weight >= 0 && weight <= 1, "shrink: %s (expected 0 to 1)", weight);
        }
    }

    /** The words of command lines: ledoit-wolf, oas, none, or a number from 0 to 1. */
    static Shrinkage parse(String text) {
        return switch (text) {
            case "none" -> new None();
            case "ledoit-wolf" -> new LedoitWolf();
            case "oas" -> new Oas();
            default -> {
                try {
                    yield new Fixed(Double.parseDouble(text));
                } catch (NumberFormatException e) {
                    throw PerigeeException.invalid("shrink: '%s' (expected ledoit-wolf, oas, none or a number from 0 to 1)".formatted(text));
                }
            }
        };
    }

    /** The word that {@link #parse} reads. */
    default String label() {
        return switch (this) {
            case None none -> "none";
            case LedoitWolf ledoitWolf -> "ledoit-wolf";
            case Oas oas -> "oas";
            case Fixed fixed -> String.valueOf(fixed.weight());
        };
    }
}
