package dev.perigee.server;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.collection.Collections;
import dev.perigee.protocol.Frame;
import dev.perigee.protocol.FrameDecoder;
import dev.perigee.protocol.Opcode;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Serves some collections to clients of the binary protocol. Owns its threads and connections, not the collections,
 * which must outlive it. Safe for use by several threads.
 */
public final class Server implements AutoCloseable {
    /** Before its HELLO a client gets no large frames. */
    private static final int HELLO_BYTES = 4096;

    private final ServerSettings settings;
    private final Services services;
    private final EventLoopGroup loops;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final AtomicBoolean closed = new AtomicBoolean();
    private Channel listener;

    private Server(ServerSettings settings, Collections collections, Engine engine) {
        this.settings = settings;
        this.services = new Services(settings, collections, engine);
        this.loops = new MultiThreadIoEventLoopGroup(settings.ioThreads(),
                new DefaultThreadFactory("perigee-io", true), NioIoHandler.newFactory());
    }

    /**
     * Listens, and serves until {@link #close}.
     *
     * @throws PerigeeException IO if it cannot listen there
     */
    public static Server start(ServerSettings settings, Collections collections) {
        return start(settings, collections, Engine.DIRECT);
    }

    static Server start(ServerSettings settings, Collections collections, Engine engine) {
        Server server = new Server(settings, collections, engine);
        try {
            server.listen(PooledByteBufAllocator.DEFAULT);
        } catch (Throwable e) {
            server.close();
            throw e;
        }
        return server;
    }

    private void listen(ByteBufAllocator allocator) {
        ServerBootstrap bootstrap = new ServerBootstrap().group(loops).channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.ALLOCATOR, allocator)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(256, 16 << 10, 1 << 20))
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(1 << 20, 4 << 20))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        FrameDecoder decoder = new FrameDecoder(Opcode.Direction.TO_SERVER, HELLO_BYTES);
                        channel.pipeline().addLast(decoder, new RequestHandler(services, decoder));
                    }
                });
        String place = settings.host() + ":" + settings.port();
        ChannelFuture bound = bootstrap.bind(settings.host(), settings.port()).awaitUninterruptibly();
        if (bound.isSuccess()) {
            listener = bound.channel();
            return;
        }
        Throwable cause = bound.cause();
        boolean inUse = cause instanceof BindException && String.valueOf(cause.getMessage()).contains("in use");
        throw new PerigeeException(ErrorCode.IO, inUse ? "listen: %s is in use".formatted(place)
                : "listen: %s: %s".formatted(place, cause.getMessage()), cause);
    }

    /** Where it listens, with the port that was free if none was said. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    public ServerSettings settings() {
        return settings;
    }

    /** Bytes of requests and answers that are in the server now. */
    long waitingBytes() {
        return services.admission().held();
    }

    boolean isBuilding(String collection) {
        return services.builds().isRunning(collection);
    }

    /**
     * Stops accepting, tells every client to go elsewhere, finishes what was accepted for as long as the settings say,
     * cancels the rest and closes. Waits for all of it. May be called twice.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        services.beginClosing();
        if (listener != null) {
            listener.close().awaitUninterruptibly();
        }
        for (Channel channel : connections) {
            channel.eventLoop().execute(() -> {
                RequestHandler handler = channel.pipeline().get(RequestHandler.class);
                if (handler != null) {
                    handler.drain();
                }
            });
        }
        connections.newCloseFuture().awaitUninterruptibly(settings.drain().toMillis());
        connections.close().awaitUninterruptibly();
        services.close();
        loops.shutdownGracefully(0, Duration.ofSeconds(5).toMillis(), TimeUnit.MILLISECONDS).awaitUninterruptibly();
    }
}
