package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.cuda.Kernel.Parameter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * The arguments of a launch, in order, checked against what the kernel takes:
 * {@code module.launch(arguments.of(CEILING_COPY).put(from).put(to).put(n), ...)}. The driver copies them when it launches,
 * so one object serves launch after launch, without garbage. For one thread at a time.
 */
final class Arguments {
    private static final int MOST = Arrays.stream(Kernel.values()).mapToInt(k -> k.parameters().size()).max().orElseThrow();

    /** [MOST] values of 8 bytes, and [MOST] pointers to them. */
    private final MemorySegment values;
    private final Address pointers;
    private Kernel kernel;
    private int count;

    /** @param arena how long it may be used */
    Arguments(Arena arena) {
        values = arena.allocate((long) MOST * Long.BYTES, Long.BYTES);
        MemorySegment table = arena.allocate((long) MOST * Long.BYTES, Long.BYTES);
        for (int i = 0; i < MOST; i++) {
            table.setAtIndex(ValueLayout.JAVA_LONG, i, values.address() + (long) i * Long.BYTES);
        }
        pointers = new Address(table.address());
    }

    /** Begins the arguments of a kernel. */
    Arguments of(Kernel next) {
        kernel = next;
        count = 0;
        return this;
    }

    Arguments put(DeviceBuffer buffer) {
        return address(buffer.address());
    }

    /** @param offset in bytes */
    Arguments put(DeviceBuffer buffer, long offset) {
        assert offset >= 0 && offset <= buffer.bytes();
        return address(buffer.address() + offset);
    }

    Arguments put(PinnedBuffer buffer) {
        return address(buffer.address());
    }

    /** A pointer that the kernel knows to be absent. */
    Arguments none() {
        return address(0);
    }

    private Arguments address(long address) {
        values.set(ValueLayout.JAVA_LONG, next(Parameter.POINTER), address);
        return this;
    }

    Arguments put(int value) {
        values.set(ValueLayout.JAVA_INT, next(Parameter.INT), value);
        return this;
    }

    Arguments put(long value) {
        values.set(ValueLayout.JAVA_LONG, next(Parameter.LONG), value);
        return this;
    }

    Arguments put(float value) {
        values.set(ValueLayout.JAVA_FLOAT, next(Parameter.FLOAT), value);
        return this;
    }

    Arguments put(double value) {
        values.set(ValueLayout.JAVA_DOUBLE, next(Parameter.DOUBLE), value);
        return this;
    }

    /** Where the next argument lies, which is of that kind. */
    private long next(Parameter kind) {
        List<Parameter> expected = kernel.parameters();
        if (count >= expected.size() || expected.get(count) != kind) {
            throw new PerigeeException(ErrorCode.INTERNAL, "%s: argument %d is %s (expected %s)".formatted(kernel.symbol(),
                    count, kind, count < expected.size() ? expected.get(count) : expected.size() + " arguments"));
        }
        return (long) count++ * Long.BYTES;
    }

    /** The kernel that they are for; they are complete. */
    Kernel kernel() {
        if (count != kernel.parameters().size()) {
            throw new PerigeeException(ErrorCode.INTERNAL, "%s: %d arguments (expected %d)".formatted(kernel.symbol(), count,
                    kernel.parameters().size()));
        }
        return kernel;
    }

    /** As cuLaunchKernel wants them. */
    Address pointers() {
        return pointers;
    }
}
