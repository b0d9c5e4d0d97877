package dev.perigee.compute.cuda;

import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;

import dev.perigee.PerigeeException;
import java.lang.foreign.MemorySegment;

/**
 * Memory of a device, aligned to 256 bytes. Offsets are in bytes. Copies are ordered by their stream and may return before
 * they are done: from memory that is not pinned an upload has read its source by then, a download has not written.
 */
public final class DeviceBuffer extends CudaResource {
    private final DeviceMemory memory;
    private final Address.Device start;
    private final long bytes;
    private final Purpose purpose;

    DeviceBuffer(CudaDevice device, DeviceMemory memory, Address.Device start, long bytes, Purpose purpose) {
        super(device);
        this.memory = memory;
        this.start = start;
        this.bytes = bytes;
        this.purpose = purpose;
    }

    public long bytes() {
        return bytes;
    }

    public Purpose purpose() {
        return purpose;
    }

    /** Where kernels find it. */
    long address() {
        checkOpen();
        return start.value();
    }

    /** Copies all of {@code from}, memory of the host, to {@code offset}. */
    public void upload(long offset, MemorySegment from, CudaStream stream) {
        Address.Device into = range(offset, from.byteSize(), stream);
        Address source = host(from);
        Cuda.call("uploading", () -> cuMemcpyHtoDAsync(into, source, from.byteSize(), stream.handle()));
    }

    /** Fills all of {@code into}, memory of the host, from {@code offset}. */
    public void download(long offset, MemorySegment into, CudaStream stream) {
        Address.Device from = range(offset, into.byteSize(), stream);
        Address target = host(into);
        Cuda.call("downloading", () -> cuMemcpyDtoHAsync(target, from, into.byteSize(), stream.handle()));
    }

    /** Copies {@code count} bytes of another buffer of this device. */
    public void copy(long offset, DeviceBuffer from, long fromOffset, long count, CudaStream stream) {
        Address.Device into = range(offset, count, stream);
        Address.Device source = from.range(fromOffset, count, stream);
        Cuda.call("copying", () -> cuMemcpyDtoDAsync(into, source, count, stream.handle()));
    }

    public void fill(long offset, long count, byte value, CudaStream stream) {
        Address.Device into = range(offset, count, stream);
        Cuda.call("filling", () -> cuMemsetD8Async(into, value, count, stream.handle()));
    }

    /** Fills with 32-bit words; offset and count are in bytes and multiples of four. */
    public void fill(long offset, long count, int value, CudaStream stream) {
        assert (offset | count) % Integer.BYTES == 0;
        Address.Device into = range(offset, count, stream);
        Cuda.call("filling", () -> cuMemsetD32Async(into, value, count / Integer.BYTES, stream.handle()));
    }

    private Address.Device range(long offset, long count, CudaStream stream) {
        checkOn(stream.device);
        stream.checkOpen();
        PerigeeException.check(offset >= 0 && count >= 0 && offset <= bytes - count, "%s: bytes %,d to %,d (expected 0 to %,d)",
                purpose, offset, offset + count, bytes);
        device.enter();
        return new Address.Device(start.value() + offset);
    }

    private static Address host(MemorySegment segment) {
        PerigeeException.check(segment.isNative(), "copying: memory of the heap (expected native memory)");
        return new Address(segment.address());
    }

    @Override
    String describe() {
        return "device memory for %s (%,d bytes)".formatted(purpose, bytes);
    }

    @Override
    void free() {
        memory.returned(this);
        cuMemFree(start);
    }
}
