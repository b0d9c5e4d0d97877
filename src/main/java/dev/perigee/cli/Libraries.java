package dev.perigee.cli;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Looks for native libraries the way the dynamic linker does. */
final class Libraries {
    private Libraries() {
    }

    /** A library that could be loaded. @param place its file, else the name it was found by */
    record Found(SymbolLookup symbols, String place) {
    }

    /** The first of the names that can be loaded, for as long as {@code arena} is open. */
    static Optional<Found> first(List<String> names, Arena arena) {
        for (String name : names) {
            try {
                SymbolLookup symbols = SymbolLookup.libraryLookup(name, arena);
                return Optional.of(new Found(symbols, place(name)));
            } catch (IllegalArgumentException e) {
                // not there, or what it needs is not there; the next name may be
            }
        }
        return Optional.empty();
    }

    /** Where Linux mapped it from. */
    private static String place(String name) {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            String stem = name.replaceAll("\\.so.*", ".so");
            return lines.filter(line -> line.contains("/" + stem)).map(line -> line.substring(line.indexOf('/')))
                    .findFirst().orElse(name);
        } catch (IOException e) {
            return name;
        }
    }
}
