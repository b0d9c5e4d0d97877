package dev.perigee.compute.cuda;

import dev.perigee.compute.Benchmark;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The rows of {@code bench gpu}. Ceilings are measured in every run, wanted or not: they make the limits. Rows are made up,
 * clustered and seeded: those of exact searches on the host, those of inverted lists on the device. A value is the median of
 * at least 21 runs.
 */
final class CudaBenchmark implements Benchmark {
    private final CudaBackend backend;
    private final GpuSizes sizes;

    CudaBenchmark(CudaBackend backend, GpuSizes sizes) {
        this.backend = backend;
        this.sizes = sizes;
    }

    @Override
    public List<String> rows() {
        return GpuRow.titles();
    }

    @Override
    public List<Row> run(List<String> names) {
        Map<GpuRow, Row> measured = new EnumMap<>(GpuRow.class);
        List<GpuRow> wanted = new ArrayList<>();
        for (GpuRow row : GpuRow.values()) {
            if (names.contains(row.title())) {
                wanted.add(row);
            }
        }
        DeviceCeilings ceilings = DeviceCeilings.measure(backend, sizes);
        for (GpuRow row : wanted) {
            if (row.isCeiling()) {
                measured.put(row, row.row(ceilings.of(row), row.limit, Double.NaN, Map.of()));
            }
        }
        search(wanted, Set.of(GpuRow.E1, GpuRow.E2_Q1024, GpuRow.E2_Q32, GpuRow.E2_Q1, GpuRow.E4_K100, GpuRow.E4_K4096),
                ceilings, measured);
        search(wanted, Set.of(GpuRow.E3), ceilings, measured);
        search(wanted, Set.of(GpuRow.E5), ceilings, measured);
        if (wanted.contains(GpuRow.S1)) {
            measured.put(GpuRow.S1, new SelectRow(backend).time(sizes, ceilings));
        }
        BuildRows building = new BuildRows(backend, sizes, ceilings);
        if (wanted.contains(GpuRow.C1)) {
            measured.put(GpuRow.C1, building.iteration(GpuRow.C1));
        }
        if (wanted.contains(GpuRow.C2)) {
            measured.put(GpuRow.C2, building.encoding(GpuRow.C2));
        }
        for (GpuRow.Lists lists : List.of(GpuRow.Lists.P1, GpuRow.Lists.P2, GpuRow.Lists.P3, GpuRow.Lists.P5)) {
            lists(wanted.stream().filter(row -> row.lists == lists).toList(), lists, ceilings, measured);
        }
        if (wanted.contains(GpuRow.Q1)) {
            try (SqRows rows = new SqRows(backend, sizes, ceilings, GpuRow.Lists.Q1)) {
                measured.put(GpuRow.Q1, rows.time(GpuRow.Q1));
            }
        }
        if (wanted.contains(GpuRow.B1_FATBIN)) {
            measured.put(GpuRow.B1_FATBIN, GpuRow.B1_FATBIN.row(KernelModule.bytes() * 1e-6, Double.NaN, Double.NaN, Map.of()));
        }
        if (wanted.contains(GpuRow.B1_FIRST_ANSWER)) {
            measured.put(GpuRow.B1_FIRST_ANSWER, firstAnswer());
        }
        return List.copyOf(measured.values());
    }

    /** The wanted rows of an index. */
    private void lists(List<GpuRow> wanted, GpuRow.Lists lists, DeviceCeilings ceilings, Map<GpuRow, Row> measured) {
        if (wanted.isEmpty()) {
            return;
        }
        try (ListRows rows = new ListRows(backend, sizes, ceilings, lists)) {
            for (GpuRow row : wanted) {
                measured.put(row, switch (row) {
                    case P4_Q1000 -> rows.time(row, 1000);
                    case P4_Q32 -> rows.time(row, 32);
                    case P6 -> rows.anchor(row);
                    case L1 -> rows.single(row);
                    case L2 -> rows.clients(row);
                    case F1_50 -> rows.masked(row, 0.5);
                    case F1_10 -> rows.masked(row, 0.1);
                    case F1_1 -> rows.masked(row, 0.01);
                    case F2 -> rows.masked(row, 0.9);
                    case M1 -> rows.fromHost(row);
                    case D1 -> rows.deterministic(row);
                    default -> rows.time(row, lists.queries());
                });
            }
        }
    }

    /** From opening the device to the answer of a search, kernels loaded on the way; the driver's context is there before. */
    private Row firstAnswer() {
        try (Arena arena = Arena.ofShared()) {
            Matrix rows = SeededRows.CLUSTERED.make(arena, Distance.L2, 1000, 32, 1);
            FlatData data = FlatData.of(Distance.L2, rows, arena);
            SearchBatch batch = SearchBatch.of(rows.slice(0, 1), 10, new SearchParams.Flat());
            TopK top = new TopK(batch.k());
            double millis = Timings.median(sizes, () -> Timings.millis(() -> {
                top.clear();
                try (CudaBackend fresh = CudaBackend.open(backend.cudaDevice().facts());
                        Searcher searcher = fresh.open(List.of(data))) {
                    searcher.search(batch, top);
                }
            }));
            ReferenceAnswers.requireOrder(GpuRow.B1_FIRST_ANSWER.title(), top, 1, data, rows, 1);
            return GpuRow.B1_FIRST_ANSWER.row(millis, Double.NaN, Double.NaN, Map.of());
        }
    }

    /** The wanted ones of some rows that search the same data. */
    private void search(List<GpuRow> wanted, Set<GpuRow> rows, DeviceCeilings ceilings, Map<GpuRow, Row> measured) {
        List<GpuRow> its = wanted.stream().filter(rows::contains).toList();
        if (its.isEmpty()) {
            return;
        }
        GpuRow.Shape first = its.getFirst().shape;
        Set<GpuRow> compared = Set.of(GpuRow.E4_K100, GpuRow.E4_K4096);
        int queries = its.stream().anyMatch(compared::contains) ? GpuRow.E1.shape.queries() : most(its, GpuRow.Shape::queries);
        GpuRow.Shape largest = sizes.cut(new GpuRow.Shape(first.distance(), first.rows(), first.dim(), queries,
                most(its, GpuRow.Shape::k)));
        try (SearchRows data = new SearchRows(backend, sizes, ceilings, largest)) {
            for (GpuRow row : its) {
                measured.put(row, compared.contains(row) ? data.compare(row, GpuRow.E1) : data.time(row));
            }
        }
    }

    private static int most(List<GpuRow> rows, Function<GpuRow.Shape, Integer> of) {
        return rows.stream().mapToInt(row -> of.apply(row.shape)).max().orElseThrow();
    }

    /** All rows as they are hoped for on one H200, without values. */
    static List<Row> expected() {
        return java.util.Arrays.stream(GpuRow.values()).map(GpuRow::expected).toList();
    }
}
