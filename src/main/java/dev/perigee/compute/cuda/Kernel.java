package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.Kernel.Parameter.DOUBLE;
import static dev.perigee.compute.cuda.Kernel.Parameter.FLOAT;
import static dev.perigee.compute.cuda.Kernel.Parameter.INT;
import static dev.perigee.compute.cuda.Kernel.Parameter.LONG;
import static dev.perigee.compute.cuda.Kernel.Parameter.POINTER;

import java.util.List;
import java.util.Locale;

/** The kernels of native/cuda: least architecture, then the parameters in order. A symbol is its constant in lower case. */
enum Kernel {
    INGEST_ROWS(75, POINTER, LONG, INT, INT, POINTER, DOUBLE, DOUBLE, POINTER, POINTER, POINTER, POINTER, POINTER),
    INGEST_QUERIES(75, POINTER, LONG, INT, INT, POINTER, INT, DOUBLE, DOUBLE, FLOAT, DOUBLE, POINTER, POINTER, POINTER,
            POINTER, POINTER, POINTER),
    GEMM_GROUPMIN_SMALL(80, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, POINTER, INT),
    GEMM_GROUPMIN_RESIDENT(80, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, POINTER, INT),
    GEMM_GROUPMIN_STREAMED(80, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, POINTER, INT),
    GEMM_APPEND_SMALL(80, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, POINTER, POINTER, POINTER, POINTER, POINTER,
            POINTER, FLOAT, POINTER, INT, INT, POINTER, POINTER),
    GEMM_APPEND_RESIDENT(80, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, POINTER, POINTER, POINTER, POINTER, POINTER,
            POINTER, FLOAT, POINTER, INT, INT, POINTER, POINTER),
    GEMM_APPEND_STREAMED(80, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, POINTER, POINTER, POINTER, POINTER, POINTER,
            POINTER, FLOAT, POINTER, INT, INT, POINTER, POINTER),
    DIRECT_GROUPMIN(75, POINTER, LONG, INT, POINTER, LONG, INT, INT, INT, POINTER, POINTER, INT),
    DIRECT_PRODUCT(75, POINTER, LONG, INT, POINTER, LONG, INT, INT, POINTER, LONG),
    PRODUCT_GROUPMIN(75, POINTER, LONG, INT, POINTER, POINTER, POINTER, INT, INT),
    GROUPS_SELECT(75, POINTER, POINTER, INT, INT, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER,
            POINTER, FLOAT, FLOAT, POINTER, POINTER, INT, INT, INT, INT, POINTER, INT, POINTER, POINTER),
    RESCORE_EXACT(75, POINTER, POINTER, LONG, POINTER, LONG, INT, INT, INT, POINTER, INT, POINTER, POINTER, INT, POINTER,
            POINTER, POINTER, POINTER, LONG, INT, POINTER, POINTER, POINTER),
    MERGE_TOP(75, POINTER, POINTER, INT, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, INT, POINTER),
    SELECT_K(75, POINTER, LONG, INT, INT, POINTER, POINTER, POINTER),
    CEILING_COPY(75, POINTER, POINTER, LONG),
    CEILING_MMA_FP16(80, INT, POINTER),
    CEILING_MMA_TF32(80, INT, POINTER),
    CEILING_SHARED(75, INT, POINTER);

    /** How a parameter lies in memory. */
    enum Parameter {
        POINTER, INT, LONG, FLOAT, DOUBLE
    }

    private final int leastArchitecture;
    private final List<Parameter> parameters;

    Kernel(int leastArchitecture, Parameter... parameters) {
        this.leastArchitecture = leastArchitecture;
        this.parameters = List.of(parameters);
    }

    /** Its name in the fat binary. */
    String symbol() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Compute capability times ten below which it is compiled out. */
    int leastArchitecture() {
        return leastArchitecture;
    }

    List<Parameter> parameters() {
        return parameters;
    }
}
