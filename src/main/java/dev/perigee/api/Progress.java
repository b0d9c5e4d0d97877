package dev.perigee.api;

/**
 * Hears how long work goes on, and may end it.
 */
@FunctionalInterface
public interface Progress {
    /** Nobody listens. */
    Progress NONE = (stage, done, total) -> true;

    /**
     * Called from the working thread, at most a few times a second and at least once per stage.
     *
     * @param stage what is being done, such as "k-means"
     * @param done  units finished in this stage
     * @param total units in this stage, -1 where that is not known
     * @return false to give the work up: it ends with CANCELLED and leaves nothing half-made
     */
    boolean at(String stage, long done, long total);
}
