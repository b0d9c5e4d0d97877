package dev.perigee.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.testing.RequiresCuda;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RequiresCuda
class CudaDeviceTest {
    private final CudaDevice device = CudaDevice.open();
    private final CudaStream stream = device.stream();
    private final Arena arena = Arena.ofShared();

    @AfterEach
    void close() {
        device.close();
        arena.close();
    }

    @Test
    void saysWhatItIs() {
        assertThat(device.name()).isEqualTo(CudaDriver.probe().chosen().name());
        assertThat(device.architecture()).isGreaterThanOrEqualTo(75);
        assertThat(device.multiprocessors()).isPositive();
        assertThat(device.sharedMemoryPerBlock()).isGreaterThanOrEqualTo(48 << 10);
        assertThat(device.memory().free()).isPositive().isLessThanOrEqualTo(device.memory().total());
        assertThat(device.toString()).contains(device.name(), device.computeCapability());
    }

    @Test
    void jcudaUsesTheLibraryBesideTheJar() throws IOException {
        try (var mapped = Files.lines(Path.of("/proc/self/maps"))) {
            assertThat(mapped.filter(line -> line.contains("libJCudaDriver")).map(line -> line.substring(line.indexOf('/'))))
                    .isNotEmpty().containsOnly(NativeLibrary.DRIVER.find().orElseThrow().toString());
        }
    }

    @Test
    void copiesThereAndBackAtAnyOffset() {
        MemorySegment data = numbered(100_003);
        MemorySegment back = arena.allocate(data.byteSize());
        try (DeviceBuffer a = device.allocate(200_000, Purpose.ROWS); DeviceBuffer b = device.allocate(100_003, Purpose.ROWS)) {
            a.upload(17, data, stream);
            b.copy(0, a, 17, 100_003, stream);
            b.download(0, back, stream);
            stream.synchronize();
            assertThat(back.mismatch(data)).isEqualTo(-1);
            b.download(100_000, back.asSlice(0, 3), stream);
            stream.synchronize();
            assertThat(back.asSlice(0, 3).mismatch(data.asSlice(100_000, 3))).isEqualTo(-1);
        }
    }

    @Test
    void fillsBytesAndWords() {
        MemorySegment back = arena.allocate(16);
        try (DeviceBuffer buffer = device.allocate(16, Purpose.WORKSPACE)) {
            buffer.fill(0, 16, (byte) -1, stream);
            buffer.fill(4, 8, 0x01020304, stream);
            buffer.fill(15, 1, (byte) 7, stream);
            buffer.download(0, back, stream);
            stream.synchronize();
        }
        assertThat(back.toArray(ValueLayout.JAVA_INT)).containsExactly(-1, 0x01020304, 0x01020304, 0x07ffffff);
    }

    @Test
    void refusesWhatIsOutsideOrOnTheHeap() {
        DeviceBuffer buffer = device.allocate(100, Purpose.QUERIES);
        fails(ErrorCode.INVALID_ARGUMENT, "QUERIES: bytes 96 to 104 (expected 0 to 100)",
                () -> buffer.upload(96, arena.allocate(8), stream));
        fails(ErrorCode.INVALID_ARGUMENT, "(expected 0 to 100)", () -> buffer.fill(-4, 4, (byte) 0, stream));
        fails(ErrorCode.INVALID_ARGUMENT, "(expected 0 to 100)", () -> buffer.fill(8, Long.MAX_VALUE, (byte) 0, stream));
        fails(ErrorCode.INVALID_ARGUMENT, "heap", () -> buffer.upload(0, MemorySegment.ofArray(new byte[4]), stream));
        fails(ErrorCode.INVALID_ARGUMENT, "0 bytes for ROWS", () -> device.allocate(0, Purpose.ROWS));
    }

    @Test
    void knowsWhatItsMemoryIsFor() {
        DeviceBuffer rows = device.allocate(1000, Purpose.ROWS);
        DeviceBuffer more = device.allocate(500, Purpose.ROWS);
        DeviceBuffer scratch = device.allocate(300, Purpose.WORKSPACE);
        assertThat(device.allocated(Purpose.ROWS)).isEqualTo(1500);
        assertThat(device.allocated(Purpose.WORKSPACE)).isEqualTo(300);
        rows.close();
        rows.close();
        assertThat(device.allocated(Purpose.ROWS)).isEqualTo(500);
        more.close();
        scratch.close();
        assertThat(device.allocated(Purpose.ROWS) + device.allocated(Purpose.WORKSPACE)).isZero();
    }

    @Test
    void isUsableAfterItRanOutOfMemory() {
        long tooMuch = 2 * device.memory().total();
        fails(ErrorCode.OUT_OF_DEVICE_MEMORY, "bytes for SHADOW (free: ", () -> device.allocate(tooMuch, Purpose.SHADOW));
        try (CudaDevice unlimited = CudaDevice.open(CudaDriver.probe().chosen(), Long.MAX_VALUE)) {
            assertThatThrownBy(() -> unlimited.allocate(tooMuch, Purpose.SHADOW))
                    .hasRootCauseMessage("CUDA_ERROR_OUT_OF_MEMORY").hasMessageContaining("bytes for SHADOW (free: ");
            assertThat(unlimited.allocated(Purpose.SHADOW)).isZero();
        }
        copiesThereAndBackAtAnyOffset();
    }

    @Test
    void staysBelowItsLimit() {
        try (CudaDevice small = CudaDevice.open(CudaDriver.probe().chosen(), 1 << 20)) {
            DeviceBuffer half = small.allocate(1 << 19, Purpose.ROWS);
            fails(ErrorCode.OUT_OF_DEVICE_MEMORY, "used: 524,288 of 1,048,576",
                    () -> small.allocate((1 << 19) + 1, Purpose.ROWS));
            half.close();
            small.allocate(1 << 20, Purpose.ROWS).close();
        }
    }

    @Test
    void pinnedMemoryIsOrdinaryMemoryUntilItIsClosed() {
        PinnedBuffer pinned = device.allocatePinned(4096);
        MemorySegment segment = pinned.segment();
        try (DeviceBuffer buffer = device.allocate(4096, Purpose.OTHER)) {
            buffer.upload(0, numbered(4096), stream);
            buffer.download(0, segment, stream);
            stream.synchronize();
        }
        assertThat(segment.mismatch(numbered(4096))).isEqualTo(-1);
        pinned.close();
        pinned.close();
        assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        fails(ErrorCode.FAILED_PRECONDITION, "pinned memory (4,096 bytes) is closed", pinned::segment);
    }

    @Test
    void pinnedMemoryMayBeMoreThanAByteBufferHolds() {
        long last = 2L << 30;
        try (PinnedBuffer pinned = device.allocatePinned(last + 1); DeviceBuffer buffer = device.allocate(1, Purpose.OTHER)) {
            buffer.fill(0, 1, (byte) 7, stream);
            buffer.download(0, pinned.segment().asSlice(last), stream);
            stream.synchronize();
            assertThat(pinned.segment().get(ValueLayout.JAVA_BYTE, last)).isEqualTo((byte) 7);
        }
        fails(ErrorCode.OUT_OF_DEVICE_MEMORY, "pinning 1,125,899,906,842,624 bytes: CUDA_ERROR_OUT_OF_MEMORY",
                () -> device.allocatePinned(1L << 50));
    }

    @Test
    void eventsTakeTheTimeAndOrderStreams() {
        try (CudaEvent start = device.event(); CudaEvent end = device.event(); CudaStream other = device.stream();
                DeviceBuffer buffer = device.allocate(1 << 20, Purpose.OTHER)) {
            stream.record(start);
            buffer.fill(0, 1 << 20, (byte) 1, stream);
            stream.record(end);
            other.await(end);
            MemorySegment back = arena.allocate(1);
            buffer.download((1 << 20) - 1, back, other);
            other.synchronize();
            end.synchronize();
            assertThat(back.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 1);
            assertThat(end.millisSince(start)).isBetween(0f, 10_000f);
        }
    }

    @Test
    void aGraphDoesAgainWhatWasRecorded() {
        MemorySegment back = arena.allocate(8);
        try (DeviceBuffer a = device.allocate(8, Purpose.OTHER); DeviceBuffer b = device.allocate(8, Purpose.OTHER)) {
            a.fill(0, 8, (byte) 1, stream);
            b.fill(0, 8, (byte) 0, stream);
            stream.synchronize();
            try (CudaGraph graph = CudaGraph.capture(stream, () -> b.copy(0, a, 0, 8, stream))) {
                for (byte value = 2; value < 4; value++) {
                    a.fill(0, 8, value, stream);
                    graph.launch(stream);
                    b.download(0, back, stream);
                    stream.synchronize();
                    assertThat(back.get(ValueLayout.JAVA_BYTE, 7)).isEqualTo(value);
                }
            }
        }
    }

    @Test
    void aRecordingThatFailsLeavesTheStreamUsable() {
        assertThatThrownBy(() -> CudaGraph.capture(stream, () -> {
            throw new IllegalStateException("why");
        })).isInstanceOf(IllegalStateException.class).hasMessage("why");
        copiesThereAndBackAtAnyOffset();
    }

    @Test
    void whatIsClosedSaysSo() {
        DeviceBuffer buffer = device.allocate(8, Purpose.ROWS);
        CudaStream closed = device.stream();
        CudaEvent event = device.event();
        for (AutoCloseable each : List.of(buffer, closed, event)) {
            twice(each);
        }
        fails(ErrorCode.FAILED_PRECONDITION, "device memory for ROWS (8 bytes) is closed", () -> buffer.fill(0, 8, 0, stream));
        fails(ErrorCode.FAILED_PRECONDITION, "device memory for ROWS (8 bytes) is closed", buffer::address);
        fails(ErrorCode.FAILED_PRECONDITION, "stream is closed", closed::synchronize);
        fails(ErrorCode.FAILED_PRECONDITION, "event is closed", () -> stream.record(event));
        try (DeviceBuffer open = device.allocate(8, Purpose.ROWS)) {
            fails(ErrorCode.FAILED_PRECONDITION, "stream is closed", () -> open.fill(0, 8, 0, closed));
        }
    }

    @Test
    void closesWhatIsLeft() {
        DeviceBuffer left = device.allocate(8, Purpose.ROWS);
        PinnedBuffer pinned = device.allocatePinned(8);
        MemorySegment segment = pinned.segment();
        twice(device);
        assertThat(device.allocated(Purpose.ROWS)).isZero();
        fails(ErrorCode.FAILED_PRECONDITION, "is closed", left::address);
        fails(ErrorCode.FAILED_PRECONDITION, "is closed", device::stream);
        fails(ErrorCode.FAILED_PRECONDITION, "is closed", () -> device.allocate(8, Purpose.ROWS));
        assertThatThrownBy(() -> segment.fill((byte) 0)).isInstanceOf(IllegalStateException.class);
        twice(left);
        twice(pinned);
    }

    @Test
    void refusesWhatIsOfAnotherDevice() {
        try (CudaDevice other = CudaDevice.open(); CudaStream foreign = other.stream(); CudaEvent event = other.event()) {
            DeviceBuffer buffer = device.allocate(8, Purpose.ROWS);
            fails(ErrorCode.INTERNAL, "is of another device", () -> buffer.fill(0, 8, 0, foreign));
            fails(ErrorCode.INTERNAL, "is of another device", () -> stream.record(event));
        }
        copiesThereAndBackAtAnyOffset(); // the context is shared, and closed by neither alone
    }

    @Test
    void anyThreadMayUseIt() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Long>> tasks = IntStream.range(0, 32).<Callable<Long>>mapToObj(i -> () -> {
                MemorySegment data = numbered(1000 + i);
                MemorySegment back = arena.allocate(data.byteSize());
                try (CudaStream own = device.stream(); DeviceBuffer buffer = device.allocate(data.byteSize(), Purpose.OTHER)) {
                    buffer.upload(0, data, own);
                    Thread.yield();
                    buffer.download(0, back, own);
                    own.synchronize();
                }
                return back.mismatch(data);
            }).toList();
            for (Future<Long> mismatch : threads.invokeAll(tasks)) {
                assertThat(mismatch.get()).isEqualTo(-1);
            }
        }
        assertThat(device.allocated(Purpose.OTHER)).isZero();
    }

    private MemorySegment numbered(int bytes) {
        MemorySegment data = arena.allocate(bytes);
        for (int i = 0; i < bytes; i++) {
            data.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31 + (i >> 8)));
        }
        return data;
    }

    private static void twice(AutoCloseable closeable) {
        try {
            closeable.close();
            closeable.close();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void fails(ErrorCode code, String message, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(PerigeeException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(message);
    }
}
