package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.MASK;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.Stream;

/**
 * The kernel of IVF-PQ: codes of one list against up to four queries. It appends every code to a query's buffer whose key is at
 * most the query's threshold. A key is the row's term, plus the look-ups in the order of {@link CodeKernel}, plus the list's
 * constant, all in float, so whichever kernel runs, answers are the same.
 *
 * <p>Most kernels bound keys from below first, 32 codes at once by sums of byte look-ups (fast scan of Andre, Kermarrec, Le
 * Scouarnec, VLDB 2015): by {@code fma(scale, sum of bytes - MIDDLE, term + add)}, of codes as {@link CodeBlocks} lays them out
 * and tables as {@link ByteTables} makes them. What is not beyond the threshold is summed in float.
 *
 * <p>A query lies off-heap on 64 bytes, little-endian, the queries of a call one after the other:
 *
 * <pre>
 *   0 int64 address of its byte tables    8 int64 address of its float tables   16 int64 address of its buffer
 *  24 int32 size                         28 int32 capacity                      32 float scale
 *  36 float add                          40 float constant                      44 float threshold
 * </pre>
 *
 * A buffer holds {@code capacity} entries, made as {@link Candidates#entry} makes them, {@code size} of which are filled.
 * Kernels have no state, any number of threads may use one.
 */
interface FastScan {
    /** Queries of a call, at most. */
    int QUERIES = 4;
    /** Codes of a block. */
    int BLOCK = 32;
    /** Bytes of a block for each part of 4 bits. */
    int PART = 16;
    /** Parts are rounded up to a multiple of this. */
    int PARTS = 4;
    /** Taken off the sums of bytes, so that they are signed shorts. */
    int MIDDLE = 1 << 15;

    long BYTES = 0;
    long FLOATS = 8;
    long BUFFER = 16;
    long SIZE = 24;
    long CAPACITY = 28;
    long SCALE = 32;
    long ADD = 36;
    long CONSTANT = 40;
    long THRESHOLD = 44;
    long QUERY_BYTES = 64;

    /**
     * The codes of a list, by the addresses of what belongs to its first slot.
     *
     * @param blocks  as {@link CodeBlocks} has them, 0 for a kernel that does without
     * @param parts   of a code, a multiple of {@link #PARTS}
     * @param codes   as they are stored, {@code stride} bytes apart
     * @param terms   float32 per slot
     * @param rows    int32 per slot
     * @param allowed 0, or uint32 per block of slots: bit i says that slot i may be returned
     */
    record Codes(long blocks, int parts, long codes, int stride, long terms, long rows, long allowed) {
    }

    /**
     * Scans blocks {@code from} to {@code to} of 32 slots of a list.
     *
     * @param queries address of {@code count} queries
     * @param tables  of each query, those of 16 code bytes each, for a kernel without bounds
     * @return the first block not scanned: {@code to}, or an earlier one, before which some buffer has no room for 32 more
     */
    int scan(long queries, float[][][] tables, int count, Codes codes, int from, int to);

    /** What it runs on, for people. */
    String name();

    /** Whether it reads {@link CodeBlocks} and tables off the heap. */
    default boolean bounds() {
        return true;
    }

    /** The fastest here for codes of 4 or 8 bits a part. */
    static FastScan of(int bits) {
        return all(bits).getFirst();
    }

    /** All that this machine can run, the fastest first. */
    static List<FastScan> all(int bits) {
        return Stream.concat(NativeSqTile.allFastScans().stream().filter(kernel -> kernel.bits() == bits),
                Stream.of(bits == 8 ? ByteScan.ONLY : JavaFastScan.ONLY)).toList();
    }

    /** The address that a field of a query holds. */
    static long address(long query, long field) {
        return ALL.get(ValueLayout.JAVA_LONG, query + field & MASK);
    }

    /** Appends a code to the buffer of a query if its key is near enough. */
    static void offer(long query, float key, int row) {
        if (key <= Lanes.get(query + THRESHOLD)) {
            int size = ALL.get(ValueLayout.JAVA_INT, query + SIZE & MASK);
            ALL.set(ValueLayout.JAVA_LONG, address(query, BUFFER) + size * 8L & MASK, Candidates.entry(key, row));
            ALL.set(ValueLayout.JAVA_INT, query + SIZE & MASK, size + 1);
        }
    }

    /** Whether the buffer of a query has no room for {@code count} more. */
    static boolean full(long query, int count) {
        return ALL.get(ValueLayout.JAVA_INT, query + SIZE & MASK) + count > ALL.get(ValueLayout.JAVA_INT, query + CAPACITY & MASK);
    }
}
