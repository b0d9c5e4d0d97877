package dev.perigee.server;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.protocol.ErrorCodec;
import dev.perigee.protocol.Frame;
import dev.perigee.protocol.FrameDecoder;
import dev.perigee.protocol.GoawayCodec;
import dev.perigee.protocol.HelloCodec;
import dev.perigee.protocol.Opcode;
import dev.perigee.protocol.SearchCodec;
import dev.perigee.protocol.SearchCodec.Search;
import dev.perigee.protocol.WelcomeCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.collection.LongObjectHashMap;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One connection on its event loop: decodes and checks each request, hands it over, and sends the answers that other
 * threads bring. Holds the credits, which are counted on the event loop alone.
 */
final class RequestHandler extends ChannelInboundHandlerAdapter {
    private static final System.Logger LOG = System.getLogger("dev.perigee.server");
    private static final long HELLO_SECONDS = 10;

    private record Answer(Accepted to, ByteBuf frame) {
    }

    private final Services services;
    private final FrameDecoder decoder;
    private final CollectionRequests collectionRequests;
    private final LongObjectHashMap<Accepted> inFlight = new LongObjectHashMap<>();
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean sending = new AtomicBoolean();
    private ChannelHandlerContext context;
    private long queriesInFlight;
    private boolean welcomed;
    private boolean draining;
    private boolean closing;

    RequestHandler(Services services, FrameDecoder decoder) {
        this.services = services;
        this.decoder = decoder;
        this.collectionRequests = new CollectionRequests(services, this);
    }

    ByteBufAllocator allocator() {
        return context.alloc();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        this.context = context;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.executor().schedule(() -> {
            if (!welcomed) {
                context.close();
            }
        }, HELLO_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        Frame frame = (Frame) message;
        boolean taken = false;
        try {
            if (closing) {
                return;
            }
            if (!welcomed || frame.opcode() == Opcode.HELLO || frame.request() == 0) {
                greet(frame);
            } else if (frame.opcode() == Opcode.CANCEL) {
                cancel(frame);
            } else if (inFlight.containsKey(frame.request())) {
                breakOff(ErrorCode.INVALID_ARGUMENT, "request: id %d is unanswered".formatted(frame.request()));
            } else {
                taken = request(frame);
            }
        } finally {
            if (!taken) {
                frame.release();
            }
        }
    }

    /** @return whether the frame's memory was taken over */
    private boolean request(Frame frame) {
        try {
            if (draining || services.isClosing()) {
                throw new PerigeeException(ErrorCode.UNAVAILABLE, "server: is closing");
            }
            switch (frame.opcode()) {
                case PING -> {
                    frame.checkEmpty();
                    context.write(Frame.empty(allocator(), Opcode.PONG, frame.request()));
                    return false;
                }
                case SEARCH -> {
                    search(frame);
                    return true;
                }
                default -> {
                    return collectionRequests.handle(frame);
                }
            }
        } catch (Throwable e) {
            PerigeeException failure = Failures.of(e);
            context.write(ErrorCodec.encode(allocator(), frame.request(), failure.code(), String.valueOf(failure.getMessage())));
            return false;
        }
    }

    private void greet(Frame frame) {
        if (welcomed || frame.opcode() != Opcode.HELLO) {
            breakOff(ErrorCode.INVALID_ARGUMENT, welcomed ? "request: %s with id %d".formatted(frame.opcode(), frame.request())
                    : "hello: %s came first".formatted(frame.opcode()));
            return;
        }
        try {
            int version = HelloCodec.decode(frame).choose();
            welcomed = true;
            decoder.setMaxFrameBytes(services.limits().maxFrameBytes());
            context.write(WelcomeCodec.encode(allocator(), new WelcomeCodec.Welcome(version, services.limits())));
            if (services.isClosing()) {
                drain();
            }
        } catch (PerigeeException e) {
            breakOff(e.code(), e.getMessage());
        }
    }

    private void search(Frame frame) {
        Search search = SearchCodec.decode(frame, services.limits());
        if (queriesInFlight + search.rows() > services.limits().credits()) {
            throw new PerigeeException(ErrorCode.LIMIT_EXCEEDED, "credits: %d queries in flight and %d more (expected at most %d)"
                    .formatted(queriesInFlight, search.rows(), services.limits().credits()));
        }
        SearchBatcher batcher = services.batcher(search.collection());
        int dim = batcher.collection().spec().dim();
        check(search.dim() == dim, "dim: %d (expected %d, collection '%s')", search.dim(), dim, search.collection());
        long bytes = frame.bytes().readableBytes() + (long) search.resultBytes();
        services.admission().acquire(bytes);
        SearchTask task = new SearchTask(this, frame, search, bytes, batcher);
        accept(task);
        // a build may hold the cores for a while, and an event loop must not wait for them
        batcher.submit(task, services.admission().held() == bytes && services.builds().isIdle());
    }

    private void cancel(Frame frame) {
        Accepted accepted = inFlight.get(frame.request());
        if (accepted != null) {
            accepted.cancel();
        }
    }

    /** From here on the request is answered by {@link #answer} or {@link #fail}. On the event loop. */
    void accept(Accepted accepted) {
        inFlight.put(accepted.request(), accepted);
        queriesInFlight += accepted.queries();
    }

    /** Sends the final answer of an accepted request; takes the frame over. Any thread. */
    void answer(Accepted to, ByteBuf frame) {
        answers.add(new Answer(to, frame));
        if (sending.compareAndSet(false, true)) {
            try {
                context.executor().execute(this::sendAnswers);
            } catch (RejectedExecutionException e) {
                // the event loop has ended, and with it the connection
                sending.set(false);
                for (Answer left = answers.poll(); left != null; left = answers.poll()) {
                    left.frame.release();
                }
            }
        }
    }

    /** As {@link #answer}, with an error. */
    void fail(Accepted to, PerigeeException failure) {
        answer(to, ErrorCodec.encode(allocator(), to.request(), failure.code(), String.valueOf(failure.getMessage())));
    }

    /** Sends something that is no final answer; takes the frame over. Any thread. */
    void send(ByteBuf frame) {
        answer(null, frame);
    }

    private void sendAnswers() {
        sending.set(false); // before the queue is looked at: who adds later sends later
        for (Answer answer = answers.poll(); answer != null; answer = answers.poll()) {
            Accepted to = answer.to;
            if (to == null) {
                context.write(answer.frame, context.voidPromise());
                continue;
            }
            inFlight.remove(to.request());
            queriesInFlight -= to.queries();
            long bytes = to.bytes();
            context.write(answer.frame).addListener(written -> services.admission().release(bytes));
        }
        context.flush();
        closeWhenDrained();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.flush();
    }

    /** A client that does not read its answers is not read from. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        context.channel().config().setAutoRead(context.channel().isWritable());
    }

    /** Takes no more requests; closes when all are answered. On the event loop. */
    void drain() {
        if (!draining && welcomed) {
            context.writeAndFlush(GoawayCodec.encode(allocator(), "server: is closing"));
        }
        draining = true;
        closeWhenDrained();
    }

    private void closeWhenDrained() {
        if (draining && !closing && inFlight.isEmpty()) {
            closing = true;
            // after what was written before
            context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    /** Tells why, and closes: the sender's frames cannot be followed any further. */
    private void breakOff(ErrorCode code, String reason) {
        if (closing) {
            return;
        }
        closing = true;
        LOG.log(System.Logger.Level.DEBUG, () -> "connection %s: %s".formatted(context.channel().remoteAddress(), reason));
        context.writeAndFlush(ErrorCodec.encode(allocator(), 0, code, reason)).addListener(written -> {
            if (written.isSuccess() && context.channel() instanceof SocketChannel socket) {
                // Closing with bytes unread would reset the connection and may take the reason with it.
                socket.shutdownOutput();
                context.executor().schedule(() -> context.close(), 1, TimeUnit.SECONDS);
            } else {
                context.close();
            }
        });
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof PerigeeException broken) {
            breakOff(broken.code(), broken.getMessage());
            return;
        }
        if (!(cause instanceof java.io.IOException)) {
            Failures.of(cause);
        }
        context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        closing = true;
        List.copyOf(inFlight.values()).forEach(Accepted::cancel);
    }
}
