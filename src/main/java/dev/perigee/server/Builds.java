package dev.perigee.server;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.Progress;
import dev.perigee.collection.Collection;
import dev.perigee.protocol.Frame;
import dev.perigee.protocol.Opcode;
import dev.perigee.protocol.ProgressCodec;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The builds that go on: one at a time per collection, each on a thread of its own. */
final class Builds {
    private static final long PROGRESS_NANOS = 250_000_000;

    private final Engine engine;
    private final Map<String, Build> running = new ConcurrentHashMap<>();

    Builds(Engine engine) {
        this.engine = engine;
    }

    boolean isRunning(String collection) {
        return running.containsKey(collection);
    }

    boolean isIdle() {
        return running.isEmpty();
    }

    /** Waits for the builds whose connections are gone, and which therefore end at their next step. */
    void join(long millis) throws InterruptedException {
        for (Build build : running.values()) {
            Thread thread = build.thread;
            if (thread != null) {
                thread.join(millis);
            }
        }
    }

    /** An accepted BUILD. */
    final class Build implements Accepted, Progress {
        private final RequestHandler connection;
        private final long request;
        private volatile boolean cancelled;
        private volatile Thread thread;
        private String stage = "";
        private long nextProgress;

        Build(RequestHandler connection, long request) {
            this.connection = connection;
            this.request = request;
        }

        /** Begins to build, or answers why not. */
        void start(Collection collection) {
            String name = collection.spec().name();
            if (running.putIfAbsent(name, this) != null) {
                throw new PerigeeException(ErrorCode.FAILED_PRECONDITION,
                        "build: collection '%s' is being built".formatted(name));
            }
            try {
                thread = Thread.ofPlatform().name("perigee-build-" + name).daemon().start(() -> run(collection));
            } catch (Throwable e) {
                running.remove(name);
                throw e;
            }
        }

        private void run(Collection collection) {
            PerigeeException failure = null;
            try {
                if (cancelled) {
                    throw Failures.cancelled();
                }
                engine.build(collection, this);
            } catch (Throwable e) {
                failure = Failures.of(e);
            }
            // before the answer, so that who has it can build again
            running.remove(collection.spec().name());
            if (failure == null) {
                connection.answer(this, Frame.empty(connection.allocator(), Opcode.DONE, request));
            } else {
                connection.fail(this, failure);
            }
        }

        /** Tells the client about four times a second, and of each new stage. */
        @Override
        public boolean at(String stage, long done, long total) {
            long now = System.nanoTime();
            if (!cancelled && (!stage.equals(this.stage) || now - nextProgress >= 0)) {
                this.stage = stage;
                nextProgress = now + PROGRESS_NANOS;
                connection.send(ProgressCodec.encode(connection.allocator(), request,
                        new ProgressCodec.Step(stage, done, total)));
            }
            return !cancelled;
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
            return 0;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }
}
