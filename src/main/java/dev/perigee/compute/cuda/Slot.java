package dev.perigee.compute.cuda;

import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A stream and the memory that a search works in, which grows with the largest search it has seen. For one search at a time.
 * Memory is only made while the stream is idle: at the begin of a block of queries.
 */
final class Slot implements AutoCloseable {
    private static final int MASKS = 8;

    /** What device memory of a slot holds; the kernels' comments say more. */
    enum Part {
        QUERIES(Purpose.QUERIES), KS(Purpose.QUERIES), ACTIVE(Purpose.QUERIES), SHADOWS(Purpose.QUERIES), ALPHA(Purpose.QUERIES),
        BETA(Purpose.QUERIES), GAMMA(Purpose.QUERIES), UNIT(Purpose.QUERIES), CONSTANT(Purpose.QUERIES),
        PRODUCTS(Purpose.WORKSPACE), MINIMA(Purpose.WORKSPACE), LIMITS(Purpose.WORKSPACE), LIST_COUNTS(Purpose.WORKSPACE),
        LIST(Purpose.WORKSPACE), POOL_DISTANCES(Purpose.WORKSPACE), POOL_POSITIONS(Purpose.WORKSPACE), ANSWERS(Purpose.ANSWERS);

        private final Purpose purpose;

        Part(Purpose purpose) {
            this.purpose = purpose;
        }
    }

    private final CudaDevice device;
    private final KernelModule module;
    private final CudaStream stream;
    private final Arena arena = Arena.ofShared();
    private final Arguments arguments = new Arguments(arena);
    private final Map<Part, DeviceBuffer> parts = new EnumMap<>(Part.class);
    private final Map<RowMask, DeviceBuffer> masks = new LinkedHashMap<>(16, 0.75f, true);
    private PinnedBuffer host;
    private LaunchWatch watch;

    Slot(CudaDevice device, KernelModule module) {
        this.device = device;
        this.module = module;
        this.stream = device.stream();
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
            if (have != null) {
                parts.remove(part).close();
            }
            parts.put(part, device.allocate(Math.max(256, bytes), part.purpose));
        }
    }

    DeviceBuffer at(Part part) {
        return parts.get(part);
    }

    /** Memory that downloads go to at full speed; the last one is gone. */
    MemorySegment host(long bytes) {
        if (host == null || host.segment().byteSize() < bytes) {
            if (host != null) {
                host.close();
                host = null;
            }
            host = device.allocatePinned(Math.max(4096, bytes));
        }
        return host.segment();
    }

    /** Uploads integers to a part that is large enough. */
    void upload(Part part, int[] values) {
        upload(at(part), values);
    }

    private void upload(DeviceBuffer buffer, int[] values) {
        buffer.upload(0, Arena.ofAuto().allocateFrom(ValueLayout.JAVA_INT, values), stream);
    }

    /**
     * A mask in device memory, a bit per row, a word per group, zeros to the end; the latest few are kept.
     *
     * @param groups how many words
     */
    DeviceBuffer mask(RowMask mask, int groups) {
        DeviceBuffer have = masks.get(mask);
        if (have == null) {
            int[] words = new int[groups];
            for (int g = 0; g < groups; g++) {
                words[g] = mask.bits(g);
            }
            if (masks.size() == MASKS) {
                masks.remove(masks.keySet().iterator().next()).close();
            }
            have = device.allocate(groups * 4L, Purpose.MASKS);
            masks.put(mask, have);
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
        if (host != null) {
            host.close();
        }
        stream.close();
        arena.close();
    }
}
