package dev.perigee.backend;

import dev.perigee.PerigeeException;
import dev.perigee.compute.cuda.CublasLibrary;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.cuda.CudaBackend;
import dev.perigee.compute.cuda.CudaDriver;
import dev.perigee.compute.cuda.KernelModule;
import dev.perigee.compute.cuda.NativeLibrary;
import java.nio.file.Path;
import java.util.List;

/**
 * The GPUs of this machine, and what stands between them and use.
 *
 * @param driver  highest CUDA version that the driver knows, such as 12.6; empty without a driver that works
 * @param devices all that the driver finds, by number
 * @param library JCuda's native library
 * @param kernels the kernels of this build
 * @param problem why no GPU can be used; empty if the chosen one can
 */
public record Gpus(String driver, List<Gpu> devices, Part library, Part kernels, String problem) {
    /** @param problem why it cannot be used; empty if it can */
    public record Gpu(int number, String name, String computeCapability, long memoryBytes, boolean chosen, String problem) {
    }

    /** Something that a GPU needs. @param place where it is @param problem why it is not there; empty if it is */
    public record Part(String place, String problem) {
    }

    /** cuBLAS, which general products are made with. */
    static Part cublas() {
        CublasLibrary library = CublasLibrary.probe();
        return new Part(library.file(), library.problem());
    }

    /** The rows of {@code bench gpu} as one H200 should have them: limits and goals, no values. Needs no GPU. */
    public static List<Benchmark.Row> expectedRows() {
        return CudaBackend.expectedRows();
    }

    static Gpus find() {
        return of(CudaDriver.probe(), System.getenv(CudaDriver.CHOICE));
    }

    static Gpus of(CudaDriver cuda, String choice) {
        Part library = new Part(NativeLibrary.DRIVER.find().map(Path::toString).orElse(""), NativeLibrary.DRIVER.problem());
        Part kernels = new Part("in this build", KernelModule.problem());
        List<CudaDriver.Device> chosen = List.of();
        String problem = library.problem().isEmpty() ? kernels.problem() : library.problem();
        try {
            chosen = cuda.choose(choice);
        } catch (PerigeeException e) { // no driver, no such device, one that is too old
            problem = cuda.problem().isEmpty() ? e.getMessage() : cuda.problem();
        }
        List<CudaDriver.Device> used = chosen;
        return new Gpus(cuda.version(), cuda.devices().stream().map(d -> new Gpu(d.number(), d.name(), d.computeCapability(),
                d.memoryBytes(), used.contains(d), d.problem())).toList(), library, kernels, problem);
    }
}
