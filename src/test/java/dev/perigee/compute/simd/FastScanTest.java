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
    void boundsAreTermsPlusSums() {
        for (int parts : new int[] {4, 8, 12, 100, 256, 260, 1000}) {
            for (FastScan kernel : FastScan.all()) {
                bounds(kernel, parts, 5);
            }
        }
    }

    private static void bounds(FastScan kernel, int parts, int blocks) {
        SplittableRandom random = new SplittableRandom(parts);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment codes = bytes(arena, blocks * parts * 16, 256, random);
            MemorySegment tables = bytes(arena, parts * 16, Math.min(255, 65_535 / parts) + 1, random);
            MemorySegment terms = arena.allocate(blocks * 128L, 64);
            MemorySegment bounds = arena.allocate(blocks * 128L, 64);
            MemorySegment marks = arena.allocate(blocks * 4L, 4);
            for (int i = 0; i < blocks * 32; i++) {
                terms.set(Matrix.FLOAT, i * 4L, i % 7 == 0 ? Float.POSITIVE_INFINITY : (float) random.nextGaussian() * 30);
            }
            float scale = 0.37f;
            float add = 1e3f / 3;
            int marked = 0;
            float middle = add + scale * (sum(codes, 1, tables, parts) - FastScan.MIDDLE);
            for (float threshold : new float[] {middle, Float.MAX_VALUE, -1e9f, add}) {
                kernel.scan(codes.address(), blocks, parts, tables.address(), terms.address(), scale, add, threshold,
                        bounds.address(), marks.address());
                for (int i = 0; i < blocks * 32; i++) {
                    float term = terms.get(Matrix.FLOAT, i * 4L);
                    float expected = Math.fma(scale, sum(codes, i, tables, parts) - FastScan.MIDDLE, term + add);
                    boolean mark = (marks.get(ValueLayout.JAVA_INT, i / 32 * 4L) >>> i % 32 & 1) != 0;
                    String what = "%s, code %d of %d parts, threshold %s".formatted(kernel.name(), i, parts, threshold);
                    assertThat(mark).as(what).isEqualTo(expected <= threshold);
                    if (mark) {
                        assertThat(bounds.get(Matrix.FLOAT, i * 4L)).as(what).isEqualTo(expected);
                        marked++;
                    }
                }
            }
            assertThat(marked).as("marked, of four times %d", blocks * 32).isBetween(blocks * 28, blocks * 90);
        }
    }

    private static MemorySegment bytes(Arena arena, int count, int below, SplittableRandom random) {
        MemorySegment bytes = arena.allocate(count, 64);
        for (int i = 0; i < count; i++) {
            bytes.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(below));
        }
        return bytes;
    }

    /** The look-ups of code {@code i}, found in its block as CodeBlocks says. */
    private static int sum(MemorySegment codes, int i, MemorySegment tables, int parts) {
        int place = i % 8 * 2 + i / 8 % 2;
        int sum = 0;
        for (int part = 0; part < parts; part++) {
            int pair = codes.get(ValueLayout.JAVA_BYTE, (i / 32 * parts + part) * 16L + place) & 255;
            sum += tables.get(ValueLayout.JAVA_BYTE, part * 16L + (i % 32 < 16 ? pair & 15 : pair >> 4)) & 255;
        }
        return sum;
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
        List<RowMask> masks = mask == null ? List.of() : Collections.singletonList(mask);
        IndexSpec spec = new IndexSpec(IndexKind.IVF_PQ, 6, m, 4, 7);
        try (ComputeBackend one = new SimdBackend(1); ComputeBackend two = new SimdBackend(2);
                TestIndex index = TestIndex.build(spec, distance, rows, two)) {
            for (int refine : new int[] {0, 1, 40}) {
                for (int probes : new int[] {1, 4}) {
                    SearchParams.IvfPq params = new SearchParams.IvfPq(probes, refine);
                    TopK expected = allSums((IvfPqData) index.data(), queries, params, mask);
                    String what = "%s, mask %s".formatted(params, mask != null);
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
            List<Long> entries = new java.util.ArrayList<>();
            for (int list : lists) {
                float constant = (float) data.codeDistance().between(queries, q, data.model().centroids().rows(), list);
                for (int slot = data.lists().begin(list); slot < data.lists().begin(list) + data.lists().size(list); slot++) {
                    float key = sum(data, slot, tables.groups) + constant;
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

    private static float sum(IvfPqData data, int slot, float[][] groups) {
        float sum = data.terms().get(Matrix.FLOAT, slot * 4L);
        for (int g = 0; g < groups.length; g++) {
            float[] x = new float[16];
            for (int b = 0; b < 16; b++) {
                long at = (long) slot * data.model().quantizer().codeStride() + g * 16 + b;
                int code = data.codes().get(ValueLayout.JAVA_BYTE, at) & 255;
                x[b] = groups[g][b * 32 + code % 16] + groups[g][b * 32 + 16 + code / 16];
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
