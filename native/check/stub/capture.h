// Graphs, and the capture of streams into them.
#pragma once
#include "stream.h"

#include <thread>

struct GraphNode {
    CUgraphNode handle = nullptr;
    Work work;
    std::vector<size_t> after; // earlier nodes of the graph
};

// Nodes stand in an order in which they can run: each depends on earlier ones only.
struct Graph {
    CUgraph handle = nullptr;
    std::vector<std::shared_ptr<GraphNode>> nodes;

    size_t add(Work work, std::vector<size_t> after);
    size_t index(CUgraphNode node) const; // nodes.size() if it is not here
};

struct GraphExec {
    CUgraphExec handle = nullptr;
    std::shared_ptr<Context> context;
    std::vector<CUgraphNode> sources; // the node that each work was made from
    std::vector<Work> works;
    std::vector<std::vector<size_t>> after;
};

struct Capture {
    std::shared_ptr<Graph> graph;
    std::shared_ptr<Stream> origin;
    CUstreamCaptureMode mode = CAPTURE_GLOBAL;
    std::thread::id thread;
    bool invalidated = false;
};

CUresult begin_capture(const std::shared_ptr<Stream>& stream, CUstreamCaptureMode mode);
// The graph, which the caller owns then, or an error; the capture is over in both cases, unless the stream or the thread
// is not the one that began it.
CUresult end_capture(const std::shared_ptr<Stream>& stream, std::shared_ptr<Graph>* graph);
CUresult add_to_capture(Stream& stream, std::vector<Work> works);

// Fails, and spoils the captures, if the calling thread may not make calls that a capture cannot hold.
CUresult check_not_capturing();
// The same for a stream that is captured.
CUresult check_not_capturing(Stream& stream);
// The same for work on the null stream, which would order itself after captured work.
CUresult check_no_implicit_capture(const Stream& stream);

CUstreamCaptureMode& thread_capture_mode();
