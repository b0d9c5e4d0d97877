package dev.perigee.compute.cuda;

import static jcuda.driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;

import jcuda.CudaException;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;

/**
 * A chain of launches and copies, recorded once and started by one call. It keeps the values of all arguments: what changes
 * between launches is read by the kernels from memory.
 */
public final class CudaGraph extends CudaResource {
    private final CUgraphExec graph = new CUgraphExec();

    private CudaGraph(CudaDevice device, CUgraph recorded) {
        super(device);
        Cuda.call("instantiating a graph", () -> cuGraphInstantiate(graph, recorded, 0));
    }

    /** Records what {@code work} gives to the stream, instead of doing it; the caller closes it. */
    public static CudaGraph capture(CudaStream stream, Runnable work) {
        CudaDevice device = stream.device;
        CUgraph recorded = new CUgraph();
        device.enter();
        Cuda.call("recording a graph", () -> cuStreamBeginCapture(stream.handle(), CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
        Throwable failure = null;
        try {
            work.run();
        } catch (Throwable e) {
            failure = e;
            throw e;
        } finally {
            end(stream, recorded, failure);
        }
        try {
            return device.adopt(new CudaGraph(device, recorded));
        } finally {
            cuGraphDestroy(recorded);
        }
    }

    /** The stream must not stay in capture; what went wrong before counts more than that it cannot be ended well. */
    private static void end(CudaStream stream, CUgraph recorded, Throwable failure) {
        stream.device.enter();
        try {
            cuStreamEndCapture(stream.handle(), recorded);
            if (failure != null) {
                cuGraphDestroy(recorded);
            }
        } catch (CudaException e) {
            if (failure == null) {
                throw Cuda.failed("recording a graph", e);
            }
            failure.addSuppressed(e);
        }
    }

    public void launch(CudaStream stream) {
        checkOn(stream.device);
        device.enter();
        Cuda.call("launching a graph", () -> cuGraphLaunch(graph, stream.handle()));
    }

    @Override
    String describe() {
        return "graph";
    }

    @Override
    void free() {
        cuGraphExecDestroy(graph);
    }
}
