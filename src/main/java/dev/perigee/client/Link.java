package dev.perigee.client;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.protocol.ErrorCodec;
import dev.perigee.protocol.Frame;
import dev.perigee.protocol.Limits;
import dev.perigee.protocol.Opcode;
import dev.perigee.protocol.ProgressCodec;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.collection.LongObjectHashMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The calls of a client and the one connection that they share. Everything happens on one event loop, but for
 * {@link #submit}. When the connection is lost, reads go back to the queue and are sent again once it is there again;
 * writes fail with UNAVAILABLE, since nobody knows whether they were done.
 */
final class Link {
    private static final System.Logger LOG = System.getLogger("dev.perigee.client");
    private static final long FIRST_BACKOFF_MILLIS = 10;

    /** The connection, as calls see it. */
    private enum State { CONNECTING, OPEN, DRAINING, DOWN, CLOSED }

    private final ClientSettings settings;
    private final Connector connector;
    private final EventLoop loop;
    private final Queue<Call<?>> submitted = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean taking = new AtomicBoolean();
    private final Deque<Call<?>> waiting = new ArrayDeque<>();
    private final LongObjectHashMap<Call<?>> inFlight = new LongObjectHashMap<>();
    private final CompletableFuture<Void> firstOpen = new CompletableFuture<>();
    private volatile Limits limits = Limits.DEFAULT;
    private State state = State.CONNECTING;
    private Channel channel;
    private int attempt;
    private long queriesInFlight;
    private boolean sweepIsSet;
    private long nextSweep;
    private String lastReason = "connection: lost";

    Link(ClientSettings settings, Connector connector, EventLoop loop) {
        this.settings = settings;
        this.connector = connector;
        this.loop = loop;
    }

    /** Begins to connect. @return done when the first attempt is: only later ones are repeated */
    CompletableFuture<Void> open() {
        loop.execute(this::connect);
        return firstOpen;
    }

    Limits limits() {
        return limits;
    }

    boolean isLoopThread() {
        return loop.inEventLoop();
    }

    /** Takes a call over. Any thread. */
    <T> CompletableFuture<T> submit(Call<T> call) {
        call.future.whenComplete((value, failure) -> {
            if (call.future.isCancelled()) {
                execute(() -> abandon(call));
            }
        });
        submitted.add(call);
        if (taking.compareAndSet(false, true)) {
            execute(this::takeSubmitted);
        }
        return call.future;
    }

    private void execute(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            taking.set(false);
            for (Call<?> call = submitted.poll(); call != null; call = submitted.poll()) {
                call.fail(closed());
            }
        }
    }

    private void takeSubmitted() {
        taking.set(false); // before the queue is looked at: who adds later comes again
        for (Call<?> call = submitted.poll(); call != null; call = submitted.poll()) {
            if (state == State.CLOSED) {
                call.fail(closed());
            } else if (state != State.OPEN && !call.isRead()) {
                call.fail(new PerigeeException(ErrorCode.UNAVAILABLE,
                        "%s: not sent, no connection to %s (%s)".formatted(call.opcode, connector.address(), lastReason)));
            } else {
                waiting.add(call);
                if (call.deadline.isSet()) {
                    sweepBy(call.deadline);
                }
            }
        }
        if (state == State.DOWN) {
            attempt = 0;
            connect();
        }
        send();
    }

    /** Sends what may be sent now. */
    private void send() {
        boolean written = false;
        while (state == State.OPEN && !waiting.isEmpty()) {
            Call<?> call = waiting.peek();
            if (call.future.isDone()) {
                waiting.poll().release();
                continue;
            }
            String tooLarge = call.frameBytes() > limits.maxFrameBytes()
                    ? "frame: %d bytes (expected at most %d)".formatted(call.frameBytes(), limits.maxFrameBytes())
                    : call.queries > limits.maxQueries()
                    ? "queries: %d (expected at most %d)".formatted(call.queries, limits.maxQueries()) : null;
            if (tooLarge != null) {
                waiting.poll().fail(new PerigeeException(ErrorCode.LIMIT_EXCEEDED, tooLarge));
                continue;
            }
            if (inFlight.size() >= settings.maxInFlight() || queriesInFlight + call.queries > limits.credits()) {
                break;
            }
            waiting.poll();
            inFlight.put(call.id, call);
            queriesInFlight += call.queries;
            channel.write(call.take(), channel.voidPromise());
            written = true;
        }
        if (written) {
            channel.flush();
        }
    }

    /** Its future was cancelled by the caller or ran out of time. */
    private void abandon(Call<?> call) {
        if (inFlight.get(call.id) == call) {
            call.release();
            // its credits come back with the answer
            channel.writeAndFlush(Frame.empty(channel.alloc(), Opcode.CANCEL, call.id), channel.voidPromise());
        } else if (waiting.remove(call)) {
            call.release();
        }
    }

    // deadlines: one timer for the earliest, so that a call that is answered in time costs none

    private void sweepBy(Deadline deadline) {
        if (!sweepIsSet || deadline.nanoTime() - nextSweep < 0) {
            sweepIsSet = true;
            nextSweep = deadline.nanoTime();
            long at = nextSweep;
            loop.schedule(() -> sweep(at), Math.max(0, deadline.remainingNanos()), TimeUnit.NANOSECONDS);
        }
    }

    private void sweep(long at) {
        if (at != nextSweep) {
            return; // an earlier one was set since
        }
        sweepIsSet = false;
        List<Call<?>> calls = new ArrayList<>(waiting);
        calls.addAll(inFlight.values());
        for (Call<?> call : calls) {
            if (!call.deadline.isSet() || call.future.isDone()) {
                continue;
            }
            if (call.deadline.isPassed()) {
                call.future.completeExceptionally(new PerigeeException(ErrorCode.DEADLINE_EXCEEDED,
                        "%s: no answer before its deadline".formatted(call.opcode)));
                abandon(call);
            } else {
                sweepBy(call.deadline);
            }
        }
        send();
    }

    // the connection

    private void connect() {
        state = State.CONNECTING;
        connector.connect(this);
    }

    /** The server welcomed us. */
    void opened(Channel channel, Limits limits) {
        if (state == State.CLOSED) {
            channel.close();
            return;
        }
        this.channel = channel;
        this.limits = limits;
        this.attempt = 0;
        this.state = State.OPEN;
        firstOpen.complete(null);
        send();
    }

    /** An attempt to connect failed. */
    void refused(PerigeeException reason) {
        lastReason = reason.getMessage();
        if (state == State.CLOSED || firstOpen.completeExceptionally(reason)) {
            return;
        }
        if (attempt >= settings.reconnectAttempts()) {
            state = State.DOWN;
            failWaiting(new PerigeeException(ErrorCode.UNAVAILABLE,
                    "server %s: not reached again after %d attempts: %s"
                    .formatted(connector.address(), attempt, lastReason), reason));
            return;
        }
        reconnect();
    }

    private void reconnect() {
        state = State.CONNECTING;
        long pause = Math.min(settings.maxBackoff().toMillis(), FIRST_BACKOFF_MILLIS << Math.min(attempt, 20));
        attempt++;
        loop.schedule(() -> {
            if (state == State.CONNECTING) {
                connect();
            }
        }, pause, TimeUnit.MILLISECONDS);
    }

    /** The connection that was opened has gone. */
    void lost(String reason) {
        lastReason = reason;
        channel = null;
        queriesInFlight = 0;
        List<Call<?>> pending = new ArrayList<>(inFlight.values());
        inFlight.clear();
        pending.sort(Comparator.<Call<?>>comparingLong(call -> call.id).reversed());
        for (Call<?> call : pending) {
            again(call, reason);
        }
        if (state != State.CLOSED) {
            attempt = 0;
            reconnect();
        }
    }

    /** Puts a read that was not answered at the head of the queue. */
    private void again(Call<?> call, String reason) {
        if (call.future.isDone()) {
            call.release();
        } else if (state == State.CLOSED) {
            call.fail(closed());
        } else if (call.isRead() && call.timesSent <= settings.reconnectAttempts()) {
            waiting.addFirst(call);
        } else {
            call.fail(new PerigeeException(ErrorCode.UNAVAILABLE, call.isRead()
                    ? "%s: sent %d times: %s".formatted(call.opcode, call.timesSent, reason)
                    : "%s: it is not known whether it was done: %s".formatted(call.opcode, reason)));
        }
    }

    /** The server is closing: it answers what it has, and takes nothing more. */
    void goaway(String reason) {
        lastReason = reason;
        if (state == State.OPEN) {
            state = State.DRAINING;
            List<Call<?>> writes = waiting.stream().filter(call -> !call.isRead()).toList();
            waiting.removeAll(writes);
            writes.forEach(call -> call.fail(new PerigeeException(ErrorCode.UNAVAILABLE,
                    "%s: not sent: %s".formatted(call.opcode, reason))));
        }
    }

    /** An answer, or a part of one. Does not take the frame over. */
    void received(Frame frame) {
        Call<?> call = inFlight.get(frame.request());
        if (call == null) {
            LOG.log(System.Logger.Level.DEBUG, () ->
                    "%s for request %d, which is not in flight".formatted(frame.opcode(), frame.request()));
            return;
        }
        if (frame.opcode() == Opcode.PROGRESS) {
            ProgressCodec.Step step = ProgressCodec.decode(frame);
            if (!call.future.isDone() && !heard(call, step)) {
                abandon(call);
            }
            return;
        }
        inFlight.remove(call.id);
        queriesInFlight -= call.queries;
        if (call.future.isDone()) {
            call.release();
        } else if (frame.opcode() == Opcode.ERROR) {
            PerigeeException failure = ErrorCodec.decode(frame);
            if (failure.code() == ErrorCode.UNAVAILABLE) {
                again(call, failure.getMessage());
            } else {
                call.fail(failure);
            }
        } else {
            call.complete(frame);
        }
        send();
    }

    /** The caller's listener decides whether the work goes on; if it fails, it does not. */
    private static boolean heard(Call<?> call, ProgressCodec.Step step) {
        try {
            return call.progress.at(step.stage(), step.done(), step.total());
        } catch (RuntimeException e) {
            call.future.completeExceptionally(e);
            return false;
        }
    }

    private void failWaiting(PerigeeException failure) {
        while (!waiting.isEmpty()) {
            waiting.poll().fail(failure);
        }
    }

    private PerigeeException closed() {
        return new PerigeeException(ErrorCode.UNAVAILABLE, "client: is closed");
    }

    /** Fails everything and closes the connection. Any thread. */
    void close() {
        execute(() -> {
            state = State.CLOSED;
            firstOpen.completeExceptionally(closed());
            failWaiting(closed());
            if (channel != null) {
                channel.close();
            }
        });
    }
}
