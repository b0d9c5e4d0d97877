package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.MASK;

import dev.perigee.compute.NativeFolders;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * The tile in C ({@code native/tile}), which has the instructions for products of bytes that the Vector API lacks. Where
 * there is no such library, or the property {@code perigee.native} is {@code off}, {@link JavaSqTile} does the same.
 *
 * @param name     the instructions that it uses
 * @param function its address
 */
record NativeSqTile(String name, MemorySegment function) implements SqTile {
    static final String FILE = "libperigee_tile.so";
    /** Products of a call, which holds up safepoints: some 100 microseconds. */
    private static final long PRODUCTS_OF_A_CALL = 1L << 23;
    private static final int LONGEST_NAME = 64;

    /** What there is. @param problem why there are no tiles; empty otherwise */
    record Library(List<NativeSqTile> tiles, List<NativeFastScan> fastScans, List<NativeExactRows> exactRows, String problem) {
    }

    private static final class Machine {
        static final Library LIBRARY = load(NativeFolders.find(FILE, NativeFolders.all()), System.getProperty("perigee.native"));
    }

    private static final class Call {
        static final MethodHandle SCAN = Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
                Linker.Option.critical(false));
    }

    /** Those that this processor runs, the fastest first. */
    static List<NativeSqTile> all() {
        return Machine.LIBRARY.tiles;
    }

    /** The same of fast scan, from the same library. */
    static List<NativeFastScan> allFastScans() {
        return Machine.LIBRARY.fastScans;
    }

    /** The same of exact distances. */
    static List<NativeExactRows> allExactRows() {
        return Machine.LIBRARY.exactRows;
    }

    /** Why there are none; empty if there are. */
    static String problem() {
        return Machine.LIBRARY.problem;
    }

    static Library load(Optional<Path> file, String setting) {
        if ("off".equals(setting)) {
            return absent("perigee.native is off");
        }
        if (file.isEmpty()) {
            return absent("no %s in %s: there was no C compiler where it was built".formatted(FILE, NativeFolders.besideJar()));
        }
        try {
            SymbolLookup symbols = SymbolLookup.libraryLookup(file.get(), Arena.global());
            List<NativeSqTile> tiles = variants(symbols, "perigee_tile", NativeSqTile::new);
            List<NativeFastScan> fastScans = new ArrayList<>(variants(symbols, "perigee_fast", NativeFastScan::of4Bits));
            fastScans.addAll(variants(symbols, "perigee_fast8", NativeFastScan::of8Bits));
            List<NativeExactRows> exactRows = variants(symbols, "perigee_exact", NativeExactRows::new);
            return new Library(tiles, fastScans, exactRows, tiles.isEmpty() ? "this processor has none of its instructions" : "");
        } catch (IllegalArgumentException | UnsupportedOperationException | IllegalCallerException e) {
            return absent("%s: %s".formatted(file.get(), e.getMessage()));
        } catch (Throwable e) {
            throw new AssertionError(e); // a downcall throws nothing of its own
        }
    }

    private static Library absent(String problem) {
        return new Library(List.of(), List.of(), List.of(), problem);
    }

    /** What this processor runs of a function of the library, the fastest first. */
    private static <T> List<T> variants(SymbolLookup symbols, String function, BiFunction<String, MemorySegment, T> make)
            throws Throwable {
        MethodHandle names = lookUp(symbols, function + "_name");
        MethodHandle functions = lookUp(symbols, function + "_scan");
        List<T> found = new ArrayList<>();
        for (int n = 0; ; n++) {
            MemorySegment name = (MemorySegment) names.invokeExact(n);
            if (name.address() == 0) {
                return List.copyOf(found);
            }
            found.add(make.apply(name.reinterpret(LONGEST_NAME).getString(0), (MemorySegment) functions.invokeExact(n)));
        }
    }

    private static MethodHandle lookUp(SymbolLookup symbols, String name) {
        return Linker.nativeLinker().downcallHandle(symbols.find(name).orElseThrow(() ->
                new IllegalArgumentException("no " + name)), FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    }

    /** [dims / 8][count][8] */
    @Override
    public void pack(long group, int i, int count, int dims, long v) {
        long to = group + PACKED + i * 8L;
        for (int j = 0; j < dims; j += 8) {
            ALL.set(ValueLayout.JAVA_LONG, to & MASK, ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, (v & MASK) + j));
            to += count * 8L;
        }
    }

    @Override
    public int scan(long group, int count, int dims, long codes, long terms, long rows, long allowed, int from, int to) {
        int step = Math.toIntExact(Math.max(1, PRODUCTS_OF_A_CALL / ((long) SLOTS * dims * count)));
        while (from < to) {
            int end = (int) Math.min((long) from + step, to);
            int done = call(group, count, dims, codes, terms, rows, allowed, from, end);
            if (done < end) {
                return done;
            }
            from = end;
        }
        return to;
    }

    private int call(long group, int count, int dims, long codes, long terms, long rows, long allowed, int from, int to) {
        try {
            return (int) Call.SCAN.invokeExact(function, group, count, dims, codes, terms, rows, allowed, from, to);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
