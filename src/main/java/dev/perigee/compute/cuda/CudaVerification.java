package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.Verification;
import dev.perigee.compute.cuda.SearchChecks.Shape;
import dev.perigee.distance.Distance;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Whether this device computes what the kernels are proven to compute: searches against the reference, and single kernels. */
final class CudaVerification implements Verification {
    private static final int SMALL_TILE = 2 * ProductShape.PANEL;
    private static final GpuSizes SHORT = new GpuSizes(1, 1, 1, 1, 1, 0, 1 << 20, 100, 1);
    private static final GpuSizes SHORTEST = new GpuSizes(1, 1, 1, 1, 1, 0, 1 << 14, 3, 1);

    private final CudaBackend backend;

    CudaVerification(CudaBackend backend) {
        this.backend = backend;
    }

    /** Fails by an exception. @return what was checked */
    private interface Body {
        String run(Map<String, Double> figures);
    }

    @Override
    public List<Check> run(Scope scope, Consumer<Check> each) {
        List<Check> checks = new ArrayList<>();
        boolean full = scope == Scope.FULL;
        Consumer<Check> done = check -> {
            checks.add(check);
            each.accept(check);
        };
        check("ceilings", done, figures -> {
            DeviceCeilings.measure(backend, full ? SHORT : SHORTEST);
            return "each loop gives the known result";
        });
        select(full, done);
        products(full, done);
        SearchChecks searches = new SearchChecks(backend);
        for (SeededRows kind : SeededRows.values()) {
            for (Distance distance : Distance.values()) {
                boolean turn = (kind.ordinal() + 1) % Distance.values().length == distance.ordinal();
                if (full || turn) { // small: each kind with one distance
                    check(name("exact", kind.name(), distance.label()), done, figures -> exact(searches, kind, distance, full));
                }
            }
        }
        lists(full, done);
        BuildChecks building = new BuildChecks(backend);
        for (SeededRows kind : SeededRows.values()) {
            check(name("building", kind.name()), done, figures -> "means and codes of %,d rows as the reference".formatted(
                    building.compare(kind, full ? new BuildChecks.Shape(5000, 128, 300) : new BuildChecks.Shape(150, 12, 20))));
        }
        segmentsAndTiles(full, done);
        productRoute(full, done);
        if (full) {
            for (Distance distance : Distance.values()) {
                Shape many = new Shape(200_000, 128, 10_000, 10, false);
                check(name("many_queries", distance.label()), done, figures -> "10,000 queries, %d compared, all in order"
                        .formatted(searches.sampled(distance, many)));
            }
        }
        check("out_of_memory", done, figures -> {
            searches.outOfMemory(full ? new Shape(20_000, 128, 100, 10, false) : new Shape(150, 40, 5, 10, false));
            return "a search without memory is refused or done in pieces, the next is right";
        });
        return checks;
    }

    private static String name(String... parts) {
        return String.join("_", parts).toLowerCase(Locale.ROOT);
    }

    private static void check(String name, Consumer<Check> done, Body body) {
        Map<String, Double> figures = new LinkedHashMap<>();
        Check check;
        try {
            check = new Check(name, Check.Outcome.PASSED, body.run(figures), figures);
        } catch (PerigeeException e) {
            check = new Check(name, Check.Outcome.FAILED, e.getMessage(), figures);
        }
        done.accept(check);
    }

    private static String exact(SearchChecks searches, SeededRows kind, Distance distance, boolean full) {
        int queries = 0;
        for (Shape shape : full ? SearchChecks.FULL : SearchChecks.SMALL) {
            queries += searches.exact(kind, distance, shape);
        }
        return "%,d queries as the reference".formatted(queries);
    }

    private void lists(boolean full, Consumer<Check> done) {
        ListChecks lists = new ListChecks(backend);
        for (SeededRows kind : SeededRows.values()) {
            for (Distance distance : Distance.values()) {
                boolean turn = (kind.ordinal() + 1) % Distance.values().length == distance.ordinal();
                if (full || turn) { // small: each kind with one distance
                    check(name("lists", kind.name(), distance.label()), done, figures -> compare(lists, kind, distance,
                            full ? ListChecks.FULL_ROWS : ListChecks.SMALL_ROWS));
                    check(name("codes", kind.name(), distance.label()), done, figures -> compare(lists, kind, distance,
                            full ? ListChecks.FULL_CODES : ListChecks.SMALL_CODES));
                    check(name("scalars", kind.name(), distance.label()), done, figures -> compare(lists, kind, distance,
                            full ? ListChecks.FULL_SCALARS : ListChecks.SMALL_SCALARS));
                }
            }
        }
    }

    private static String compare(ListChecks lists, SeededRows kind, Distance distance, List<ListChecks.Shape> shapes) {
        int queries = 0;
        for (ListChecks.Shape shape : shapes) {
            queries += lists.compare(kind, distance, shape);
        }
        return "%,d queries as the CPU".formatted(queries);
    }

    /** The same on a device that searches a few rows at a time. */
    private void segmentsAndTiles(boolean full, Consumer<Check> done) {
        Shape shape = full ? new Shape(3000, 40, 300, 20, false) : new Shape(300, 10, 5, 10, false);
        for (Distance distance : Distance.values()) {
            check(name("segments", distance.label()), done, figures -> "%d queries of four segments as the reference".formatted(
                    new SearchChecks(backend).segments(distance, shape)));
            check(name("tiles", distance.label()), done, figures -> {
                try (CudaBackend tiled = CudaBackend.open(backend.cudaDevice().facts(), SMALL_TILE, false)) {
                    SearchChecks searches = new SearchChecks(tiled);
                    return "%d queries of tiles of %d rows as the reference".formatted(searches.segments(distance, shape)
                            + searches.exact(SeededRows.CLUSTERED, distance, shape), SMALL_TILE);
                }
            });
        }
    }

    /** The scan by general products, which shares nothing with the others but the proof; by cuBLAS where it is. */
    private void productRoute(boolean full, Consumer<Check> done) {
        int[] dims = full ? new int[] {784, 1537, 2048} : new int[] {33};
        for (Distance distance : Distance.values()) {
            check(name("product_route", distance.label()), done, figures -> {
                try (CudaBackend other = CudaBackend.open(backend.cudaDevice().facts(), DeviceSegment.MOST_ROWS, true)) {
                    SearchChecks searches = new SearchChecks(other);
                    int queries = 0;
                    for (int dim : dims) {
                        for (SeededRows kind : new SeededRows[] {SeededRows.CLUSTERED, SeededRows.GAUSSIAN, SeededRows.WIDE_NORMS}) {
                            queries += searches.exact(kind, distance, new Shape(full ? 2000 : 300, dim, full ? 100 : 5, 10, false));
                        }
                    }
                    return "%d queries as the reference, products by %s".formatted(queries,
                            other.product() == Multiplication.KERNEL ? "our kernel: no cuBLAS" : "cuBLAS");
                }
            });
        }
    }

    private void select(boolean full, Consumer<Check> done) {
        int[][] shapes = full ? new int[][] {{1, 1}, {31, 31}, {33, 1}, {1000, 10}, {1000, 64}, {1000, 65}, {5000, 2048},
            {16_384, 100}, {16_384, 4096}, {40_000, 16_384}} : new int[][] {{1, 1}, {33, 5}, {700, 65}};
        int rows = full ? 200 : 3;
        check("select_k", done, figures -> {
            SelectRow select = new SelectRow(backend);
            for (int[] shape : shapes) {
                for (int kind = 0; kind < 3; kind++) {
                    try (Arena arena = Arena.ofShared()) {
                        select.select(values(arena, rows, shape[0], kind), rows, shape[0], shape[1], null);
                    }
                }
            }
            return "%d shapes: normal, with many ties, with infinities and zeros of both signs".formatted(shapes.length);
        });
    }

    private static MemorySegment values(Arena arena, int rows, int columns, int kind) {
        SplittableRandom random = new SplittableRandom(kind);
        MemorySegment values = arena.allocate((long) rows * columns * 4, 64);
        for (long i = 0; i < (long) rows * columns; i++) {
            double g = random.nextGaussian();
            values.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) switch (kind) {
                case 0 -> g;
                case 1 -> Math.rint(g);
                default -> g > 1 ? Double.POSITIVE_INFINITY : g < -1 ? Double.NEGATIVE_INFINITY : g > 0 ? 0.0 : -0.0;
            });
        }
        return values;
    }

    /** All three shapes of the product. */
    private void products(boolean full, Consumer<Check> done) {
        int[] dims = full ? new int[] {1, 17, 31, 32, 33, 64, 100, 128, 200, 784, 1537} : new int[] {3, 40};
        for (ProductShape product : ProductShape.values()) {
            String name = product.groupMinima.symbol();
            try (Slots.Lease lease = backend.slots().take()) {
                if (!lease.slot().module().has(product.groupMinima)) {
                    done.accept(new Check(name, Check.Outcome.SKIPPED, "not on this architecture", Map.of()));
                    continue;
                }
                check(name, done, figures -> product(lease.slot(), product, dims, full, figures));
            }
        }
    }

    private static String product(Slot slot, ProductShape product, int[] dims, boolean full, Map<String, Double> figures) {
        double sum = 0;
        double bound = 0;
        for (int dim : dims) {
            if (product == ProductShape.RESIDENT && ProductShape.of(1000, ProductShape.chunks(dim)) != product) {
                continue; // queries of so many dims do not stay in shared memory
            }
            for (SeededRows kind : new SeededRows[] {SeededRows.CLUSTERED, SeededRows.GAUSSIAN}) {
                for (Distance distance : new Distance[] {Distance.L2, Distance.INNER_PRODUCT}) {
                    try (ProductCheck check = new ProductCheck(slot, kind, distance, full ? 1000 : 100, dim, full ? 300 : 5)) {
                        try {
                            check.run(product);
                        } finally {
                            sum = Math.max(sum, check.worstSum());
                            bound = Math.max(bound, check.worstBound());
                            figures.put("largest_sum_error_of_allowance", sum);
                            figures.put("largest_key_error_of_bound", bound);
                        }
                    }
                }
            }
        }
        if (!(sum <= 1)) {
            throw new PerigeeException(ErrorCode.INTERNAL, "sums are not as exact as the proof takes them to be");
        }
        return "errors of sums up to %.3f of what is allowed for them, of keys up to %.3f of their bound".formatted(sum, bound);
    }
}
