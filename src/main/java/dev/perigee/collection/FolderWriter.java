package dev.perigee.collection;

import dev.perigee.api.CollectionSpec;
import dev.perigee.index.TransformFile;
import dev.perigee.storage.StagedFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Puts the files of a collection into a folder, beside those that are there, and says what a manifest is to say of them.
 * Files that exist are linked where the file system allows, else copied; rows in memory are written.
 */
final class FolderWriter {
    /** The files of a segment, in order. */
    static final List<String> KINDS = List.of("rows", "space", "model", "lists");
    /** In front of what a manifest says of the space that was in service before. */
    static final String PREVIOUS = "previous.";
    static final String FILE_NAME = "[a-z]+-[0-9]+\\.pgb";

    private final Path folder;
    private final Map<String, Object> manifest = new LinkedHashMap<>();
    /** Files that several segments share are there once. */
    private final Map<Path, String> names = new HashMap<>();
    private final List<Path> made = new ArrayList<>();

    FolderWriter(Path folder) {
        this.folder = folder;
    }

    /** Puts the files there and returns the manifest; if it fails, what it put there is gone. */
    Map<String, Object> put(CollectionFolder.Content content) {
        try {
            CollectionSpec spec = content.live().space().spec();
            manifest.put("name", spec.name());
            manifest.put("dim", spec.dim());
            manifest.put("next_id", content.nextId());
            put(content.live(), "");
            if (content.previous() != null) {
                put(content.previous(), PREVIOUS);
            }
            return manifest;
        } catch (Throwable e) {
            made.forEach(WorkingFolder::delete);
            throw e;
        }
    }

    private void put(SpaceSegments segments, String prefix) {
        Space space = segments.space();
        CollectionSpec spec = space.spec();
        manifest.put(prefix + "distance", spec.distance().label());
        manifest.put(prefix + "index", spec.index().kind().label());
        manifest.put(prefix + "lists", spec.index().lists());
        manifest.put(prefix + "pq_m", spec.index().codeWidth());
        manifest.put(prefix + "pq_bits", spec.index().codeBits());
        manifest.put(prefix + "seed", spec.index().seed());
        manifest.put(prefix + "space", space.version());
        space.tuned().ifPresent(tuned -> {
            manifest.put(prefix + "tuned_lists", tuned.lists());
            manifest.put(prefix + "tuned_k", tuned.k());
            manifest.put(prefix + "tuned_probes", tuned.probes());
            manifest.put(prefix + "tuned_refine", tuned.refine());
            manifest.put(prefix + "tuned_recall", tuned.recall());
        });
        space.transform().ifPresent(learned -> {
            Path file = newFile("transform");
            TransformFile.write(file, learned);
            manifest.put(prefix + "transform", file.getFileName());
            if (learned.facts().containsKey(TransformFile.FORCED)) {
                manifest.put(prefix + TransformFile.FORCED, learned.facts().get(TransformFile.FORCED));
            }
        });
        List<Segment> all = segments.segments();
        List<Segment> filled = all.stream().filter(s -> s.count() > 0 || all.size() == 1).toList();
        manifest.put(prefix + "segments", Math.max(1, filled.size()));
        for (int n = 1; n <= filled.size(); n++) {
            List<String> files = put(filled.get(n - 1), space);
            for (int i = 0; i < files.size(); i++) {
                manifest.put(prefix + "segment-%d.%s".formatted(n, KINDS.get(i)), files.get(i));
            }
        }
    }

    private List<String> put(Segment segment, Space space) {
        List<String> files = new ArrayList<>();
        if (segment.isInFiles()) {
            for (Path file : segment.files()) {
                files.add(names.computeIfAbsent(file, f -> isHere(f) ? f.getFileName().toString() : link(f, KINDS.get(files.size()))));
            }
            return files;
        }
        Path rows = newFile("rows");
        try (RowWriter writer = new RowWriter(rows, space.spec().dim())) {
            writer.append(segment.rows(), segment.ids());
            writer.commit();
        }
        Path mapped = newFile("space");
        SegmentFiles.copyMapped(List.of(segment), mapped, space);
        return List.of(rows.getFileName().toString(), mapped.getFileName().toString());
    }

    private String link(Path file, String kind) {
        Path to = newFile(kind);
        StagedFolder.link(file, to);
        return to.getFileName().toString();
    }

    /** A path that nothing has yet. */
    private Path newFile(String kind) {
        int n = 1;
        while (Files.exists(folder.resolve("%s-%d.pgb".formatted(kind, n)))) {
            n++;
        }
        made.add(folder.resolve("%s-%d.pgb".formatted(kind, n)));
        return made.getLast();
    }

    boolean holdsFilesOf(CollectionFolder.Content content) {
        return Stream.of(content.live(), content.previous()).filter(space -> space != null)
                .flatMap(space -> space.segments().stream()).filter(Segment::isInFiles)
                .flatMap(segment -> segment.files().stream()).anyMatch(this::isHere);
    }

    private boolean isHere(Path file) {
        try {
            return Files.isSameFile(file.getParent(), folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes the files that the manifest, which is in place, does not name. */
    void sweep() {
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(file -> file.getFileName().toString().matches(FILE_NAME))
                    .filter(file -> manifest.values().stream().noneMatch(name -> name.toString().equals(file.getFileName().toString())))
                    .forEach(WorkingFolder::delete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
