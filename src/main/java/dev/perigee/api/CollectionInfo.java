package dev.perigee.api;

import java.util.List;

/**
 * A collection as it stands.
 *
 * @param spaces  the one in service and, where there is one, that from before, which a rollback brings back
 * @param rows    rows that a search sees
 * @param indexed of these, the rows inside the built index; the others are searched exactly
 * @param bytes   memory and mapped files that searching it uses
 * @param backend what searches it: simd, scalar
 * @param device  the device that the backend runs on, in words
 */
public record CollectionInfo(CollectionSpec spec, List<SpaceInfo> spaces, long rows, long indexed, long bytes, String backend,
        String device) {
    /** The space in service. */
    public SpaceInfo space() {
        return spaces.getFirst();
    }

    public CollectionInfo with(List<SpaceInfo> others) {
        return new CollectionInfo(spec, others, rows, indexed, bytes, backend, device);
    }
}
