package dev.perigee.backend;

import dev.perigee.PerigeeException;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.IndexFiles;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.compute.cuda.CudaGroup;
import dev.perigee.compute.cuda.CudaDriver;
import dev.perigee.compute.faiss.FaissBackend;
import dev.perigee.compute.faiss.FaissFiles;
import dev.perigee.compute.faiss.FaissLibrary;
import dev.perigee.compute.simd.SimdBackend;

/** Opens backends by name. {@code auto} chooses for each index when it is opened: a GPU unless it refuses, else the CPU. */
public final class Backends {
    /** The names that {@link #open} knows. */
    public static final String NAMES = "auto, cuda, simd, scalar or faiss";

    private static final System.Logger LOG = System.getLogger(Backends.class.getName());

    private Backends() {
    }

    /** Bits of the vectors that simd computes with on this machine. */
    public static int vectorBits() {
        return SimdBackend.vectorBits();
    }

    /** What multiplies the codes of IVF-SQ on this machine: instructions of the CPU by C, or Java and why. */
    public static String byteProducts() {
        return SimdBackend.byteProducts();
    }

    /** The GPUs of this machine; asks the driver, and fails whatever it says. */
    public static Gpus gpus() {
        return Gpus.find();
    }

    /** The cuBLAS of this machine, which is loaded for that; without one, general products run on the CPU. */
    public static Gpus.Part cublas() {
        return Gpus.cublas();
    }

    /** The FAISS of this build, which is loaded for that: its version and how it was built, or why it cannot be used. */
    public static Gpus.Part faiss() {
        FaissLibrary library = FaissLibrary.probe();
        return new Gpus.Part("%s (%s), %d OpenMP threads".formatted(library.version(), library.build(), library.threads()),
                library.problem());
    }

    /** Index files of FAISS. @throws PerigeeException UNAVAILABLE with the reason if this build has no FAISS */
    public static IndexFiles faissFiles() {
        return new FaissFiles();
    }

    /**
     * @param name    one of {@link #NAMES}
     * @param threads cores to use where the CPU computes; 0 = all
     * @throws PerigeeException UNAVAILABLE with the reason if it is {@code cuda} and no GPU can be used, or {@code faiss} and this build has
     *                          none
     */
    public static ComputeBackend open(String name, int threads) {
        PerigeeException.check(threads >= 0 && threads <= 1024, "threads: %d (expected 0 to 1024)", threads);
        return switch (name) {
            case "auto" -> auto(threads);
            case "cuda" -> CudaGroup.of(CudaDriver.probe().chosenDevices());
            case "simd" -> simd(threads);
            case "scalar" -> new ScalarBackend();
            case "faiss" -> new FaissBackend(simd(threads), threads(threads));
            default -> throw PerigeeException.invalid("backend: '%s' (expected %s)".formatted(name, NAMES));
        };
    }

    private static ComputeBackend simd(int threads) {
        return new SimdBackend(threads(threads));
    }

    private static int threads(int asked) {
        return asked == 0 ? Runtime.getRuntime().availableProcessors() : asked;
    }

    /** A GPU that is there and cannot be used is worth a line; none at all is not. */
    private static ComputeBackend auto(int threads) {
        if (CudaDriver.probe().devices().isEmpty()) {
            return simd(threads);
        }
        try {
            return new AutoBackend(open("cuda", threads), simd(threads));
        } catch (PerigeeException e) {
            LOG.log(System.Logger.Level.WARNING, "the GPU is not used: {0}", e.getMessage());
            return simd(threads);
        }
    }
}
