package dev.perigee.server;

import dev.perigee.api.Progress;
import dev.perigee.api.SearchResult;
import dev.perigee.collection.Batch;
import dev.perigee.collection.Collection;
import dev.perigee.vector.Matrix;
import java.util.List;

/** The long work on a collection, behind a seam where tests hold it up or measure what the server adds to it. */
interface Engine {
    /** The collections themselves. */
    Engine DIRECT = new Engine() {
        @Override
        public Lease lease(Collection collection, int rows) {
            Batch batch = collection.batch(rows);
            return new Lease() {
                @Override
                public Matrix queries() {
                    return batch.queries();
                }

                @Override
                public List<SearchResult> search(List<Batch.Part> parts) {
                    return batch.search(parts);
                }

                @Override
                public void close() {
                    batch.close();
                }
            };
        }

        @Override
        public void build(Collection collection, Progress progress) {
            collection.build(progress);
        }
    };

    /** As {@link Batch}. */
    interface Lease extends AutoCloseable {
        Matrix queries();

        List<SearchResult> search(List<Batch.Part> parts);

        @Override
        void close();
    }

    Lease lease(Collection collection, int rows);

    void build(Collection collection, Progress progress);
}
