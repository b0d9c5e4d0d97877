package dev.perigee.client;

import dev.perigee.PerigeeException;
import dev.perigee.api.Progress;
import dev.perigee.protocol.Frame;
import dev.perigee.protocol.Opcode;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * One request frame and the future of its answer. Used on the event loop alone, but for the future.
 *
 * <p>Reads keep their frame until they are answered, so that it can be sent again; writes give it away when sent.
 */
final class Call<T> {
    final long id;
    final Opcode opcode;
    final int queries;
    final Deadline deadline;
    final Progress progress;
    final CompletableFuture<T> future = new CompletableFuture<>();
    private final Function<Frame, T> decode;
    private ByteBuf frame;
    int timesSent;

    /** Takes the frame over. */
    Call(long id, Opcode opcode, int queries, ByteBuf frame, Deadline deadline, Progress progress, Function<Frame, T> decode) {
        this.id = id;
        this.opcode = opcode;
        this.queries = queries;
        this.frame = frame;
        this.deadline = deadline;
        this.progress = progress;
        this.decode = decode;
    }

    /** Whether it may be sent again when nobody knows what became of it. */
    boolean isRead() {
        return switch (opcode) {
            case SEARCH, INFO, LIST, PING -> true;
            default -> false;
        };
    }

    int frameBytes() {
        return frame.readableBytes();
    }

    /** The frame to be written now, with the time that is left; the writer releases it. */
    ByteBuf take() {
        timesSent++;
        if (deadline.isSet()) {
            Frame.setDeadline(frame, deadline.micros());
        }
        if (isRead()) {
            return frame.retainedDuplicate();
        }
        ByteBuf given = frame;
        frame = null;
        return given;
    }

    /** Ends it with the server's answer. @throws PerigeeException if that makes no sense */
    void complete(Frame answer) {
        release();
        T value;
        try {
            value = decode.apply(answer);
        } catch (RuntimeException e) {
            future.completeExceptionally(e);
            throw e;
        }
        future.complete(value);
    }

    void fail(PerigeeException failure) {
        release();
        future.completeExceptionally(failure);
    }

    void release() {
        if (frame != null) {
            frame.release();
            frame = null;
        }
    }
}
