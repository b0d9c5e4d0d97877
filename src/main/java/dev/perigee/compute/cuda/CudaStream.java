package dev.perigee.compute.cuda;

import static jcuda.driver.CUstream_flags.CU_STREAM_NON_BLOCKING;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamQuery;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;
import static jcuda.driver.JCudaDriver.cuStreamWaitEvent;

import jcuda.CudaException;
import jcuda.driver.CUstream;

/** Work of the device in order. */
public final class CudaStream extends CudaResource {
    private final CUstream stream = new CUstream();

    CudaStream(CudaDevice device) {
        super(device);
        device.enter();
        Cuda.call("creating a stream", () -> cuStreamCreate(stream, CU_STREAM_NON_BLOCKING));
    }

    CUstream handle() {
        checkOpen();
        return stream;
    }

    /** Waits until all that was given to it is done. @throws dev.perigee.PerigeeException INTERNAL if some of it failed */
    public void synchronize() {
        enter();
        Cuda.call("waiting for a stream", () -> cuStreamSynchronize(stream));
    }

    /** Whether all that was given to it is done. @throws dev.perigee.PerigeeException INTERNAL if some of it failed */
    public boolean isDone() {
        enter();
        try {
            cuStreamQuery(stream);
            return true;
        } catch (CudaException e) {
            if (e.getMessage().equals(Cuda.NOT_READY)) {
                return false;
            }
            throw Cuda.failed("asking a stream", e);
        }
    }

    /** Marks this place in the stream. */
    public void record(CudaEvent event) {
        event.checkOn(device);
        enter();
        Cuda.call("recording an event", () -> cuEventRecord(event.handle(), stream));
    }

    /** What is given to this stream from now on waits for the event. */
    public void await(CudaEvent event) {
        event.checkOn(device);
        enter();
        Cuda.call("waiting for an event", () -> cuStreamWaitEvent(stream, event.handle(), 0));
    }

    private void enter() {
        checkOpen();
        device.enter();
    }

    @Override
    String describe() {
        return "stream";
    }

    @Override
    void free() {
        cuStreamDestroy(stream);
    }
}
