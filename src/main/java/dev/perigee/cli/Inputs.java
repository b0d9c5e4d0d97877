package dev.perigee.cli;

import dev.perigee.PerigeeException;
import dev.perigee.dataset.VectorFormat;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How a command reads its vector files. */
final class Inputs {
    @Option(names = "--format", paramLabel = "NAME",
            description = "Format of the input files: fvecs, ivecs, bvecs, npy, npz or idx (default: by their names).")
    private String format;

    @Option(names = "--skip-bad", description = "Skip rows that are not finite, and count them, instead of refusing.")
    private boolean skipBad;

    /** @throws PerigeeException INVALID_ARGUMENT for a format that is not known */
    Optional<VectorFormat> format() {
        return Optional.ofNullable(format).map(VectorFormat::parse);
    }

    boolean skipBad() {
        return skipBad;
    }
}
