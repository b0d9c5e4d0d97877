package dev.perigee.build;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;

/** Trains the codebooks of a product quantiser, one part of the rows after the other, and encodes with them. */
final class QuantizerTraining {
    static final int ITERATIONS = 8;

    private final ComputeBackend backend;
    private final long seed;

    QuantizerTraining(ComputeBackend backend, long seed) {
        this.backend = backend;
        this.seed = seed;
    }

    /** A quantiser of rows like {@code sample} [n, dim], its codewords in memory of {@code arena}. */
    ProductQuantizer train(Matrix sample, int m, int bits, Arena arena, Stages stages) {
        int dsub = sample.dim() / m;
        Matrix codewords = Matrix.allocate(arena, m << bits, dsub);
        stages.begin("train codebooks", (long) m * ITERATIONS);
        try (Arena local = Arena.ofShared()) {
            Matrix part = Matrix.allocate(local, sample.rows(), dsub);
            for (int s = 0; s < m; s++) {
                copyPart(sample, s, part);
                int done = s;
                try (Arena words = Arena.ofShared()) {
                    Matrix centroids = new KMeans(backend, ITERATIONS, seed + s).centroids(part, 1 << bits, words,
                            i -> stages.at((long) done * ITERATIONS + i));
                    codewords.copy(centroids, 0, s << bits, 1 << bits);
                }
                stages.at((s + 1L) * ITERATIONS);
            }
        }
        return new ProductQuantizer(m, bits, codewords);
    }

    /** Copies the values of part {@code s} of all rows. */
    static void copyPart(Matrix rows, int s, Matrix part) {
        int dsub = part.dim();
        for (int i = 0; i < part.rows(); i++) {
            java.lang.foreign.MemorySegment.copy(rows.segment(), i * rows.stride() + (long) s * dsub * 4,
                    part.segment(), i * part.stride(), dsub * 4L);
        }
    }

    /** The codebooks as centroids, one per part, to encode with; in memory of {@code arena}. */
    static FlatData[] centroids(ProductQuantizer quantizer, Arena arena) {
        FlatData[] parts = new FlatData[quantizer.m()];
        for (int s = 0; s < parts.length; s++) {
            Matrix words = quantizer.codewords().slice(s * quantizer.size(), (s + 1) * quantizer.size());
            parts[s] = FlatData.of(Distance.L2, words, arena);
        }
        return parts;
    }
}
