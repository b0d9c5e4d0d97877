package dev.perigee.dataset;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * The uncompressed bytes of one file, front to back, through one buffer. Knows the offset it is at, so that every
 * complaint names file and offset. For one thread; whoever opens it closes it.
 */
final class Input implements AutoCloseable {
    /** Bytes of the buffer: the longest row (65,536 x 8, and its dim) and one byte more must fit. */
    static final int BUFFER = 1 << 20;
    /** Deflate makes at most 258 bytes of 2 bits: no compressed file holds more than this many times its size. */
    private static final long MOST_PER_BYTE = 1032;
    /** CRC and length behind each gzip member; the inflater has not taken them from its input. */
    private static final int GZIP_TRAILER = 8;

    private final String name;
    private final InputStream stream;
    private final OptionalLong size;
    private final long sizeLimit;
    private final byte[] bytes = new byte[BUFFER];
    private int position;
    private int limit;
    private long base;
    private boolean ended;

    private Input(String name, InputStream stream, OptionalLong size, long sizeLimit) {
        this.name = name;
        this.stream = stream;
        this.size = size;
        this.sizeLimit = sizeLimit;
    }

    /** Opens a file or, of an npz, one member. */
    static Input open(Location location) {
        if (location.format() != VectorFormat.NPZ) {
            return open(location.file(), location.gzip());
        }
        long limit = regularSize(location.file()) * MOST_PER_BYTE * (location.gzip() ? MOST_PER_BYTE : 1);
        try {
            NpzMember member = NpzMember.open(location);
            return new Input(location.file() + "#" + member.name(), member.stream(), member.size(), limit);
        } catch (IOException e) {
            throw failed(location.file().toString(), 0, e);
        }
    }

    /** Opens a file, unzipped on the way if {@code gzip}. */
    static Input open(Path file, boolean gzip) {
        long size = regularSize(file);
        try {
            return gzip
                    ? new Input(file.toString(), gunzip(file), OptionalLong.empty(), size * MOST_PER_BYTE)
                    : new Input(file.toString(), Files.newInputStream(file), OptionalLong.of(size), size);
        } catch (IOException e) {
            throw failed(file.toString(), 0, e);
        }
    }

    /** The bytes inside a gzip file of one or more members. */
    static InputStream gunzip(Path file) throws IOException {
        InputStream raw = Files.newInputStream(file);
        try {
            return new GZIPInputStream(raw, 1 << 16) {
                @Override
                public int read(byte[] into, int from, int count) throws IOException {
                    int n = super.read(into, from, count);
                    // the JDK takes a member whose header is cut for padding, and its rows would be missing in silence
                    if (n < 0 && (inf.getRemaining() > GZIP_TRAILER || in.read() >= 0)) {
                        throw new ZipException("bytes after the end that are no gzip");
                    }
                    return n;
                }
            };
        } catch (IOException | RuntimeException e) {
            raw.close();
            throw e;
        }
    }

    private static long regularSize(Path file) {
        if (!Files.exists(file)) {
            throw new PerigeeException(ErrorCode.NOT_FOUND, "file: '%s' is not there".formatted(file));
        }
        // a pipe has no size to check a header against, and cannot be read twice
        PerigeeException.check(Files.isRegularFile(file), "file: '%s' is %s (expected a regular file)", file,
                Files.isDirectory(file) ? "a folder" : "a device or a pipe");
        try {
            long size = Files.size(file);
            if (size == 0) {
                throw new PerigeeException(ErrorCode.CORRUPT_FILE,
                        "file: empty (expected data, file '%s', offset 0)".formatted(file));
            }
            return size;
        } catch (IOException e) {
            throw failed(file.toString(), 0, e);
        }
    }

    /** Uncompressed bytes in all, where that is known before reading. */
    OptionalLong size() {
        return size;
    }

    /** No more uncompressed bytes than this can come. */
    long sizeLimit() {
        return sizeLimit;
    }

    /** Bytes taken so far. */
    long offset() {
        return base + position;
    }

    /** A view of the buffer in that order; what {@link #take} returned is an index into it until the next call here. */
    ByteBuffer view(ByteOrder order) {
        return ByteBuffer.wrap(bytes).order(order);
    }

    /** Whether {@code n} (at most {@link #BUFFER}) more bytes are there. Takes none. */
    boolean has(int n) {
        while (limit - position < n) {
            if (ended) {
                return false;
            }
            if (bytes.length - position < n) {
                System.arraycopy(bytes, position, bytes, 0, limit - position);
                base += position;
                limit -= position;
                position = 0;
            }
            read();
        }
        return true;
    }

    private void read() {
        try {
            int n = stream.read(bytes, limit, bytes.length - limit);
            ended = n < 0;
            limit += Math.max(n, 0);
        } catch (IOException e) {
            throw failed(name, base + limit, e);
        }
    }

    /** Takes {@code n} bytes of a header and returns their index in the buffer. @throws PerigeeException CORRUPT_FILE if cut */
    int take(int n, String what) {
        if (!has(n)) {
            throw cut(n, what);
        }
        position += n;
        return position - n;
    }

    /** As {@link #take(int, String)}, for row number {@code row}. */
    int take(int n, long row) {
        if (!has(n)) {
            throw cut(n, "row " + row);
        }
        position += n;
        return position - n;
    }

    private PerigeeException cut(int n, String what) {
        int left = limit - position;
        return corrupt(offset() + left, "%s: cut after %d bytes".formatted(what, left), "%d bytes".formatted(n));
    }

    /** What is wrong with the file: {@code got (expected ..., file ..., offset ...)}. */
    PerigeeException corrupt(long offset, String got, String expected) {
        return refuse(ErrorCode.CORRUPT_FILE, offset, got, expected);
    }

    /** As {@link #corrupt}, for files that are sound but not for us. */
    PerigeeException refuse(ErrorCode code, long offset, String got, String expected) {
        return new PerigeeException(code, "%s (expected %s, file '%s', offset %d)".formatted(got, expected, name, offset));
    }

    private static PerigeeException failed(String name, long offset, IOException e) {
        boolean corrupt = e instanceof ZipException || e instanceof EOFException;
        String reason = !corrupt ? e.toString() : e.getMessage() == null ? "it ends too early" : e.getMessage();
        return new PerigeeException(corrupt ? ErrorCode.CORRUPT_FILE : ErrorCode.IO, "%s (%s, file '%s', offset %d)".formatted(
                corrupt ? "compressed data: broken or cut" : "reading: failed", reason, name, offset), e);
    }

    /** Closes the file; a second call does nothing. */
    @Override
    public void close() {
        try {
            stream.close();
        } catch (IOException e) {
            throw failed(name, offset(), e);
        }
    }
}
