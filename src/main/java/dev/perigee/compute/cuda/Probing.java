package dev.perigee.compute.cuda;

/** How a device finds the lists that each query probes: as the answers of a block, which stay on the device. */
interface Probing {
    /** How many lists there are. */
    int lists();

    /** Device memory that a query takes besides that of its block. */
    long bytesPerQuery(int mostProbes);

    /** Whether what it compares queries with is there as a whole. Uploads it if it is not there. */
    boolean isWhole(Slot slot);

    /** Makes its memory. The stream is idle. */
    void reserve(QueryBlock coarse);

    /**
     * Gives the search to the stream.
     *
     * @param stepwise whether each step is finished before the next begins
     */
    void enqueue(QueryBlock coarse, boolean stepwise);
}
