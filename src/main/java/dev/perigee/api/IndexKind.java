package dev.perigee.api;

import dev.perigee.PerigeeException;

/** The kinds of index that a collection can be built with. The numbers are also those on the wire. */
public enum IndexKind {
    /** Every row is compared: exact. */
    FLAT(0, "flat"),
    /** Inverted lists of whole rows: exact within the lists that are probed. */
    IVF_FLAT(1, "ivf_flat"),
    /** Inverted lists of product-quantised residuals, candidates refined from the rows. */
    IVF_PQ(2, "ivf_pq"),
    /** Inverted lists of scalar-quantised leading principal components, candidates refined from the rows. */
    IVF_SQ(3, "ivf_sq");

    private final int code;
    private final String label;

    IndexKind(int code, String label) {
        this.code = code;
        this.label = label;
    }

    public int code() {
        return code;
    }

    /** The word on command lines, in files and in JSON. */
    public String label() {
        return label;
    }

    public static IndexKind of(int code) {
        for (IndexKind kind : values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        throw PerigeeException.invalid("index: %d (expected 0 to %d)".formatted(code, values().length - 1));
    }

    public static IndexKind parse(String label) {
        for (IndexKind kind : values()) {
            if (kind.label.equals(label)) {
                return kind;
            }
        }
        throw PerigeeException.invalid("index: '%s' (expected flat, ivf_flat, ivf_pq or ivf_sq)".formatted(label));
    }
}
