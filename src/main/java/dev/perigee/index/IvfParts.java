package dev.perigee.index;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;

/**
 * An IVF index of rows before it is in files: trained, and each row in a list.
 *
 * @param centroids [lists, dim]
 * @param quantizer of the residuals for IVF-PQ; null for IVF-Flat
 * @param lists     the list of each row
 * @param codes     [rows, code stride] bytes, zero behind each code, where the codes are there already; null where they are to
 *                  be made, or there are none
 */
public record IvfParts(Matrix centroids, ProductQuantizer quantizer, int[] lists, MemorySegment codes) {
    public IvfParts {
        for (int row = 0; row < lists.length; row++) {
            check(lists[row] >= 0 && lists[row] < centroids.rows(), "row %d: in list %d (expected one of %d)", row, lists[row],
                    centroids.rows());
        }
        check(codes == null || codes.byteSize() == (long) lists.length * quantizer.codeStride(), "codes: %d bytes (expected %d)",
                codes == null ? 0 : codes.byteSize(), codes == null ? 0 : (long) lists.length * quantizer.codeStride());
    }
}
