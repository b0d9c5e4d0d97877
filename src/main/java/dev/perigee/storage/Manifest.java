package dev.perigee.storage;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/** What a folder holds: its text file {@value #FILE}, replaced as a whole. A folder with one is a collection of Perigee. */
public final class Manifest {
    /** Its name in the folder. */
    public static final String FILE = "manifest";

    private static final String FORMAT = "format";
    private static final String KIND = "perigee-collection ";
    private static final String VERSION = "1";
    private static final String CHECKSUM = "crc32c";

    private Manifest() {
    }

    /**
     * Reads and checks a folder's manifest.
     *
     * @throws PerigeeException NOT_FOUND without one, CORRUPT_FILE if it was changed, UNSUPPORTED if it is of another version
     */
    public static Attributes read(Path folder) {
        Path path = folder.resolve(FILE);
        byte[] bytes;
        try {
            if (!Files.isRegularFile(path)) {
                throw new PerigeeException(ErrorCode.NOT_FOUND, "not a Perigee collection: %s (%s)".formatted(
                        folder, Files.isDirectory(folder) ? "no manifest" : Files.exists(folder) ? "not a folder" : "not there"));
            }
            if (Files.size(path) > Attributes.MAX_BYTES) {
                throw FileFailure.corrupt("manifest: %d bytes (expected at most %d, file %s)",
                        Files.size(path), Attributes.MAX_BYTES, path);
            }
            bytes = Files.readAllBytes(path);
        } catch (IOException e) {
            throw FileFailure.of("read", path, e);
        }
        return parse(bytes, path);
    }

    private static Attributes parse(byte[] bytes, Path path) {
        int body = bytes.length - checksumLine(bytes, 0).length;
        byte[] expected = checksumLine(bytes, Math.max(0, body));
        if (body < 0 || !Arrays.equals(bytes, body, bytes.length, expected, 0, expected.length)) {
            throw FileFailure.corrupt("manifest: ends with '%s' (expected '%s', offset %d, file %s)", printable(bytes, body),
                    new String(expected, StandardCharsets.US_ASCII).strip(), Math.max(0, body), path);
        }
        Attributes all = Attributes.parse(ByteBuffer.wrap(bytes, 0, body), "file " + path);
        String format = all.text(FORMAT);
        if (!format.equals(KIND + VERSION)) {
            throw new PerigeeException(format.startsWith(KIND) ? ErrorCode.UNSUPPORTED : ErrorCode.CORRUPT_FILE,
                    "format: '%s' (expected '%s', file %s); it needs another version of Perigee, or to be built again"
                            .formatted(format, KIND + VERSION, path));
        }
        return all;
    }

    /** Replaces the folder's manifest; when this returns, the new one is on disk. */
    public static void write(Path folder, Map<String, ?> values) {
        check(!values.containsKey(FORMAT) && !values.containsKey(CHECKSUM),
                "manifest: a value named '%s' or '%s' (expected other names)", FORMAT, CHECKSUM);
        Map<String, Object> all = new LinkedHashMap<>();
        all.put(FORMAT, KIND + VERSION);
        all.putAll(values);
        byte[] body = Attributes.of(all).encode();
        try (StagedFile file = StagedFile.create(folder.resolve(FILE))) {
            file.write(ByteBuffer.wrap(body), 0);
            file.write(ByteBuffer.wrap(checksumLine(body, body.length)), body.length);
            file.commit();
        }
    }

    /** Whether a folder holds a manifest of Perigee, of any version, sound or not. */
    public static boolean isIn(Path folder) {
        byte[] start = (FORMAT + ": " + KIND).getBytes(StandardCharsets.US_ASCII);
        try (InputStream in = Files.newInputStream(folder.resolve(FILE))) {
            return Arrays.equals(in.readNBytes(start.length), start);
        } catch (IOException e) {
            return false;
        }
    }

    private static byte[] checksumLine(byte[] bytes, int count) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, count);
        return "%s: %08x\n".formatted(CHECKSUM, crc.getValue()).getBytes(StandardCharsets.US_ASCII);
    }

    private static String printable(byte[] bytes, int from) {
        return new String(bytes, Math.max(0, from), bytes.length - Math.max(0, from), StandardCharsets.US_ASCII)
                .strip().replaceAll("[^ -~]", "?");
    }
}
