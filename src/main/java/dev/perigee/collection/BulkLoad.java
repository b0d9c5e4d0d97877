package dev.perigee.collection;

import dev.perigee.api.UpsertRequest;
import java.nio.file.Path;

/**
 * Many rows on their way into a collection: they go to a file as they come and are searched after {@link #commit}. Closing it
 * without a commit leaves the collection as it was. One thread.
 */
public final class BulkLoad implements AutoCloseable {
    private final Collection collection;
    private final Path rowFile;
    private final RowWriter writer;
    private boolean committed;

    BulkLoad(Collection collection) {
        this.collection = collection;
        this.rowFile = collection.newFile("rows");
        this.writer = new RowWriter(rowFile, collection.spec().dim());
    }

    /** Adds rows, as {@link Collection#add} does. */
    public void add(UpsertRequest request) {
        synchronized (collection) {
            writer.append(request.rows(), collection.admitLoad(request, writer.count()));
        }
    }

    void collectIds(IdSet all) {
        writer.collectIds(all);
    }

    /** Rows so far. */
    public long count() {
        return writer.count();
    }

    /** The rows become part of the collection. */
    public void commit() {
        writer.commit();
        while (!committed) {
            Space space = collection.space();
            Path spaceFile = collection.newFile("space");
            SegmentFiles.mapRows(rowFile, spaceFile, space, collection.backend(), rows -> { });
            committed = collection.addLoaded(rowFile, spaceFile, space);
            if (!committed) { // another space went into service meanwhile
                WorkingFolder.delete(spaceFile);
            }
        }
    }

    @Override
    public void close() {
        writer.close();
        collection.endLoad(this, committed);
    }
}
