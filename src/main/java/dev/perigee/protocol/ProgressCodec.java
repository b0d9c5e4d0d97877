package dev.perigee.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** PROGRESS: how far a BUILD is; any number of them come before its DONE or ERROR. */
public final class ProgressCodec {
    private ProgressCodec() {
    }

    /** As {@code api.Progress} hears it. */
    public record Step(String stage, long done, long total) {
    }

    public static ByteBuf encode(ByteBufAllocator allocator, long id, Step step) {
        byte[] stage = Frame.utf8(step.stage);
        return Frame.begin(allocator, Opcode.PROGRESS, id, Frame.HEADER + 18 + stage.length)
                .writeLongLE(step.done).writeLongLE(step.total).writeShortLE(stage.length).writeBytes(stage);
    }

    public static Step decode(Frame frame) {
        BodyReader body = new BodyReader(frame);
        long done = body.i64();
        long total = body.i64();
        String stage = body.text();
        body.end();
        return new Step(stage, done, total);
    }
}
