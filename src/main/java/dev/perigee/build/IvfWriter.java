package dev.perigee.build;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.index.FlatData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfModel;
import dev.perigee.index.IvfParts;
import dev.perigee.index.ListFile;
import dev.perigee.index.ModelFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** Writes the files of an IVF index whose training is done, here or elsewhere. */
public final class IvfWriter {
    private final FlatData rows;
    private final ComputeBackend backend;
    private final Stages stages;

    /** @param rows of the space */
    public IvfWriter(FlatData rows, ComputeBackend backend, Stages stages) {
        this.rows = rows;
        this.backend = backend;
        this.stages = stages;
    }

    /**
     * Writes the model first, then the lists.
     *
     * @param normCoordinates of the centroids, for inner product, where they are known; else null
     * @throws dev.perigee.PerigeeException CANCELLED; then the files are not there
     */
    public void write(IvfParts parts, float[] normCoordinates, Path modelFile, Path listFile) {
        try (Arena arena = Arena.ofShared()) {
            ModelFile.write(modelFile, rows.distance(), parts.centroids(), parts.quantizer(), normCoordinates);
            IvfModel model = ModelFile.of(rows.distance(), parts.centroids(), parts.quantizer(), arena);
            InvertedLists inverted = invert(parts.lists(), parts.centroids().rows(), arena);
            if (parts.quantizer() == null) {
                stages.begin("write lists", inverted.slots());
                ListFile.writeRows(listFile, model, inverted, rows, stages::at);
            } else {
                stages.begin("encode", inverted.slots());
                ResidualEncoder encoder = new ResidualEncoder(model, rows, parts, backend, arena);
                ListFile.writeCodes(listFile, model, inverted, rows, encoder, stages::at);
            }
        }
    }

    /** The lists of rows whose lists are known, in memory of {@code arena}. */
    static InvertedLists invert(int[] listOf, int lists, Arena arena) {
        int[] sizes = new int[lists];
        for (int list : listOf) {
            sizes[list]++;
        }
        int[] begins = new int[lists + 1];
        for (int l = 0; l < lists; l++) {
            begins[l + 1] = Math.addExact(begins[l], InvertedLists.padded(sizes[l]));
        }
        MemorySegment slots = arena.allocate(begins[lists] * 4L).fill((byte) -1);
        int[] next = begins.clone();
        for (int row = 0; row < listOf.length; row++) {
            slots.set(InvertedLists.INT, next[listOf[row]]++ * 4L, row);
        }
        return new InvertedLists(lists, ints(begins, arena), ints(sizes, arena), slots);
    }

    private static MemorySegment ints(int[] values, Arena arena) {
        MemorySegment segment = arena.allocate(values.length * 4L);
        MemorySegment.copy(values, 0, segment, InvertedLists.INT, 0, values.length);
        return segment;
    }
}
