package dev.perigee.compute.cuda;

/** The lists of the nearest centroids, by exact search. */
record CentroidProbing(DeviceSegment centroids) implements Probing {
    @Override
    public int lists() {
        return centroids.data().count();
    }

    @Override
    public long bytesPerQuery(int mostProbes) {
        return ExactSearch.groups(centroids) * 4L;
    }

    @Override
    public boolean isWhole(Slot slot) {
        return centroids.isWhole(slot);
    }

    @Override
    public void reserve(QueryBlock coarse) {
        FlatTile.reserve(coarse, ExactSearch.groups(centroids));
    }

    @Override
    public void enqueue(QueryBlock coarse, boolean stepwise) {
        centroids.eachTile(coarse.slot, tile -> {
            FlatTile rows = new FlatTile(coarse, centroids, tile, null, tile.first(), 0, null);
            if (stepwise) {
                rows.search();
            } else {
                rows.enqueue();
            }
        });
    }
}
