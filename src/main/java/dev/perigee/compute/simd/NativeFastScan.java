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
 * @param function its address
 */
record NativeFastScan(String name, MemorySegment function) implements FastScan {
    private static final class Call {
        static final MethodHandle SCAN = Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_FLOAT,
                ValueLayout.JAVA_FLOAT, ValueLayout.JAVA_FLOAT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG),
                Linker.Option.critical(false));
    }

    @Override
    public void scan(long codes, int blocks, int parts, long tables, long terms, float scale, float add, float threshold,
            long bounds, long marks) {
        try {
            Call.SCAN.invokeExact(function, codes, blocks, parts, tables, terms, scale, add, threshold, bounds, marks);
        } catch (Throwable e) {
            throw new AssertionError(e); // a downcall throws nothing of its own
        }
    }
}
