package dev.perigee.dataset;

import static dev.perigee.PerigeeException.check;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a caller's path means.
 *
 * @param file   the file on disk
 * @param gzip   whether its name ends in .gz
 * @param member the array of an npz, or nothing for its only one
 */
record Location(Path file, VectorFormat format, boolean gzip, Optional<String> member) {
    private static final Pattern MEMBER = Pattern.compile("(.*\\.npz(?:\\.gz)?)#(.*)", Pattern.CASE_INSENSITIVE);

    /** Reads a path as given by the caller; {@code format} overrides what the name says. */
    static Location of(Path given, Optional<VectorFormat> format) {
        VectorFormat f = format.orElseGet(() -> VectorFormat.of(given));
        String name = given.toString();
        Optional<String> member = Optional.empty();
        if (f == VectorFormat.NPZ) {
            Matcher matcher = MEMBER.matcher(name);
            int end = matcher.matches() ? matcher.end(1) : name.lastIndexOf('#');
            if (end >= 0) {
                member = Optional.of(name.substring(end + 1));
                name = name.substring(0, end);
                check(!member.get().isEmpty(), "member: '' (expected the name of an array after '#', file '%s')", given);
            }
        }
        return new Location(Path.of(name), f, isGz(name), member);
    }

    /** Whether the size of the file says little of what is in it. */
    boolean compressed() {
        return gzip || format == VectorFormat.NPZ;
    }

    static boolean isGz(String name) {
        return name.regionMatches(true, name.length() - 3, ".gz", 0, 3);
    }

    static String withoutGz(String name) {
        return isGz(name) ? name.substring(0, name.length() - 3) : name;
    }

    static String withoutMember(String name) {
        Matcher matcher = MEMBER.matcher(name);
        return matcher.matches() ? matcher.group(1) : name;
    }
}
