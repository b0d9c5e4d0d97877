package dev.perigee.bench.peers;

import dev.perigee.PerigeeException;
import dev.perigee.bench.peers.Indexes.Version;
import dev.perigee.bench.peers.Setting.Index;
import dev.perigee.bench.peers.Setting.Mode;
import dev.perigee.cli.Output;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Keeps what was tried of the peers' indexes, and the indexes: a folder each, by data, engine, version and build. */
final class SweepStore {
    private static final String FORMAT = "1";

    private final Path folder;

    SweepStore(Path folder) {
        this.folder = folder;
    }

    /** The folder of an index; made if it is not there yet. */
    Path of(DataSet data, Index index, Version version) {
        String rows = data.base().getParent().getFileName().toString(); // the name of the data and a key of its content
        String key = hash(List.of(FORMAT, index.engine(), index.kind(), new TreeMap<>(index.build()), version,
                data.queries().getFileName()).toString());
        try {
            return Files.createDirectories(folder.resolve(rows).resolve("%s-%s-%s".formatted(index.engine(), index.kind(), key)));
        } catch (IOException e) {
            throw new PerigeeException(dev.perigee.ErrorCode.IO, "cache: '%s': %s".formatted(folder, e), e);
        }
    }

    private static String hash(String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)), 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What was tried of an index so far. */
    List<Point> read(Path of, Index index) {
        Path file = of.resolve("points.json");
        if (!Files.exists(file)) {
            return new ArrayList<>();
        }
        try {
            List<Point> points = new ArrayList<>();
            for (Object one : (List<?>) Json.read(Files.readString(file)).get("points")) {
                points.add(point((Map<?, ?>) one, index));
            }
            return points;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Point point(Map<?, ?> fields, Index index) {
        Map<String, Object> search = new LinkedHashMap<>();
        ((Map<?, ?>) fields.get("search")).forEach((name, value) -> search.put(name.toString(), ((Number) value).intValue()));
        Setting setting = new Setting(index, search, number(fields, "k").intValue(),
                fields.get("mode").equals("batch") ? Mode.BATCH : Mode.SINGLE, 1);
        return new Point(setting, number(fields, "recall").doubleValue(), number(fields, "qps").doubleValue());
    }

    private static Number number(Map<?, ?> fields, String name) {
        return (Number) fields.get(name);
    }

    void write(Path of, Index index, List<Point> points) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (Point point : points) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("search", point.setting().search());
            fields.put("k", point.setting().k());
            fields.put("mode", point.setting().mode().label());
            fields.put("recall", point.recall());
            fields.put("qps", point.qps());
            all.add(fields);
        }
        try {
            Path part = Files.writeString(of.resolve("points.json.part"),
                    Output.json(Map.of("index", index.toString(), "points", all)) + "\n");
            Files.move(part, of.resolve("points.json"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
