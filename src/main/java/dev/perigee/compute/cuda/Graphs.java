package dev.perigee.compute.cuda;

import java.util.LinkedHashMap;
import java.util.Map;

/** The graphs of a slot: chains of launches as they were recorded, never edited. The latest few are kept. */
final class Graphs implements AutoCloseable {
    private static final int MOST = 32;

    private final Map<ChainKey, CudaGraph> graphs = new LinkedHashMap<>(16, 0.75f, true);
    private int recorded;

    CudaGraph get(ChainKey key) {
        return graphs.get(key);
    }

    CudaGraph record(ChainKey key, CudaStream stream, Runnable chain) {
        graphs.entrySet().removeIf(entry -> {
            boolean gone = entry.getKey().tiles().isClosed();
            if (gone) {
                entry.getValue().close();
            }
            return gone;
        });
        if (graphs.size() == MOST) {
            ChainKey oldest = graphs.keySet().iterator().next();
            graphs.remove(oldest).close();
        }
        CudaGraph graph = CudaGraph.capture(stream, chain);
        graphs.put(key, graph);
        recorded++;
        return graph;
    }

    /** How many were recorded so far. */
    int recorded() {
        return recorded;
    }

    /** Forgets all: memory that they use was made again. */
    void clear() {
        graphs.values().forEach(CudaGraph::close);
        graphs.clear();
    }

    @Override
    public void close() {
        clear();
    }
}
