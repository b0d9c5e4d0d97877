package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.MASK;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.Stream;

/**
 * The kernel of IVF-SQ: codes of one list against up to six queries. It makes the keys that {@code IvfSqData} defines, bit for
 * bit whichever tile it is, and appends what passes a query's threshold to the query's buffer.
 *
 * <p>A group of queries lies off-heap on 64 bytes, little-endian: what the caller writes, a slot per query and eight of each,
 * then the packed queries, which are the tile's own:
 *
 * <pre>
 *   0 float scale[8]        32 float add[8]        64 float threshold[8]
 *  96 int32 size[8]        128 int64 buffer[8]    192 int32 capacity
 * 196 int32 next blocks    200 int64 next codes   208 int64 next terms  256 queries
 * </pre>
 *
 * A buffer holds {@code capacity} entries, made as {@link Candidates#entry} makes them, {@code size} of which are filled.
 * <em>Next</em> is what is going to be scanned after this, its blocks of 32 slots and addresses, 0 blocks if nobody knows: a
 * tile may ask memory for it.
 * Tiles have no state, any number of threads may use one; a group is for one thread at a time.
 */
interface SqTile {
    /** Queries of a group, at most. */
    int QUERIES = 6;
    /** Slots that are scanned at a time: two blocks of codes. */
    int SLOTS = 32;
    long SCALE = 0;
    long ADD = 32;
    long THRESHOLD = 64;
    long SIZE = 96;
    long BUFFER = 128;
    long CAPACITY = 192;
    long NEXT_BLOCKS = 196;
    long NEXT_CODES = 200;
    long NEXT_TERMS = 208;
    long PACKED = 256;

    /** The fastest tile here for codes of 5 or 6 bits. */
    static SqTile of(int bits) {
        return all(bits).getFirst();
    }

    /** All that this machine can run, the fastest first. */
    static List<SqTile> all(int bits) {
        return Stream.concat(NativeSqTile.all().stream(), Stream.of(JavaSqTile.of(bits))).toList();
    }

    /** What it runs on, for people. */
    String name();

    /** Bytes of a group, whatever the tile: a multiple of 64. */
    static long groupBytes() {
        return JavaSqTile.groupBytes();
    }

    /**
     * Packs query {@code i} of {@code count} into a group.
     *
     * @param v address of its dims signed bytes
     */
    void pack(long group, int i, int count, int dims, long v);

    /**
     * Scans blocks {@code from} to {@code to} of 32 slots of a list.
     *
     * @param codes   address of the codes of the list's first slot, as are the next three
     * @param terms   float32 per slot
     * @param rows    int32 per slot
     * @param allowed 0, or uint32 per block of slots: bit i says that slot i may be returned
     * @return the first block not scanned: {@code to}, or an earlier one, before which some buffer has no room for 32 more
     */
    int scan(long group, int count, int dims, long codes, long terms, long rows, long allowed, int from, int to);

    /** Whether some buffer of the group has no room for one more block. */
    static boolean full(long group, int count) {
        int most = 0;
        for (int i = 0; i < count; i++) {
            most = Math.max(most, ALL.get(ValueLayout.JAVA_INT, (group & MASK) + SIZE + i * 4));
        }
        return most + SLOTS > ALL.get(ValueLayout.JAVA_INT, (group & MASK) + CAPACITY);
    }
}
