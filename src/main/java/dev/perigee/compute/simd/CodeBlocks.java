package dev.perigee.compute.simd;

import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfPqData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The codes of an index as {@link FastScan} reads them, outside the heap, made at the first search: blocks of 32 slots, parts
 * rounded up to 4 with zeros, so that sums of even and of odd bytes are those of neighbouring slots.
 * <ul>
 * <li>4 bits: {@code [parts][16 bytes]}. Slots i and 16 + i share the byte {@code place(i)}, i in the lower half: slots from 0
 *     and 16 on have the even bytes, those from 8 and 24 on the odd ones.
 * <li>8 bits: {@code [parts][32 bytes]}. Slots from 0 on have the even bytes, those from 16 on the odd ones.
 * </ul>
 */
final class CodeBlocks {
    /** The blocks of indexes that searchers have open: of one index there is one copy, whatever the snapshots over it. */
    static final class Cache {
        private final Map<IvfPqData, CodeBlocks> held = new IdentityHashMap<>();

        /** A share of the blocks of {@code data}; each is released once. */
        synchronized CodeBlocks retain(IvfPqData data) {
            CodeBlocks blocks = held.computeIfAbsent(data, CodeBlocks::new);
            blocks.shares++;
            return blocks;
        }

        /** Gives a share back; the last one frees the memory, which no search may read any more. */
        synchronized void release(CodeBlocks blocks) {
            if (--blocks.shares == 0) {
                held.remove(blocks.data);
                blocks.arena.close();
            }
        }
    }

    /** Bytes behind the last block that a group of 32 parts may reach, which its tables turn to zero. */
    private static final long SPARE = 32L * FastScan.PART;

    private final IvfPqData data;
    private final int bits;
    private final int parts;
    private final Arena arena = Arena.ofShared();
    /** Under the cache's monitor. */
    private int shares;
    private float[] largestTerms;
    private volatile MemorySegment memory = MemorySegment.NULL;

    private CodeBlocks(IvfPqData data) {
        this.data = data;
        this.bits = data.model().quantizer().bits();
        this.parts = parts(data.model().quantizer().m());
    }

    /** m rounded up to what a scan takes at once. */
    static int parts(int m) {
        return (m + FastScan.PARTS - 1) / FastScan.PARTS * FastScan.PARTS;
    }

    int parts() {
        return parts;
    }

    /** Bytes of memory that they take by now. */
    long bytes() {
        return memory.byteSize();
    }

    /** Makes the blocks unless they are there. */
    void prepare(Workers workers) {
        if (memory == MemorySegment.NULL) {
            make(workers);
        }
    }

    /** Which byte of a part of 4 bits belongs to a slot of a block. */
    static int place(int slot) {
        return slot % 8 * 2 + slot / 8 % 2;
    }

    /** From one block to the next. */
    long stride() {
        return (long) parts * FastScan.BLOCK * bits / 8;
    }

    /** Address of the block that begins with {@code slot}. */
    long address(int slot) {
        return memory.address() + slot / FastScan.BLOCK * stride();
    }

    /** The largest absolute value of the finite terms of a list. */
    float largestTerm(int list) {
        return largestTerms[list];
    }

    private synchronized void make(Workers workers) {
        if (memory != MemorySegment.NULL) {
            return;
        }
        InvertedLists lists = data.lists();
        MemorySegment blocks = arena.allocate(lists.slots() / FastScan.BLOCK * stride() + SPARE, Matrix.ALIGNMENT);
        largestTerms = new float[lists.lists()];
        workers.run(lists.lists(), lists.lists() > 1, (worker, list) -> {
            byte[] block = new byte[Math.toIntExact(stride())];
            for (int slot = lists.begin(list); slot < lists.begin(list + 1); slot += FastScan.BLOCK) {
                fill(slot, block);
                MemorySegment.copy(block, 0, blocks, ValueLayout.JAVA_BYTE, slot / FastScan.BLOCK * stride(), block.length);
            }
            largestTerms[list] = largest(lists.begin(list), lists.size(list));
        });
        memory = blocks;
    }

    private void fill(int slot, byte[] block) {
        for (int b = 0; b < data.model().quantizer().codeBytes(); b++) {
            for (int i = 0; i < FastScan.BLOCK / 2; i++) {
                int x = code(slot + i, b);
                int y = code(slot + i + FastScan.BLOCK / 2, b);
                if (bits == 8) {
                    block[b * FastScan.BLOCK + 2 * i] = (byte) x;
                    block[b * FastScan.BLOCK + 2 * i + 1] = (byte) y;
                } else {
                    block[2 * b * FastScan.PART + place(i)] = (byte) (x & 15 | y << 4);
                    block[(2 * b + 1) * FastScan.PART + place(i)] = (byte) (x >> 4 & 15 | y & 0xF0);
                }
            }
        }
    }

    private int code(int slot, int b) {
        return data.codes().get(ValueLayout.JAVA_BYTE, (long) slot * data.model().quantizer().codeStride() + b);
    }

    private float largest(int begin, int size) {
        float largest = 0;
        for (int slot = begin; slot < begin + size; slot++) {
            float term = Math.abs(data.terms().get(Matrix.FLOAT, slot * 4L));
            if (term < Float.POSITIVE_INFINITY) {
                largest = Math.max(largest, term);
            }
        }
        return largest;
    }
}
