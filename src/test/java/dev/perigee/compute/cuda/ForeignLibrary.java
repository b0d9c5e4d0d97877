package dev.perigee.compute.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A library that says it is of 32 bits, as drivers for old programs are. */
final class ForeignLibrary {
    static final String REASON = "wrong ELF class: ELFCLASS32";

    private ForeignLibrary() {
    }

    static Path writeTo(Path file) throws IOException {
        byte[] library = Files.readAllBytes(Path.of(System.getProperty("java.home"), "lib", "libzip.so"));
        library[4] = 1; // EI_CLASS
        return Files.write(file, library);
    }
}
