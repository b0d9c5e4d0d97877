package dev.perigee.compute.cuda;

/** What device memory is for: "who holds 9 GiB?" has an answer. */
public enum Purpose {
    /** Rows as they are stored, float32. */
    ROWS,
    /** What kernels scan instead: rows as fp16, norms, error bounds. */
    SHADOW,
    /** Rows that may be returned. */
    MASKS,
    QUERIES,
    ANSWERS,
    /** Scratch of a search. */
    WORKSPACE,
    /** Products, training, measurements. */
    OTHER
}
