// Entry points of graphs: made by capture or by hand, instantiated, launched. A graph's nodes run in the order in which they
// were added, which respects every dependency.
#include "capture.h"
#include "launch.h"

#include <algorithm>

namespace {

// Calls `action` with what `table` has behind the handle.
template <class Table, class H, class F> CUresult with(const Table& table, H handle, F action) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const auto object = table.find(handle);
    return object == nullptr ? CUDA_ERROR_INVALID_VALUE : action(call, object);
}

// Adds a node to a graph by hand.
CUresult add_node(Graph& graph, const CUgraphNode* dependencies, size_t count, Work work, CUgraphNode* result) {
    std::vector<size_t> after;
    for (size_t i = 0; i < count; i++) {
        after.push_back(graph.index(dependencies[i]));
        if (after.back() == graph.nodes.size()) {
            return CUDA_ERROR_INVALID_VALUE;
        }
    }
    *result = graph.nodes[graph.add(std::move(work), std::move(after))]->handle;
    return CUDA_SUCCESS;
}

CUresult kernel_node(const Call& call, const CUDA_KERNEL_NODE_PARAMS_v2& p, Work* work) {
    if (p.extra != nullptr || p.kern != nullptr) {
        return CUDA_ERROR_NOT_SUPPORTED;
    }
    std::shared_ptr<const Launch> launch;
    const CUresult error = make_launch(call, p.func, {p.gridDimX, p.gridDimY, p.gridDimZ},
                                       {p.blockDimX, p.blockDimY, p.blockDimZ}, p.sharedMemBytes, p.kernelParams, &launch);
    if (error == CUDA_SUCCESS) {
        *work = kernel_work(std::move(launch));
    }
    return error;
}

std::shared_ptr<GraphExec> instantiate(const Call& call, const Graph& graph) {
    auto executable = std::make_shared<GraphExec>();
    executable->context = call.context;
    for (const auto& node : graph.nodes) {
        executable->sources.push_back(node->handle);
        executable->works.push_back(node->work);
        executable->after.push_back(node->after);
    }
    return executable;
}

// Fills a caller's array of `*count` places, or says how many there are.
template <class T> CUresult give(const std::vector<T>& values, T* array, size_t* count) {
    if (count == nullptr) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (array == nullptr) {
        *count = values.size();
        return CUDA_SUCCESS;
    }
    for (size_t i = 0; i < *count; i++) {
        array[i] = i < values.size() ? values[i] : nullptr;
    }
    *count = std::min(*count, values.size());
    return CUDA_SUCCESS;
}

} // namespace

DRIVER cuGraphCreate(CUgraph* result, unsigned flags) {
    Call call(Call::INITIALISED);
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    if (result == nullptr || flags != 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    *result = driver().graphs.add(std::make_shared<Graph>());
    return CUDA_SUCCESS;
}

DRIVER cuGraphDestroy(CUgraph handle) {
    return with(driver().graphs, handle, [&](Call&, const std::shared_ptr<Graph>& graph) {
        for (const auto& node : graph->nodes) {
            driver().nodes.remove(node->handle);
        }
        driver().graphs.remove(handle);
        return CUDA_SUCCESS;
    });
}

DRIVER cuGraphAddKernelNode_v2(CUgraphNode* result, CUgraph handle, const CUgraphNode* dependencies, size_t count,
                               const CUDA_KERNEL_NODE_PARAMS_v2* parameters) {
    return with(driver().graphs, handle, [&](Call& call, const std::shared_ptr<Graph>& graph) {
        Work work;
        const CUresult error = kernel_node(call, *parameters, &work);
        return error != CUDA_SUCCESS ? error : add_node(*graph, dependencies, count, std::move(work), result);
    });
}

DRIVER cuGraphAddHostNode(CUgraphNode* result, CUgraph handle, const CUgraphNode* dependencies, size_t count,
                          const CUDA_HOST_NODE_PARAMS* parameters) {
    return with(driver().graphs, handle, [&](Call&, const std::shared_ptr<Graph>& graph) {
        Work work;
        work.type = NODE_HOST;
        work.run = [p = *parameters] {
            p.fn(p.userData);
            return CUDA_SUCCESS;
        };
        return add_node(*graph, dependencies, count, std::move(work), result);
    });
}

DRIVER cuGraphAddEmptyNode(CUgraphNode* result, CUgraph handle, const CUgraphNode* dependencies, size_t count) {
    return with(driver().graphs, handle, [&](Call&, const std::shared_ptr<Graph>& graph) {
        return add_node(*graph, dependencies, count, {}, result);
    });
}

DRIVER cuGraphGetNodes(CUgraph handle, CUgraphNode* nodes, size_t* count) {
    return with(driver().graphs, handle, [&](Call&, const std::shared_ptr<Graph>& graph) {
        std::vector<CUgraphNode> all;
        for (const auto& node : graph->nodes) {
            all.push_back(node->handle);
        }
        return give(all, nodes, count);
    });
}

DRIVER cuGraphGetRootNodes(CUgraph handle, CUgraphNode* nodes, size_t* count) {
    return with(driver().graphs, handle, [&](Call&, const std::shared_ptr<Graph>& graph) {
        std::vector<CUgraphNode> roots;
        for (const auto& node : graph->nodes) {
            if (node->after.empty()) {
                roots.push_back(node->handle);
            }
        }
        return give(roots, nodes, count);
    });
}

DRIVER cuGraphGetEdges(CUgraph handle, CUgraphNode* from, CUgraphNode* to, size_t* count) {
    return with(driver().graphs, handle, [&](Call&, const std::shared_ptr<Graph>& graph) {
        std::vector<CUgraphNode> froms, tos;
        for (const auto& node : graph->nodes) {
            for (const size_t before : node->after) {
                froms.push_back(graph->nodes[before]->handle);
                tos.push_back(node->handle);
            }
        }
        size_t same = count == nullptr ? 0 : *count;
        const CUresult error = give(froms, from, count);
        return error == CUDA_SUCCESS && to != nullptr ? give(tos, to, &same) : error;
    });
}

DRIVER cuGraphNodeGetType(CUgraphNode handle, CUgraphNodeType* type) {
    return with(driver().nodes, handle, [&](Call&, const std::shared_ptr<GraphNode>& node) {
        *type = node->work.type;
        return CUDA_SUCCESS;
    });
}

DRIVER cuGraphKernelNodeGetParams_v2(CUgraphNode handle, CUDA_KERNEL_NODE_PARAMS_v2* parameters) {
    return with(driver().nodes, handle, [&](Call& call, const std::shared_ptr<GraphNode>& node) {
        if (node->work.type != NODE_KERNEL) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        const Launch& launch = *node->work.launch;
        *parameters = {launch.function, launch.grid.x, launch.grid.y, launch.grid.z, launch.block.x, launch.block.y,
                       launch.block.z, launch.shared_bytes, const_cast<void**>(launch.arguments.data()), nullptr, nullptr,
                       call.context->handle};
        return CUDA_SUCCESS;
    });
}

DRIVER cuGraphKernelNodeSetParams_v2(CUgraphNode handle, const CUDA_KERNEL_NODE_PARAMS_v2* parameters) {
    return with(driver().nodes, handle, [&](Call& call, const std::shared_ptr<GraphNode>& node) {
        return node->work.type != NODE_KERNEL ? CUDA_ERROR_INVALID_VALUE : kernel_node(call, *parameters, &node->work);
    });
}

DRIVER cuGraphInstantiateWithFlags(CUgraphExec* result, CUgraph handle, unsigned long long) {
    return with(driver().graphs, handle, [&](Call& call, const std::shared_ptr<Graph>& graph) {
        *result = driver().executables.add(instantiate(call, *graph));
        return CUDA_SUCCESS;
    });
}

DRIVER cuGraphExecDestroy(CUgraphExec handle) {
    return with(driver().executables, handle, [&](Call&, const std::shared_ptr<GraphExec>&) {
        driver().executables.remove(handle);
        return CUDA_SUCCESS;
    });
}

DRIVER cuGraphExecKernelNodeSetParams_v2(CUgraphExec handle, CUgraphNode node,
                                         const CUDA_KERNEL_NODE_PARAMS_v2* parameters) {
    return with(driver().executables, handle, [&](Call& call, const std::shared_ptr<GraphExec>& executable) {
        const auto& sources = executable->sources;
        const size_t index = std::find(sources.begin(), sources.end(), node) - sources.begin();
        if (index == sources.size() || executable->works[index].type != NODE_KERNEL) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        return kernel_node(call, *parameters, &executable->works[index]);
    });
}

// Takes over the parameters of a graph of the same shape.
DRIVER cuGraphExecUpdate_v2(CUgraphExec handle, CUgraph graph_handle, void*) {
    return with(driver().executables, handle, [&](Call& call, const std::shared_ptr<GraphExec>& executable) {
        const std::shared_ptr<Graph> graph = driver().graphs.find(graph_handle);
        if (graph == nullptr) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        const std::shared_ptr<GraphExec> fresh = instantiate(call, *graph);
        bool same = fresh->after == executable->after;
        for (size_t i = 0; same && i < fresh->works.size(); i++) {
            same = fresh->works[i].type == executable->works[i].type;
        }
        if (!same) {
            return CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
        }
        executable->works = fresh->works;
        executable->sources = fresh->sources;
        return CUDA_SUCCESS;
    });
}

DRIVER cuGraphLaunch(CUgraphExec handle, CUstream stream_handle) {
    return with(driver().executables, handle, [&](Call& call, const std::shared_ptr<GraphExec>& executable) {
        const std::shared_ptr<Stream> stream = call.stream(stream_handle);
        if (stream == nullptr || executable->context != call.context) {
            return CUDA_ERROR_INVALID_HANDLE;
        }
        return submit(call, stream, executable->works);
    });
}

DRIVER cuGraphUpload(CUgraphExec handle, CUstream stream_handle) {
    return with(driver().executables, handle, [&](Call& call, const std::shared_ptr<GraphExec>&) {
        return call.stream(stream_handle) == nullptr ? CUDA_ERROR_INVALID_HANDLE : CUDA_SUCCESS;
    });
}
