package dev.perigee.compute.cuda;

import dev.perigee.index.InvertedLists;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/**
 * A stream and the memory that a search works in, which grows with the largest search it has seen. For one search at a time.
 * Memory is only made while the stream is idle: at the begin of a block of queries.
 */
final class Slot implements AutoCloseable {
    private static final int MASKS = 8;
    /** Uploads of integers that a search has in flight at the most, with room to spare. */
    private static final int NUMBERS = 8;

    /** What device memory of a slot holds; the kernels' comments say more. */
    enum Part {
        QUERIES(Purpose.QUERIES), KS(Purpose.QUERIES), ACTIVE(Purpose.QUERIES), SHADOWS(Purpose.QUERIES), ALPHA(Purpose.QUERIES),
        BETA(Purpose.QUERIES), GAMMA(Purpose.QUERIES), UNIT(Purpose.QUERIES), CONSTANT(Purpose.QUERIES),
        PRODUCTS(Purpose.WORKSPACE), MINIMA(Purpose.WORKSPACE), LIMITS(Purpose.WORKSPACE), LIST_COUNTS(Purpose.WORKSPACE),
        LIST(Purpose.WORKSPACE), LIST_PROBES(Purpose.WORKSPACE), PROBES(Purpose.WORKSPACE), PROBE_COUNTS(Purpose.QUERIES),
        KEEPS(Purpose.QUERIES), REFINED(Purpose.QUERIES), BEGINS(Purpose.WORKSPACE), PAIR_COUNTS(Purpose.WORKSPACE),
        CURSORS(Purpose.WORKSPACE), PAIR_BEGINS(Purpose.WORKSPACE), ITEM_BEGINS(Purpose.WORKSPACE), PAIRS(Purpose.WORKSPACE),
        COORDINATES(Purpose.QUERIES), LIST_PRODUCTS(Purpose.WORKSPACE), WORDS(Purpose.QUERIES), FACTORS(Purpose.QUERIES),
        POOL_DISTANCES(Purpose.WORKSPACE), POOL_POSITIONS(Purpose.WORKSPACE), ANSWERS(Purpose.ANSWERS);

        private final Purpose purpose;

        Part(Purpose purpose) {
            this.purpose = purpose;
        }
    }

    /** A mask of rows in the order of the slots of some lists; both by identity. */
    private record SlotMask(RowMask mask, InvertedLists lists) {
        @Override
        public boolean equals(Object other) {
            return other instanceof SlotMask that && that.mask == mask && that.lists == lists;
        }

        @Override
        public int hashCode() {
            return 31 * System.identityHashCode(mask) + System.identityHashCode(lists);
        }
    }

    private final CudaDevice device;
    private final KernelModule module;
    private final CudaStream stream;
    private final Arena arena = Arena.ofShared();
    private final Arguments arguments = new Arguments(arena);
    private final Map<Part, DeviceBuffer> parts = new EnumMap<>(Part.class);
    private final Map<Object, DeviceBuffer> masks = new LinkedHashMap<>(16, 0.75f, true);
    private final Graphs graphs = new Graphs();
    private final Completion completion;
    private PinnedBuffer host;
    private PinnedBuffer numbers;
    private long nextNumber;
    private LaunchWatch watch;

    Slot(CudaDevice device, KernelModule module) {
        this.device = device;
        this.module = module;
        this.stream = device.stream();
        this.completion = new Completion(device);
    }

    CudaDevice device() {
        return device;
    }

    CudaStream stream() {
        return stream;
    }

    /** Makes a part at least so large; what it held is gone if it had to grow. */
    void reserve(Part part, long bytes) {
        DeviceBuffer have = parts.get(part);
        if (have == null || have.bytes() < bytes) {
            graphs.clear();
            if (have != null) {
                parts.remove(part).close();
            }
            parts.put(part, device.allocate(Math.max(256, bytes), part.purpose));
        }
    }

    DeviceBuffer at(Part part) {
        return parts.get(part);
    }

    /**
     * Gives a chain of launches to the stream and waits for it. Where a chain with that key ran before, it is one call.
     *
     * @param key null: it is not worth recording
     */
    void run(ChainKey key, Runnable chain) {
        completion.arm();
        if (key == null || watch != null) {
            chain.run();
            completion.signal(this);
        } else {
            CudaGraph graph = graphs.get(key);
            if (graph == null) {
                graph = graphs.record(key, stream, () -> {
                    chain.run();
                    completion.signal(this);
                });
            }
            graph.launch(stream);
        }
        completion.await(stream);
    }

    Graphs graphs() {
        return graphs;
    }

    /** Memory that downloads go to at full speed; the last one is gone. */
    MemorySegment host(long bytes) {
        if (host == null || host.segment().byteSize() < bytes) {
            graphs.clear();
            if (host != null) {
                host.close();
                host = null;
            }
            host = device.allocatePinned(Math.max(4096, bytes));
        }
        return host.segment();
    }

    /** A copy of memory of the host, on the device when this returns; the caller closes it. */
    DeviceBuffer uploaded(MemorySegment values, Purpose purpose) {
        DeviceBuffer buffer = device.allocate(values.byteSize(), purpose);
        try {
            buffer.upload(0, values, stream);
            stream.synchronize();
            return buffer;
        } catch (RuntimeException e) {
            buffer.close();
            throw e;
        }
    }

    /** The values of rows without padding, on the device when this returns; the caller closes it. */
    DeviceBuffer uploaded(Matrix rows, Purpose purpose) {
        try (Arena local = Arena.ofConfined()) {
            long bytes = rows.dim() * 4L;
            MemorySegment values = local.allocate(rows.rows() * bytes, 64);
            for (int i = 0; i < rows.rows(); i++) {
                MemorySegment.copy(rows.segment(), i * rows.stride(), values, i * bytes, bytes);
            }
            return uploaded(values, purpose);
        }
    }

    /** Uploads integers to a part that is large enough, from pinned memory: the upload of others before must be through. */
    void upload(Part part, int[] values) {
        long bytes = values.length * 4L;
        if (numbers == null || numbers.segment().byteSize() < NUMBERS * bytes) {
            if (numbers != null) {
                numbers.close();
                numbers = null;
            }
            numbers = device.allocatePinned(Math.max(4096, NUMBERS * bytes));
            nextNumber = 0;
        }
        if (nextNumber + bytes > numbers.segment().byteSize()) {
            nextNumber = 0;
        }
        MemorySegment from = numbers.segment().asSlice(nextNumber, bytes);
        nextNumber += (bytes + 63) / 64 * 64;
        MemorySegment.copy(values, 0, from, ValueLayout.JAVA_INT, 0, values.length);
        at(part).upload(0, from, stream);
    }

    private void upload(DeviceBuffer buffer, int[] values) {
        try (Arena local = Arena.ofConfined()) {
            buffer.upload(0, local.allocateFrom(ValueLayout.JAVA_INT, values), stream);
        }
    }

    /**
     * A mask in device memory, a bit per row, a word per group, zeros to the end; the latest few are kept.
     *
     * @param groups how many words
     */
    DeviceBuffer mask(RowMask mask, int groups) {
        return mask(mask, groups, mask::bits);
    }

    /** The same in the order of slots: a bit per slot, zero where there is no row. */
    DeviceBuffer mask(RowMask mask, InvertedLists lists) {
        return mask(new SlotMask(mask, lists), lists.slots() / ProductShape.GROUP, group -> {
            int word = 0;
            for (int i = 0; i < ProductShape.GROUP; i++) {
                int row = lists.row(group * ProductShape.GROUP + i);
                word |= row >= 0 && mask.allows(row) ? 1 << i : 0;
            }
            return word;
        });
    }

    private DeviceBuffer mask(Object key, int groups, IntUnaryOperator bits) {
        DeviceBuffer have = masks.get(key);
        if (have == null) {
            int[] words = new int[groups];
            Arrays.setAll(words, bits);
            if (masks.size() == MASKS) {
                graphs.clear();
                masks.remove(masks.keySet().iterator().next()).close();
            }
            have = device.allocate(groups * 4L, Purpose.MASKS);
            masks.put(key, have);
            upload(have, words);
        }
        return have;
    }

    /** The arguments of the next launch. */
    Arguments of(Kernel kernel) {
        return arguments.of(kernel);
    }

    /** Has all launches timed; null = no more. */
    void watch(LaunchWatch next) {
        watch = next;
    }

    KernelModule module() {
        return module;
    }

    /** Starts the kernel that the arguments were put for. */
    void launch(int columns, int rows, int threads, int sharedBytes) {
        if (watch == null) {
            module.launch(arguments, columns, rows, threads, sharedBytes, stream);
        } else {
            watch.launch(arguments.kernel(), stream,
                    () -> module.launch(arguments, columns, rows, threads, sharedBytes, stream));
        }
    }

    @Override
    public void close() {
        parts.values().forEach(DeviceBuffer::close);
        masks.values().forEach(DeviceBuffer::close);
        graphs.close();
        completion.close();
        if (host != null) {
            host.close();
        }
        if (numbers != null) {
            numbers.close();
        }
        stream.close();
        arena.close();
    }
}
