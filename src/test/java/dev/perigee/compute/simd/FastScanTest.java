package dev.perigee.compute.simd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.SearchParams;
import dev.perigee.testing.Answers;
import dev.perigee.testing.Rows;
import dev.perigee.testing.TestIndex;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Fast scan leaves codes out, and that changes no bit of an answer. */
@Tag("lanes")
class FastScanTest {
    private static final int K = 10;

    @Test
    void kernelsAppendWhatIsNear() {
        for (int bits : new int[] {4, 8}) {
            for (int m : new int[] {1, 4, 7, 32, 33, 98, 196, 260}) {
                for (FastScan kernel : FastScan.all(bits)) {
                    for (int count = 1; count <= FastScan.QUERIES; count++) {
                        new Scan(kernel, bits, m, 1 + 4 * count + m % 3, count).check();
                    }
                }
            }
        }
    }

    /** Random codes, tables and queries: neither bounds nor keys have anything to do with each other. */
    private static final class Scan {
        private static final int CAPACITY = 300;

        private final FastScan kernel;
        private final int bits;
        private final int blocks;
        private final int count;
        private final int parts;
        private final int stride;
        private final int words;
        private final SplittableRandom random;
        private final Arena arena = Arena.ofAuto();
        private final MemorySegment codes;
        private final MemorySegment inBlocks;
        private final MemorySegment terms;
        private final MemorySegment rows;
        private final MemorySegment allowed;
        private final MemorySegment queries;
        private final MemorySegment bytes;
        private final MemorySegment buffers;
        private final float[][][] floats;
        private final MemorySegment tables;

        Scan(FastScan kernel, int bits, int m, int blocks, int count) {
            this.kernel = kernel;
            this.bits = bits;
            this.blocks = blocks;
            this.count = count;
            this.parts = CodeBlocks.parts(m);
            this.words = 1 << bits;
            this.random = new SplittableRandom(m * 10 + count);
            int codeBytes = bits == 8 ? m : (m + 1) / 2;
            this.stride = (codeBytes + 15) / 16 * 16;
            this.codes = arena.allocate((long) blocks * 32 * stride, 64);
            this.inBlocks = arena.allocate((long) blocks * parts * 4 * bits + 512, 64);
            this.terms = arena.allocate(blocks * 128L, 64);
            this.rows = arena.allocate(blocks * 128L, 64);
            this.allowed = arena.allocate(blocks * 4L, 64);
            for (int i = 0; i < blocks * 32; i++) {
                terms.set(Matrix.FLOAT, i * 4L, i % 7 == 0 ? Float.POSITIVE_INFINITY : (float) random.nextGaussian() * 30);
                rows.set(ValueLayout.JAVA_INT, i * 4L, 3 * i);
                for (int part = 0; part < m; part++) {
                    set(i, part, random.nextInt(words));
                }
            }
            for (int b = 0; b < blocks; b++) {
                allowed.set(ValueLayout.JAVA_INT, b * 4L, b % 5 == 3 ? 0 : random.nextInt());
            }
            this.queries = arena.allocate(count * FastScan.QUERY_BYTES, 64);
            this.bytes = arena.allocate((long) count * parts * words, 64);
            this.buffers = arena.allocate(count * CAPACITY * 8L, 64);
            this.floats = new float[count][stride / 16][16 * 8 / bits * words];
            this.tables = arena.allocate((long) count * stride * 8 / bits * words * 4, 64);
            for (int i = 0; i < bytes.byteSize(); i++) {
                bytes.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(Math.min(255, 65_535 / parts) + 1));
            }
            for (int q = 0; q < count; q++) {
                for (int i = 0; i < stride * 8 / bits * words; i++) {
                    float[] group = floats[q][i / floats[q][0].length];
                    group[i % group.length] = i / words < m ? (float) random.nextGaussian() : 0;
                    tables.setAtIndex(Matrix.FLOAT, (long) q * stride * 8 / bits * words + i, group[i % group.length]);
                }
                write(q);
            }
        }

        private void set(int slot, int part, int code) {
            long at = (long) slot * stride + part * bits / 8;
            int shift = bits == 4 ? part % 2 * 4 : 0;
            codes.set(ValueLayout.JAVA_BYTE, at, (byte) (codes.get(ValueLayout.JAVA_BYTE, at) | code << shift));
            int i = slot % 32;
            long partBytes = bits * 4L;
            long place = bits == 8 ? i % 16 * 2 + i / 16 : i % 8 * 2 + i / 8 % 2;
            at = ((long) slot / 32 * parts + part) * partBytes + place;
            shift = bits == 4 ? i / 16 * 4 : 0;
            inBlocks.set(ValueLayout.JAVA_BYTE, at, (byte) (inBlocks.get(ValueLayout.JAVA_BYTE, at) | code << shift));
        }

        private void write(int q) {
            long query = q * FastScan.QUERY_BYTES;
            queries.set(ValueLayout.JAVA_LONG, query + FastScan.BYTES, bytes.address() + (long) q * parts * words);
            queries.set(ValueLayout.JAVA_LONG, query + FastScan.FLOATS, tables.address() + (long) q * stride * 8 / bits * words * 4);
            queries.set(ValueLayout.JAVA_LONG, query + FastScan.BUFFER, buffers.address() + q * CAPACITY * 8L);
            queries.set(ValueLayout.JAVA_INT, query + FastScan.CAPACITY, CAPACITY);
            float scale = 0.37f;
            queries.set(Matrix.FLOAT, query + FastScan.SCALE, scale);
            queries.set(Matrix.FLOAT, query + FastScan.ADD, scale * (FastScan.MIDDLE - sum(q, 5)));
            queries.set(Matrix.FLOAT, query + FastScan.CONSTANT, q * 7f);
            queries.set(Matrix.FLOAT, query + FastScan.THRESHOLD, q == 1 ? Float.MAX_VALUE : 10 + q * 11f);
        }

        private int code(int slot, int part) {
            int pair = codes.get(ValueLayout.JAVA_BYTE, (long) slot * stride + part * bits / 8) & 255;
            return bits == 8 ? pair : part % 2 == 0 ? pair & 15 : pair >> 4;
        }

        private int sum(int q, int slot) {
            int sum = 0;
            for (int part = 0; part < parts; part++) {
                int code = part < stride * 8 / bits ? code(slot, part) : 0;
                sum += bytes.get(ValueLayout.JAVA_BYTE, ((long) q * parts + part) * words + code) & 255;
            }
            return sum;
        }

        private float field(int q, long field) {
            return queries.get(Matrix.FLOAT, q * FastScan.QUERY_BYTES + field);
        }

        void check() {
            for (boolean all : new boolean[] {true, false}) {
                List<List<Long>> found = scan(all);
                for (int q = 0; q < count; q++) {
                    List<Long> expected = expected(q, all);
                    Collections.sort(found.get(q));
                    assertThat(found.get(q)).as("%s, %d bits, %d parts, query %d of %d, all %s", kernel.name(), bits, parts, q, count, all)
                            .isEqualTo(expected);
                }
            }
        }

        private List<List<Long>> scan(boolean all) {
            List<List<Long>> found = new ArrayList<>();
            for (int q = 0; q < count; q++) {
                found.add(new ArrayList<>());
                queries.set(ValueLayout.JAVA_INT, q * FastScan.QUERY_BYTES + FastScan.SIZE, 0);
            }
            FastScan.Codes list = new FastScan.Codes(inBlocks.address(), parts, codes.address(), stride, terms.address(),
                    rows.address(), all ? 0 : allowed.address());
            int block = 0;
            while (block < blocks) {
                int next = kernel.scan(queries.address(), floats, count, list, block, blocks);
                for (int q = 0; q < count; q++) {
                    int size = queries.get(ValueLayout.JAVA_INT, q * FastScan.QUERY_BYTES + FastScan.SIZE);
                    assertThat(size).as("size").isBetween(0, CAPACITY);
                    for (int i = 0; i < size; i++) {
                        found.get(q).add(buffers.getAtIndex(ValueLayout.JAVA_LONG, q * CAPACITY + i));
                    }
                    queries.set(ValueLayout.JAVA_INT, q * FastScan.QUERY_BYTES + FastScan.SIZE, 0);
                }
                assertThat(next).as("progress with empty buffers").isGreaterThan(block);
                block = next;
            }
            return found;
        }

        private List<Long> expected(int q, boolean all) {
            List<Long> entries = new ArrayList<>();
            float threshold = field(q, FastScan.THRESHOLD);
            for (int slot = 0; slot < blocks * 32; slot++) {
                float term = terms.get(Matrix.FLOAT, slot * 4L);
                float bound = Math.fma(field(q, FastScan.SCALE), sum(q, slot) - FastScan.MIDDLE, term + field(q, FastScan.ADD));
                float key = FastScanTest.sum(codes, stride, bits, term, slot, floats[q]) + field(q, FastScan.CONSTANT);
                boolean allows = all || (allowed.get(ValueLayout.JAVA_INT, slot / 32 * 4L) >>> slot % 32 & 1) != 0;
                if (allows && key <= threshold && (!kernel.bounds() || bound <= threshold)) {
                    entries.add(Candidates.entry(key, rows.get(ValueLayout.JAVA_INT, slot * 4L)));
                }
            }
            Collections.sort(entries);
            return entries;
        }
    }

    @ParameterizedTest
    @CsvSource({"L2,1", "L2,4", "L2,5", "L2,10", "L2,20", "COSINE,10", "COSINE,4", "INNER_PRODUCT,20", "INNER_PRODUCT,5"})
    void answersAreThoseOfAllSums(Distance distance, int m) {
        Matrix rows = Rows.CLUSTERED.make(distance, 3000, 20, 31);
        Matrix queries = Rows.CLUSTERED.make(distance, 40, 20, 32);
        BitSet some = new BitSet();
        new SplittableRandom(1).ints(600, 0, 3000).forEach(some::set);
        compare(distance, m, rows, queries, null);
        compare(distance, m, rows, queries, RowMask.of(some, 3000));
    }

    @ParameterizedTest
    @EnumSource(Rows.class)
    void noRowsBreakTheBound(Rows kind) {
        for (Distance distance : Distance.values()) {
            compare(distance, 5, kind.make(distance, 1000, 20, 33), kind.make(distance, 20, 20, 34), null);
        }
    }

    private static void compare(Distance distance, int m, Matrix rows, Matrix queries, RowMask mask) {
        for (int bits : new int[] {4, 8}) {
            compare(new IndexSpec(IndexKind.IVF_PQ, 6, m, bits, 7), distance, rows, queries, mask);
        }
    }

    private static void compare(IndexSpec spec, Distance distance, Matrix rows, Matrix queries, RowMask mask) {
        List<RowMask> masks = mask == null ? List.of() : Collections.singletonList(mask);
        try (ComputeBackend one = new SimdBackend(1); ComputeBackend two = new SimdBackend(2);
                TestIndex index = TestIndex.build(spec, distance, rows, two)) {
            for (int refine : new int[] {0, 1, 40}) {
                for (int probes : new int[] {1, 4}) {
                    SearchParams.IvfPq params = new SearchParams.IvfPq(probes, refine);
                    TopK expected = allSums((IvfPqData) index.data(), queries, params, mask);
                    String what = "%s, %s, mask %s".formatted(spec, params, mask != null);
                    Answers.assertSame(Answers.search(one, List.of(index.data()), queries, K, params, masks), expected, what);
                    Answers.assertSame(Answers.search(two, List.of(index.data()), queries, K, params, masks), expected, what);
                }
            }
        }
    }

    /** The answer by its definition: every code of the probed lists is summed in float. */
    private static TopK allSums(IvfPqData data, Matrix queries, SearchParams.IvfPq params, RowMask mask) {
        int[] ks = new int[queries.rows()];
        Arrays.fill(ks, K);
        TopK top = new TopK(ks);
        LookupTables.Tables tables = new LookupTables(data.model(), data.codeDistance()).new Tables();
        for (int q = 0; q < ks.length; q++) {
            tables.fill(queries, q);
            int[] lists = lists(data, queries, q, params.probes());
            List<Long> entries = new ArrayList<>();
            for (int list : lists) {
                float constant = (float) data.codeDistance().between(queries, q, data.model().centroids().rows(), list);
                for (int slot = data.lists().begin(list); slot < data.lists().begin(list) + data.lists().size(list); slot++) {
                    float term = data.terms().get(Matrix.FLOAT, slot * 4L);
                    int stride = data.model().quantizer().codeStride();
                    float key = sum(data.codes(), stride, data.model().quantizer().bits(), term, slot, tables.groups) + constant;
                    int row = data.lists().row(slot);
                    if (key <= Float.MAX_VALUE && (mask == null || mask.allows(row))) {
                        entries.add(Candidates.entry(key, row));
                    }
                }
            }
            Collections.sort(entries);
            int keep = Math.min(entries.size(), Math.max(K, params.refine()));
            offer(data, queries, q, lists, entries.subList(0, keep), params, mask, top);
        }
        return top;
    }

    private static void offer(IvfPqData data, Matrix queries, int q, int[] lists, List<Long> entries, SearchParams.IvfPq params,
            RowMask mask, TopK top) {
        if (entries.size() < K) {
            for (int list : lists) {
                for (int i = 0; i < data.lists().size(list); i++) {
                    int row = data.lists().row(data.lists().begin(list) + i);
                    if (mask == null || mask.allows(row)) {
                        top.offer(q, data.distance().between(queries, q, data.rows().rows(), row), TopK.at(0, row));
                    }
                }
            }
            return;
        }
        for (long entry : entries) {
            int row = Candidates.row(entry);
            top.offer(q, params.refine() == 0 ? data.fromCode(Candidates.key(entry))
                    : data.distance().between(queries, q, data.rows().rows(), row), TopK.at(0, row));
        }
    }

    private static int[] lists(IvfPqData data, Matrix queries, int q, int probes) {
        TopK nearest = new TopK(new int[] {probes});
        for (int list = 0; list < data.model().lists(); list++) {
            Matrix centroids = data.model().centroids().rows();
            nearest.offer(0, data.model().centroids().distance().between(queries, q, centroids, list), list);
        }
        int[] lists = new int[nearest.size(0)];
        Arrays.setAll(lists, i -> (int) nearest.position(0, i));
        return lists;
    }

    private static float sum(MemorySegment codes, int stride, int bits, float term, int slot, float[][] groups) {
        float sum = term;
        for (int g = 0; g < groups.length; g++) {
            float[] x = new float[16];
            for (int b = 0; b < 16; b++) {
                int code = codes.get(ValueLayout.JAVA_BYTE, (long) slot * stride + g * 16 + b) & 255;
                x[b] = bits == 8 ? groups[g][b * 256 + code] : groups[g][b * 32 + code % 16] + groups[g][b * 32 + 16 + code / 16];
            }
            float[] s = new float[4];
            for (int i = 0; i < 4; i++) {
                s[i] = x[i] + x[i + 4] + (x[i + 8] + x[i + 12]);
            }
            sum += s[0] + s[1] + (s[2] + s[3]);
        }
        return sum;
    }

    @Test
    void searchersOverTheSameCodesShareTheirBlocks() {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 500, 20, 35);
        IndexSpec spec = new IndexSpec(IndexKind.IVF_PQ, 6, 5, 4, 7);
        try (SimdBackend backend = new SimdBackend(1); TestIndex index = TestIndex.build(spec, Distance.L2, rows, backend)) {
            Searcher first = backend.open(List.of(index.data()));
            Searcher second = backend.open(List.of(index.data()));
            assertThat(first.bytes()).as("before the first search").isZero();
            TopK top = new TopK(new int[] {K});
            first.search(dev.perigee.compute.SearchBatch.of(rows.slice(0, 1), K, new SearchParams.IvfPq(2, 0)), top);
            int slots = ((IvfPqData) index.data()).lists().slots();
            assertThat(second.bytes()).isEqualTo(first.bytes()).isEqualTo(slots * 8L / 2 + 512);
            first.close();
            first.close();
            TopK again = new TopK(new int[] {K});
            second.search(dev.perigee.compute.SearchBatch.of(rows.slice(0, 1), K, new SearchParams.IvfPq(2, 0)), again);
            Answers.assertSame(again, top, "after the other searcher was closed");
            second.close();
        }
    }
}
