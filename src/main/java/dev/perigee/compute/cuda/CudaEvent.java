package dev.perigee.compute.cuda;

import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventElapsedTime;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;

import jcuda.driver.CUevent;

/** A place in a stream, and when the device came by. {@link CudaStream#record} puts it there. */
public final class CudaEvent extends CudaResource {
    private final CUevent event = new CUevent();

    CudaEvent(CudaDevice device) {
        super(device);
        device.enter();
        Cuda.call("creating an event", () -> cuEventCreate(event, 0));
    }

    CUevent handle() {
        checkOpen();
        return event;
    }

    /** Waits until the device has come by. */
    public void synchronize() {
        checkOpen();
        device.enter();
        Cuda.call("waiting for an event", () -> cuEventSynchronize(event));
    }

    /** Milliseconds of the device from {@code start} to this event; both have been recorded, and this one waited for. */
    public float millisSince(CudaEvent start) {
        start.checkOn(device);
        checkOpen();
        float[] millis = new float[1];
        device.enter();
        Cuda.call("reading the time", () -> cuEventElapsedTime(millis, start.event, event));
        return millis[0];
    }

    @Override
    String describe() {
        return "event";
    }

    @Override
    void free() {
        cuEventDestroy(event);
    }
}
