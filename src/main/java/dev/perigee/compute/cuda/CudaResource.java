package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.concurrent.atomic.AtomicBoolean;

/** Something that lives on a device, and no longer than it. */
abstract class CudaResource implements AutoCloseable {
    final CudaDevice device;
    private final AtomicBoolean closed = new AtomicBoolean();

    CudaResource(CudaDevice device) {
        this.device = device;
    }

    /** What it is, for messages. */
    abstract String describe();

    /** Gives it back to the driver; the context is current. */
    abstract void free();

    final void checkOpen() {
        if (closed.get()) {
            throw new PerigeeException(ErrorCode.FAILED_PRECONDITION, describe() + " is closed");
        }
    }

    /** Open, and of this device. */
    final void checkOn(CudaDevice other) {
        checkOpen();
        if (device != other) {
            throw new PerigeeException(ErrorCode.INTERNAL, "%s is of another device: %s (expected %s)".formatted(
                    describe(), device, other));
        }
    }

    @Override
    public final void close() {
        if (closed.compareAndSet(false, true)) {
            device.release(this);
        }
    }
}
