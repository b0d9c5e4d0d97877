package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the CUDA driver of this machine says. Asking never fails and touches no class of JCuda: whatever is wrong is a reason.
 *
 * @param file    what it was loaded from; empty if it was not
 * @param version highest CUDA version that it knows, such as 12.6; empty if it does not say
 * @param devices the GPUs, by number
 * @param problem why none of them can be used; empty if it can
 */
public record CudaDriver(String file, String version, List<Device> devices, String problem) {
    /** The variable that names a device by its number. */
    public static final String CHOICE = "PERIGEE_CUDA_DEVICE";

    /** The oldest that has all functions: CUDA 12.0, of December 2022. */
    static final int LEAST_VERSION = 12_000;
    /** Turing: the oldest that kernels are compiled for. */
    static final int LEAST_ARCHITECTURE = 75;

    private static final int NAME_BYTES = 256;
    private static final int ATTRIBUTE_MAJOR = 75;
    private static final int ATTRIBUTE_MINOR = 76;

    /**
     * A GPU.
     *
     * @param number       its place in the driver's list
     * @param architecture compute capability times ten: 90 is 9.0
     */
    public record Device(int number, String name, int architecture, long memoryBytes) {
        public String computeCapability() {
            return architecture / 10 + "." + architecture % 10;
        }

        /** Why it cannot be used; empty if it can. */
        public String problem() {
            return architecture >= LEAST_ARCHITECTURE ? "" : "%s has compute capability %s (expected 7.5 or newer)"
                    .formatted(name, computeCapability());
        }
    }

    private static final class Machine {
        static final CudaDriver DRIVER = probe(DriverLibrary.PLACES);
    }

    /** The driver of this machine, asked once. */
    public static CudaDriver probe() {
        return Machine.DRIVER;
    }

    static CudaDriver probe(List<String> places) {
        try {
            return ask(DriverLibrary.load(places));
        } catch (IllegalArgumentException e) {
            return without("", "", "no NVIDIA driver: " + e.getMessage());
        }
    }

    static CudaDriver ask(DriverLibrary library) {
        List<String> missing = DriverFunction.missingIn(library);
        if (!library.has("cuInit") || !library.has("cuDriverGetVersion")) {
            return without(library.file(), "", library.file() + " is no CUDA driver: it has no " + missing.getFirst());
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(ValueLayout.JAVA_INT);
            int status = library.call("cuDriverGetVersion", number);
            int version = status == 0 ? number.get(ValueLayout.JAVA_INT, 0) : 0;
            String named = version / 1000 + "." + version % 1000 / 10;
            if (version < LEAST_VERSION) {
                return without(library.file(), named, "the driver is too old: CUDA %s (expected 12.0 or newer)".formatted(named));
            }
            if (!missing.isEmpty()) {
                return without(library.file(), named, "%s has no %s".formatted(library.file(), String.join(", ", missing)));
            }
            status = library.call("cuInit", 0);
            status = status == 0 ? library.call("cuDeviceGetCount", number) : status;
            if (status != 0) {
                return without(library.file(), named, "the driver is there but says error " + library.describe(status));
            }
            List<Device> devices = new ArrayList<>();
            int count = number.get(ValueLayout.JAVA_INT, 0);
            for (int i = 0; i < count; i++) {
                devices.add(device(library, i, arena));
            }
            return new CudaDriver(library.file(), named, List.copyOf(devices), problem(devices));
        }
    }

    private static CudaDriver without(String file, String version, String problem) {
        return new CudaDriver(file, version, List.of(), problem);
    }

    private static Device device(DriverLibrary library, int number, Arena arena) {
        MemorySegment device = arena.allocate(ValueLayout.JAVA_INT);
        MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
        MemorySegment text = arena.allocate(NAME_BYTES);
        boolean there = library.call("cuDeviceGet", device, number) == 0;
        int handle = device.get(ValueLayout.JAVA_INT, 0);
        boolean named = there && library.call("cuDeviceGetName", text, NAME_BYTES, handle) == 0;
        int architecture = 0;
        if (there && library.call("cuDeviceGetAttribute", value, ATTRIBUTE_MAJOR, handle) == 0) {
            architecture = 10 * value.get(ValueLayout.JAVA_INT, 0);
        }
        if (there && library.call("cuDeviceGetAttribute", value, ATTRIBUTE_MINOR, handle) == 0) {
            architecture += value.get(ValueLayout.JAVA_INT, 0);
        }
        boolean counted = there && library.call("cuDeviceTotalMem_v2", value, handle) == 0;
        return new Device(number, named ? text.getString(0) : "GPU " + number, architecture,
                counted ? value.get(ValueLayout.JAVA_LONG, 0) : 0);
    }

    private static String problem(List<Device> devices) {
        if (devices.isEmpty()) {
            return "the driver finds no GPU";
        }
        return devices.stream().anyMatch(d -> d.problem().isEmpty()) ? "" : devices.getFirst().problem();
    }

    /** The first of {@link #chosenDevices}. */
    public Device chosen() {
        return chosenDevices().getFirst();
    }

    /**
     * The devices to use: those of {@link #CHOICE}, else the first.
     *
     * @throws PerigeeException UNAVAILABLE with the reason, or INVALID_ARGUMENT for a number that no device has
     */
    public List<Device> chosenDevices() {
        return choose(System.getenv(CHOICE));
    }

    /** As {@link #chosenDevices}. @param setting a number, several with commas, or {@code all}; null or blank: the first */
    public List<Device> choose(String setting) {
        if (!problem.isEmpty()) {
            throw new PerigeeException(ErrorCode.UNAVAILABLE, "CUDA: " + problem);
        }
        String text = setting == null || setting.isBlank() ? "0" : setting.strip();
        List<Device> chosen = text.equals("all") ? devices
                : Arrays.stream(text.split(",", -1)).map(String::strip).distinct().map(number -> choose(number, text)).toList();
        for (Device device : chosen) {
            if (!device.problem().isEmpty()) {
                throw new PerigeeException(ErrorCode.UNAVAILABLE, "CUDA: " + device.problem());
            }
        }
        return chosen;
    }

    private Device choose(String number, String setting) {
        return devices.stream().filter(d -> number.equals(String.valueOf(d.number()))).findFirst()
                .orElseThrow(() -> PerigeeException.invalid("%s: '%s' (expected %s)".formatted(CHOICE, setting,
                        devices.size() == 1 ? "0, the only GPU"
                                : "0 to %d, several with commas, or all".formatted(devices.size() - 1))));
    }
}
