package dev.perigee.compute.simd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.compute.Benchmark;
import dev.perigee.compute.NativeFolders;
import dev.perigee.index.IvfSqData;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every tile that this CPU can run against the formula of {@code IvfSqData}: the same entries, bit for bit. */
@Tag("lanes")
class SqTileTest {
    private static final int SLOTS = SqTile.SLOTS;

    record Case(SqTile tile, int bits) {
        @Override
        public String toString() {
            return tile.name() + ", " + bits + " bits";
        }
    }

    static List<Case> tiles() {
        List<Case> cases = new ArrayList<>();
        for (int bits : new int[] {5, 6}) {
            SqTile.all(bits).forEach(tile -> cases.add(new Case(tile, bits)));
        }
        return cases;
    }

    @ParameterizedTest
    @MethodSource("tiles")
    void equalsTheFormula(Case tile) {
        for (int dims : new int[] {8, 16, 24, 40, 64, 72, 128, 136, 192}) {
            for (int count = 1; count <= SqTile.QUERIES; count++) {
                new List32(tile.bits, dims, 3, dims * 10 + count).check(tile.tile, count, 1000);
            }
        }
        new List32(tile.bits, 1024, 2, 1).check(tile.tile, 6, 1000);
    }

    @ParameterizedTest
    @MethodSource("tiles")
    void holdsTheLargestNumbers(Case tile) {
        int queryMax = tile.bits == 5 ? 31 : 127;
        for (int dims : new int[] {8, 64, 128, 1024}) {
            List32 list = new List32(tile.bits, dims, 2, 1);
            for (int sign : new int[] {1, -1}) {
                list.fill((1 << tile.bits) - 1, t -> sign * queryMax);
                list.check(tile.tile, 6, 1000);
                list.fill((1 << tile.bits) - 1, t -> (t / 2 % 2 == 0 ? sign : -sign) * queryMax);
                list.check(tile.tile, 5, 1000);
                list.fill((1 << tile.bits) - 1, t -> (t % 2 == 0 ? sign : -sign) * queryMax);
                list.check(tile.tile, 1, 1000);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("tiles")
    void stopsBeforeABufferOverflowsAndGoesOn(Case tile) {
        for (int count = 1; count <= SqTile.QUERIES; count++) {
            new List32(tile.bits, 32, 20, count).check(tile.tile, count, 33 + count * 7);
        }
        List32 all = new List32(tile.bits, 32, 5, 1);
        all.fill(1, t -> 1);
        Arrays.fill(all.terms, 1);
        for (int capacity : new int[] {32, 33, 63, 64, 65, 95, 96, 97}) {
            all.check(tile.tile, 2, capacity);
        }
    }

    @Test
    void theFastestIsTheFirst() {
        List<SqTile> all = SqTile.all(5);
        assertThat(SqTile.of(5)).isSameAs(all.getFirst());
        assertThat(all.getLast()).isSameAs(JavaSqTile.of(5));
        assertThat(NativeSqTile.problem().isEmpty()).as(NativeSqTile.problem()).isEqualTo(all.size() > 1);
    }

    @Test
    void theNativeOneCanBeTurnedOffOrAbsent(@TempDir Path folder) throws IOException {
        Optional<Path> file = NativeFolders.find(NativeSqTile.FILE, NativeFolders.all());
        assertThat(NativeSqTile.load(file, "off")).isEqualTo(new NativeSqTile.Library(List.of(), List.of(), List.of(),
                "perigee.native is off"));
        assertThat(NativeSqTile.load(Optional.empty(), null).problem()).startsWith("no libperigee_tile.so in ");
        Path text = Files.writeString(folder.resolve(NativeSqTile.FILE), "no library");
        assertThat(NativeSqTile.load(Optional.of(text), null).problem()).startsWith(text.toString());
        assertThat(NativeSqTile.load(Optional.of(text), null).tiles()).isEmpty();
    }

    /** It compares all keys with the products before it takes the time. */
    @Test
    void theBenchmarkMeasuresEveryTile() {
        SqTileBenchmark benchmark = new SqTileBenchmark(0);
        List<Benchmark.Row> rows = benchmark.run(benchmark.rows());
        assertThat(rows).hasSize(NativeSqTile.all().isEmpty() ? 2 : 4).allSatisfy(row -> assertThat(row.value()).isPositive());
        assertThat(rows).extracting(row -> row.context().anchor()).startsWith(JavaSqTile.of(5).name())
                .endsWith(SqTile.of(5).name());
    }

    /** Blocks of 32 slots with everything that may be odd: masks, empty slots, terms that are not finite, negative keys. */
    private static final class List32 {
        private final Arena arena = Arena.ofAuto();
        private final int bits;
        private final int dims;
        private final int blocks;
        private final SplittableRandom random;
        private final MemorySegment codes;
        private final float[] terms;
        private final int[] rows;
        private final int[] allowed;
        private final byte[][] v;
        private final float[] scale = new float[SqTile.QUERIES];
        private final float[] add = new float[SqTile.QUERIES];
        private final float[] threshold = new float[SqTile.QUERIES];

        List32(int bits, int dims, int blocks, long seed) {
            this.bits = bits;
            this.dims = dims;
            this.blocks = blocks;
            this.random = new SplittableRandom(seed);
            this.codes = arena.allocate((long) blocks * SLOTS * dims, 64);
            this.terms = new float[blocks * SLOTS];
            this.rows = random.ints(terms.length, 0, Integer.MAX_VALUE).toArray();
            this.allowed = new int[blocks];
            this.v = new byte[SqTile.QUERIES][dims];
            int queryMax = bits == 5 ? 31 : 127;
            for (long i = 0; i < codes.byteSize(); i++) {
                codes.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(1 << bits));
            }
            for (int s = 0; s < terms.length; s++) {
                terms[s] = switch (random.nextInt(20)) {
                    case 0 -> Float.POSITIVE_INFINITY;
                    case 1 -> Float.NaN;
                    case 2 -> -0f;
                    default -> (float) random.nextDouble(-1, 1) * dims;
                };
            }
            for (int block = 0; block < blocks; block++) {
                allowed[block] = random.nextInt(4) == 0 ? 0 : random.nextInt() | random.nextInt();
            }
            for (int i = 0; i < SqTile.QUERIES; i++) {
                for (int t = 0; t < dims; t++) {
                    v[i][t] = (byte) random.nextInt(-queryMax, queryMax + 1);
                }
                scale[i] = (float) random.nextDouble(-1, 1) / 100;
                add[i] = (float) random.nextDouble(-1, 1);
                threshold[i] = random.nextInt(4) == 0 ? Float.MAX_VALUE : key(i, random.nextInt(terms.length)); // which passes
            }
            scale[1] = 0; // with which keys may be -0
            add[1] = -0f;
        }

        void fill(int code, IntUnaryOperator query) {
            codes.fill((byte) code);
            for (byte[] one : v) {
                for (int t = 0; t < dims; t++) {
                    one[t] = (byte) query.applyAsInt(t);
                }
            }
            Arrays.fill(threshold, Float.MAX_VALUE);
        }

        /** @param capacity of a buffer, which is emptied when a scan stops */
        void check(SqTile tile, int count, int capacity) {
            for (boolean masked : new boolean[] {false, true}) {
                assertThat(scan(tile, count, capacity, masked)).as("dims %d, %d queries, masked %s", dims, count, masked)
                        .isEqualTo(expected(count, masked));
            }
        }

        private List<List<Long>> expected(int count, boolean masked) {
            List<List<Long>> entries = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                List<Long> passed = new ArrayList<>();
                for (int s = 0; s < terms.length; s++) {
                    float key = key(i, s);
                    if (key <= threshold[i] && !(masked && (allowed[s / SLOTS] >>> s % SLOTS & 1) == 0)) {
                        passed.add(Candidates.entry(key, rows[s]));
                    }
                }
                entries.add(passed);
            }
            return entries;
        }

        private float key(int i, int slot) {
            int sum = 0;
            for (int j = 0; j < dims; j++) {
                sum += v[i][j] * codes.get(ValueLayout.JAVA_BYTE, IvfSqData.at(slot, j, dims));
            }
            return Math.fma(scale[i], (float) sum, terms[slot] + add[i]);
        }

        private List<List<Long>> scan(SqTile tile, int count, int capacity, boolean masked) {
            MemorySegment group = arena.allocate(SqTile.groupBytes(), 64);
            group.fill((byte) 0xff); // what is there before means nothing
            MemorySegment buffers = arena.allocate(capacity * 8L * count, 8);
            for (int i = 0; i < count; i++) {
                group.set(ValueLayout.JAVA_FLOAT, SqTile.SCALE + i * 4, scale[i]);
                group.set(ValueLayout.JAVA_FLOAT, SqTile.ADD + i * 4, add[i]);
                group.set(ValueLayout.JAVA_FLOAT, SqTile.THRESHOLD + i * 4, threshold[i]);
                group.set(ValueLayout.JAVA_INT, SqTile.SIZE + i * 4, 0);
                group.set(ValueLayout.JAVA_LONG, SqTile.BUFFER + i * 8, buffers.address() + (long) i * capacity * 8);
                tile.pack(group.address(), i, count, dims, arena.allocateFrom(ValueLayout.JAVA_BYTE, v[i]).address());
            }
            group.set(ValueLayout.JAVA_INT, SqTile.CAPACITY, capacity);
            MemorySegment mask = arena.allocateFrom(ValueLayout.JAVA_INT, allowed);
            List<List<Long>> entries = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                entries.add(new ArrayList<>());
            }
            MemorySegment t = arena.allocateFrom(ValueLayout.JAVA_FLOAT, terms);
            MemorySegment r = arena.allocateFrom(ValueLayout.JAVA_INT, rows);
            int from = 0;
            while (from < blocks) {
                int done = tile.scan(group.address(), count, dims, codes.address(), t.address(), r.address(),
                        masked ? mask.address() : 0, from, blocks);
                assertThat(done).isGreaterThan(from).isLessThanOrEqualTo(blocks);
                boolean full = false;
                for (int i = 0; i < count; i++) {
                    int size = group.get(ValueLayout.JAVA_INT, SqTile.SIZE + i * 4);
                    full |= size + SLOTS > capacity;
                    assertThat(size).isLessThanOrEqualTo(capacity);
                    for (int e = 0; e < size; e++) {
                        entries.get(i).add(buffers.get(ValueLayout.JAVA_LONG, ((long) i * capacity + e) * 8));
                    }
                    group.set(ValueLayout.JAVA_INT, SqTile.SIZE + i * 4, 0);
                }
                assertThat(done == blocks || full).as("stops only where a buffer is full").isTrue();
                from = done;
            }
            return entries;
        }
    }
}
