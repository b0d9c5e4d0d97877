package dev.perigee.index;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.storage.Attributes;
import dev.perigee.storage.BlockFile;
import dev.perigee.storage.BlockFileWriter;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The file of a learned {@link Transform}, with the facts of its making: a block file, checked to the last byte.
 *
 * <table>
 * <tr><th>block</th><th>content</th></tr>
 * <tr><td>attributes</td><td>transform = 1 (the version), steps = {@code scale|dense|relu|unit ...} in order, dims = those between
 *     them; every other key is a fact: method, loss, seed ...</td></tr>
 * <tr><td>shift-N, scale-N</td><td>float64 [dim] of step N</td></tr>
 * <tr><td>weights-N, bias-N</td><td>float32 [out, in], float64 [out] of step N</td></tr>
 * </table>
 */
public final class TransformFile {
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** The fact that it serves although it was found worse than what served before, and by how much. */
    public static final String FORCED = "forced";

    private static final List<String> OWN = List.of("transform", "steps", "dims");
    private static final int MAX_STEPS = 64;

    private TransformFile() {
    }

    /** A transform and the facts of its making (keys of letters, digits, _ and -; in order). */
    public record Content(Transform transform, Map<String, String> facts) {
        public Content {
            facts = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(facts));
        }

        public Content with(String key, Object value) {
            Map<String, String> more = new LinkedHashMap<>(facts);
            more.put(key, String.valueOf(value));
            return new Content(transform, more);
        }
    }

    /** Writes the file, whole or not at all, in place of one that was there. */
    public static void write(Path path, Content content) {
        List<Transform.Step> steps = content.transform().steps();
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("transform", 1);
        facts.put("steps", steps.stream().map(TransformFile::word).collect(Collectors.joining(" ")));
        facts.put("dims", content.transform().inputDim() + " "
                + steps.stream().map(s -> String.valueOf(s.outputDim())).collect(Collectors.joining(" ")));
        content.facts().forEach((key, value) -> {
            PerigeeException.check(!OWN.contains(key), "fact: '%s' (expected another name than %s)", key, OWN);
            facts.put(key, value);
        });
        try (BlockFileWriter file = BlockFileWriter.create(path); Arena arena = Arena.ofConfined()) {
            for (int n = 0; n < steps.size(); n++) {
                switch (steps.get(n)) {
                    case Transform.Scale scale -> {
                        file.write("shift-" + n, doubles(scale.shift(), arena));
                        file.write("scale-" + n, doubles(scale.scale(), arena));
                    }
                    case Transform.Dense dense -> {
                        file.write("weights-" + n, Matrix.copyOf(arena, dense.weights()));
                        file.write("bias-" + n, doubles(dense.bias(), arena));
                    }
                    case Transform.Unit unit -> {
                    }
                }
            }
            file.attributes(facts);
            file.commit();
        }
    }

    /** @throws PerigeeException NOT_FOUND, CORRUPT_FILE, UNSUPPORTED */
    public static Content read(Path path) {
        try (BlockFile file = BlockFile.open(path)) {
            Attributes facts = file.attributes();
            if (!facts.has("transform")) {
                throw new PerigeeException(ErrorCode.INVALID_ARGUMENT, "%s: not a transform (expected what 'learn fit' writes)".formatted(path));
            }
            facts.integer("transform", 1, 1);
            String[] words = facts.text("steps").split(" ");
            String[] dims = facts.text("dims").split(" ");
            if (words.length > MAX_STEPS || dims.length != words.length + 1) {
                throw corrupt(path, "%d steps and %d dims".formatted(words.length, dims.length));
            }
            List<Transform.Step> steps = new ArrayList<>();
            for (int n = 0; n < words.length; n++) {
                steps.add(step(file, words[n], n, dim(dims[n], path), dim(dims[n + 1], path)));
            }
            Map<String, String> others = new LinkedHashMap<>(facts.asMap());
            others.keySet().removeAll(OWN);
            return new Content(Transform.of(steps), others);
        }
    }

    private static Transform.Step step(BlockFile file, String word, int n, int in, int out) {
        if (!word.equals("dense") && !word.equals("relu") && in != out) {
            throw corrupt(file.path(), "step %d, %s, from dim %d to %d".formatted(n, word, in, out));
        }
        return switch (word) {
            case "scale" -> new Transform.Scale(doubles(file, "shift-" + n, in), doubles(file, "scale-" + n, in));
            case "unit" -> new Transform.Unit(in);
            case "dense", "relu" -> {
                Matrix weights = file.matrix("weights-" + n, out, in);
                float[][] rows = new float[out][];
                for (int o = 0; o < out; o++) {
                    rows[o] = weights.get(o);
                }
                yield new Transform.Dense(rows, doubles(file, "bias-" + n, out), word.equals("relu"));
            }
            default -> throw new PerigeeException(ErrorCode.UNSUPPORTED,
                    "step: '%s' (expected scale, dense, relu or unit, file %s)".formatted(word, file.path()));
        };
    }

    private static String word(Transform.Step step) {
        return switch (step) {
            case Transform.Scale scale -> "scale";
            case Transform.Dense dense -> dense.relu() ? "relu" : "dense";
            case Transform.Unit unit -> "unit";
        };
    }

    private static int dim(String text, Path path) {
        if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > Matrix.MAX_DIM) {
            throw corrupt(path, "dim " + text);
        }
        return Integer.parseInt(text);
    }

    private static MemorySegment doubles(double[] values, Arena arena) {
        MemorySegment segment = arena.allocate(values.length * 8L, 8);
        for (int i = 0; i < values.length; i++) {
            segment.set(DOUBLE, i * 8L, values[i]);
        }
        return segment;
    }

    private static double[] doubles(BlockFile file, String name, int count) {
        MemorySegment block = file.block(name, count * 8L);
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = block.get(DOUBLE, i * 8L);
        }
        return values;
    }

    private static PerigeeException corrupt(Path path, String what) {
        return new PerigeeException(ErrorCode.CORRUPT_FILE, "transform: %s (file %s)".formatted(what, path));
    }
}
