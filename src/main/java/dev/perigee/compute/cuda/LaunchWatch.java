package dev.perigee.compute.cuda;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Takes the time of each launch of a slot, on the device. The launches themselves take a little longer then. */
final class LaunchWatch implements AutoCloseable {
    private record Span(Kernel kernel, CudaEvent begin, CudaEvent end) {
    }

    private final Slot slot;
    private final List<Span> spans = new ArrayList<>();

    /** Watches from now on until it is closed. */
    LaunchWatch(Slot slot) {
        this.slot = slot;
        slot.watch(this);
    }

    /** Runs what launches in a slot of its own; {@code device_ms}, the whole, and {@link #millis}. */
    static Map<String, Double> of(CudaBackend backend, Consumer<Slot> work) {
        try (Slots.Lease lease = backend.slots().take(); LaunchWatch watch = new LaunchWatch(lease.slot())) {
            work.accept(lease.slot());
            Map<String, Double> times = new LinkedHashMap<>();
            times.put("device_ms", watch.whole());
            times.putAll(watch.millis());
            return times;
        }
    }

    void launch(Kernel kernel, CudaStream stream, Runnable launch) {
        Span span = new Span(kernel, slot.device().event(), slot.device().event());
        spans.add(span);
        stream.record(span.begin());
        launch.run();
        stream.record(span.end());
    }

    /** Milliseconds of each kernel, all its launches together, by {@code KERNEL_ms}; waits for them. */
    Map<String, Double> millis() {
        Map<String, Double> sums = new TreeMap<>();
        for (Span span : spans) {
            span.end().synchronize();
            sums.merge(span.kernel().symbol() + "_ms", (double) span.end().millisSince(span.begin()), Double::sum);
        }
        return sums;
    }

    /** Milliseconds from the begin of the first kernel to the end of the last. */
    double whole() {
        if (spans.isEmpty()) {
            return 0;
        }
        spans.getLast().end().synchronize();
        return spans.getLast().end().millisSince(spans.getFirst().begin());
    }

    @Override
    public void close() {
        slot.watch(null);
        for (Span span : spans) {
            span.begin().close();
            span.end().close();
        }
        spans.clear();
    }
}
