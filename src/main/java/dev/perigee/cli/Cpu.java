package dev.perigee.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The processor, as Linux describes it.
 *
 * @param model    its name, else the architecture
 * @param features what matters here and is there, in the words of /proc/cpuinfo; none where there is no such file
 * @param known    whether the features were read at all
 */
public record Cpu(String model, List<String> features, boolean known) {
    /** Of x86-64 and ARM: vectors of 256, 512 and 128 bits, fused multiply-add, products of short numbers. */
    private static final List<String> THAT_MATTER = List.of("avx", "avx2", "fma", "f16c", "avx512f", "avx512bw",
            "avx512dq", "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_vnni", "amx_tile", "asimd", "asimddp",
            "asimdhp", "sve", "sve2");

    public static Cpu read() {
        try {
            return parse(Files.readString(Path.of("/proc/cpuinfo"), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return parse("");
        }
    }

    /** @param text of /proc/cpuinfo: "key : value" lines, a block per core, of which the first counts */
    static Cpu parse(String text) {
        Map<String, String> first = new HashMap<>();
        text.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                first.putIfAbsent(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
            }
        });
        String flags = first.getOrDefault("flags", first.get("Features"));
        Set<String> all = new HashSet<>(Arrays.asList(flags == null ? new String[0] : flags.split("\\s+")));
        return new Cpu(first.getOrDefault("model name", System.getProperty("os.arch")),
                THAT_MATTER.stream().filter(all::contains).toList(), flags != null);
    }

    boolean has(String feature) {
        return features.contains(feature);
    }
}
