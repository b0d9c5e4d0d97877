package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.NativeFolders;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import jcuda.jcublas.JCublas2;

/**
 * The cuBLAS of this machine, which is no part of Perigee. JCublas wants {@code libcublas.so.12}; where only version 13 is
 * there, a small library of that name ({@code native/cublas}) leads its calls on. Asking never fails and touches no class of
 * JCuda: whatever is wrong is a reason.
 *
 * @param file    what it was loaded from; empty if it was not
 * @param major   12 or 13; 0 if none was loaded
 * @param problem why it cannot be used; empty if it may be
 */
public record CublasLibrary(String file, int major, String problem) {
    /** The functions that this package calls, by the names of the library. */
    static final List<String> FUNCTIONS = List.of("cublasCreate_v2", "cublasDestroy_v2", "cublasGetVersion_v2",
            "cublasSetStream_v2", "cublasSetMathMode", "cublasSgemm_v2");

    private static final String VERSION_12 = "libcublas.so.12";
    private static final String VERSION_13 = "libcublas.so.13";
    /** In a folder of its own beside the natives of JCuda, so that the linker never takes it for the real one. */
    private static final Path FORWARDER = Path.of("perigee-cublas", VERSION_12);
    /** Its function that takes the path of a cuBLAS. */
    private static final String USE = "perigee_cublas_use";
    private static final int TEXT_BYTES = 4096;

    private static final String NOTHING = "no %s or %s that can be loaded, in the places that the linker knows, toolkits or "
            .formatted(VERSION_12, VERSION_13) + "Python's wheels";

    private static CublasLibrary inUse;

    private static final class Machine {
        static final CublasLibrary LIBRARY = probe(CublasPlaces.ofMachine());
    }

    /** The library of this machine, looked for once: it stays loaded, which takes about a second. */
    public static CublasLibrary probe() {
        return Machine.LIBRARY;
    }

    private static CublasLibrary probe(CublasPlaces places) {
        String problem = NativeLibrary.CUBLAS.problem(); // an image may go without: then nothing is worth loading
        return problem.isEmpty() ? probe(places.of(VERSION_12), places.of(VERSION_13), forwarder())
                : new CublasLibrary("", 0, problem);
    }

    /**
     * The first that can be used, of version 12 rather than of 13.
     *
     * @param forwarder what version 13 needs
     */
    static CublasLibrary probe(List<String> places12, List<String> places13, Optional<Path> forwarder) {
        CublasLibrary found = first(places12, 12);
        if (found.problem.isEmpty()) {
            return found;
        }
        CublasLibrary newer = first(places13, 13);
        if (newer.problem.isEmpty() && forwarder.isEmpty()) {
            return new CublasLibrary(newer.file, 13, "%s is there, but this build has no %s in %s to reach it by".formatted(
                    newer.file, FORWARDER, NativeFolders.besideJar()));
        }
        if (newer.problem.isEmpty() || found.problem.equals(NOTHING)) {
            return newer;
        }
        return found;
    }

    private static CublasLibrary first(List<String> places, int major) {
        String problem = NOTHING;
        for (String place : places) {
            try {
                SymbolLookup symbols = SymbolLookup.libraryLookup(place, Arena.global());
                if (symbols.find(USE).isPresent()) {
                    continue; // the forwarding library: where it is in use, the linker finds it by the name that it stands for
                }
                Optional<String> missing = FUNCTIONS.stream().filter(name -> symbols.find(name).isEmpty()).findFirst();
                if (missing.isEmpty()) {
                    return new CublasLibrary(place, major, "");
                }
                problem = problem.equals(NOTHING) ? "%s is no cuBLAS: it has no %s".formatted(place, missing.get()) : problem;
            } catch (IllegalArgumentException e) {
                Path file = Path.of(place);
                if (problem.equals(NOTHING) && file.isAbsolute() && Files.exists(file)) {
                    problem = DriverLibrary.whyNot(file);
                }
            }
        }
        return new CublasLibrary("", 0, problem);
    }

    /** The forwarding library of this build, if it has one. */
    static Optional<Path> forwarder() {
        return NativeFolders.find(FORWARDER.toString(), NativeFolders.all());
    }

    /**
     * Loads JCublas over it. Its calls are bound to the library of the first call for good.
     *
     * @throws PerigeeException UNAVAILABLE with the reason
     */
    void use() {
        use(this);
    }

    private static synchronized void use(CublasLibrary library) {
        if (library.equals(inUse)) {
            return;
        }
        if (!library.problem.isEmpty()) {
            throw unavailable(library.problem);
        }
        if (inUse != null) {
            throw unavailable("%s is in use already, so %s cannot be".formatted(inUse.file, library.file));
        }
        if (library.major == 13) {
            forwarder().ifPresentOrElse(file -> forward(file, library.file), () -> {
                throw unavailable("no " + FORWARDER);
            });
        }
        NativeLibrary.CUBLAS.load(() -> JCublas2.setExceptionsEnabled(true));
        inUse = library;
    }

    /** From now on libcublas.so.12 is the forwarding library, and leads to {@code target}. */
    private static void forward(Path forwarder, String target) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment use = SymbolLookup.libraryLookup(forwarder, Arena.global()).findOrThrow(USE);
            MemorySegment error = (MemorySegment) Linker.nativeLinker().downcallHandle(use,
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS)).invokeExact(arena.allocateFrom(target));
            if (error.address() != 0) {
                throw unavailable(error.reinterpret(TEXT_BYTES).getString(0));
            }
        } catch (RuntimeException e) {
            throw e instanceof PerigeeException ? e : unavailable("%s cannot be loaded: %s".formatted(forwarder, e.getMessage()));
        } catch (Throwable e) {
            throw new AssertionError(e); // a downcall throws nothing of its own
        }
    }

    private static PerigeeException unavailable(String reason) {
        return new PerigeeException(ErrorCode.UNAVAILABLE, "cuBLAS: " + reason);
    }
}
