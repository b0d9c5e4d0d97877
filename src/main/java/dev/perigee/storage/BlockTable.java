package dev.perigee.storage;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/** Header page and table of a block file, to and from bytes; the package comment shows them. */
record BlockTable(List<Entry> entries) {
    /** Blocks start at multiples of this; also the size of the header page. */
    static final int PAGE = 4096;
    static final int MAX_BLOCKS = 4096;
    static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_.-]{0,99}");

    private static final long MAGIC = 0x4245454749524550L; // PERIGEEB
    private static final int VERSION = 1;
    private static final int OPTIONAL = 1;
    private static final int CHECKSUM_AT = PAGE - 4;
    private static final int MAX_TABLE_BYTES = 4 + MAX_BLOCKS * (1 + 100 + 1 + 8 + 8 + 4);

    /** @param checksum of the block and the zeros after it */
    record Entry(String name, boolean optional, long offset, long length, int checksum) {
        /** Where the zeros after it end and the next block, or the table, starts. */
        long end() {
            return pageEnd(offset + length);
        }
    }

    static long pageEnd(long position) {
        return (position + PAGE - 1) / PAGE * PAGE;
    }

    private long offset() {
        return entries.isEmpty() ? PAGE : entries.getLast().end();
    }

    /** Writes the table behind the last block, and the header page. */
    void write(StagedFile file) {
        ByteBuffer table = encode();
        ByteBuffer header = littleEndian(PAGE);
        header.putLong(0, MAGIC).putInt(8, VERSION).putInt(12, table.remaining()).putLong(16, offset() + table.remaining())
                .putLong(24, offset()).putInt(32, checksum(table));
        header.putInt(CHECKSUM_AT, checksum(header.slice(0, CHECKSUM_AT)));
        file.write(table, offset());
        file.write(header, 0);
    }

    private ByteBuffer encode() {
        ByteBuffer table = littleEndian(MAX_TABLE_BYTES).putInt(entries.size());
        for (Entry e : entries) {
            byte[] name = e.name.getBytes(StandardCharsets.US_ASCII);
            table.put((byte) name.length).put(name).put((byte) (e.optional ? OPTIONAL : 0));
            table.putLong(e.offset).putLong(e.length).putInt(e.checksum);
        }
        return table.flip();
    }

    /** Reads header and table, and checks them and the length of the file, not yet the blocks. */
    static BlockTable read(FileChannel channel, Path path) throws IOException {
        long size = channel.size();
        ByteBuffer header = littleEndian(PAGE);
        if (size >= 8) {
            readFully(channel, header.limit((int) Math.min(size, PAGE)), 0, path);
        }
        if (header.clear().getLong(0) != MAGIC) {
            throw FileFailure.corrupt("not a Perigee block file: %s (%d bytes, expected to begin with PERIGEEB)", path, size);
        }
        if (size < PAGE) {
            throw FileFailure.corrupt("file length: %d (expected at least %d, file %s)", size, PAGE, path);
        }
        int found = checksum(header.slice(0, CHECKSUM_AT));
        if (found != header.getInt(CHECKSUM_AT)) {
            throw FileFailure.corruptChecksum(found, header.getInt(CHECKSUM_AT), "header", 0, path);
        }
        if (header.getInt(8) != VERSION) {
            throw new PerigeeException(ErrorCode.UNSUPPORTED,
                    "format version: %d (expected %d, file %s); it needs another version of Perigee, or to be built again"
                            .formatted(header.getInt(8), VERSION, path));
        }
        if (header.getLong(16) != size) {
            throw FileFailure.corrupt("file length: %d (expected %d, file %s)", size, header.getLong(16), path);
        }
        long offset = header.getLong(24);
        int length = header.getInt(12);
        if (length < 4 || length > MAX_TABLE_BYTES || offset < PAGE || offset != size - length) {
            throw FileFailure.corrupt("table: %d bytes at offset %d (expected at the end of %d bytes, file %s)",
                    length, offset, size, path);
        }
        ByteBuffer table = littleEndian(length);
        readFully(channel, table, offset, path);
        table.flip();
        if (checksum(table) != header.getInt(32)) {
            throw FileFailure.corruptChecksum(checksum(table), header.getInt(32), "table", offset, path);
        }
        return decode(table, offset, path);
    }

    /** Its checksum was right, so what is wrong in here was written wrongly; it is refused all the same. */
    private static BlockTable decode(ByteBuffer table, long tableOffset, Path path) {
        List<Entry> entries = new ArrayList<>();
        Set<String> names = new HashSet<>();
        long next = PAGE;
        try {
            int count = table.getInt();
            for (int i = 0; i < count; i++) {
                byte[] name = new byte[Byte.toUnsignedInt(table.get())];
                table.get(name);
                int flags = table.get();
                Entry entry = new Entry(new String(name, StandardCharsets.US_ASCII), (flags & OPTIONAL) != 0,
                        table.getLong(), table.getLong(), table.getInt());
                boolean fits = entry.offset == next && entry.length >= 0 && entry.length <= tableOffset - entry.offset;
                if (!fits || (flags & ~OPTIONAL) != 0 || !names.add(entry.name)) {
                    throw FileFailure.corrupt("table: entry %d does not fit (%s, flags %d, file %s)", i, entry, flags, path);
                }
                next = entry.end();
                entries.add(entry);
            }
        } catch (java.nio.BufferUnderflowException e) {
            throw FileFailure.corrupt("table: ends within an entry (file %s)", path);
        }
        if (table.hasRemaining() || next != tableOffset) {
            throw FileFailure.corrupt("table: blocks end at %d (expected %d, file %s)", next, tableOffset, path);
        }
        return new BlockTable(List.copyOf(entries));
    }

    /** Fills {@code into} from {@code position}; the position of {@code into} is at its limit afterwards. */
    static void readFully(FileChannel channel, ByteBuffer into, long position, Path path) throws IOException {
        while (into.hasRemaining()) {
            int count = channel.read(into, position);
            if (count < 0) {
                throw FileFailure.corrupt("file %s: ends at %d (it became shorter while it was read)", path, position);
            }
            position += count;
        }
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
