package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.Slot.Part.ACTIVE;
import static dev.perigee.compute.cuda.Slot.Part.POOL_DISTANCES;
import static dev.perigee.compute.cuda.Slot.Part.POOL_POSITIONS;
import static dev.perigee.compute.cuda.Slot.Part.QUERIES;

import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;

/**
 * Some queries on a slot and what is found for them: candidates are collected in a pool per query on the device, and merged
 * into the nearest of each after every tile of rows.
 */
final class QueryBlock {
    static final int MOST_QUERIES = 16_384;
    /** Threads that merge: many for large pools. */
    private static final int MANY = 128;
    /** Answers that are worth more than one core. */
    private static final int SPREAD_FROM = 1 << 16;

    final Slot slot;
    final int count;
    /** Places of each query. */
    final int most;
    final int dim;
    /** Bytes from one query to the next. */
    final long stride;
    final int poolCapacity;
    /** Candidate groups of each query. */
    final int groupCapacity;
    private final Slot.Part ks;
    private final Slot.Part memory;
    private final AnswerLayout layout;
    private MemorySegment answers;

    /**
     * @param most   places of each query at the most
     * @param ks     where it says how many each wants
     * @param memory where the answers lie
     */
    QueryBlock(Slot slot, int count, Matrix queries, int most, Slot.Part ks, Slot.Part memory) {
        this.slot = slot;
        this.count = count;
        this.most = most;
        this.dim = queries.dim();
        this.stride = queries.stride();
        this.poolCapacity = poolCapacity(most);
        this.groupCapacity = 2 * most + 256;
        this.ks = ks;
        this.memory = memory;
        this.layout = new AnswerLayout(count, most);
    }

    private static int poolCapacity(int most) {
        return 2 * most + 1024;
    }

    /** Device memory that a query with so many places takes, without what is scanned. */
    static long bytesPerQuery(int most, Matrix queries) {
        return poolCapacity(most) * 16L + (4L * most + 8192) * 4 + most * 16L + 2 * queries.stride() + 64;
    }

    /** Queries of a block that may work in so much memory. */
    static int most(long workBytes, long bytesPerQuery) {
        return (int) Math.clamp(workBytes / bytesPerQuery, 1, MOST_QUERIES);
    }

    /** Makes its memory. The stream is idle. */
    void reserve() {
        slot.reserve(QUERIES, count * stride);
        slot.reserve(ks, count * 4L);
        slot.reserve(ACTIVE, count * 4L);
        slot.reserve(POOL_DISTANCES, (long) count * poolCapacity * 8);
        slot.reserve(POOL_POSITIONS, (long) count * poolCapacity * 8);
        slot.reserve(memory, layout.bytes());
    }

    /** @param queries [up to count, dim] */
    void upload(Matrix queries) {
        slot.at(QUERIES).upload(0, queries.segment().asSlice(0, queries.rows() * stride), slot.stream());
    }

    /** Nothing is found yet. */
    void clear() {
        answers = null;
        slot.at(memory).fill(0, layout.counted(), 0, slot.stream());
    }

    Arguments putQueries(Arguments a) {
        return a.put(slot.at(QUERIES)).put(stride / 4);
    }

    /** How many places of each query are taken, at what distances, and how many there are. */
    Arguments putFound(Arguments a) {
        return a.put(slot.at(memory), layout.topCounts()).put(slot.at(memory), layout.distances()).put(most);
    }

    Arguments putPool(Arguments a) {
        return a.put(poolCapacity).put(slot.at(memory), layout.poolCounts()).put(slot.at(POOL_DISTANCES))
                .put(slot.at(POOL_POSITIONS));
    }

    DeviceBuffer memory() {
        return slot.at(memory);
    }

    AnswerLayout layout() {
        return layout;
    }

    DeviceBuffer ks() {
        return slot.at(ks);
    }

    /** Merges the pools, to as many places of each query as it wants. */
    void merge(DeviceBuffer active, int queries) {
        merge(active, queries, ks(), layout.overflow());
    }

    /** @param overflow where it is noted, in the layout */
    void merge(DeviceBuffer active, int queries, DeviceBuffer ks, long overflow) {
        Arguments a = slot.of(Kernel.MERGE_TOP);
        putPool((active == null ? a.none() : a.put(active)).put(ks)).put(slot.at(memory), layout.topCounts())
                .put(slot.at(memory), layout.distances()).put(slot.at(memory), layout.positions()).put(most)
                .put(slot.at(memory), overflow);
        slot.launch(queries, 1, most < MANY ? 128 : 512, 0);
    }

    /** Waits for the answers so far. They lie in the slot's memory until it fetches others. */
    void fetch() {
        slot.host(layout.bytes());
        download(null);
        slot.stream().synchronize();
    }

    /** Makes the memory for {@link #download}. */
    void reserveHost(QueryBlock other) {
        slot.host(layout.bytes() + (other == null ? 0 : other.layout.counted()));
    }

    /**
     * Gives the copy of the answers so far to the stream.
     *
     * @param other a block whose counts and overflows come too, or null
     */
    void download(QueryBlock other) {
        long bytes = layout.bytes();
        MemorySegment host = slot.host(bytes);
        answers = host.asSlice(0, bytes);
        slot.at(memory).download(0, answers, slot.stream());
        if (other != null) {
            long counted = other.layout.counted();
            other.answers = host.asSlice(bytes, counted);
            slot.at(other.memory).download(0, other.answers, slot.stream());
        }
    }

    /** Where the answers are that a graph has fetched. */
    void fetched(QueryBlock other) {
        long bytes = layout.bytes();
        MemorySegment host = slot.host(bytes);
        answers = host.asSlice(0, bytes);
        if (other != null) {
            other.answers = host.asSlice(bytes, other.layout.counted());
        }
    }

    private int answer(long offset, int query) {
        return answers.get(ValueLayout.JAVA_INT, offset + query * 4L);
    }

    /** The queries whose candidates were more than their memory held when they were merged last; their pools are as before. */
    int[] overflown() {
        return IntStream.range(0, count).filter(q -> answer(layout.overflow(), q) != 0).toArray();
    }

    /** Neighbours of a query in what was fetched last. */
    int found(int query) {
        return answer(layout.topCounts(), query);
    }

    /** What becomes of a query's answer. */
    interface Answer {
        void merge(int query, double[] distances, long[] positions, TopK into);
    }

    /**
     * Merges what was fetched last.
     *
     * @param from query of {@code into} that is the first here
     */
    void collect(Distance distance, TopK into, int from, int asked) {
        collect((query, distances, positions, top) -> {
            for (int i = 0; distance != Distance.L2 && i < distances.length; i++) {
                distances[i] = distances[i] == 0 ? -0.0 : distances[i]; // the negated product is what the reference gives
            }
            top.offerSorted(from + query, distances, positions, 0, distances.length);
        }, into, asked);
    }

    /** @param asked queries of which somebody wants to know: the first ones */
    void collect(Answer answer, TopK into, int asked) {
        if (answers == null) {
            return; // no rows
        }
        IntStream queries = IntStream.range(0, asked);
        ((long) asked * most < SPREAD_FROM ? queries : queries.parallel()).forEach(q -> {
            int found = found(q);
            double[] d = new double[found];
            long[] p = new long[found];
            long begin = (long) q * most * 8;
            MemorySegment.copy(answers, ValueLayout.JAVA_DOUBLE, layout.distances() + begin, d, 0, found);
            MemorySegment.copy(answers, ValueLayout.JAVA_LONG, layout.positions() + begin, p, 0, found);
            answer.merge(q, d, p, into);
        });
    }
}
