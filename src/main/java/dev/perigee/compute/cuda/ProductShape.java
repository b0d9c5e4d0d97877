package dev.perigee.compute.cuda;

/** Shapes of the tensor-core product, as {@code native/cuda/gemm.cu} has them; which one runs follows from the sizes. */
enum ProductShape {
    SMALL(Kernel.GEMM_GROUPMIN_SMALL, Kernel.GEMM_APPEND_SMALL, 32, 128, 6, false),
    RESIDENT(Kernel.GEMM_GROUPMIN_RESIDENT, Kernel.GEMM_APPEND_RESIDENT, 128, 128, 4, true),
    STREAMED(Kernel.GEMM_GROUPMIN_STREAMED, Kernel.GEMM_APPEND_STREAMED, 256, 256, 3, false);

    /** Rows or queries of a panel of shadows. */
    static final int PANEL = 128;
    /** Dims of a chunk. */
    static final int CHUNK = 32;
    /** Rows that share a minimum. */
    static final int GROUP = 32;
    static final int GROUPS_PER_PANEL = PANEL / GROUP;
    /** Queries are padded to so many: the most that a block takes. */
    static final int QUERY_PADDING = 256;

    private static final int SMALL_QUERIES = 64;
    private static final int RESIDENT_CHUNKS = 4;
    private static final int VECTOR_BYTES = CHUNK * 2;
    private static final int CHUNK_BYTES = PANEL * VECTOR_BYTES;
    /** Starts and mask of a panel. */
    private static final int HEAD_BYTES = PANEL * 4 + 128;

    final Kernel groupMinima;
    final Kernel append;
    final int queries;
    final int threads;
    private final int stages;
    private final boolean resident;

    ProductShape(Kernel groupMinima, Kernel append, int queries, int threads, int stages, boolean resident) {
        this.groupMinima = groupMinima;
        this.append = append;
        this.queries = queries;
        this.threads = threads;
        this.stages = stages;
        this.resident = resident;
    }

    static ProductShape of(int queries, int chunks) {
        return queries <= SMALL_QUERIES ? SMALL : chunks <= RESIDENT_CHUNKS ? RESIDENT : STREAMED;
    }

    int sharedBytes(int chunks) {
        int queryBytes = queries * VECTOR_BYTES;
        return (resident ? chunks * queryBytes : 0) + stages * stageBytes(resident ? 0 : queries);
    }

    /** Shared memory of a chunk of a panel with its starts and mask, and of that chunk of so many queries. */
    static int stageBytes(int queries) {
        return CHUNK_BYTES + HEAD_BYTES + queries * VECTOR_BYTES;
    }

    static int chunks(int dim) {
        return (dim + CHUNK - 1) / CHUNK;
    }

    static int panels(int vectors) {
        return (vectors + PANEL - 1) / PANEL;
    }

    /** Groups of whole panels of so many rows. */
    static int groups(int rows) {
        return panels(rows) * GROUPS_PER_PANEL;
    }

    /** Bytes of the shadows of so many vectors, whole panels. */
    static long shadowBytes(int vectors, int dim) {
        return (long) panels(vectors) * chunks(dim) * CHUNK_BYTES;
    }
}
