package dev.perigee.protocol;

import dev.perigee.PerigeeException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts the bytes of a connection into {@link Frame}s, whose owner the next handler becomes.
 *
 * <p>A frame that lies in one received buffer is a slice of it. One that spans several is a composite of them: large
 * frames are not copied together, so that the floats are copied once, from here to the searcher's memory. Only pieces
 * shorter than {@value #SMALL_PIECE} bytes are gathered in small buffers, so that a sender of single bytes cannot make
 * us hold a buffer for each. No memory is taken for a frame before its bytes arrive.
 *
 * <p>Bytes that are no frame end in {@code exceptionCaught} with a {@link PerigeeException}, once; what follows them is
 * thrown away. The next handler then closes the connection.
 */
public final class FrameDecoder extends ChannelInboundHandlerAdapter {
    private static final int SMALL_PIECE = 2048;
    private static final int GATHER_BYTES = 8192;

    private final Opcode.Direction direction;
    private int maxFrameBytes;
    /** Pieces of the frame whose end has not come; the first holds the whole header, or less than a header is there. */
    private final List<ByteBuf> pieces = new ArrayList<>();
    private boolean lastIsOurs;
    private int held;
    private Frame.Header header;
    private boolean broken;

    public FrameDecoder(Opcode.Direction direction, int maxFrameBytes) {
        this.direction = direction;
        this.maxFrameBytes = maxFrameBytes;
    }

    /** From the next frame on; called on the event loop. */
    public void setMaxFrameBytes(int maxFrameBytes) {
        this.maxFrameBytes = maxFrameBytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            while (in.isReadable() && !broken) {
                if (held == 0 && in.readableBytes() >= Frame.HEADER) {
                    header = Frame.header(in, in.readerIndex(), direction, maxFrameBytes);
                    if (in.readableBytes() >= header.length()) {
                        Frame frame = header.frame(in.readRetainedSlice(header.length()));
                        header = null;
                        context.fireChannelRead(frame);
                        continue;
                    }
                }
                gather(context, in);
            }
        } catch (PerigeeException e) {
            broken = true;
            drop();
            context.fireExceptionCaught(e);
        } finally {
            in.release();
        }
    }

    /** Takes what {@code in} has of the frame that is being gathered, and hands the frame on when it is whole. */
    private void gather(ChannelHandlerContext context, ByteBuf in) {
        int take = Math.min((header == null ? Frame.HEADER : header.length()) - held, in.readableBytes());
        if (take >= SMALL_PIECE) {
            pieces.add(in.readRetainedSlice(take));
            lastIsOurs = false;
        } else {
            if (!lastIsOurs || pieces.getLast().writableBytes() < take) {
                pieces.add(context.alloc().directBuffer(GATHER_BYTES, GATHER_BYTES));
                lastIsOurs = true;
            }
            pieces.getLast().writeBytes(in, take);
        }
        held += take;
        if (header == null && held == Frame.HEADER) {
            header = Frame.header(pieces.getFirst(), 0, direction, maxFrameBytes);
        }
        if (header != null && held == header.length()) {
            Frame frame = header.frame(join(context));
            pieces.clear();
            lastIsOurs = false;
            held = 0;
            header = null;
            context.fireChannelRead(frame);
        }
    }

    private ByteBuf join(ChannelHandlerContext context) {
        if (pieces.size() == 1) {
            return pieces.getFirst();
        }
        CompositeByteBuf whole = context.alloc().compositeBuffer(pieces.size());
        pieces.forEach(piece -> whole.addComponent(true, piece));
        return whole;
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        drop();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        drop();
    }

    private void drop() {
        pieces.forEach(ByteBuf::release);
        pieces.clear();
        lastIsOurs = false;
        held = 0;
        header = null;
    }
}
