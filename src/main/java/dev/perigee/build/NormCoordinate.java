package dev.perigee.build;

import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One coordinate more that gives all rows one length, so that the nearest are those of the largest inner product (Bachrach et
 * al., RecSys 2014): sqrt(phi^2 - |row|^2), with phi the largest length.
 */
final class NormCoordinate {
    private NormCoordinate() {
    }

    /** Of a row of {@code some} among {@code all}. */
    static float of(Matrix some, int row, FlatData all) {
        double square = -Distance.INNER_PRODUCT.between(some, row, some, row);
        return (float) Math.sqrt(Math.max(0, all.length() * all.length() - square));
    }

    /** Centroids without it, in memory of {@code arena}. */
    static Matrix without(Matrix lifted, Arena arena) {
        Matrix centroids = Matrix.allocate(arena, lifted.rows(), lifted.dim() - 1);
        for (int c = 0; c < lifted.rows(); c++) {
            MemorySegment.copy(lifted.segment(), c * lifted.stride(),
                    centroids.segment(), c * centroids.stride(), centroids.dim() * 4L);
        }
        return centroids;
    }
}
