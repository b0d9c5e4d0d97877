package dev.perigee.compute.cuda;

import dev.perigee.PerigeeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** The test double of cuBLAS, in both versions: products on the CPU, for the device memory of the driver's double. */
final class CublasDouble {
    private static final Path FOLDER = Path.of("build/check/native/cublas/double").toAbsolutePath();

    static final String IN_USE = "is in use already";

    private CublasDouble() {
    }

    /** Its file; skips the test where the preset check has not built it. */
    static String require(int major) {
        Path file = FOLDER.resolve(String.valueOf(major)).resolve("libcublas.so." + major);
        Assumptions.assumeTrue(Files.exists(file), "no test double of cuBLAS (cmake --build --preset check): " + file);
        return file.toString();
    }

    /** The forwarding library; skips the test where the build has none. */
    static Optional<Path> requireForwarder() {
        Optional<Path> forwarder = CublasLibrary.forwarder();
        Assumptions.assumeTrue(forwarder.isPresent(), "no forwarding library of cuBLAS in this build (no CMake or C compiler)");
        return forwarder;
    }

    /** Opens what can be used on that device; skips the test where this process has used another before. */
    static Cublas open(CudaDevice device, int major) {
        CublasLibrary.probe(); // before the double is loaded, which it would find by its name
        try {
            return Cublas.open(device, require(device, major));
        } catch (PerigeeException e) {
            Assumptions.assumeFalse(e.getMessage().contains(IN_USE), e.getMessage());
            throw e;
        }
    }

    /** What can be used on that device: the double with the driver's double, the machine's cuBLAS with a GPU. */
    static CublasLibrary require(CudaDevice device, int major) {
        if (!device.name().contains("test double")) {
            CublasLibrary library = CublasLibrary.probe();
            Assumptions.assumeTrue(library.problem().isEmpty(), "cuBLAS: " + library.problem());
            return library;
        }
        return CublasLibrary.probe(major == 12 ? List.of(require(12)) : List.of(), List.of(require(13)), requireForwarder());
    }
}
