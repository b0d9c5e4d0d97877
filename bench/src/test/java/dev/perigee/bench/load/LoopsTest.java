package dev.perigee.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against servers whose faults are known. */
class LoopsTest {
    private static final double SECONDS = 1;
    private static final long STALL_MILLIS = 300;

    private final ExecutorService server = Executors.newSingleThreadExecutor();
    private final long[] due = Arrivals.CONSTANT.schedule(200, SECONDS, new SplittableRandom(1));

    @AfterEach
    void end() {
        server.shutdownNow();
    }

    /** Answers at once, but for request 50, which stops everything for a while. */
    private CompletableFuture<?> stalling(int request) {
        return CompletableFuture.runAsync(() -> {
            if (request == 50) {
                Pause.until(System.nanoTime() + STALL_MILLIS * 1_000_000);
            }
        }, server);
    }

    /** 60 of 200 requests were due while the server stood still: their callers waited, on average half of that. */
    @Test
    void anOpenLoopSeesAStallAsAllItsCallersWould() {
        Trace trace = Loops.open(due, this::stalling);
        assertThat(trace.answered()).isEqualTo(200);
        assertThat(trace.fromDue().getValueAtPercentile(85)).isBetween(100_000_000L, 400_000_000L);
        assertThat(trace.fromDue().getMaxValue()).isGreaterThan(STALL_MILLIS * 1_000_000 * 9 / 10);
        assertThat(trace.achievedQps(SECONDS)).isBetween(120.0, 201.0);
    }

    /** One caller that waits sees the stall once, where 60 callers had to wait. */
    @Test
    void aCallerThatWaitsSeesItOnce() {
        Trace trace = Loops.waiting(due, SECONDS, 1, this::stalling);
        assertThat(trace.fromSent().getValueAtPercentile(85)).isLessThan(60_000_000L);
        assertThat(trace.fromSent().getMaxValue()).isGreaterThan(STALL_MILLIS * 1_000_000 * 9 / 10);
        assertThat(trace.answered() + trace.notSent()).isEqualTo(200);
    }

    @Test
    void refusalsAndFailuresAreCounted() {
        Trace trace = Loops.open(due, request -> request % 4 == 0 ? failed(ErrorCode.OVERLOADED)
                : request % 4 == 1 ? failed(ErrorCode.UNAVAILABLE) : CompletableFuture.completedFuture("answer"));
        assertThat(trace.overloaded()).isEqualTo(50);
        assertThat(trace.failed()).isEqualTo(50);
        assertThat(trace.answered()).isEqualTo(100);
        assertThat(trace.fromDue().getTotalCount()).isEqualTo(100);
        assertThat(trace.firstFailure()).hasMessage("test");
        LoadPoint point = new LoadPoint(200, 1000, SECONDS, trace, trace, SECONDS);
        assertThat(point.isTooMuch()).isTrue();
        assertThat(point.fields(100)).containsEntry("overloaded", 50).containsEntry("failed", 50)
                .containsEntry("beyond_knee", true);
    }

    @Test
    void aWrongAnswerEndsTheRun() {
        assertThatThrownBy(() -> Loops.open(due, request -> request == 7 ? failed(ErrorCode.INTERNAL)
                : CompletableFuture.completedFuture("answer"))).isInstanceOf(PerigeeException.class).hasMessage("test");
        assertThatThrownBy(() -> Loops.closed(4, 0.1, request -> failed(ErrorCode.INTERNAL)))
                .isInstanceOf(PerigeeException.class).hasMessage("test");
    }

    /** Four answers of 10 ms at a time. */
    @Test
    void aClosedLoopKeepsSoManyInFlight() {
        try (ExecutorService four = Executors.newFixedThreadPool(8)) {
            double qps = Loops.closed(4, 0.5, request -> CompletableFuture.runAsync(
                    () -> Pause.until(System.nanoTime() + 10_000_000), four));
            assertThat(qps).isBetween(150.0, 400.0);
        }
    }

    private static CompletableFuture<?> failed(ErrorCode code) {
        return CompletableFuture.failedFuture(new CompletionException(new PerigeeException(code, "test")));
    }
}
