package dev.perigee.client;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.protocol.ErrorCodec;
import dev.perigee.protocol.Frame;
import dev.perigee.protocol.FrameDecoder;
import dev.perigee.protocol.GoawayCodec;
import dev.perigee.protocol.HelloCodec;
import dev.perigee.protocol.Limits;
import dev.perigee.protocol.Opcode;
import dev.perigee.protocol.WelcomeCodec;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** Makes connections for a {@link Link}: connects, greets, and tells it what happens. */
final class Connector {
    private final String host;
    private final int port;
    private final ClientSettings settings;
    private final EventLoop loop;

    Connector(String host, int port, ClientSettings settings, EventLoop loop) {
        this.host = host;
        this.port = port;
        this.settings = settings;
        this.loop = loop;
    }

    String address() {
        return host + ":" + port;
    }

    /** One attempt: ends in {@link Link#opened}, then {@link Link#lost}; or in {@link Link#refused}. */
    void connect(Link link) {
        int timeout = (int) Math.min(settings.connectTimeout().toMillis(), Integer.MAX_VALUE);
        new Bootstrap().group(loop).channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeout)
                .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(256, 16 << 10, 1 << 20))
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        FrameDecoder decoder = new FrameDecoder(Opcode.Direction.TO_CLIENT, Limits.DEFAULT.maxFrameBytes());
                        channel.pipeline().addLast(decoder, new Greeting(link, decoder));
                    }
                })
                .connect(InetSocketAddress.createUnresolved(host, port)).addListener(done -> {
                    if (!done.isSuccess()) {
                        link.refused(unavailable(done.cause().getMessage(), done.cause()));
                    }
                });
    }

    private PerigeeException unavailable(String reason, Throwable cause) {
        return new PerigeeException(ErrorCode.UNAVAILABLE, "server %s: %s".formatted(address(), reason), cause);
    }

    /** One connection, from HELLO to its end. */
    private final class Greeting extends ChannelInboundHandlerAdapter {
        private final Link link;
        private final FrameDecoder decoder;
        private boolean welcomed;
        private PerigeeException reason;

        Greeting(Link link, FrameDecoder decoder) {
            this.link = link;
            this.decoder = decoder;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            HelloCodec.Hello hello = new HelloCodec.Hello(HelloCodec.VERSION, HelloCodec.VERSION);
            context.writeAndFlush(HelloCodec.encode(context.alloc(), hello));
            context.executor().schedule(() -> {
                if (!welcomed && context.channel().isActive()) {
                    reason = unavailable("no welcome within " + settings.connectTimeout(), null);
                    context.close();
                }
            }, settings.connectTimeout().toMillis(), TimeUnit.MILLISECONDS);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            Frame frame = (Frame) message;
            try {
                switch (frame.opcode()) {
                    case WELCOME -> welcome(context, frame);
                    case GOAWAY -> link.goaway(GoawayCodec.decode(frame));
                    default -> {
                        if (frame.request() != 0) {
                            link.received(frame);
                        } else if (frame.opcode() == Opcode.ERROR) {
                            reason = ErrorCodec.decode(frame);
                            context.close();
                        }
                    }
                }
            } finally {
                frame.release();
            }
        }

        private void welcome(ChannelHandlerContext context, Frame frame) {
            WelcomeCodec.Welcome welcome = WelcomeCodec.decode(frame);
            if (welcome.version() != HelloCodec.VERSION || welcomed) {
                throw new PerigeeException(ErrorCode.UNSUPPORTED,
                        "protocol: version %d (expected %d)".formatted(welcome.version(), HelloCodec.VERSION));
            }
            welcomed = true;
            decoder.setMaxFrameBytes(welcome.limits().maxFrameBytes());
            link.opened(context.channel(), welcome.limits());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            reason = cause instanceof PerigeeException known ? known : unavailable(cause.toString(), cause);
            context.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (welcomed) {
                link.lost(reason == null ? "server %s: closed the connection".formatted(address()) : reason.getMessage());
            } else {
                link.refused(reason == null ? unavailable("closed the connection before its welcome", null) : reason);
            }
        }
    }
}
