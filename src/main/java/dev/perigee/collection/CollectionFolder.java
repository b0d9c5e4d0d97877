package dev.perigee.collection;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IvfFlatData;
import dev.perigee.index.IvfPqData;
import dev.perigee.storage.Attributes;
import dev.perigee.storage.Manifest;
import dev.perigee.storage.StagedFolder;
import dev.perigee.vector.Matrix;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A collection as a folder: reads and writes the manifest and the files it names (see the package). */
final class CollectionFolder {
    private static final List<String> KINDS = List.of("rows", "space", "model", "lists");

    private CollectionFolder() {
    }

    /** @param segments each with one owner, the caller */
    record Content(CollectionSpec spec, List<Segment> segments, long nextId) {
    }

    static Content read(Path folder) {
        Attributes manifest = Manifest.read(folder);
        CollectionSpec spec = spec(manifest);
        int count = manifest.integer("segments", 1, 1 << 20);
        long nextId = manifest.number("next_id", 0, Long.MAX_VALUE);
        List<Segment> segments = new ArrayList<>();
        try {
            for (int n = 1; n <= count; n++) {
                List<Path> files = new ArrayList<>();
                for (String kind : KINDS) {
                    String key = "segment-%d.%s".formatted(n, kind);
                    if (manifest.has(key)) {
                        files.add(folder.resolve(fileName(manifest.text(key), folder)));
                    }
                }
                if (files.size() != 2 && files.size() != 4) {
                    throw new PerigeeException(ErrorCode.CORRUPT_FILE,
                            "segment %d: %d files (expected 2 or 4, folder %s)".formatted(n, files.size(), folder));
                }
                segments.add(SegmentFiles.open(files, spec.dim(), spec.distance(), new WorkingFiles()));
            }
            requireOneIndex(segments, spec.index().kind(), folder);
        } catch (Throwable e) {
            segments.forEach(Segment::release);
            throw e;
        }
        return new Content(spec, segments, nextId);
    }

    /** A space has one kind of index and one model; kernels rely on it. */
    private static void requireOneIndex(List<Segment> segments, IndexKind kind, Path folder) {
        Long model = null;
        for (Segment segment : segments) {
            IndexKind found = switch (segment.index()) {
                case FlatData flat -> null;
                case IvfFlatData ivf -> IndexKind.IVF_FLAT;
                case IvfPqData ivf -> IndexKind.IVF_PQ;
            };
            if (found == null) {
                continue;
            }
            long id = segment.index() instanceof IvfFlatData ivf ? ivf.model().id() : ((IvfPqData) segment.index()).model().id();
            if (found != kind || model != null && model != id) {
                throw new PerigeeException(ErrorCode.CORRUPT_FILE, "index: %s, model %x (expected %s, one model, folder %s)"
                        .formatted(found.label(), id, kind.label(), folder));
            }
            model = id;
        }
    }

    private static CollectionSpec spec(Attributes manifest) {
        IndexSpec index = new IndexSpec(manifest.word("index", IndexKind::parse),
                manifest.integer("lists", 0, IndexSpec.MAX_LISTS), manifest.integer("pq_m", 0, Matrix.MAX_DIM),
                manifest.integer("pq_bits", 4, 8), manifest.number("seed", Long.MIN_VALUE, Long.MAX_VALUE));
        return new CollectionSpec(manifest.text("name"), manifest.integer("dim", 1, Matrix.MAX_DIM),
                manifest.word("distance", Distance::parse), index);
    }

    /** A manifest names files of its own folder only. */
    private static String fileName(String name, Path folder) {
        if (!name.matches("[a-z]+-[0-9]+\\.pgb")) {
            throw new PerigeeException(ErrorCode.CORRUPT_FILE,
                    "file: '%s' (expected a name like rows-1.pgb, folder %s)".formatted(name, folder));
        }
        return name;
    }

    /** Files that exist are linked where the file system allows, else copied; rows in memory are written. */
    static void write(Path folder, CollectionSpec spec, List<Segment> segments, long nextId) {
        try (StagedFolder staged = StagedFolder.create(folder)) {
            Map<String, Object> manifest = new LinkedHashMap<>();
            manifest.put("name", spec.name());
            manifest.put("dim", spec.dim());
            manifest.put("distance", spec.distance().label());
            manifest.put("index", spec.index().kind().label());
            manifest.put("lists", spec.index().lists());
            manifest.put("pq_m", spec.index().pqM());
            manifest.put("pq_bits", spec.index().pqBits());
            manifest.put("seed", spec.index().seed());
            manifest.put("next_id", nextId);
            List<Segment> filled = segments.stream().filter(s -> s.count() > 0 || segments.size() == 1).toList();
            manifest.put("segments", Math.max(1, filled.size()));
            for (int n = 1; n <= filled.size(); n++) {
                Segment segment = filled.get(n - 1);
                List<Path> files = segment.isInFiles() ? segment.files() : writeRows(staged.path(), n, segment, spec);
                for (int i = 0; i < files.size(); i++) {
                    String name = "%s-%d.pgb".formatted(KINDS.get(i), n);
                    if (segment.isInFiles()) {
                        staged.link(files.get(i), name);
                    }
                    manifest.put("segment-%d.%s".formatted(n, KINDS.get(i)), name);
                }
            }
            Manifest.write(staged.path(), manifest);
            staged.commit();
        }
    }

    private static List<Path> writeRows(Path folder, int n, Segment segment, CollectionSpec spec) {
        Path rows = folder.resolve("rows-%d.pgb".formatted(n));
        Path space = folder.resolve("space-%d.pgb".formatted(n));
        try (RowWriter writer = new RowWriter(rows, spec.dim())) {
            writer.append(segment.rows(), segment.ids());
            writer.commit();
        }
        SegmentFiles.writeSpace(rows, space, spec);
        return List.of(rows, space);
    }
}
