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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;

/**
 * JVector's graph in memory, over the rows themselves, with twice "links" edges per node as HNSW has in its lowest layer;
 * ef candidates are kept and ranked by exact distance. Its inner product is for rows of length 1 (with others a graph had a
 * recall of 0.8 where L2 had 0.99), so these get one more value that makes all of them equally long, queries a zero: the
 * order by L2 is then that by inner product (Bachrach et al., 2014).
 */
public final class JVectorWorker extends Worker {
    private static final float OVERFLOW = 1.2f; // as JVector's own examples have them
    private static final float ALPHA = 1.2f;

    private ImmutableGraphIndex graph;
    private RandomAccessVectorValues values;
    private VectorSimilarityFunction similarity;
    private boolean lengthened;

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
        similarity = distance == Distance.COSINE ? VectorSimilarityFunction.DOT_PRODUCT : VectorSimilarityFunction.EUCLIDEAN;
        lengthened = distance == Distance.INNER_PRODUCT;
        int dim = rows.dim() + (lengthened ? 1 : 0);
        double longest = 0;
        for (int i = 0; lengthened && i < rows.count(); i++) {
            longest = Math.max(longest, squares(rows.get(i)));
        }
        List<VectorFloat<?>> all = new ArrayList<>();
        for (int i = 0; i < rows.count(); i++) {
            float[] row = rows.get(i);
            all.add(types.createFloatVector(lengthened ? with(row, Math.sqrt(longest - squares(row))) : row));
        }
        values = new ListRandomAccessVectorValues(all, dim);
        try (ForkJoinPool pool = new ForkJoinPool(threads);
                GraphIndexBuilder builder = new GraphIndexBuilder(
                        BuildScoreProvider.randomAccessScoreProvider(values, similarity), dim,
                        2 * options.number("links"), options.number("ef_construction"), OVERFLOW, ALPHA, true, true,
                        pool, pool)) {
            graph = builder.build(values);
        }
        return graph.ramBytesUsed() + (long) rows.count() * dim * Float.BYTES;
    }

    @Override
    protected Pass.Search search(int k, Request options) {
        int ef = Math.max(k, options.number("ef"));
        VectorTypeSupport types = VectorizationProvider.getInstance().getVectorTypeSupport();
        GraphSearcher searcher = new GraphSearcher(graph);
        return (query, found) -> {
            VectorFloat<?> target = types.createFloatVector(lengthened ? with(query, 0) : query);
            var scores = DefaultSearchScoreProvider.exact(target, similarity, values);
            NodeScore[] nodes = searcher.search(scores, k, ef, 0, 0, Bits.ALL).getNodes();
            for (int i = 0; i < nodes.length; i++) {
                found[i] = nodes[i].node;
            }
        };
    }

    private static double squares(float[] row) {
        double sum = 0;
        for (float x : row) {
            sum += (double) x * x;
        }
        return sum;
    }

    private static float[] with(float[] row, double last) {
        float[] longer = Arrays.copyOf(row, row.length + 1);
        longer[row.length] = (float) last;
        return longer;
    }
}
