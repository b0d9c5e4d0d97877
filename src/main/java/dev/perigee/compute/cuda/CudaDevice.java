package dev.perigee.compute.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRetain;
import static jcuda.driver.JCudaDriver.cuInit;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;
import static jcuda.driver.JCudaDriver.setExceptionsEnabled;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import jcuda.CudaException;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;

/**
 * A GPU and all that Perigee holds on it: its primary context is kept from {@link #open} to {@link #close}, which gives back
 * whatever is still open. Thread-safe.
 */
public final class CudaDevice implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(CudaDevice.class.getName());

    private final CudaDriver.Device facts;
    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final int multiprocessors;
    private final int sharedMemoryPerBlock;
    private final DeviceMemory memory;
    private final Set<CudaResource> resources = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicBoolean said = new AtomicBoolean();

    private CudaDevice(CudaDriver.Device facts, long limitBytes) {
        this.facts = facts;
        this.memory = new DeviceMemory(this, limitBytes);
        Cuda.call("opening " + facts.name(), () -> {
            cuInit(0);
            cuDeviceGet(device, facts.number());
            return cuDevicePrimaryCtxRetain(context, device);
        });
        this.multiprocessors = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
        this.sharedMemoryPerBlock = attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
    }

    /**
     * Opens the device of this machine that {@link CudaDriver#chosen} says.
     *
     * @throws PerigeeException UNAVAILABLE if there is none or JCuda's library cannot be used, INVALID_ARGUMENT for a choice
     *                          that does not exist
     */
    public static CudaDevice open() {
        return open(CudaDriver.probe().chosen());
    }

    /**
     * Opens a device that {@link CudaDriver} found.
     *
     * @throws PerigeeException UNAVAILABLE if it or JCuda's library cannot be used
     */
    public static CudaDevice open(CudaDriver.Device device) {
        return open(device, device.memoryBytes());
    }

    /** @param limitBytes device memory that may be taken in all */
    static CudaDevice open(CudaDriver.Device device, long limitBytes) {
        if (!device.problem().isEmpty()) {
            throw new PerigeeException(ErrorCode.UNAVAILABLE, "CUDA: " + device.problem());
        }
        NativeLibrary.DRIVER.load(() -> setExceptionsEnabled(true));
        return new CudaDevice(device, limitBytes);
    }

    private int attribute(int which) {
        int[] value = new int[1];
        Cuda.call("asking " + facts.name(), () -> cuDeviceGetAttribute(value, which, device));
        return value[0];
    }

    CudaDriver.Device facts() {
        return facts;
    }

    public String name() {
        return facts.name();
    }

    /** Compute capability times ten: 90 is 9.0. */
    public int architecture() {
        return facts.architecture();
    }

    public String computeCapability() {
        return facts.computeCapability();
    }

    public int multiprocessors() {
        return multiprocessors;
    }

    /** Bytes of shared memory that a block may have if it asks for it. */
    public int sharedMemoryPerBlock() {
        return sharedMemoryPerBlock;
    }

    /** Memory of the device, in bytes, whoever holds it. */
    public record Memory(long free, long total) {
    }

    public Memory memory() {
        long[] free = new long[1];
        long[] total = new long[1];
        enter();
        Cuda.call("asking for free memory", () -> cuMemGetInfo(free, total));
        return new Memory(free[0], total[0]);
    }

    /**
     * Memory of the device, not cleared; the caller closes it.
     *
     * @throws PerigeeException OUT_OF_DEVICE_MEMORY if there is not so much; nothing has changed then
     */
    public DeviceBuffer allocate(long bytes, Purpose purpose) {
        return adopt(memory.allocate(bytes, purpose));
    }

    /** Bytes held for that purpose now. */
    public long allocated(Purpose purpose) {
        return memory.used(purpose);
    }

    /**
     * Memory of the host that the device reads and writes at the same address, not cleared; the caller closes it.
     *
     * @throws PerigeeException OUT_OF_DEVICE_MEMORY if so much cannot be pinned
     */
    public PinnedBuffer allocatePinned(long bytes) {
        return adopt(PinnedBuffer.allocate(this, bytes));
    }

    /** A stream that waits for no other; the caller closes it. */
    public CudaStream stream() {
        return adopt(new CudaStream(this));
    }

    /** An event that takes the time; the caller closes it. */
    public CudaEvent event() {
        return adopt(new CudaEvent(this));
    }

    /** Waits for all work on the device. @throws PerigeeException INTERNAL if some of it failed */
    public void synchronize() {
        enter();
        Cuda.call("waiting for the device", () -> cuCtxSynchronize());
    }

    /** Makes the context that of the calling thread. Before every call of the driver that needs one. */
    void enter() {
        if (closed.get()) {
            throw new PerigeeException(ErrorCode.FAILED_PRECONDITION, this + " is closed");
        }
        try {
            cuCtxSetCurrent(context);
        } catch (CudaException e) {
            throw Cuda.failed("entering " + this, e);
        }
    }

    /** Takes what was just made on it, to be closed with it at the latest. */
    <T extends CudaResource> T adopt(T resource) {
        resources.add(resource);
        if (closed.get()) { // meanwhile
            resource.close();
            enter();
        }
        return resource;
    }

    /** Frees what is being closed. */
    void release(CudaResource resource) {
        if (!resources.remove(resource)) {
            return;
        }
        try {
            cuCtxSetCurrent(context);
            resource.free();
        } catch (CudaException e) {
            refused(resource.describe(), e);
        }
    }

    /** Closes what is left on it too. Nobody may be using it; calls that come later say that it is closed. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            List.copyOf(resources).forEach(CudaResource::close);
            try {
                cuDevicePrimaryCtxRelease(device);
            } catch (CudaException e) {
                refused(toString(), e);
            }
        }
    }

    /** After a kernel that failed the driver frees nothing before the context is gone: one line of that is enough. */
    private void refused(String what, CudaException e) {
        if (said.compareAndSet(false, true)) {
            LOG.log(System.Logger.Level.WARNING, "CUDA: closing {0}: {1}", what, e.getMessage());
        }
    }

    /** {@code NVIDIA H200 (9.0, 150.8 GB)}. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s (%s, %.1f GB)", name(), computeCapability(), facts.memoryBytes() / 1e9);
    }
}
