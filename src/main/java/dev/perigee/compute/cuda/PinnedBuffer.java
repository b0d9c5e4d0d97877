package dev.perigee.compute.cuda;

import static jcuda.driver.JCudaDriver.CU_MEMHOSTALLOC_DEVICEMAP;
import static jcuda.driver.JCudaDriver.CU_MEMHOSTALLOC_PORTABLE;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemHostGetDevicePointer;

import dev.perigee.PerigeeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Memory of the host that cannot be swapped out: copies from it run at full speed, and kernels can reach it. It is asked of the
 * driver itself, for JCuda wraps it into a ByteBuffer, which ends at 2 GB.
 */
public final class PinnedBuffer extends CudaResource {
    private static final DriverLibrary DRIVER = DriverLibrary.load(DriverLibrary.PLACES);

    private final Address start;
    private final long mapped;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;

    private PinnedBuffer(CudaDevice device, Address start, long mapped, long bytes) {
        super(device);
        this.start = start;
        this.mapped = mapped;
        this.segment = MemorySegment.ofAddress(start.value()).reinterpret(bytes, arena, null);
    }

    static PinnedBuffer allocate(CudaDevice device, long bytes) {
        PerigeeException.check(bytes > 0, "pinned memory: %,d bytes (expected 1 or more)", bytes);
        device.enter();
        Address start = pin(bytes);
        try {
            Address.Device mapped = new Address.Device();
            Cuda.call("mapping pinned memory", () -> cuMemHostGetDevicePointer(mapped, start, 0));
            return new PinnedBuffer(device, start, mapped.value(), bytes);
        } catch (PerigeeException e) {
            cuMemFreeHost(start);
            throw e;
        }
    }

    private static Address pin(long bytes) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment start = local.allocate(ValueLayout.ADDRESS);
            Cuda.check("pinning %,d bytes".formatted(bytes),
                    DRIVER.call("cuMemHostAlloc", start, bytes, CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_PORTABLE));
            return new Address(start.get(ValueLayout.ADDRESS, 0).address());
        }
    }

    /** All of it; closed with the buffer. */
    public MemorySegment segment() {
        checkOpen();
        return segment;
    }

    /** Where kernels find it. */
    long address() {
        checkOpen();
        return mapped;
    }

    @Override
    String describe() {
        return "pinned memory (%,d bytes)".formatted(segment.byteSize());
    }

    @Override
    void free() {
        arena.close(); // first: it throws while a thread is in a call with the segment, and no thread enters after
        cuMemFreeHost(start);
    }
}
