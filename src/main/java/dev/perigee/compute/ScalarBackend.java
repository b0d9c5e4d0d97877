package dev.perigee.compute;

import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfFlatData;
import dev.perigee.index.IvfModel;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** The reference: every distance one by one in double, in the order that {@link Distance} defines. One thread, slow. */
public final class ScalarBackend implements ComputeBackend {
    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public String device() {
        return "CPU, one value at a time";
    }

    @Override
    public Searcher open(List<IndexData> segments) {
        return new ScalarSearcher(this, List.copyOf(segments));
    }

    @Override
    public void nearest(Matrix rows, FlatData centroids, int[] into) {
        for (int i = 0; i < rows.rows(); i++) {
            into[i] = nearestLists(rows, i, centroids, 1)[0];
        }
    }

    /** Sums in double, in order, and rounds once. */
    @Override
    public void multiply(Matrix rows, Matrix weights, Matrix into) {
        ComputeBackend.checkProduct(rows, weights, into);
        for (int i = 0; i < rows.rows(); i++) {
            for (int j = 0; j < weights.rows(); j++) {
                double sum = 0;
                for (int t = 0; t < rows.dim(); t++) {
                    sum += (double) rows.get(i, t) * weights.get(j, t);
                }
                into.set(i, j, (float) sum);
            }
        }
    }

    @Override
    public void close() {
    }

    /** The {@code count} nearest centroids of a row in order of (distance, number). */
    private static int[] nearestLists(Matrix queries, int query, FlatData centroids, int count) {
        TopK top = new TopK(new int[] {Math.min(count, centroids.count())});
        for (int c = 0; c < centroids.count(); c++) {
            top.offer(0, centroids.distance().between(queries, query, centroids.rows(), c), c);
        }
        int[] lists = new int[top.size(0)];
        for (int i = 0; i < lists.length; i++) {
            lists[i] = (int) top.position(0, i);
        }
        return lists;
    }

    private record ScalarSearcher(ComputeBackend backend, List<IndexData> segments) implements Searcher {
        @Override
        public Queries queries(int rows) {
            return new ArenaQueries(rows, segments.getFirst().dim());
        }

        @Override
        public int slots() {
            return 1;
        }

        @Override
        public void search(SearchBatch batch, TopK into) {
            for (int s = 0; s < segments.size(); s++) {
                for (int q = 0; q < batch.count(); q++) {
                    switch (segments.get(s)) {
                        case FlatData flat -> searchFlat(flat, s, batch, q, into);
                        case IvfFlatData ivf -> searchIvfFlat(ivf, s, batch, q, into);
                        case IvfPqData ivf -> searchIvfPq(ivf, s, batch, q, into);
                        case IvfSqData ivf -> new SqReference(ivf, s, batch.mask(s)).search(batch, q, into);
                    }
                }
            }
        }

        private static void searchFlat(FlatData flat, int segment, SearchBatch batch, int q, TopK into) {
            RowMask mask = batch.mask(segment);
            for (int row = 0; row < flat.count(); row++) {
                if (mask == null || mask.allows(row)) {
                    into.offer(q, flat.distance().between(batch.queries(), q, flat.rows(), row), TopK.at(segment, row));
                }
            }
        }

        private static void searchIvfFlat(IvfFlatData ivf, int segment, SearchBatch batch, int q, TopK into) {
            RowMask mask = batch.mask(segment);
            int probes = ((SearchParams.IvfFlat) batch.params()[q]).probes();
            for (int list : nearestLists(batch.queries(), q, ivf.model().centroids(), probes)) {
                int begin = ivf.lists().begin(list);
                for (int slot = begin; slot < begin + ivf.lists().size(list); slot++) {
                    int row = ivf.lists().row(slot);
                    if (mask == null || mask.allows(row)) {
                        double distance = ivf.distance().between(batch.queries(), q, ivf.slots().rows(), slot);
                        into.offer(q, distance, TopK.at(segment, row));
                    }
                }
            }
        }

        private static void searchIvfPq(IvfPqData ivf, int segment, SearchBatch batch, int q, TopK into) {
            RowMask mask = batch.mask(segment);
            SearchParams.IvfPq params = (SearchParams.IvfPq) batch.params()[q];
            int refine = params.refine() == 0 ? 0 : Math.max(params.refine(), into.k(q));
            TopK coded = refine == 0 ? into : new TopK(new int[] {refine});
            InvertedLists lists = ivf.lists();
            for (int list : nearestLists(batch.queries(), q, ivf.model().centroids(), params.probes())) {
                float[] residual = residual(batch.queries(), q, ivf.model(), list, ivf.codeDistance());
                double constant = ivf.codeDistance() == Distance.L2 ? 0
                        : Distance.INNER_PRODUCT.between(batch.queries(), q, ivf.model().centroids().rows(), list);
                for (int slot = lists.begin(list); slot < lists.begin(list) + lists.size(list); slot++) {
                    int row = lists.row(slot);
                    if (mask == null || mask.allows(row)) {
                        double distance = ivf.fromCode(constant + coded(residual, ivf, slot));
                        coded.offer(refine == 0 ? q : 0, distance, TopK.at(segment, row));
                    }
                }
            }
            for (int i = 0; refine > 0 && i < coded.size(0); i++) {
                int row = (int) coded.position(0, i);
                into.offer(q, ivf.distance().between(batch.queries(), q, ivf.rows().rows(), row), coded.position(0, i));
            }
        }

        /** For L2 query - centroid, else the query. */
        private static float[] residual(Matrix queries, int q, IvfModel model, int list, Distance distance) {
            float[] residual = queries.get(q);
            for (int t = 0; distance == Distance.L2 && t < residual.length; t++) {
                residual[t] -= model.centroids().rows().get(list, t);
            }
            return residual;
        }

        /** |residual - decoded|^2 for L2, else - residual . decoded. */
        private static double coded(float[] residual, IvfPqData ivf, int slot) {
            ProductQuantizer pq = ivf.model().quantizer();
            double sum = 0;
            for (int s = 0; s < pq.m(); s++) {
                int word = (s << pq.bits()) + code(ivf, pq, slot, s);
                for (int t = 0; t < pq.dsub(); t++) {
                    double x = residual[s * pq.dsub() + t];
                    double y = pq.codewords().get(word, t);
                    sum += ivf.codeDistance() == Distance.L2 ? (x - y) * (x - y) : -x * y;
                }
            }
            return sum;
        }

        private static int code(IvfPqData ivf, ProductQuantizer pq, int slot, int part) {
            long code = (long) slot * pq.codeStride();
            int value = ivf.codes().get(ValueLayout.JAVA_BYTE, code + (pq.bits() == 8 ? part : part / 2)) & 255;
            return pq.bits() == 8 ? value : part % 2 == 0 ? value & 15 : value >> 4;
        }

        @Override
        public void close() {
        }
    }
}
