package dev.perigee.compute.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The driver's library, called through the foreign-function API. It stays loaded, so that JCuda's own library finds it by
 * its name wherever it was loaded from.
 *
 * @param file what it was loaded from
 */
record DriverLibrary(String file, SymbolLookup symbols) {
    static final String NAME = "libcuda.so.1";

    /** Where the driver lies on machines whose linker does not know: containers, WSL. */
    static final List<String> PLACES = List.of(NAME, "/usr/lib/x86_64-linux-gnu/" + NAME, "/usr/lib64/" + NAME,
            "/usr/lib/wsl/lib/" + NAME, "/usr/local/nvidia/lib64/" + NAME, "/usr/local/nvidia/lib/" + NAME);

    private static final int TEXT_BYTES = 512;

    /** The first that can be loaded. @throws IllegalArgumentException why there is none */
    static DriverLibrary load(List<String> places) {
        for (String place : places) {
            try {
                return new DriverLibrary(place, SymbolLookup.libraryLookup(place, Arena.global()));
            } catch (IllegalArgumentException e) {
                // the next may be one
            }
        }
        throw new IllegalArgumentException(places.stream().map(Path::of).filter(Path::isAbsolute).filter(Files::exists)
                .findFirst().map(DriverLibrary::whyNot).orElse(places.getFirst() + " cannot be loaded"));
    }

    /** What the dynamic linker says, which a lookup keeps to itself. */
    static String whyNot(Path file) {
        try {
            System.load(file.toString());
            return file + " cannot be loaded"; // at the first try
        } catch (UnsatisfiedLinkError e) {
            return e.getMessage();
        }
    }

    boolean has(String function) {
        return symbols.find(function).isPresent();
    }

    /** Calls a function of int, long or pointer arguments, and returns its CUresult. */
    int call(String function, Object... arguments) {
        ValueLayout[] layouts = new ValueLayout[arguments.length];
        for (int i = 0; i < layouts.length; i++) {
            layouts[i] = switch (arguments[i]) {
                case Integer _ -> ValueLayout.JAVA_INT;
                case Long _ -> ValueLayout.JAVA_LONG;
                default -> ValueLayout.ADDRESS;
            };
        }
        try {
            return (int) handle(function, layouts).invokeWithArguments(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e); // a downcall throws nothing of its own
        }
    }

    MethodHandle handle(String function, ValueLayout... arguments) {
        return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(function),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
    }

    /** The driver's own words for a CUresult: {@code 100 CUDA_ERROR_NO_DEVICE, no CUDA-capable device is detected}. */
    String describe(int status) {
        return status + text("cuGetErrorName", status, " ") + text("cuGetErrorString", status, ", ");
    }

    private String text(String function, int status, String before) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(ValueLayout.ADDRESS);
            boolean said = has(function) && call(function, status, pointer) == 0;
            return said ? before + pointer.get(ValueLayout.ADDRESS, 0).reinterpret(TEXT_BYTES).getString(0) : "";
        }
    }
}
