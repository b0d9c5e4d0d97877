package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.Kernel.CEILING_COPY;
import static dev.perigee.compute.cuda.Kernel.CEILING_SHARED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
    private final Arena arena = Arena.ofConfined();
    private final Arguments arguments = new Arguments(arena);

    @AfterEach
    void close() {
        arena.close();
    }

    @Test
    void packsWhatTheDriverReads() {
        assertThat(arguments.of(CEILING_COPY).none().none().put(1L << 40).kernel()).isEqualTo(CEILING_COPY);
        assertThat(argument(2, ValueLayout.JAVA_LONG.byteSize()).get(ValueLayout.JAVA_LONG, 0)).isEqualTo(1L << 40);
        arguments.of(CEILING_SHARED).put(-5).none();
        assertThat(argument(0, Integer.BYTES).get(ValueLayout.JAVA_INT, 0)).isEqualTo(-5);
    }

    @Test
    void refusesWhatTheKernelDoesNotTake() {
        assertThatThrownBy(() -> arguments.of(CEILING_COPY).none().none().put(1))
                .hasMessage("ceiling_copy: argument 2 is INT (expected LONG)");
        assertThatThrownBy(() -> arguments.of(CEILING_COPY).put(1f))
                .hasMessage("ceiling_copy: argument 0 is FLOAT (expected POINTER)");
        assertThatThrownBy(() -> arguments.of(CEILING_SHARED).put(1).none().put(1.0))
                .hasMessage("ceiling_shared: argument 2 is DOUBLE (expected 2 arguments)");
        assertThatThrownBy(() -> arguments.of(CEILING_COPY).none().kernel())
                .hasMessage("ceiling_copy: 1 arguments (expected 3)");
    }

    private MemorySegment argument(int number, long bytes) {
        MemorySegment table = MemorySegment.ofAddress(arguments.pointers().value()).reinterpret((number + 1L) * Long.BYTES);
        return MemorySegment.ofAddress(table.getAtIndex(ValueLayout.JAVA_LONG, number)).reinterpret(bytes);
    }
}
