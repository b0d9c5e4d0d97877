package dev.perigee.learn.loss;

import dev.perigee.PerigeeException;

/** The distance between embeddings that a loss looks at. */
public enum EmbeddingDistance {
    /** |x - y|; its gradient at x = y is taken as 0. */
    L2("l2"),
    /** |x - y|^2, as FaceNet has it. */
    SQUARED_L2("squared"),
    /** 1 - cos(x, y): for unit vectors half of the squared L2, so that both rank alike. */
    COSINE("cosine");

    private final String label;

    EmbeddingDistance(String label) {
        this.label = label;
    }

    /** The word on command lines and in files: l2, squared, cosine. */
    public String label() {
        return label;
    }

    /** @throws PerigeeException INVALID_ARGUMENT if there is none of that label */
    public static EmbeddingDistance parse(String label) {
        for (EmbeddingDistance d : values()) {
            if (d.label.equals(label)) {
                return d;
            }
        }
        throw PerigeeException.invalid("distance: '%s' (expected l2, squared or cosine)".formatted(label));
    }
}
