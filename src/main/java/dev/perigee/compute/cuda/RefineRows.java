package dev.perigee.compute.cuda;

import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;

/** The rows that candidates are refined from: on the device if there is room, else in pinned memory that it reads as it goes. */
final class RefineRows implements AutoCloseable {
    /** Bytes of one upload: the driver stages what is not pinned. */
    private static final long PIECE = 64L << 20;

    private final long stride;
    private final DeviceBuffer onDevice;
    private final PinnedBuffer onHost;

    /**
     * @param others bytes of device memory that are wanted for other things
     * @param most   bytes of rows on the device
     * @throws dev.perigee.PerigeeException OUT_OF_DEVICE_MEMORY if so much cannot be pinned either
     */
    RefineRows(Matrix rows, long others, long most, Slot slot) {
        MemorySegment values = rows.segment().asSlice(0, rows.rows() * rows.stride());
        long bytes = Math.max(4, values.byteSize());
        long free = slot.device().memory().free();
        this.stride = rows.stride();
        if (bytes <= most && bytes + others <= free - free / 4) {
            onHost = null;
            onDevice = slot.device().allocate(bytes, Purpose.ROWS);
            for (long at = 0; at < values.byteSize(); at += PIECE) {
                onDevice.upload(at, values.asSlice(at, Math.min(PIECE, values.byteSize() - at)), slot.stream());
            }
            slot.stream().synchronize();
        } else {
            onDevice = null;
            onHost = slot.device().allocatePinned(bytes);
            onHost.segment().copyFrom(values);
        }
    }

    boolean isOnDevice() {
        return onDevice != null;
    }

    /** Where they are, and floats from one to the next. */
    Arguments put(Arguments a) {
        return (onDevice == null ? a.put(onHost) : a.put(onDevice)).put(stride / 4);
    }

    @Override
    public void close() {
        if (onDevice == null) {
            onHost.close();
        } else {
            onDevice.close();
        }
    }
}
