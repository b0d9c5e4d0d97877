package dev.perigee.compute.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A driver whose functions are the methods of this class: for what no machine at hand would say. */
final class FakeDriver {
    /** @param architecture compute capability times ten */
    record Gpu(String name, int architecture, long memory) {
    }

    int version = 12_060;
    int initStatus;
    List<Gpu> gpus = List.of(new Gpu("NVIDIA H200", 90, 150_000_000_000L));
    List<String> missing = List.of();

    DriverLibrary library(Arena arena) {
        Map<String, MemorySegment> symbols = new HashMap<>();
        for (DriverFunction function : DriverFunction.values()) {
            symbols.put(function.name(), MemorySegment.ofAddress(1)); // there, and never called
        }
        for (var method : FakeDriver.class.getDeclaredMethods()) {
            if (symbols.containsKey(method.getName())) {
                symbols.put(method.getName(), stub(method, arena));
            }
        }
        missing.forEach(symbols::remove);
        return new DriverLibrary("fake", name -> java.util.Optional.ofNullable(symbols.get(name)));
    }

    private MemorySegment stub(java.lang.reflect.Method method, Arena arena) {
        try {
            MethodHandle handle = MethodHandles.lookup().unreflect(method).bindTo(this);
            ValueLayout[] arguments = Arrays.stream(method.getParameterTypes())
                    .map(type -> type == int.class ? ValueLayout.JAVA_INT : ValueLayout.ADDRESS).toArray(ValueLayout[]::new);
            return Linker.nativeLinker().upcallStub(handle, FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments), arena);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    int cuInit(int flags) {
        return initStatus;
    }

    int cuDriverGetVersion(MemorySegment into) {
        return set(into, version);
    }

    int cuDeviceGetCount(MemorySegment into) {
        return set(into, gpus.size());
    }

    int cuDeviceGet(MemorySegment into, int number) {
        return set(into, number + 7);
    }

    int cuDeviceGetName(MemorySegment into, int bytes, int device) {
        into.reinterpret(bytes).setString(0, gpus.get(device - 7).name());
        return 0;
    }

    int cuDeviceGetAttribute(MemorySegment into, int attribute, int device) {
        int architecture = gpus.get(device - 7).architecture();
        return set(into, attribute == 75 ? architecture / 10 : architecture % 10);
    }

    int cuDeviceTotalMem_v2(MemorySegment into, int device) {
        into.reinterpret(Long.BYTES).set(ValueLayout.JAVA_LONG, 0, gpus.get(device - 7).memory());
        return 0;
    }

    int cuGetErrorName(int status, MemorySegment into) {
        return text(into, "CUDA_ERROR_NO_DEVICE");
    }

    int cuGetErrorString(int status, MemorySegment into) {
        return text(into, "no CUDA-capable device is detected");
    }

    private static int set(MemorySegment into, int value) {
        into.reinterpret(Integer.BYTES).set(ValueLayout.JAVA_INT, 0, value);
        return 0;
    }

    private static int text(MemorySegment into, String text) {
        into.reinterpret(Long.BYTES).set(ValueLayout.ADDRESS, 0, Arena.global().allocateFrom(text));
        return 0;
    }
}
