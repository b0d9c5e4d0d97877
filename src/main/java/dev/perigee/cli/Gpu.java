package dev.perigee.cli;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the CUDA driver says, asked directly: it is there wherever there is a GPU to use, and nothing else needs to be.
 *
 * @param driver  highest CUDA version that the driver knows, such as 12.6; empty without a driver that works
 * @param devices names of the GPUs
 * @param problem why there is no GPU; empty if there is one
 */
record Gpu(String driver, List<String> devices, String problem) {
    private static final String LIBRARY = "libcuda.so.1";
    private static final int NAME_BYTES = 256;

    static Gpu probe() {
        try (Arena arena = Arena.ofShared()) {
            Optional<Libraries.Found> library = Libraries.first(List.of(LIBRARY), arena);
            if (library.isEmpty()) {
                return new Gpu("", List.of(), LIBRARY + " cannot be loaded (no NVIDIA driver)");
            }
            return ask(library.get().symbols(), arena);
        } catch (Throwable e) { // of a library that is not what its name says, too
            return new Gpu("", List.of(), LIBRARY + ": " + e);
        }
    }

    private static Gpu ask(SymbolLookup cuda, Arena arena) throws Throwable {
        MemorySegment number = arena.allocate(ValueLayout.JAVA_INT);
        String driver = "";
        if (call(cuda, "cuDriverGetVersion", number) == 0) {
            int version = number.get(ValueLayout.JAVA_INT, 0);
            driver = version / 1000 + "." + version % 1000 / 10;
        }
        int status = call(cuda, "cuInit", 0);
        if (status == 0) {
            status = call(cuda, "cuDeviceGetCount", number);
        }
        if (status != 0) {
            return new Gpu(driver, List.of(), "the driver is there but says error " + status + nameOf(cuda, status, arena));
        }
        int count = number.get(ValueLayout.JAVA_INT, 0);
        List<String> devices = new ArrayList<>();
        MemorySegment text = arena.allocate(NAME_BYTES);
        for (int i = 0; i < count; i++) {
            boolean named = call(cuda, "cuDeviceGet", number, i) == 0
                    && call(cuda, "cuDeviceGetName", text, NAME_BYTES, number.get(ValueLayout.JAVA_INT, 0)) == 0;
            devices.add(named ? text.getString(0) : "GPU " + i);
        }
        return new Gpu(driver, devices, count == 0 ? "the driver finds no GPU" : "");
    }

    private static String nameOf(SymbolLookup cuda, int status, Arena arena) throws Throwable {
        MemorySegment pointer = arena.allocate(ValueLayout.ADDRESS);
        if (call(cuda, "cuGetErrorName", status, pointer) != 0) {
            return "";
        }
        return " (" + pointer.get(ValueLayout.ADDRESS, 0).reinterpret(NAME_BYTES).getString(0) + ")";
    }

    /** Calls a function of int or pointer arguments that returns a CUresult. */
    private static int call(SymbolLookup cuda, String name, Object... arguments) throws Throwable {
        ValueLayout[] layouts = new ValueLayout[arguments.length];
        for (int i = 0; i < layouts.length; i++) {
            layouts[i] = arguments[i] instanceof Integer ? ValueLayout.JAVA_INT : ValueLayout.ADDRESS;
        }
        FunctionDescriptor types = FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts);
        return (int) Linker.nativeLinker().downcallHandle(cuda.findOrThrow(name), types)
                .invokeWithArguments(arguments);
    }
}
