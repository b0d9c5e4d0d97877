#include "client.h"

void test_captures() {
    const Ready ready;
    const CUfunction fill = ready.function("fill_ramp");
    const CUstream stream = make_stream(), side = make_stream();
    const CUdeviceptr values = allocate(4000);
    OK("cuMemsetD32_v2", values, 0, 1000);
    CUgraph graph;
    CUevent fork, join;
    OK("cuEventCreate", &fork, 2);
    OK("cuEventCreate", &join, 2);

    // Work of two streams that were joined.
    GIVES(CUDA_ERROR_ILLEGAL_STATE, "cuStreamEndCapture", stream, &graph);
    OK("cuStreamBeginCapture_v2", stream, CAPTURE_THREAD_LOCAL);
    CUstreamCaptureStatus status;
    OK("cuStreamIsCapturing", stream, &status);
    EXPECT(status == CAPTURE_ACTIVE);
    EXPECT(ramp(fill, stream, values, 1000, 1, 1) == CUDA_SUCCESS);
    OK("cuEventRecord", fork, stream);
    OK("cuStreamWaitEvent", side, fork, 0);
    OK("cuMemsetD32Async", values, 0, 10, side);
    OK("cuEventRecord", join, side);
    OK("cuStreamWaitEvent", stream, join, 0);
    GIVES(CUDA_ERROR_CAPTURED_EVENT, "cuEventQuery", join);
    OK("cuStreamEndCapture", stream, &graph);
    EXPECT(read_floats(values, 1000)[999] == 0); // nothing has run
    size_t count = 0;
    OK("cuGraphGetNodes", graph, nullptr, &count);
    EXPECT(count == 2);
    OK("cuGraphGetEdges", graph, nullptr, nullptr, &count);
    EXPECT(count == 1);

    CUgraphExec executable;
    OK("cuGraphInstantiateWithFlags", &executable, graph, 0);
    OK("cuGraphDestroy", graph);
    for (int i = 0; i < 3; i++) {
        OK("cuMemsetD32_v2", values, 0, 1000);
        OK("cuGraphLaunch", executable, stream);
        OK("cuStreamSynchronize", stream);
        const std::vector<float> read = read_floats(values, 1000);
        EXPECT(read[9] == 0 && read[10] == 11 && read[999] == 1000);
    }
    OK("cuGraphExecDestroy", executable);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuGraphLaunch", executable, stream);

    // What a capture cannot hold, and what it leaves.
    OK("cuStreamBeginCapture_v2", stream, CAPTURE_THREAD_LOCAL);
    GIVES(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "cuStreamSynchronize", stream);
    EXPECT(ramp(fill, stream, values, 1, 1, 1) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    GIVES(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "cuStreamEndCapture", stream, &graph);
    EXPECT(graph == nullptr);
    OK("cuStreamBeginCapture_v2", stream, CAPTURE_THREAD_LOCAL);
    CUdeviceptr address;
    GIVES(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "cuMemAlloc_v2", &address, 16);
    GIVES(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "cuStreamEndCapture", stream, &graph);
    OK("cuStreamBeginCapture_v2", stream, CAPTURE_RELAXED);
    OK("cuMemAlloc_v2", &address, 16);
    OK("cuStreamEndCapture", stream, &graph);
    OK("cuGraphDestroy", graph);

    OK("cuStreamBeginCapture_v2", stream, CAPTURE_RELAXED);
    OK("cuEventRecord", fork, stream);
    OK("cuStreamWaitEvent", side, fork, 0);
    EXPECT(ramp(fill, side, values, 1, 1, 1) == CUDA_SUCCESS);
    GIVES(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "cuStreamEndCapture", side, &graph);
    GIVES(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, "cuStreamEndCapture", stream, &graph);
    OK("cuStreamSynchronize", side);
    GIVES(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "cuStreamBeginCapture_v2", nullptr, CAPTURE_RELAXED);
    const CUstream blocking = make_stream(0);
    OK("cuStreamBeginCapture_v2", blocking, CAPTURE_RELAXED);
    EXPECT(ramp(fill, nullptr, values, 1, 1, 1) == CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
    GIVES(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "cuStreamEndCapture", blocking, &graph);
}

void test_graphs() {
    const Ready ready;
    const CUstream stream = make_stream();
    CUdeviceptr values = allocate(4000);
    OK("cuMemsetD32_v2", values, 0, 1000);
    int count = 1000;
    float start = 1;
    double step = 1;
    void* arguments[] = {&values, &count, &start, &step};
    CUDA_KERNEL_NODE_PARAMS_v2 parameters = {ready.function("fill_ramp"), 16, 1, 1, 64, 1, 1, 0, arguments, nullptr, nullptr,
                                             nullptr};
    CUgraph graph;
    CUgraphNode kernel, host;
    OK("cuGraphCreate", &graph, 0);
    OK("cuGraphAddKernelNode_v2", &kernel, graph, nullptr, 0, &parameters);
    static int calls = 0;
    CUDA_HOST_NODE_PARAMS call_back = {+[](void*) { calls++; }, nullptr};
    OK("cuGraphAddHostNode", &host, graph, &kernel, 1, &call_back);
    CUgraphExec executable;
    OK("cuGraphInstantiateWithFlags", &executable, graph, 0);
    start = 50; // arguments were copied
    OK("cuGraphLaunch", executable, stream);
    OK("cuStreamSynchronize", stream);
    EXPECT(read_floats(values, 1000)[999] == 1000 && calls == 1);

    OK("cuGraphExecKernelNodeSetParams_v2", executable, kernel, &parameters);
    OK("cuGraphLaunch", executable, stream);
    OK("cuStreamSynchronize", stream);
    EXPECT(read_floats(values, 1000)[999] == 1049 && calls == 2);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuGraphExecKernelNodeSetParams_v2", executable, host, &parameters);

    CUDA_KERNEL_NODE_PARAMS_v2 given;
    OK("cuGraphKernelNodeGetParams_v2", kernel, &given);
    EXPECT(given.gridDimX == 16 && *static_cast<float*>(given.kernelParams[2]) == 1);
    OK("cuGraphExecUpdate_v2", executable, graph, nullptr);
    OK("cuGraphLaunch", executable, stream);
    OK("cuStreamSynchronize", stream);
    EXPECT(read_floats(values, 1000)[999] == 1000);
    CUgraph empty;
    OK("cuGraphCreate", &empty, 0);
    GIVES(CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE, "cuGraphExecUpdate_v2", executable, empty, nullptr);
    parameters.blockDimX = 2000;
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuGraphAddKernelNode_v2", &kernel, graph, nullptr, 0, &parameters);
}
