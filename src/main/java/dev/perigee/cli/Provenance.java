package dev.perigee.cli;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/** Which Perigee this is, for results that are kept. Whatever is not known is null. */
public final class Provenance {
    private static final Path DRIVER = Path.of("/sys/module/nvidia/version");

    private Provenance() {
    }

    public static String version() {
        return Provenance.class.getPackage().getImplementationVersion();
    }

    /** The commit that the jar was built from, with {@code -dirty} if files were changed. */
    public static String commit() {
        try {
            File jar = new File(Provenance.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            if (!jar.isFile()) {
                return null;
            }
            try (JarFile file = new JarFile(jar)) {
                Manifest manifest = file.getManifest();
                String commit = manifest == null ? null : manifest.getMainAttributes().getValue("Implementation-Commit");
                return commit == null || commit.isBlank() ? null : commit;
            }
        } catch (IOException | URISyntaxException e) {
            return null;
        }
    }

    /** Of the NVIDIA kernel module. */
    static String driverVersion() {
        try {
            return Files.readString(DRIVER).strip();
        } catch (IOException e) {
            return null;
        }
    }
}
