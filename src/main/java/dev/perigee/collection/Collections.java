package dev.perigee.collection;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionInfo;
import dev.perigee.api.CollectionSpec;
import dev.perigee.compute.ComputeBackend;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;

/** Collections by name, over one backend. Thread-safe. Closing it closes them, and not the backend. */
public final class Collections implements AutoCloseable {
    private final ComputeBackend backend;
    private final ConcurrentSkipListMap<String, Collection> byName = new ConcurrentSkipListMap<>();

    public Collections(ComputeBackend backend) {
        this.backend = backend;
    }

    /** A new, empty collection. @throws PerigeeException ALREADY_EXISTS */
    public Collection create(CollectionSpec spec) {
        return register(Collection.create(spec, backend));
    }

    /** Opens a saved collection under its name. @throws PerigeeException NOT_FOUND, CORRUPT_FILE, ALREADY_EXISTS */
    public Collection open(Path folder) {
        return register(Collection.open(folder, backend));
    }

    private Collection register(Collection collection) {
        if (byName.putIfAbsent(collection.spec().name(), collection) != null) {
            collection.close();
            throw new PerigeeException(ErrorCode.ALREADY_EXISTS,
                    "collection: '%s' is there already".formatted(collection.spec().name()));
        }
        return collection;
    }

    /** @throws PerigeeException NOT_FOUND */
    public Collection get(String name) {
        Collection collection = byName.get(name);
        if (collection == null) {
            throw absent(name);
        }
        return collection;
    }

    /** All of them, in order of their names. */
    public List<CollectionInfo> list() {
        return byName.values().stream().flatMap(Collections::infoIfOpen).toList();
    }

    private static Stream<CollectionInfo> infoIfOpen(Collection collection) {
        try {
            return Stream.of(collection.info());
        } catch (PerigeeException e) {
            if (e.code() == ErrorCode.FAILED_PRECONDITION) {
                return Stream.empty(); // dropped meanwhile
            }
            throw e;
        }
    }

    /** Takes a collection away; searches that run come to their end. Files that it was opened from stay. */
    public void drop(String name) {
        Collection collection = byName.remove(name);
        if (collection == null) {
            throw absent(name);
        }
        collection.close();
    }

    private static PerigeeException absent(String name) {
        return new PerigeeException(ErrorCode.NOT_FOUND, "collection: '%s' is not there".formatted(name));
    }

    @Override
    public void close() {
        byName.values().forEach(Collection::close);
        byName.clear();
    }
}
