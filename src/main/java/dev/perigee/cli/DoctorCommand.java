package dev.perigee.cli;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import dev.perigee.backend.Backends;
import dev.perigee.backend.Gpus;
import dev.perigee.compute.ComputeBackend;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code perigee doctor}: what Perigee finds on this machine, what it makes of it, and what would help. */
@Command(name = "doctor", description = {"Show what this machine has and what Perigee uses of it.",
    "What is missing costs speed or a feature, never a start: the exit status is 0 whatever is found."})
final class DoctorCommand implements Callable<Integer> {
    private static final long MIN_HEAP = 256L << 20;

    @Mixin
    private Output output;

    @Override
    public Integer call() {
        List<String> advice = new ArrayList<>();
        Map<String, Object> fields = new LinkedHashMap<>();
        try (ComputeBackend backend = Backends.open("auto", 0)) {
            fields.put("backend", backend.name());
            fields.put("device", backend.device());
        }
        cpu(fields, advice);
        java(fields, advice);
        fields.put("huge_pages", hugePages(advice));
        gpus(fields);
        fields.put("perigee_data", data(System.getenv("PERIGEE_DATA")));
        Pictures.whyNot().ifPresent(reason -> advice.add("demo draws no pictures: " + reason));
        fields.put("advice", advice);
        output.result(fields, text(fields));
        return 0;
    }

    private static void cpu(Map<String, Object> fields, List<String> advice) {
        Cpu cpu = Cpu.read();
        fields.put("cpu", cpu.model());
        fields.put("cpu_features", cpu.features());
        fields.put("cores", Runtime.getRuntime().availableProcessors());
        fields.put("vector_bits", Backends.vectorBits());
        fields.put("byte_products", Backends.byteProducts());
        if (cpu.known() && !cpu.has("asimd") && !(cpu.has("avx2") && cpu.has("fma"))) {
            advice.add("no AVX2 with FMA: answers are the same, several times slower than on a CPU from 2013 or later");
        } else if (cpu.has("avx512f") && Backends.vectorBits() < 512) {
            advice.add("AVX-512 is there, but vectors have %d bits: Java's choice for this CPU, or a flag in PERIGEE_JAVA_OPTS"
                    .formatted(Backends.vectorBits()));
        }
        if (Runtime.getRuntime().availableProcessors() == 1) {
            advice.add("one core: searches and network share it");
        }
    }

    private static void java(Map<String, Object> fields, List<String> advice) {
        OperatingSystemMXBean machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long heap = Runtime.getRuntime().maxMemory();
        long direct = Long.parseLong(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize").getValue());
        fields.put("jdk", "%s (%s)".formatted(Runtime.version(), System.getProperty("java.vendor")));
        fields.put("os", "%s %s %s".formatted(System.getProperty("os.name"), System.getProperty("os.version"),
                System.getProperty("os.arch")));
        fields.put("memory_bytes", machine.getTotalMemorySize());
        fields.put("memory_free_bytes", machine.getFreeMemorySize());
        fields.put("heap_limit_bytes", heap);
        fields.put("direct_limit_bytes", direct == 0 ? heap : direct); // 0 = as much as the heap
        if (heap < MIN_HEAP) {
            advice.add("the heap may grow to %,d MB only: PERIGEE_JAVA_OPTS=-Xmx1g gives it more".formatted(heap >> 20));
        }
    }

    /** The word in brackets is the setting: "always [madvise] never". */
    private static String hugePages(List<String> advice) {
        try {
            String setting = Files.readString(Path.of("/sys/kernel/mm/transparent_hugepage/enabled"))
                    .replaceAll("(?s).*\\[(.*)].*", "$1").strip();
            if (!setting.equals("always")) {
                advice.add("huge pages are on '%s', so indexes lie on small ones; for large indexes, as root: ".formatted(setting)
                        + "echo always > /sys/kernel/mm/transparent_hugepage/enabled");
            }
            return setting;
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static void gpus(Map<String, Object> fields) {
        Gpus found = Backends.gpus();
        List<String> names = found.devices().stream().map(Gpus.Gpu::name).toList();
        boolean there = found.problem().isEmpty();
        String described = "%s, driver for CUDA %s".formatted(String.join(", ", names), found.driver());
        fields.put("gpu", there ? "found: " + described : names.isEmpty() ? "not found: " + found.problem()
                : "found, but cannot be used: %s: %s".formatted(described, found.problem()));
        fields.put("gpus", names);
        fields.put("gpu_devices", found.devices().stream().map(DoctorCommand::device).toList());
        fields.put("cuda_driver", found.driver().isEmpty() ? null : found.driver());
        fields.put("cuda_library", part(found.library()));
        fields.put("cuda_kernels", part(found.kernels()));
        fields.put("cublas", part(Backends.cublas()));
        fields.put("faiss", part(Backends.faiss()));
    }

    private static String part(Gpus.Part part) {
        return part.problem().isEmpty() ? "found: " + part.place() : "not found: " + part.problem();
    }

    private static Map<String, Object> device(Gpus.Gpu gpu) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("number", gpu.number());
        fields.put("name", gpu.name());
        fields.put("compute_capability", gpu.computeCapability());
        fields.put("memory_bytes", gpu.memoryBytes());
        fields.put("chosen", gpu.chosen());
        fields.put("problem", gpu.problem().isEmpty() ? null : gpu.problem());
        return fields;
    }

    private static String data(String folder) {
        return folder == null ? "not set (tests that need public data sets are skipped)"
                : Files.isDirectory(Path.of(folder)) ? folder : folder + " (not a folder)";
    }

    private static String text(Map<String, Object> fields) {
        StringBuilder text = new StringBuilder();
        fields.forEach((name, value) -> {
            if (name.equals("gpu_devices")) {
                ((List<?>) value).forEach(gpu -> text.append(gpu((Map<?, ?>) gpu)));
            } else if (!name.equals("advice") && !name.equals("gpus") && value != null) {
                text.append(line(label(name), shown(name, value)));
            }
        });
        List<?> advice = (List<?>) fields.get("advice");
        return text + (advice.isEmpty() ? "nothing to do"
                : advice.stream().map(a -> "advice: " + a).collect(Collectors.joining("\n")));
    }

    private static String line(String label, String value) {
        return String.format(Locale.ROOT, "%-13s %s%n", label, value);
    }

    private static String gpu(Map<?, ?> gpu) {
        return line("gpu " + gpu.get("number"), "%s, compute capability %s, %s%s%s".formatted(gpu.get("name"),
                gpu.get("compute_capability"), shown("memory_bytes", gpu.get("memory_bytes")),
                gpu.get("chosen").equals(true) ? ", chosen" : "",
                gpu.get("problem") == null ? "" : ", cannot be used: " + gpu.get("problem")));
    }

    private static String label(String name) {
        return name.equals("perigee_data") ? "PERIGEE_DATA" : name.replace("_bytes", "").replace('_', ' ');
    }

    private static String shown(String name, Object value) {
        return switch (value) {
            case Long bytes -> String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
            case List<?> list -> list.isEmpty() ? "unknown"
                    : list.stream().map(Object::toString).collect(Collectors.joining(" "));
            default -> value.toString();
        };
    }
}
