package dev.perigee.storage;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes a {@link BlockFile}, one block after the other; how long a block becomes need not be known in advance.
 *
 * <p>The file appears under its name, in place of one that was there, when {@link #commit} returns: then it is on disk.
 * {@link #close} without a commit leaves nothing. Bytes go out through a small buffer, not through a mapping, so writing does
 * not add to the memory of the process. Not thread-safe.
 */
public final class BlockFileWriter implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 18;

    private final StagedFile file;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(BUFFER_BYTES);
    private final ByteBuffer bytes = buffer.asByteBuffer();
    private final List<BlockTable.Entry> entries = new ArrayList<>();
    private long position = BlockTable.PAGE; // of the buffer's first byte in the file
    private OutputBlock current;
    private boolean open = true;

    private BlockFileWriter(StagedFile file) {
        this.file = file;
    }

    /** A new file; the folder that it is to stand in must exist. */
    public static BlockFileWriter create(Path target) {
        return new BlockFileWriter(StagedFile.create(target));
    }

    /** Ends the block before and starts one that every reader has to know. */
    public OutputBlock block(String name) {
        return start(name, false);
    }

    /** Ends the block before and starts one that readers may do without. */
    public OutputBlock optionalBlock(String name) {
        return start(name, true);
    }

    /** A whole block at once. */
    public void write(String name, MemorySegment content) {
        block(name).append(content);
    }

    /** The rows of a matrix, padded as they are, as a whole block. */
    public void write(String name, Matrix rows) {
        block(name).append(rows);
    }

    /** Facts about the file, its block {@value BlockFile#ATTRIBUTES}; at most once. */
    public void attributes(Map<String, ?> values) {
        write(BlockFile.ATTRIBUTES, MemorySegment.ofArray(Attributes.of(values).encode()));
    }

    /** Bytes of the file so far, without the table. */
    public long length() {
        return position + bytes.position();
    }

    /** Ends the last block; the file takes its name. Nothing can be written afterwards. */
    public void commit() {
        requireOpen();
        endBlock();
        new BlockTable(entries).write(file);
        file.commit();
        close();
    }

    /** Without a commit: deletes what was written. */
    @Override
    public void close() {
        if (open) {
            open = false;
            current = null;
            arena.close();
            file.close();
        }
    }

    private OutputBlock start(String name, boolean optional) {
        requireOpen();
        check(BlockTable.NAME.matcher(name).matches(),
                "block: '%s' (expected 1 to 100 letters a to z, digits, '_', '.' or '-', the first a letter)", name);
        check(entries.size() < BlockTable.MAX_BLOCKS - 1,
                "blocks: more than %d (file %s)", BlockTable.MAX_BLOCKS, file.target());
        endBlock();
        check(entries.stream().noneMatch(e -> e.name().equals(name)),
                "block: '%s' (written twice, file %s)", name, file.target());
        current = new OutputBlock(name, optional, position);
        return current;
    }

    private void endBlock() {
        if (current == null) {
            return;
        }
        OutputBlock block = current;
        long padding = BlockTable.pageEnd(length()) - length();
        put(MemorySegment.ofArray(new byte[(int) padding]), block.crc);
        flush(block.crc);
        current = null;
        entries.add(new BlockTable.Entry(
                block.name, block.optional, block.offset, block.length, (int) block.crc.getValue()));
    }

    private void put(MemorySegment content, CRC32C crc) {
        long from = 0;
        while (from < content.byteSize()) {
            if (!bytes.hasRemaining()) {
                flush(crc);
            }
            int count = (int) Math.min(bytes.remaining(), content.byteSize() - from);
            MemorySegment.copy(content, from, buffer, bytes.position(), count);
            bytes.position(bytes.position() + count);
            from += count;
        }
    }

    private void flush(CRC32C crc) {
        bytes.flip();
        int count = bytes.remaining();
        crc.update(bytes.duplicate());
        file.write(bytes, position);
        position += count;
        bytes.clear();
    }

    private void requireOpen() {
        if (!open) {
            throw new PerigeeException(ErrorCode.FAILED_PRECONDITION,
                    "file %s: written already or closed".formatted(file.target()));
        }
    }

    /** A block that is being written; it ends when the next one starts or the file is committed. */
    public final class OutputBlock {
        private final String name;
        private final boolean optional;
        private final long offset;
        private final CRC32C crc = new CRC32C();
        private long length;

        private OutputBlock(String name, boolean optional, long offset) {
            this.name = name;
            this.optional = optional;
            this.offset = offset;
        }

        /** Adds bytes, on the heap or outside; not kept. */
        public OutputBlock append(MemorySegment content) {
            if (current != this) {
                throw new PerigeeException(ErrorCode.FAILED_PRECONDITION,
                        "block '%s': ended already (file %s)".formatted(name, file.target()));
            }
            put(content, crc);
            length += content.byteSize();
            return this;
        }

        /** Adds rows, padded as they are. */
        public OutputBlock append(Matrix rows) {
            return append(rows.segment().asSlice(0, Matrix.bytes(rows.rows(), rows.dim())));
        }

        /** Bytes so far. */
        public long length() {
            return length;
        }
    }
}
