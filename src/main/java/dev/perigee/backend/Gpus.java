package dev.perigee.backend;

import dev.perigee.PerigeeException;
import dev.perigee.compute.cuda.CudaDriver;
import dev.perigee.compute.cuda.KernelModule;
import dev.perigee.compute.cuda.NativeLibrary;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The GPUs of this machine, and what stands between them and use.
 *
 * @param driver  highest CUDA version that the driver knows, such as 12.6; empty without a driver that works
 * @param devices all that the driver finds, by number
 * @param library file of JCuda's native library; empty if there is none
 * @param problem why no GPU can be used; empty if the chosen one can
 */
public record Gpus(String driver, List<Gpu> devices, String library, String problem) {
    /** @param problem why it cannot be used; empty if it can */
    public record Gpu(int number, String name, String computeCapability, long memoryBytes, boolean chosen, String problem) {
    }

    static Gpus find() {
        CudaDriver cuda = CudaDriver.probe();
        int chosen = -1;
        String problem = cuda.problem();
        if (problem.isEmpty()) {
            problem = Optional.of(NativeLibrary.DRIVER.problem()).filter(p -> !p.isEmpty()).orElseGet(KernelModule::problem);
            try {
                chosen = cuda.chosen().number();
            } catch (PerigeeException e) {
                problem = e.getMessage();
            }
        }
        int number = chosen;
        return new Gpus(cuda.version(), cuda.devices().stream().map(d -> new Gpu(d.number(), d.name(), d.computeCapability(),
                d.memoryBytes(), d.number() == number, d.problem())).toList(),
                NativeLibrary.DRIVER.find().map(Path::toString).orElse(""), problem);
    }
}
