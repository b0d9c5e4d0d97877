package dev.perigee.backend;

import dev.perigee.PerigeeException;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.compute.simd.SimdBackend;

/** Opens backends by name. {@code auto} is the fastest that this machine has. */
public final class Backends {
    /** The names that {@link #open} knows. */
    public static final String NAMES = "auto, simd or scalar";

    private Backends() {
    }

    /** Bits of the vectors that simd computes with on this machine. */
    public static int vectorBits() {
        return SimdBackend.vectorBits();
    }

    /** The GPUs of this machine; asks the driver, and fails whatever it says. */
    public static Gpus gpus() {
        return Gpus.find();
    }

    /** The cuBLAS of this machine, which is loaded for that; without one, general products run on the CPU. */
    public static Gpus.Part cublas() {
        return Gpus.cublas();
    }

    /**
     * @param name    one of {@link #NAMES}
     * @param threads cores to use; 0 = all
     */
    public static ComputeBackend open(String name, int threads) {
        int processors = Runtime.getRuntime().availableProcessors();
        PerigeeException.check(threads >= 0 && threads <= 1024, "threads: %d (expected 0 to 1024)", threads);
        return switch (name) {
            case "auto", "simd" -> new SimdBackend(threads == 0 ? processors : threads);
            case "scalar" -> new ScalarBackend();
            default -> throw PerigeeException.invalid("backend: '%s' (expected %s)".formatted(name, NAMES));
        };
    }
}
