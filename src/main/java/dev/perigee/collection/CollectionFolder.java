package dev.perigee.collection;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.SearchRequest;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IvfFlatData;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.ListData;
import dev.perigee.index.TransformFile;
import dev.perigee.storage.Attributes;
import dev.perigee.storage.Manifest;
import dev.perigee.storage.StagedFolder;
import dev.perigee.vector.Matrix;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A collection as a folder: its manifest and the files it names (see the package). */
final class CollectionFolder {
    private CollectionFolder() {
    }

    /**
     * What a folder holds; the caller holds a share of each segment.
     *
     * @param live     in service
     * @param previous in service before; null if there was none
     */
    record Content(SpaceSegments live, SpaceSegments previous, long nextId) {
    }

    static Content read(Path folder) {
        Attributes manifest = Manifest.read(folder);
        long nextId = manifest.number("next_id", 0, Long.MAX_VALUE);
        SpaceSegments live = readSpace(manifest, "", folder);
        try {
            boolean hasPrevious = manifest.has(FolderWriter.PREVIOUS + "segments");
            return new Content(live, hasPrevious ? readSpace(manifest, FolderWriter.PREVIOUS, folder) : null, nextId);
        } catch (Throwable e) {
            live.release();
            throw e;
        }
    }

    private static SpaceSegments readSpace(Attributes manifest, String prefix, Path folder) {
        Space space = space(manifest, prefix, folder);
        int count = manifest.integer(prefix + "segments", 1, 1 << 20);
        List<Segment> segments = new ArrayList<>();
        try {
            for (int n = 1; n <= count; n++) {
                List<Path> files = new ArrayList<>();
                for (String kind : FolderWriter.KINDS) {
                    String key = prefix + "segment-%d.%s".formatted(n, kind);
                    if (manifest.has(key)) {
                        files.add(folder.resolve(fileName(manifest.text(key), folder)));
                    }
                }
                if (files.size() != 2 && files.size() != 4) {
                    throw new PerigeeException(ErrorCode.CORRUPT_FILE,
                            "segment %d: %d files (expected 2 or 4, folder %s)".formatted(n, files.size(), folder));
                }
                segments.add(SegmentFiles.open(files, space, new WorkingFolder(folder)));
            }
            requireOneIndex(segments, space.spec().index().kind(), folder);
        } catch (Throwable e) {
            segments.forEach(Segment::release);
            throw e;
        }
        return new SpaceSegments(space, segments);
    }

    /** A space has one kind of index and one model; kernels rely on it. */
    private static void requireOneIndex(List<Segment> segments, IndexKind kind, Path folder) {
        Long model = null;
        for (Segment segment : segments) {
            IndexKind found = switch (segment.index()) {
                case FlatData flat -> null;
                case IvfFlatData ivf -> IndexKind.IVF_FLAT;
                case IvfPqData ivf -> IndexKind.IVF_PQ;
                case IvfSqData ivf -> IndexKind.IVF_SQ;
            };
            if (!(segment.index() instanceof ListData lists)) {
                continue;
            }
            long id = lists.model().id();
            if (found != kind || model != null && model != id) {
                throw new PerigeeException(ErrorCode.CORRUPT_FILE, "index: %s, model %x (expected %s, one model, folder %s)"
                        .formatted(found.label(), id, kind.label(), folder));
            }
            model = id;
        }
    }

    private static Space space(Attributes manifest, String prefix, Path folder) {
        IndexSpec index = new IndexSpec(manifest.word(prefix + "index", IndexKind::parse),
                manifest.integer(prefix + "lists", 0, IndexSpec.MAX_LISTS), manifest.integer(prefix + "pq_m", 0, Matrix.MAX_DIM),
                manifest.integer(prefix + "pq_bits", 4, 8), manifest.number(prefix + "seed", Long.MIN_VALUE, Long.MAX_VALUE));
        CollectionSpec spec = new CollectionSpec(manifest.text("name"), manifest.integer("dim", 1, Matrix.MAX_DIM),
                manifest.word(prefix + "distance", Distance::parse), index);
        int version = manifest.has(prefix + "space") ? manifest.integer(prefix + "space", 1, Integer.MAX_VALUE) : 1;
        Optional<TransformFile.Content> transform = manifest.optional(prefix + "transform")
                .map(name -> TransformFile.read(folder.resolve(fileName(name, folder))));
        Optional<Tuned> tuned = Optional.empty();
        if (manifest.has(prefix + "tuned_lists")) {
            tuned = Optional.of(new Tuned(manifest.integer(prefix + "tuned_lists", 1, IndexSpec.MAX_LISTS),
                    manifest.integer(prefix + "tuned_k", 1, SearchRequest.MAX_K),
                    manifest.integer(prefix + "tuned_probes", 1, IndexSpec.MAX_LISTS),
                    manifest.integer(prefix + "tuned_refine", 0, SearchRequest.MAX_K), manifest.decimal(prefix + "tuned_recall")));
        }
        return new Space(version, spec, transform, tuned);
    }

    /** A manifest names files of its own folder only. */
    private static String fileName(String name, Path folder) {
        if (!name.matches(FolderWriter.FILE_NAME)) {
            throw new PerigeeException(ErrorCode.CORRUPT_FILE,
                    "file: '%s' (expected a name like rows-1.pgb, folder %s)".formatted(name, folder));
        }
        return name;
    }

    /**
     * Writes a folder in place of what is there: where that holds files of the collection, beside them, and then another
     * manifest in one step; else as a new folder.
     */
    static void write(Path folder, Content content) {
        FolderWriter writer = new FolderWriter(folder);
        if (Manifest.isIn(folder) && writer.holdsFilesOf(content)) {
            Manifest.write(folder, writer.put(content));
            writer.sweep();
            return;
        }
        try (StagedFolder staged = StagedFolder.create(folder)) {
            Manifest.write(staged.path(), new FolderWriter(staged.path()).put(content));
            staged.commit();
        }
    }
}
