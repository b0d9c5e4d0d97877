package dev.perigee.compute.cuda;

import java.util.Arrays;
import java.util.List;

/**
 * The functions of the driver that this package calls, by the names of its library. JCuda binds them at their first call,
 * and a missing one ends the process there: so they are looked up before.
 */
enum DriverFunction {
    // asked by CudaDriver
    cuInit, cuDriverGetVersion, cuDeviceGetCount, cuDeviceGet, cuDeviceGetName, cuDeviceGetAttribute, cuDeviceTotalMem_v2,
    cuGetErrorName, cuGetErrorString,
    // the context
    cuDevicePrimaryCtxRetain, cuDevicePrimaryCtxRelease_v2, cuCtxSetCurrent, cuCtxSynchronize,
    // memory
    cuMemGetInfo_v2, cuMemAlloc_v2, cuMemFree_v2, cuMemHostAlloc, cuMemHostGetDevicePointer_v2, cuMemFreeHost,
    cuMemcpyHtoDAsync_v2, cuMemcpyDtoHAsync_v2, cuMemcpyDtoDAsync_v2, cuMemsetD8Async, cuMemsetD32Async,
    // streams and events
    cuStreamCreate, cuStreamDestroy_v2, cuStreamQuery, cuStreamSynchronize, cuStreamWaitEvent,
    cuEventCreate, cuEventDestroy_v2, cuEventRecord, cuEventSynchronize, cuEventElapsedTime,
    // kernels and graphs
    cuModuleLoadData, cuModuleUnload, cuModuleGetFunction, cuFuncGetAttribute, cuFuncSetAttribute, cuLaunchKernel,
    cuOccupancyMaxActiveBlocksPerMultiprocessor,
    cuStreamBeginCapture_v2, cuStreamEndCapture, cuGraphInstantiateWithFlags, cuGraphLaunch, cuGraphExecDestroy,
    cuGraphDestroy;

    static List<String> missingIn(DriverLibrary library) {
        return Arrays.stream(values()).map(Enum::name).filter(name -> !library.has(name)).toList();
    }
}
