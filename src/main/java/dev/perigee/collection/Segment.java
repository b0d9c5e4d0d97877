package dev.perigee.collection;

import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.vector.Matrix;
import java.nio.file.Path;
import java.util.List;

/**
 * Some rows of a collection with their ids and their index. Immutable; shared by the snapshots that hold it.
 */
final class Segment extends Shared {
    /** The ids of a segment's rows. */
    interface Ids {
        long id(int row);
    }

    private final Matrix rows;
    private final Ids ids;
    private final FlatData flat;
    private final IndexData index;
    private final List<Path> files;
    private final Runnable inPlace;
    private final Runnable close;

    /**
     * @param rows  as given
     * @param flat  the rows in their space
     * @param index over them
     * @param files that hold all this, in the order rows, space, model, lists; none for rows in memory
     * @param inPlace refuses if another collection has been saved over the files
     * @param close frees the memory or the files
     */
    Segment(Matrix rows, Ids ids, FlatData flat, IndexData index, List<Path> files, Runnable inPlace,
            Runnable close) {
        this.rows = rows;
        this.ids = ids;
        this.flat = flat;
        this.index = index;
        this.files = files;
        this.inPlace = inPlace;
        this.close = close;
    }

    Matrix rows() {
        return rows;
    }

    Ids ids() {
        return ids;
    }

    FlatData flat() {
        return flat;
    }

    IndexData index() {
        return index;
    }

    boolean isInFiles() {
        return !files.isEmpty();
    }

    /** Its files, which hold what it holds. @throws dev.perigee.PerigeeException FAILED_PRECONDITION if they do no more */
    List<Path> files() {
        inPlace.run();
        return files;
    }

    int count() {
        return index.count();
    }

    boolean isIndexed() {
        return !(index instanceof FlatData);
    }

    @Override
    protected void free() {
        close.run();
    }
}
