package dev.perigee.index;

import dev.perigee.distance.Distance;
import java.lang.foreign.MemorySegment;

/**
 * Inverted lists of product-quantised residuals (IVFADC of Jegou, Douze, Schmid, TPAMI 2011). With c the centroid of the
 * row's list and r its decoded residual, all less the model's mean:
 * <ul>
 * <li>L2: |q - c - r|^2 = |q - c|^2 + (|r|^2 + 2 c.r) - 2 q.r. The bracket is the <em>term</em> of the row, the last product
 *     a sum of m look-ups in one table per query, whatever the list;
 * <li>inner product and cosine: -q.(c + r) = -q.c - q.r; the term is 0.
 * </ul>
 *
 * @param codes [slots, codeStride] bytes; 0 in empty slots and behind the code
 * @param terms [slots] float32; +infinity in empty slots, so that they never come near
 * @param rows  the rows themselves, from which candidates are refined
 */
public record IvfPqData(IvfModel model, InvertedLists lists, MemorySegment codes, MemorySegment terms, FlatData rows)
        implements IndexData {
    @Override
    public Distance distance() {
        return rows.distance();
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
