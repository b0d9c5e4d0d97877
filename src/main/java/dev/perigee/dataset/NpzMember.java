package dev.perigee.dataset;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;

/**
 * One array of an npz, open for reading.
 *
 * @param name   without .npy
 * @param stream its uncompressed bytes; closing it closes the file
 * @param size   their number, where the zip says it
 */
record NpzMember(String name, InputStream stream, OptionalLong size) {
    private static final String ENDING = ".npy";

    /** Opens the member that the location names, or the only one. */
    static NpzMember open(Location location) throws IOException {
        try {
            return location.gzip() ? openInGzip(location) : openInFile(location);
        } catch (IllegalArgumentException e) { // how java.util.zip reports names that are not UTF-8
            throw new ZipException("name of a member: " + e.getMessage());
        }
    }

    private static NpzMember openInFile(Location location) throws IOException {
        ZipFile zip = new ZipFile(location.file().toFile());
        try {
            String name = choose(zip.stream().map(ZipEntry::getName).toList(), location);
            ZipEntry entry = zip.getEntry(name);
            return new NpzMember(withoutEnding(name), checked(zip, entry),
                    entry.getSize() < 0 ? OptionalLong.empty() : OptionalLong.of(entry.getSize()));
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    /** ZipFile, unlike ZipInputStream, compares no checksums: this stream does, at its end. */
    private static InputStream checked(ZipFile zip, ZipEntry entry) throws IOException {
        CRC32 crc = new CRC32();
        return new FilterInputStream(new CheckedInputStream(zip.getInputStream(entry), crc)) {
            @Override
            public int read(byte[] into, int from, int count) throws IOException {
                int n = super.read(into, from, count);
                if (n < 0 && crc.getValue() != entry.getCrc()) {
                    throw new ZipException("crc32 %08x (expected %08x)".formatted(crc.getValue(), entry.getCrc()));
                }
                return n;
            }

            @Override
            public void close() throws IOException {
                zip.close();
            }
        };
    }

    /** Inside gzip there is no way to the zip's directory but to walk; to know that an array is the only one, twice. */
    private static NpzMember openInGzip(Location location) throws IOException {
        List<String> names = new ArrayList<>();
        try (ZipInputStream zip = new ZipInputStream(Input.gunzip(location.file()))) {
            for (ZipEntry e = zip.getNextEntry(); e != null; e = zip.getNextEntry()) {
                names.add(e.getName());
            }
        }
        String name = choose(names, location);
        ZipInputStream zip = new ZipInputStream(Input.gunzip(location.file()));
        try {
            ZipEntry entry = zip.getNextEntry();
            while (entry != null && !entry.getName().equals(name)) {
                entry = zip.getNextEntry();
            }
            if (entry == null) {
                throw new ZipException("member '%s' went away while it was read".formatted(name));
            }
            return new NpzMember(withoutEnding(name), zip, OptionalLong.empty());
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    private static String choose(List<String> entries, Location location) {
        List<String> arrays = entries.stream().filter(e -> e.endsWith(ENDING)).toList();
        Optional<String> wanted = location.member().map(m -> m.endsWith(ENDING) ? m : m + ENDING);
        if (wanted.isPresent()) {
            if (!arrays.contains(wanted.get())) {
                throw new PerigeeException(ErrorCode.NOT_FOUND, "member: '%s' is not there (expected %s, file '%s')".formatted(
                        location.member().get(), list(arrays), location.file()));
            }
            return wanted.get();
        }
        if (arrays.isEmpty()) {
            throw new PerigeeException(ErrorCode.CORRUPT_FILE,
                    "members: no array (expected one that ends in .npy, file '%s', offset 0)".formatted(location.file()));
        }
        PerigeeException.check(arrays.size() == 1, "member: not named (expected '%s#...' with one of %s)",
                location.file(), list(arrays));
        return arrays.getFirst();
    }

    private static String list(List<String> arrays) {
        return arrays.isEmpty() ? "an array, there is none" : arrays.stream().limit(20).map(NpzMember::withoutEnding)
                .collect(Collectors.joining(", ")) + (arrays.size() > 20 ? ", ... (" + arrays.size() + ")" : "");
    }

    private static String withoutEnding(String name) {
        return name.substring(0, name.length() - ENDING.length());
    }
}
