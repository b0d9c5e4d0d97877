package dev.perigee.dataset;

import static dev.perigee.PerigeeException.invalid;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A kind of vector file; the bytes are described in the package's javadoc. */
public enum VectorFormat {
    FVECS(".*\\.fvecs"),
    IVECS(".*\\.ivecs"),
    BVECS(".*\\.bvecs"),
    NPY(".*\\.npy"),
    NPZ(".*\\.npz"),
    IDX(".*\\.idx|.*[-.]idx.-.*");

    private final Pattern names;

    VectorFormat(String names) {
        this.names = Pattern.compile(names);
    }

    /** The word on command lines: fvecs, ivecs, bvecs, npy, npz, idx. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The format by file name, upper or lower case, without {@code .gz} and without the {@code #member} of an npz.
     *
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT for a name that says no format
     */
    public static VectorFormat of(Path file) {
        return byName(file).orElseThrow(() -> invalid(("format: unknown from the file name (expected *.fvecs, *.ivecs, *.bvecs, "
                + "*.npy, *.npz, *.idx or *-idx?-*, each also with .gz, or a format given by name: %s; file '%s')")
                .formatted(labels(), file)));
    }

    /** The format by file name, or nothing for a name that says none. */
    static Optional<VectorFormat> byName(Path file) {
        Path last = Path.of(Location.withoutMember(file.toString())).getFileName();
        String name = last == null ? "" : Location.withoutGz(last.toString().toLowerCase(Locale.ROOT));
        return Arrays.stream(values()).filter(f -> f.names.matcher(name).matches()).findFirst();
    }

    /** The format of that label. @throws dev.perigee.PerigeeException INVALID_ARGUMENT if there is none */
    public static VectorFormat parse(String label) {
        for (VectorFormat f : values()) {
            if (f.name().equalsIgnoreCase(label)) {
                return f;
            }
        }
        throw invalid("format: '%s' (expected %s)".formatted(label, labels()));
    }

    private static String labels() {
        return Arrays.stream(values()).map(VectorFormat::label).collect(Collectors.joining(", "));
    }
}
