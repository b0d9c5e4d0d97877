package dev.perigee.compute;

import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;

/** Query memory of an arena of its own. */
public final class ArenaQueries implements Searcher.Queries {
    private final Arena arena = Arena.ofShared();
    private final Matrix matrix;

    public ArenaQueries(int rows, int dim) {
        matrix = Matrix.allocate(arena, rows, dim);
    }

    @Override
    public Matrix matrix() {
        return matrix;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
