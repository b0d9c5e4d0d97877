package dev.perigee.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class NoLeaksTest {
    @Test
    void aBufferThatIsDroppedIsFound() {
        drop();
        assertThat(NoLeaks.found()).hasSize(1);
    }

    private static void drop() {
        ByteBuf dropped = PooledByteBufAllocator.DEFAULT.directBuffer(64);
        dropped.writeInt(1);
    }
}
