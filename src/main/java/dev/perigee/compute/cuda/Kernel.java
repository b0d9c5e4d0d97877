package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.Kernel.Parameter.INT;
import static dev.perigee.compute.cuda.Kernel.Parameter.LONG;
import static dev.perigee.compute.cuda.Kernel.Parameter.POINTER;

import java.util.List;
import java.util.Locale;

/** The kernels of native/cuda: least architecture, then the parameters in order. A symbol is its constant in lower case. */
enum Kernel {
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
