package dev.perigee.compute.cuda;

import static jcuda.driver.JCudaDriver.cuMemAlloc;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import jcuda.CudaException;

/** How much of a device's memory is taken, and for what. Thread-safe. */
final class DeviceMemory {
    private final CudaDevice device;
    private final long limit;
    private final AtomicLong used = new AtomicLong();
    private final AtomicLongArray usedFor = new AtomicLongArray(Purpose.values().length);

    DeviceMemory(CudaDevice device, long limit) {
        this.device = device;
        this.limit = limit;
    }

    DeviceBuffer allocate(long bytes, Purpose purpose) {
        PerigeeException.check(bytes > 0, "device memory: %,d bytes for %s (expected 1 or more)", bytes, purpose);
        device.enter();
        if (!reserve(bytes)) {
            throw refused(bytes, purpose, null);
        }
        Address.Device address = new Address.Device();
        try {
            cuMemAlloc(address, bytes);
        } catch (CudaException e) {
            used.addAndGet(-bytes);
            throw e.getMessage().equals(Cuda.OUT_OF_MEMORY) ? refused(bytes, purpose, e) : Cuda.failed("allocating", e);
        }
        usedFor.addAndGet(purpose.ordinal(), bytes);
        return new DeviceBuffer(device, this, address, bytes, purpose);
    }

    /** Counts before the memory is taken, so that threads together stay below the limit too. */
    private boolean reserve(long bytes) {
        long now;
        do {
            now = used.get();
            if (bytes > limit - now) {
                return false;
            }
        } while (!used.compareAndSet(now, now + bytes));
        return true;
    }

    void returned(DeviceBuffer buffer) {
        used.addAndGet(-buffer.bytes());
        usedFor.addAndGet(buffer.purpose().ordinal(), -buffer.bytes());
    }

    long used(Purpose purpose) {
        return usedFor.get(purpose.ordinal());
    }

    private PerigeeException refused(long bytes, Purpose purpose, Throwable cause) {
        CudaDevice.Memory now = device.memory();
        return new PerigeeException(ErrorCode.OUT_OF_DEVICE_MEMORY,
                "device memory: %,d bytes for %s (free: %,d of %,d bytes, used: %,d of %,d that Perigee may, %s)"
                        .formatted(bytes, purpose, now.free(), now.total(), used.get(), limit, device), cause);
    }
}
