package dev.perigee.learn.tower;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.index.TransformFile;
import dev.perigee.storage.Attributes;
import dev.perigee.storage.BlockFile;
import dev.perigee.storage.BlockFileWriter;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Training that was interrupted: a block file, written whole or not at all. Chance needs no place in it, it follows from seed and
 * step.
 *
 * <table>
 * <tr><th>block</th><th>content</th></tr>
 * <tr><td>attributes</td><td>checkpoint = 1 (the version), step, losses, validations, and the facts of the training</td></tr>
 * <tr><td>NAME, first-NAME, second-NAME</td><td>float32 [rows, dim] of each parameter: values and moments of Adam</td></tr>
 * </table>
 *
 * <p>The best weights so far stand beside it, in FILE.best, as a transform.
 */
record Checkpoint(int step, double[] losses, List<Trained.Validation> validations, Transform best) {
    static void write(Path file, Map<String, String> facts, int step, double[] losses, List<Trained.Validation> validations,
            Transform best, List<Parameter> parameters) {
        if (best != null) {
            TransformFile.write(bestFile(file), new TransformFile.Content(best, facts));
        }
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("checkpoint", 1);
        attributes.put("step", step);
        attributes.put("losses_so_far",
                Arrays.stream(losses, 0, step).mapToObj(String::valueOf).collect(Collectors.joining(" ")));
        attributes.put("validations", validations.stream().map(v -> v.step() + "=" + v.value()).collect(Collectors.joining(" ")));
        attributes.putAll(facts);
        try (BlockFileWriter writer = BlockFileWriter.create(file); Arena arena = Arena.ofConfined()) {
            for (Parameter parameter : parameters) {
                writer.write(parameter.name(), Matrix.copyOf(arena, parameter.values()));
                writer.write("first-" + parameter.name(), Matrix.copyOf(arena, parameter.first()));
                writer.write("second-" + parameter.name(), Matrix.copyOf(arena, parameter.second()));
            }
            writer.attributes(attributes);
            writer.commit();
        }
    }

    /**
     * Reads the parameters back.
     *
     * @throws PerigeeException FAILED_PRECONDITION for the checkpoint of another training; CORRUPT_FILE
     */
    static Checkpoint read(Path file, Map<String, String> facts, int steps, List<Parameter> parameters) {
        try (BlockFile blocks = BlockFile.open(file)) {
            Attributes attributes = blocks.attributes();
            attributes.integer("checkpoint", 1, 1);
            facts.forEach((key, value) -> {
                String there = attributes.optional(key).orElse("nothing");
                if (!there.equals(value)) {
                    throw new PerigeeException(ErrorCode.FAILED_PRECONDITION,
                            "%s: %s (expected %s as in the checkpoint %s)".formatted(key,
                            value, there, file));
                }
            });
            for (Parameter parameter : parameters) {
                read(blocks, parameter.name(), parameter.values());
                read(blocks, "first-" + parameter.name(), parameter.first());
                read(blocks, "second-" + parameter.name(), parameter.second());
            }
            int step = attributes.integer("step", 0, steps);
            double[] losses = attributes.word("losses_so_far", text -> text.isEmpty() ? new double[0]
                    : Arrays.stream(text.split(" ")).mapToDouble(Double::parseDouble).toArray());
            List<Trained.Validation> validations = new ArrayList<>();
            for (String each : attributes.text("validations").split(" ")) {
                int equals = each.indexOf('=');
                if (equals > 0) {
                    validations.add(new Trained.Validation(Integer.parseInt(each.substring(0, equals)),
                            Double.parseDouble(each.substring(equals + 1))));
                }
            }
            if (losses.length != step) {
                throw new PerigeeException(ErrorCode.CORRUPT_FILE, "losses: %d (expected %d, file %s)".formatted(losses.length,
                        step, file));
            }
            return new Checkpoint(step, losses, validations, validations.isEmpty() ? null
                    : TransformFile.read(bestFile(file)).transform());
        }
    }

    private static Path bestFile(Path file) {
        return file.resolveSibling(file.getFileName() + ".best");
    }

    private static void read(BlockFile blocks, String name, float[][] into) {
        Matrix matrix = blocks.matrix(name, into.length, into[0].length);
        for (int i = 0; i < into.length; i++) {
            Rows.get(matrix, i, into[i]);
        }
    }
}
