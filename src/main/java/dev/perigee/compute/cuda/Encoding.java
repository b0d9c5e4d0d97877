package dev.perigee.compute.cuda;

import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** The nearest codeword of each part of rows, part by part and row by row at once. */
final class Encoding {
    /** Most dims of a part: a thread holds them in registers. */
    static final int MOST_DSUB = 16;

    private Encoding() {
    }

    /** As {@link dev.perigee.compute.ComputeBackend#encode}. */
    static void run(Slot slot, Matrix rows, List<FlatData> words, int[] into) {
        int m = words.size();
        int size = words.getFirst().count();
        int bits = Integer.numberOfTrailingZeros(size);
        int count = rows.rows();
        try (Arena arena = Arena.ofConfined()) {
            int dsub = words.getFirst().dim();
            MemorySegment all = arena.allocate((long) m * size * dsub * 4, 64);
            for (int s = 0; s < m; s++) {
                Matrix part = words.get(s).rows();
                for (int w = 0; w < size; w++) {
                    MemorySegment.copy(part.segment(), w * part.stride(), all, ((long) s * size + w) * dsub * 4, dsub * 4L);
                }
            }
            MemorySegment codes = slot.host((long) count * m).asSlice(0, (long) count * m);
            try (DeviceBuffer codewords = slot.uploaded(all, Purpose.OTHER);
                    DeviceBuffer residuals = slot.uploaded(rows.segment().asSlice(0, count * rows.stride()), Purpose.OTHER);
                    DeviceBuffer out = slot.device().allocate((long) count * m, Purpose.OTHER)) {
                launch(slot, residuals, rows.stride(), count, codewords, bits, dsub, out, m);
                out.download(0, codes, slot.stream());
                slot.stream().synchronize();
            }
            for (int i = 0; i < count * m; i++) {
                into[i] = codes.get(ValueLayout.JAVA_BYTE, i) & 255;
            }
        }
    }

    /** @param codes [count, m] bytes */
    static void launch(Slot slot, DeviceBuffer residuals, long stride, int count, DeviceBuffer codewords, int bits, int dsub,
            DeviceBuffer codes, int m) {
        slot.of(Kernel.ENCODE_PARTS).put(residuals).put(stride / 4).put(count).put(codewords).put(bits).put(dsub).put(codes)
                .put(m);
        slot.launch((count + 255) / 256, m, 256, (4 << bits) * dsub);
    }
}
