package dev.perigee.compute.simd;

import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * {@link ExactRows} in C ({@code native/tile}), which can fetch the next rows while it compares some; {@link NativeSqTile} loads
 * it.
 *
 * @param name     the instructions that it uses
 * @param function its address
 */
record NativeExactRows(String name, MemorySegment function) implements ExactRows {
    /** Terms of a call, which holds up safepoints: some 100 microseconds. */
    private static final int TERMS_OF_A_CALL = 1 << 19;

    private static final class Call {
        static final MethodHandle SCAN = Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT, ValueLayout.ADDRESS), Linker.Option.critical(true));
    }

    @Override
    public void between(Distance distance, Matrix queries, int query, Matrix rows, long[] entries, int count,
            double[] distances) {
        int most = Math.max(1, TERMS_OF_A_CALL / rows.dim());
        MemorySegment from = MemorySegment.ofArray(entries);
        MemorySegment to = MemorySegment.ofArray(distances);
        for (int i = 0; i < count; i += most) {
            try {
                Call.SCAN.invokeExact(function, queries.address(query), rows.address(0), rows.stride() / 4, rows.dim(),
                        distance == Distance.L2 ? 1 : 0, from.asSlice(i * 8L), Math.min(most, count - i), to.asSlice(i * 8L));
            } catch (Throwable e) {
                throw new AssertionError(e); // a downcall throws nothing of its own
            }
        }
    }
}
