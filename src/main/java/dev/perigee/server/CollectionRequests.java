package dev.perigee.server;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.CollectionSpec;
import dev.perigee.collection.Collection;
import dev.perigee.protocol.AddCodec;
import dev.perigee.protocol.AddedCodec;
import dev.perigee.protocol.CollectionsCodec;
import dev.perigee.protocol.CreateCodec;
import dev.perigee.protocol.Frame;
import dev.perigee.protocol.NameCodec;
import dev.perigee.protocol.Opcode;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.function.Supplier;

/**
 * CREATE, ADD, BUILD, INFO, LIST and DROP of one connection: decoded on the event loop, done one after another, in the
 * order sent, on the server's work threads.
 */
final class CollectionRequests {
    private final Services services;
    private final RequestHandler connection;
    private final SerialQueue queue;

    CollectionRequests(Services services, RequestHandler connection) {
        this.services = services;
        this.connection = connection;
        this.queue = new SerialQueue(services.workThreads());
    }

    /** Waits in the queue, or is at its head. */
    private static final class Work implements Accepted {
        private final long request;
        private final long bytes;
        private volatile boolean cancelled;

        Work(long request, long bytes) {
            this.request = request;
            this.bytes = bytes;
        }

        @Override
        public long request() {
            return request;
        }

        @Override
        public int queries() {
            return 0;
        }

        @Override
        public long bytes() {
            return bytes;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    /** @return whether the frame's memory was taken over */
    boolean handle(Frame frame) {
        long id = frame.request();
        switch (frame.opcode()) {
            case CREATE -> {
                CollectionSpec spec = CreateCodec.decode(frame);
                services.limits().checkDim(spec.dim());
                queue(id, 0, () -> {
                    services.collections().create(spec);
                    return empty(Opcode.DONE, id);
                });
            }
            case INFO -> {
                String name = NameCodec.decode(frame);
                queue(id, 0, () -> CollectionsCodec.encode(connection.allocator(), id,
                        List.of(services.collections().get(name).info())));
            }
            case LIST -> {
                frame.checkEmpty();
                queue(id, 0, () -> CollectionsCodec.encode(connection.allocator(), id, services.collections().list()));
            }
            case DROP -> {
                String name = NameCodec.decode(frame);
                queue(id, 0, () -> {
                    services.drop(name);
                    return empty(Opcode.DONE, id);
                });
            }
            case BUILD -> build(id, NameCodec.decode(frame));
            case ADD -> {
                add(frame);
                return true;
            }
            default -> throw new AssertionError(frame.opcode());
        }
        return false;
    }

    private void queue(long id, long bytes, Supplier<ByteBuf> work) {
        Work accepted = new Work(id, bytes);
        connection.accept(accepted);
        queue.add(() -> {
            try {
                if (accepted.cancelled) {
                    throw Failures.cancelled();
                }
                connection.answer(accepted, work.get());
            } catch (Throwable e) {
                connection.fail(accepted, Failures.of(e));
            }
        });
    }

    private void add(Frame frame) {
        AddCodec.Add add = AddCodec.decode(frame, services.limits());
        long bytes = 2L * frame.bytes().readableBytes(); // the frame and the copy that the collection reads
        services.admission().acquire(bytes);
        Work accepted = new Work(frame.request(), bytes);
        connection.accept(accepted);
        queue.add(() -> {
            try (Arena arena = Arena.ofConfined()) {
                long rows;
                try {
                    if (accepted.cancelled) {
                        throw Failures.cancelled();
                    }
                    Collection collection = services.collections().get(add.collection());
                    int dim = collection.spec().dim();
                    check(add.dim() == dim, "dim: %d (expected %d, collection '%s')", add.dim(), dim, add.collection());
                    rows = collection.add(add.read(frame, arena));
                } finally {
                    frame.release();
                }
                connection.answer(accepted, AddedCodec.encode(connection.allocator(), accepted.request(), rows));
            } catch (Throwable e) {
                connection.fail(accepted, Failures.of(e));
            }
        });
    }

    /** Begins in its turn, then goes on beside what follows. */
    private void build(long id, String name) {
        Builds.Build build = services.builds().new Build(connection, id);
        connection.accept(build);
        queue.add(() -> {
            try {
                build.start(services.collections().get(name));
            } catch (Throwable e) {
                connection.fail(build, Failures.of(e));
            }
        });
    }

    private ByteBuf empty(Opcode opcode, long id) {
        return Frame.empty(connection.allocator(), opcode, id);
    }
}
