package dev.perigee.compute.simd;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * {@link FastScan} in C ({@code native/tile}), on x86 two or four times as wide as {@link JavaFastScan}; {@link NativeSqTile}
 * loads it.
 *
 * @param name     the instructions that it uses
 * @param bits     of a part of the codes that it reads, 4 or 8
 * @param function its address
 */
record NativeFastScan(String name, int bits, MemorySegment function) implements FastScan {
    /** Look-ups of a call, which holds up safepoints: some 100 microseconds. */
    private static final long LOOK_UPS_OF_A_CALL = 1L << 22;

    static NativeFastScan of4Bits(String name, MemorySegment function) {
        return new NativeFastScan(name, 4, function);
    }

    static NativeFastScan of8Bits(String name, MemorySegment function) {
        return new NativeFastScan(name, 8, function);
    }

    private static final class Call {
        static final MethodHandle SCAN = Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT), Linker.Option.critical(false));
    }

    @Override
    public int scan(long queries, float[][][] tables, int count, Codes codes, int from, int to) {
        int step = Math.toIntExact(Math.max(1, LOOK_UPS_OF_A_CALL / ((long) BLOCK * codes.parts() * count)));
        while (from < to) {
            int end = (int) Math.min((long) from + step, to);
            int done = call(queries, count, codes, from, end);
            if (done < end) {
                return done;
            }
            from = end;
        }
        return to;
    }

    private int call(long queries, int count, Codes codes, int from, int to) {
        try {
            return (int) Call.SCAN.invokeExact(function, queries, count, codes.parts(), codes.blocks(), codes.codes(),
                    codes.stride(), codes.terms(), codes.rows(), codes.allowed(), from, to);
        } catch (Throwable e) {
            throw new AssertionError(e); // a downcall throws nothing of its own
        }
    }
}
