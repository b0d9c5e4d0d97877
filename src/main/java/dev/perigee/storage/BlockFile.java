package dev.perigee.storage;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * A file of named blocks, mapped read-only; every byte was checked against its checksum when it was opened. Blocks start at
 * multiples of 4096 bytes, so rows in them are aligned; numbers are little-endian. Written by {@link BlockFileWriter}.
 *
 * <p>Safe for reading from any number of threads. Whoever opens it closes it, after the last use of any of its segments;
 * a segment that is used later throws IllegalStateException.
 */
public final class BlockFile implements AutoCloseable {
    /** Name of the block that holds the file's {@link #attributes}; every reader knows it. */
    public static final String ATTRIBUTES = "attributes";
    /** Little-endian int at any address, as blocks hold it. */
    public static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Little-endian long at any address, as blocks hold it. */
    public static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int BUFFER_BYTES = 1 << 20;

    private final Path path;
    private final Arena arena;
    private final MemorySegment mapped;
    private final Map<String, BlockTable.Entry> entries = new LinkedHashMap<>();
    private final Attributes attributes;
    private final Object identity;

    private BlockFile(Path path, Arena arena, MemorySegment mapped, BlockTable table) {
        this.path = path;
        this.arena = arena;
        this.mapped = mapped;
        this.identity = identity(path);
        table.entries().forEach(e -> entries.put(e.name(), e));
        MemorySegment text = optional(ATTRIBUTES).orElse(MemorySegment.NULL);
        if (text.byteSize() > Attributes.MAX_BYTES) {
            throw FileFailure.corrupt("attributes: %d bytes (expected at most %d, file %s)",
                    text.byteSize(), Attributes.MAX_BYTES, path);
        }
        this.attributes = Attributes.parse(text.asByteBuffer(), "file " + path);
    }

    /**
     * Opens a file and checks all of it.
     *
     * @throws PerigeeException NOT_FOUND; CORRUPT_FILE if it is no block file, was changed, cut or added to; UNSUPPORTED if it
     *                          is of another format version
     */
    public static BlockFile open(Path path) {
        if (Files.isDirectory(path)) {
            throw new PerigeeException(ErrorCode.NOT_FOUND, "file: %s is a folder (expected a block file)".formatted(path));
        }
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            BlockTable table = BlockTable.read(channel, path);
            verify(channel, table, path);
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new BlockFile(path, arena, mapped, table);
        } catch (NoSuchFileException e) {
            arena.close();
            throw new PerigeeException(ErrorCode.NOT_FOUND, "file: %s is not there".formatted(path), e);
        } catch (IOException e) {
            arena.close();
            throw FileFailure.of("read", path, e);
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    /** Opens a file and refuses required blocks that are not among {@code known}. */
    public static BlockFile open(Path path, Set<String> known) {
        BlockFile file = open(path);
        try {
            file.requireKnown(known);
            return file;
        } catch (PerigeeException e) {
            file.close();
            throw e;
        }
    }

    /**
     * Reads the blocks instead of touching the mapping: pages that no search asks for stay out of this process, and a file
     * that is cut while it is read gives an error instead of a fault.
     */
    private static void verify(FileChannel channel, BlockTable table, Path path) throws IOException {
        try (Arena local = Arena.ofConfined()) {
            ByteBuffer buffer = local.allocate(BUFFER_BYTES).asByteBuffer();
            for (BlockTable.Entry block : table.entries()) {
                CRC32C crc = new CRC32C();
                for (long at = block.offset(); at < block.end(); at += buffer.limit()) {
                    buffer.clear().limit((int) Math.min(BUFFER_BYTES, block.end() - at));
                    BlockTable.readFully(channel, buffer, at, path);
                    crc.update(buffer.flip());
                }
                if ((int) crc.getValue() != block.checksum()) {
                    throw FileFailure.corruptChecksum((int) crc.getValue(), block.checksum(),
                            "block '%s'".formatted(block.name()), block.offset(), path);
                }
            }
        }
    }

    /** Refuses a required block that is not among {@code known} with UNSUPPORTED; unknown optional ones are fine. */
    public void requireKnown(Set<String> known) {
        for (BlockTable.Entry block : entries.values()) {
            if (!block.optional() && !known.contains(block.name()) && !block.name().equals(ATTRIBUTES)) {
                throw new PerigeeException(ErrorCode.UNSUPPORTED,
                        "block: '%s' (expected one of %s, file %s); it needs a newer version of Perigee"
                                .formatted(block.name(), new java.util.TreeSet<>(known), path));
            }
        }
    }

    public Path path() {
        return path;
    }

    /** @throws PerigeeException FAILED_PRECONDITION if its name now belongs to another file, or to none */
    public void requireInPlace() {
        if (!identity.equals(identity(path))) {
            throw new PerigeeException(ErrorCode.FAILED_PRECONDITION,
                    "file %s: was replaced since it was opened (expected the same file; open the collection again)".formatted(path));
        }
    }

    private static Object identity(Path path) {
        try {
            Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
            return key == null ? path : key; // a file system without keys
        } catch (IOException e) {
            return e.getClass(); // equal to no key
        }
    }

    /** Bytes of the file, all mapped. */
    public long length() {
        return mapped.byteSize();
    }

    /** Names of the blocks, in order. */
    public Set<String> names() {
        return java.util.Collections.unmodifiableSet(entries.keySet());
    }

    /** Facts about the file; none if it holds no such block. */
    public Attributes attributes() {
        return attributes;
    }

    /** The bytes of a block that has to be there, valid until this file is closed; CORRUPT_FILE if it is not. */
    public MemorySegment block(String name) {
        return optional(name).orElseThrow(
                () -> FileFailure.corrupt("block: '%s' absent (found %s, file %s)", name, names(), path));
    }

    /** The bytes of a block that has to be there and hold {@code bytes} bytes. */
    public MemorySegment block(String name, long bytes) {
        MemorySegment block = block(name);
        if (block.byteSize() != bytes) {
            throw FileFailure.corrupt("block '%s': %d bytes (expected %d, file %s)", name, block.byteSize(), bytes, path);
        }
        return block;
    }

    /** The bytes of a block that may be there. */
    public Optional<MemorySegment> optional(String name) {
        return Optional.ofNullable(entries.get(name)).map(e -> mapped.asSlice(e.offset(), e.length()));
    }

    /** A block that holds a matrix [rows, dim], read-only; CORRUPT_FILE if it is of another size. */
    public Matrix matrix(String name, int rows, int dim) {
        return Matrix.of(block(name, Matrix.bytes(rows, dim)), rows, dim);
    }

    /** Unmaps the file. */
    @Override
    public synchronized void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    @Override
    public String toString() {
        return "BlockFile[" + path + ", " + names() + "]";
    }
}
