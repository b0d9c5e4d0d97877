package dev.perigee.compute.cuda;

import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES;
import static jcuda.driver.JCudaDriver.cuFuncGetAttribute;
import static jcuda.driver.JCudaDriver.cuFuncSetAttribute;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuModuleUnload;
import static jcuda.driver.JCudaDriver.cuOccupancyMaxActiveBlocksPerMultiprocessor;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.Map;
import jcuda.CudaException;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;

/** The kernels, loaded onto a device from the one fat binary of this build. */
public final class KernelModule extends CudaResource {
    static final String RESOURCE = "/dev/perigee/compute/cuda/kernels.fatbin";

    private static final int MOST_ROWS = 65_535;

    /** A kernel on this device. @param dynamicShared bytes of shared memory that a launch may ask for */
    private record Function(CUfunction handle, int mostThreads, int dynamicShared) {
    }

    private final CUmodule module = new CUmodule();
    private final Map<Kernel, Function> functions = new EnumMap<>(Kernel.class);

    private KernelModule(CudaDevice device, byte[] image) {
        super(device);
        device.enter();
        try {
            cuModuleLoadData(module, image);
        } catch (CudaException e) { // built for other devices or by a newer toolkit, whichever name the driver has for it
            throw new PerigeeException(ErrorCode.UNAVAILABLE, "CUDA: the kernels cannot be loaded: %s (%s, driver for CUDA %s)"
                    .formatted(e.getMessage(), device, CudaDriver.probe().version()), e);
        }
    }

    /** Why this build has no kernels; empty if it has. */
    public static String problem() {
        return KernelModule.class.getResource(RESOURCE) == null ? "this build has no CUDA kernels (no nvcc at build time)" : "";
    }

    /** @throws PerigeeException UNAVAILABLE if this build has no kernels, or none that this device or driver can run */
    static KernelModule load(CudaDevice device) {
        KernelModule loaded = device.adopt(new KernelModule(device, image()));
        try {
            for (Kernel kernel : Kernel.values()) {
                if (device.architecture() >= kernel.leastArchitecture()) {
                    Cuda.call("finding kernel " + kernel.symbol(), () -> loaded.find(kernel));
                }
            }
            return loaded;
        } catch (RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    /** Size of the fat binary. */
    static long bytes() {
        return image().length;
    }

    private static byte[] image() {
        try (InputStream in = KernelModule.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new PerigeeException(ErrorCode.UNAVAILABLE, "CUDA: " + problem());
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int find(Kernel kernel) {
        CUfunction function = new CUfunction();
        int[] value = new int[1];
        cuModuleGetFunction(function, module, kernel.symbol());
        cuFuncGetAttribute(value, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, function);
        int threads = value[0];
        cuFuncGetAttribute(value, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, function);
        int dynamicShared = device.sharedMemoryPerBlock() - value[0];
        // more than 48 KB must be asked for; what a launch then takes is its own matter
        cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, dynamicShared);
        functions.put(kernel, new Function(function, threads, dynamicShared));
        return 0;
    }

    boolean has(Kernel kernel) {
        return functions.containsKey(kernel);
    }

    /**
     * Starts a kernel on the stream and does not wait for it.
     *
     * @param arguments   complete, {@link Arguments#of} that kernel
     * @param columns     blocks in x
     * @param rows        blocks in y, at most 65,535
     * @param threads     per block
     * @param sharedBytes dynamic shared memory per block
     * @throws PerigeeException INTERNAL if the launch is not what the kernel takes
     */
    void launch(Arguments arguments, int columns, int rows, int threads, int sharedBytes, CudaStream stream) {
        checkOn(stream.device);
        Kernel kernel = arguments.kernel();
        Function function = function(kernel);
        if (columns < 1 || rows < 1 || rows > MOST_ROWS || threads < 1 || threads > function.mostThreads || sharedBytes < 0
                || sharedBytes > function.dynamicShared) {
            throw new PerigeeException(ErrorCode.INTERNAL,
                    "%s: %d x %d blocks of %d threads, %d bytes shared (expected up to 2^31-1 x %d of %d, %d)".formatted(
                            kernel.symbol(), columns, rows, threads, sharedBytes, MOST_ROWS, function.mostThreads,
                            function.dynamicShared));
        }
        device.enter();
        try {
            cuLaunchKernel(function.handle, columns, rows, 1, threads, 1, 1, sharedBytes, stream.handle(),
                    arguments.pointers(), null);
        } catch (CudaException e) {
            throw Cuda.failed("launching " + kernel.symbol(), e);
        }
    }

    /** Blocks of that shape that one multiprocessor runs at a time. */
    int blocksPerMultiprocessor(Kernel kernel, int threads, int sharedBytes) {
        checkOpen();
        device.enter();
        int[] blocks = new int[1];
        Cuda.call("asking for the occupancy of " + kernel.symbol(), () -> cuOccupancyMaxActiveBlocksPerMultiprocessor(
                blocks, function(kernel).handle, threads, sharedBytes));
        return blocks[0];
    }

    private Function function(Kernel kernel) {
        Function function = functions.get(kernel);
        if (function == null) {
            throw new PerigeeException(ErrorCode.UNSUPPORTED, "%s: compute capability %s (expected %d.%d or newer)".formatted(
                    kernel.symbol(), device.computeCapability(), kernel.leastArchitecture() / 10,
                    kernel.leastArchitecture() % 10));
        }
        return function;
    }

    @Override
    String describe() {
        return "kernels";
    }

    @Override
    void free() {
        cuModuleUnload(module);
    }
}
