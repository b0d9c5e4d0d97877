package dev.perigee.compute.simd;

import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** How wide vectors are here, and how kernels reach memory. The property {@code perigee.lanes} (4, 8, 16) forces a width. */
final class Lanes {
    /** Chosen once, so that it folds in every kernel. */
    static final VectorSpecies<Float> FLOAT = choose(Integer.getInteger("perigee.lanes", 0));
    static final int COUNT = FLOAT.length();
    static final long BYTES = COUNT * 4L;
    /** For rows, whose stride may be an odd multiple of 32 bytes: never more than 8 lanes. */
    static final VectorSpecies<Float> ROW = COUNT > 8 ? FloatVector.SPECIES_256 : FLOAT;

    /** All of memory: addresses are offsets in it. What is read through it must be kept open by the caller. */
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    /** An address masked with this has a range that the compiler knows, so that bounds checks fold. */
    static final long MASK = (1L << 56) - 1;

    private Lanes() {
    }

    private static VectorSpecies<Float> choose(int forced) {
        return switch (forced) {
            case 0 -> FloatVector.SPECIES_PREFERRED.length() > 16 ? FloatVector.SPECIES_512 : FloatVector.SPECIES_PREFERRED;
            case 4 -> FloatVector.SPECIES_128;
            case 8 -> FloatVector.SPECIES_256;
            case 16 -> FloatVector.SPECIES_512;
            default -> throw PerigeeException.invalid("perigee.lanes: %d (expected 4, 8 or 16)".formatted(forced));
        };
    }

    static FloatVector at(long address) {
        return FloatVector.fromMemorySegment(FLOAT, ALL, address, ByteOrder.LITTLE_ENDIAN);
    }

    static FloatVector rowAt(long address) {
        return FloatVector.fromMemorySegment(ROW, ALL, address, ByteOrder.LITTLE_ENDIAN);
    }

    static FloatVector broadcast(long address) {
        return FloatVector.broadcast(FLOAT, ALL.get(Matrix.FLOAT, address));
    }

    static float get(long address) {
        return ALL.get(Matrix.FLOAT, address & MASK);
    }

    static void set(long address, float value) {
        ALL.set(Matrix.FLOAT, address & MASK, value);
    }
}
