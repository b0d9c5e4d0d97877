package dev.perigee.index;

/**
 * What the lists of IVF-Flat and IVF-PQ share: the coarse centroids and, for IVF-PQ, the codebooks.
 *
 * <p>Which list a row belongs to was decided by squared L2 to the centroids; for inner product in dim + 1 dimensions, with
 * sqrt(phi^2 - |row|^2) as the extra one, so that rows that are long enough to win share lists (Bachrach et al., RecSys
 * 2014). A query probes the lists whose centroids are nearest in the space's own distance; ties go to the lower number.
 *
 * @param id        names the model in the files that need it
 * @param centroids [lists, dim] as flat data of the probing distance: L2 for L2 and cosine, inner product for that
 * @param quantizer of the residuals (row - centroid) for IVF-PQ; null for IVF-Flat
 */
public record IvfModel(long id, FlatData centroids, ProductQuantizer quantizer) implements ListModel {
    @Override
    public int lists() {
        return centroids.count();
    }

    @Override
    public int dim() {
        return centroids.dim();
    }

    @Override
    public long bytes() {
        return centroids.bytes() + (quantizer == null ? 0 : quantizer.codewords().segment().byteSize());
    }
}
