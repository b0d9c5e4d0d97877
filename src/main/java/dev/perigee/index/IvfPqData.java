package dev.perigee.index;

import dev.perigee.distance.Distance;
import java.lang.foreign.MemorySegment;

/**
 * Inverted lists of product-quantised residuals (IVFADC of Jegou, Douze, Schmid, TPAMI 2011). With c the centroid of the
 * row's list and r its decoded residual, all less the model's mean:
 * <ul>
 * <li>L2: |q - c - r|^2 = |q - c|^2 + (|r|^2 + 2 c.r) - 2 q.r. The bracket is the <em>term</em> of the row, the last product
 *     a sum of m look-ups in one table per query, whatever the list;
 * <li>inner product: -q.(c + r) = -q.c - q.r; the term is 0;
 * <li>cosine: as L2, which on unit rows has the same order. The product with a decoded row, whose length is not one, would
 *     err by more: measured on Fashion-MNIST (m = 98, 32 of 256 lists) recall@10 of the codes alone is .56 so, .80 by L2.
 * </ul>
 *
 * @param codes [slots, codeStride] bytes; 0 in empty slots and behind the code
 * @param terms [slots] float32; +infinity in empty slots, so that they never come near
 * @param rows  the rows themselves, from which candidates are refined
 */
public record IvfPqData(IvfModel model, InvertedLists lists, MemorySegment codes, MemorySegment terms, FlatData rows)
        implements ListData {
    @Override
    public Distance distance() {
        return rows.distance();
    }

    /** The distance that codes are compared by: L2 or INNER_PRODUCT. */
    public Distance codeDistance() {
        return distance() == Distance.INNER_PRODUCT ? Distance.INNER_PRODUCT : Distance.L2;
    }

    /** The distance that a code's distance stands for. */
    public double fromCode(double distance) {
        return distance() == Distance.COSINE ? distance / 2 - 1 : distance; // |q - x|^2 = 2 - 2 q.x of unit rows
    }

    @Override
    public int count() {
        return rows.count();
    }

    @Override
    public int dim() {
        return rows.dim();
    }

    @Override
    public long bytes() {
        return model.bytes() + lists.bytes() + codes.byteSize() + terms.byteSize() + rows.bytes();
    }
}
