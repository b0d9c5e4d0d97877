package dev.perigee.compute.simd;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.Benchmark;
import dev.perigee.index.IvfSqData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/**
 * The rows of {@code bench kernels} for codes of IVF-SQ: products of bytes per second of each tile, its packed queries and its
 * codes in the second-level cache. The tile in Java is seen beside 16-bit multiply-adds in free chains; medians of rounds.
 */
final class SqTileBenchmark implements Benchmark {
    private static final int ROUNDS = 31;
    private static final int DIMS = 192;
    private static final int BITS = 5;
    private static final int BLOCKS = 60;
    private static final int SCANS = 10;
    /** Of what 16-bit multiply-adds reach in free chains, for six queries. */
    private static final double GOAL = 0.4;
    private static final String JAVA = "sq_tile_java_gmacs";
    private static final String JAVA_SINGLE = "sq_tile_java_single_gmacs";
    private static final String NATIVE = "sq_tile_native_gmacs";
    private static final String NATIVE_SINGLE = "sq_tile_native_single_gmacs";

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment codes = arena.allocate((long) BLOCKS * SqTile.SLOTS * DIMS, 64);
    private final MemorySegment terms = arena.allocate(BLOCKS * SqTile.SLOTS * 4L, 64);
    private final MemorySegment rows = arena.allocate(BLOCKS * SqTile.SLOTS * 4L, 64);
    private final MemorySegment query = arena.allocate(DIMS, 8);
    private final MemorySegment buffers = arena.allocate(SqTile.QUERIES * SqTile.SLOTS * 8L, 8);
    private final long warmUpNanos;
    private long sink;

    /** @param warmUpNanos for how long nothing may have become faster before it is measured */
    SqTileBenchmark(long warmUpNanos) {
        this.warmUpNanos = warmUpNanos;
    }

    @Override
    public List<String> rows() {
        return NativeSqTile.all().isEmpty() ? List.of(JAVA, JAVA_SINGLE) : List.of(JAVA, JAVA_SINGLE, NATIVE, NATIVE_SINGLE);
    }

    @Override
    public List<Row> run(List<String> names) {
        fill();
        List<Row> found = new ArrayList<>();
        for (String name : rows()) {
            if (names.contains(name)) {
                boolean java = name.equals(JAVA) || name.equals(JAVA_SINGLE);
                SqTile tile = java ? JavaSqTile.of(BITS) : NativeSqTile.all().getFirst();
                found.add(measure(name, tile, name.equals(JAVA) || name.equals(NATIVE) ? SqTile.QUERIES : 1, java));
            }
        }
        return found;
    }

    private void fill() {
        SplittableRandom random = new SplittableRandom(1);
        for (long i = 0; i < codes.byteSize(); i++) {
            codes.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(32));
        }
        for (int j = 0; j < DIMS; j++) {
            query.set(ValueLayout.JAVA_BYTE, j, (byte) random.nextInt(-31, 32));
        }
    }

    private Row measure(String name, SqTile tile, int count, boolean java) {
        MemorySegment group = group(tile, count, Float.MAX_VALUE);
        scan(tile, group, count, 1);
        requireRight(name, group, count);
        MemorySegment timed = group(tile, count, -Float.MAX_VALUE); // nothing passes: products alone are timed
        warmUp(() -> rate(tile, timed, count));
        if (java) {
            warmUp(this::peak);
        }
        double[] rates = new double[ROUNDS];
        double[] peaks = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            peaks[round] = java ? peak() * 1e-9 : Double.NaN;
            rates[round] = rate(tile, timed, count) * 1e-9;
        }
        double limit = SimdBenchmark.median(peaks);
        return new Row(name, SimdBenchmark.median(rates), "GMAC/s", count == 1 ? Double.NaN : GOAL * limit, false,
                new Context(tile.name(), limit, Double.NaN, Double.NaN, Map.of()));
    }

    /** Goes on until it has not become faster for a while: the compiler may have to wait for a busy core. */
    private void warmUp(DoubleSupplier rate) {
        double best = 0;
        for (long since = System.nanoTime(); System.nanoTime() - since < warmUpNanos; ) {
            double now = rate.getAsDouble();
            if (now > 1.05 * best) {
                best = now;
                since = System.nanoTime();
            }
        }
    }

    private double rate(SqTile tile, MemorySegment group, int count) {
        long started = System.nanoTime();
        for (int i = 0; i < SCANS; i++) {
            scan(tile, group, count, BLOCKS);
        }
        return (double) SCANS * BLOCKS * SqTile.SLOTS * DIMS * count / (System.nanoTime() - started) * 1e9;
    }

    /** Many short calls: the interpreter, which comes first, takes a thousand times as long. */
    private double peak() {
        long steps = 10_000;
        long started = System.nanoTime();
        for (int i = 0; i < SCANS; i++) {
            sink += Ceilings.shorts(steps);
        }
        return SCANS * Ceilings.shortOperations(steps) / (System.nanoTime() - started) * 1e9;
    }

    private MemorySegment group(SqTile tile, int count, float threshold) {
        MemorySegment group = arena.allocate(SqTile.groupBytes(), 64);
        for (int i = 0; i < count; i++) {
            group.set(ValueLayout.JAVA_FLOAT, SqTile.SCALE + i * 4, 1);
            group.set(ValueLayout.JAVA_FLOAT, SqTile.THRESHOLD + i * 4, threshold);
            group.set(ValueLayout.JAVA_LONG, SqTile.BUFFER + i * 8, buffers.address() + i * SqTile.SLOTS * 8L);
            tile.pack(group.address(), i, count, DIMS, query.address());
        }
        group.set(ValueLayout.JAVA_INT, SqTile.CAPACITY, SqTile.SLOTS);
        return group;
    }

    private void scan(SqTile tile, MemorySegment group, int count, int blocks) {
        tile.scan(group.address(), count, DIMS, codes.address(), terms.address(), rows.address(), 0, 0, blocks);
    }

    /** Keys of the first block are the products themselves: scale is 1, terms and rows are 0. */
    private void requireRight(String name, MemorySegment group, int count) {
        for (int i = 0; i < count; i++) {
            boolean right = group.get(ValueLayout.JAVA_INT, SqTile.SIZE + i * 4) == SqTile.SLOTS;
            for (int slot = 0; slot < SqTile.SLOTS; slot++) {
                long entry = buffers.get(ValueLayout.JAVA_LONG, (i * SqTile.SLOTS + slot) * 8L);
                right &= entry == Candidates.entry(product(slot), 0);
            }
            if (!right) {
                throw new PerigeeException(ErrorCode.INTERNAL, "%s: keys of query %d (expected its products)".formatted(name, i));
            }
        }
    }

    private int product(int slot) {
        int sum = 0;
        for (int j = 0; j < DIMS; j++) {
            sum += query.get(ValueLayout.JAVA_BYTE, j) * codes.get(ValueLayout.JAVA_BYTE, IvfSqData.at(slot, j, DIMS));
        }
        return sum;
    }
}
