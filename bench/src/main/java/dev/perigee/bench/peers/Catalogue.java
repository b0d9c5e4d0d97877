package dev.perigee.bench.peers;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** The data sets of {@code bench/data.yaml} and what is swept over them; that file describes its fields. */
record Catalogue(Map<String, Data> data) {
    static final List<String> DISTANCES = List.of("l2", "inner_product", "cosine");
    static final List<String> MODES = List.of("batch", "single");
    static final List<String> INDEXES = List.of("flat", "ivf_flat", "ivf_pq", "ivf_pq_fs", "ivf_sq", "hnsw", "hnsw_sq8");

    /**
     * A data set.
     *
     * @param base     files under PERIGEE_DATA, one after the other; none if it is synthetic
     * @param queries  their file; if there is none {@code holdOut} rows of the base are queries instead
     * @param baseRows only the first of them; 0 = all
     */
    record Data(String name, List<String> base, Optional<String> queries, int holdOut, int baseRows,
            Optional<Synthetic> synthetic, String distance, List<Curve> curves) {
    }

    /**
     * Engines that build one index and are swept together.
     *
     * @param build      parameters of the index
     * @param quick      searches of the short sweep; empty where the curve is for the full one only
     * @param full       searches of the full sweep
     */
    record Curve(String index, List<String> engines, Map<String, Object> build, List<Integer> k, List<String> modes,
            List<Map<String, Object>> quick, List<Map<String, Object>> full) {
    }

    /** @throws PerigeeException NOT_FOUND, INVALID_ARGUMENT with the place in the file */
    static Catalogue read(Path file) {
        try {
            return parse(Files.readString(file), file.getFileName().toString());
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.NOT_FOUND, "catalogue: '%s' cannot be read".formatted(file), e);
        }
    }

    /** @param where the name of the text in errors */
    static Catalogue parse(String text, String where) {
        Object yaml;
        try {
            yaml = new Load(LoadSettings.builder().setLabel(where).build()).loadFromString(text);
        } catch (YamlEngineException e) {
            throw PerigeeException.invalid("catalogue: %s".formatted(e.getMessage()));
        }
        Node top = new Node(where, yaml, "curves", "data");
        Map<String, Data> data = new LinkedHashMap<>();
        top.map("data").forEach((name, value) -> data.put(name, data(name, new Node("%s: data '%s'".formatted(where, name), value,
                "base", "queries", "hold_out", "base_rows", "synthetic", "distance", "curves"))));
        return new Catalogue(data);
    }

    /** A data set by name. */
    Data get(String name) {
        check(data.containsKey(name), "data: '%s' (expected some of %s)", name, String.join(", ", data.keySet()));
        return data.get(name);
    }

    private static Data data(String name, Node node) {
        Optional<Synthetic> synthetic = Optional.ofNullable(node.fields.get("synthetic")).map(value -> {
            Node of = new Node(node.where + ": synthetic", value, "rows", "dim", "clusters", "noise", "decay", "queries",
                    "seed");
            return new Synthetic(of.number("rows", 0), of.number("dim", 0), of.number("clusters", 0), of.real("noise"),
                    of.fields.containsKey("decay") ? of.real("decay") : 0, of.number("queries", 1000), of.number("seed", 1));
        });
        List<String> base = node.texts("base");
        Optional<String> queries = Optional.ofNullable(node.fields.get("queries")).map(Object::toString);
        int holdOut = node.number("hold_out", 0);
        check(base.isEmpty() == synthetic.isPresent(), "%s: base or synthetic (expected one of them)", node.where);
        check(synthetic.isPresent() || queries.isPresent() == (holdOut == 0), "%s: queries or hold_out (expected one of them)",
                node.where);
        List<Curve> curves = new ArrayList<>();
        for (Object curve : node.list("curves")) {
            curves.add(curve(new Node(node.where + ": curve " + (curves.size() + 1), curve, "index", "engines", "build", "k",
                    "modes", "short", "full")));
        }
        check(!curves.isEmpty(), "%s: curves (expected at least one)", node.where);
        return new Data(name, base, queries, holdOut, node.number("base_rows", 0), synthetic,
                node.oneOf("distance", DISTANCES), List.copyOf(curves));
    }

    private static Curve curve(Node node) {
        List<String> engines = node.texts("engines");
        check(!engines.isEmpty(), "%s: engines (expected at least one)", node.where);
        for (String engine : engines) {
            check(Engines.NAMES.contains(engine), "%s: engine '%s' (expected some of %s)", node.where, engine,
                    String.join(", ", Engines.NAMES));
        }
        List<Integer> k = node.list("k").stream().map(value -> Integer.parseInt(value.toString())).toList();
        List<String> modes = node.texts("modes");
        check(MODES.containsAll(modes), "%s: modes: %s (expected some of %s)", node.where, modes, String.join(", ", MODES));
        return new Curve(node.oneOf("index", INDEXES), engines, node.map("build"), k.isEmpty() ? List.of(10) : k,
                modes.isEmpty() ? MODES : modes,
                node.fields.containsKey("short") ? combinations(node.map("short")) : List.of(), combinations(node.map("full")));
    }

    /** Every combination of the values, the first name slowest. */
    static List<Map<String, Object>> combinations(Map<String, Object> values) {
        List<Map<String, Object>> all = List.of(Map.of());
        for (Map.Entry<String, Object> entry : values.entrySet()) {
            List<?> choices = entry.getValue() instanceof List<?> list ? list : List.of(entry.getValue());
            List<Map<String, Object>> longer = new ArrayList<>();
            for (Map<String, Object> before : all) {
                for (Object choice : choices) {
                    Map<String, Object> one = new LinkedHashMap<>(before);
                    one.put(entry.getKey(), choice);
                    longer.add(one);
                }
            }
            all = longer;
        }
        return all;
    }

    /** A map of the file with its place; has no field but those that are known. */
    private static final class Node {
        private final String where;
        private final Map<String, Object> fields;

        @SuppressWarnings("unchecked")
        Node(String where, Object value, String... known) {
            check(value instanceof Map, "%s: '%s' (expected a map)", where, value);
            this.where = where;
            this.fields = (Map<String, Object>) value;
            for (String field : fields.keySet()) {
                check(List.of(known).contains(field), "%s: field '%s' (expected some of %s)", where, field,
                        String.join(", ", known));
            }
        }

        @SuppressWarnings("unchecked")
        Map<String, Object> map(String name) {
            Object value = fields.get(name);
            check(value == null || value instanceof Map, "%s: %s: '%s' (expected a map)", where, name, value);
            return value == null ? Map.of() : (Map<String, Object>) value;
        }

        /** What stands there, alone or in a list; nothing where nothing stands. */
        List<?> list(String name) {
            Object value = fields.get(name);
            return value == null ? List.of() : value instanceof List<?> list ? list : List.of(value);
        }

        List<String> texts(String name) {
            return list(name).stream().map(Object::toString).toList();
        }

        int number(String name, int otherwise) {
            Object value = fields.getOrDefault(name, otherwise);
            check(value instanceof Integer i && i >= 0, "%s: %s: '%s' (expected a number)", where, name, value);
            return (Integer) value;
        }

        double real(String name) {
            Object value = fields.get(name);
            check(value instanceof Number, "%s: %s: '%s' (expected a number)", where, name, value);
            return ((Number) value).doubleValue();
        }

        String oneOf(String name, List<String> known) {
            String value = String.valueOf(fields.get(name));
            check(known.contains(value), "%s: %s: '%s' (expected one of %s)", where, name, value, String.join(", ", known));
            return value;
        }
    }
}
