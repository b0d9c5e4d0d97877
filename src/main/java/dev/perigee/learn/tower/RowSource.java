package dev.perigee.learn.tower;

import dev.perigee.vector.Matrix;
import java.util.random.RandomGenerator;

/** Where rows for training come from; thread-safe. */
public interface RowSource {
    int rows();

    int dim();

    /** The row as it is, to {@code into} [dim]. */
    void read(int row, float[] into);

    /** The row as it is shown in one step of training: augmented, by nothing but {@code random}, or as it is. */
    default void draw(int row, RandomGenerator random, float[] into) {
        read(row, into);
    }

    /** The rows of a matrix, which must stay open. */
    static RowSource of(Matrix rows) {
        return new RowSource() {
            @Override
            public int rows() {
                return rows.rows();
            }

            @Override
            public int dim() {
                return rows.dim();
            }

            @Override
            public void read(int row, float[] into) {
                java.lang.foreign.MemorySegment.copy(rows.segment(), Matrix.FLOAT, row * rows.stride(), into, 0, into.length);
            }
        };
    }
}
