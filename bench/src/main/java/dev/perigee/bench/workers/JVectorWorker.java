package dev.perigee.bench.workers;

import dev.perigee.distance.Distance;
import io.github.jbellis.jvector.graph.GraphIndexBuilder;
import io.github.jbellis.jvector.graph.GraphSearcher;
import io.github.jbellis.jvector.graph.ImmutableGraphIndex;
import io.github.jbellis.jvector.graph.ListRandomAccessVectorValues;
import io.github.jbellis.jvector.graph.RandomAccessVectorValues;
import io.github.jbellis.jvector.graph.SearchResult.NodeScore;
import io.github.jbellis.jvector.graph.similarity.BuildScoreProvider;
import io.github.jbellis.jvector.graph.similarity.DefaultSearchScoreProvider;
import io.github.jbellis.jvector.util.Bits;
import io.github.jbellis.jvector.vector.VectorSimilarityFunction;
import io.github.jbellis.jvector.vector.VectorizationProvider;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import io.github.jbellis.jvector.vector.types.VectorTypeSupport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;

/**
 * JVector's graph in memory, over the rows themselves, with twice "links" edges per node as HNSW has in its lowest layer;
 * ef candidates are kept and ranked by exact distance.
 */
public final class JVectorWorker extends Worker {
    private static final float OVERFLOW = 1.2f; // as JVector's own examples have them
    private static final float ALPHA = 1.2f;

    private ImmutableGraphIndex graph;
    private RandomAccessVectorValues values;
    private VectorSimilarityFunction similarity;

    public static void main(String[] args) throws IOException {
        new JVectorWorker().serve();
    }

    @Override
    protected Map<String, Object> hello() {
        String build = logged("io.github.jbellis.jvector", VectorizationProvider::getInstance);
        String jar = GraphSearcher.class.getProtectionDomain().getCodeSource().getLocation().getPath();
        return Map.of("engine", "jvector", "version", jar.replaceAll(".*jvector-|\\.jar", ""), "build", build);
    }

    @Override
    protected long build(String index, Distance distance, Rows rows, int threads, Request options) throws Exception {
        graph = null;
        values = null;
        if (!index.equals("hnsw")) {
            throw new Skip("no index '%s' (JVector has hnsw)".formatted(index));
        }
        VectorTypeSupport types = VectorizationProvider.getInstance().getVectorTypeSupport();
        List<VectorFloat<?>> all = new ArrayList<>();
        for (int i = 0; i < rows.count(); i++) {
            all.add(types.createFloatVector(rows.get(i)));
        }
        values = new ListRandomAccessVectorValues(all, rows.dim());
        similarity = distance == Distance.L2 ? VectorSimilarityFunction.EUCLIDEAN : VectorSimilarityFunction.DOT_PRODUCT;
        try (ForkJoinPool pool = new ForkJoinPool(threads);
                GraphIndexBuilder builder = new GraphIndexBuilder(
                        BuildScoreProvider.randomAccessScoreProvider(values, similarity), rows.dim(),
                        2 * options.number("links"), options.number("ef_construction"), OVERFLOW, ALPHA, true, true, pool, pool)) {
            graph = builder.build(values);
        }
        return graph.ramBytesUsed() + (long) rows.count() * rows.dim() * Float.BYTES;
    }

    @Override
    protected Pass.Search search(int k, Request options) {
        int ef = Math.max(k, options.number("ef"));
        VectorTypeSupport types = VectorizationProvider.getInstance().getVectorTypeSupport();
        GraphSearcher searcher = new GraphSearcher(graph);
        return (query, found) -> {
            NodeScore[] nodes = searcher.search(DefaultSearchScoreProvider.exact(types.createFloatVector(query), similarity, values),
                    k, ef, 0, 0, Bits.ALL).getNodes();
            for (int i = 0; i < nodes.length; i++) {
                found[i] = nodes[i].node;
            }
        };
    }
}
