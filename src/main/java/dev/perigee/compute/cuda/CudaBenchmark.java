package dev.perigee.compute.cuda;

import dev.perigee.compute.Benchmark;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The rows of {@code bench gpu}. Ceilings are measured in every run, wanted or not: they make the limits. Rows are made up on
 * the host, clustered and seeded. A value is the median of at least 21 runs.
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
        return List.copyOf(measured.values());
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
