package dev.perigee.index;

import static dev.perigee.PerigeeException.check;

import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;

/**
 * What the lists of IVF-SQ share: the leading principal axes of the rows, and centroids along them. All floats below are
 * float32, every sum runs in ascending order, each step one fused multiply-add from zero, so that every device comes to the
 * same bits:
 *
 * <ul>
 * <li>coordinates of a row or query x: <em>y_j = sum over t of (x_t - mean_t) axis_jt</em>;
 * <li>key of a list: <em>start - 2 (sum over j of y_j centroid_j)</em>, the last step fused too; a query probes the lists of the
 *     least keys, ties to the lower number;
 * <li>a query within a list: s = y - centroid, its <em>unit</em> = max|s| / {@link #queryMax()}, and with w = queryMax / max|s|
 *     (0 where that is beyond float32: a query at the centroid, or all but there) the integers v_j = s_j w, rounded half to even.
 * </ul>
 *
 * @param id        names the model in the files that need it
 * @param distance  of the space; cosine compares unit rows, whose order is that of L2
 * @param bits      of one number of a code: 5 or 6
 * @param mean      [1, dim]
 * @param axes      [dims, dim], orthonormal, the rows' variance along them falling; zero where they have none
 * @param centroids [lists, dims]
 * @param starts    lists float32: |centroid|^2; for inner product -2 mean.(the list's mean row - mean)
 * @param energy    share of the rows' variance that lies along the axes, 0 to 1; NaN where nobody measured it
 */
public record SqModel(long id, Distance distance, int bits, Matrix mean, Matrix axes, Matrix centroids, MemorySegment starts,
        double energy) implements ListModel {
    public SqModel {
        check(bits == 5 || bits == 6, "sq-bits: %d (expected 5 or 6)", bits);
        check(axes.dim() == mean.dim() && axes.rows() == centroids.dim() && axes.rows() % 8 == 0,
                "axes: %d x %d (expected %d x %d, a multiple of 8)", axes.rows(), axes.dim(), centroids.dim(), mean.dim());
        check(starts.byteSize() == centroids.rows() * 4L, "starts: %d bytes (expected %d)", starts.byteSize(),
                centroids.rows() * 4L);
    }

    /** Leading dimensions, the bytes of one code: a multiple of 8. */
    public int dims() {
        return axes.rows();
    }

    /** The largest number in a code. */
    public int codeMax() {
        return (1 << bits) - 1;
    }

    /**
     * The largest |v| of a query: 31 beside codes of 5 bits, so that 34 products fit in 16 bits; 127 beside 6 bits, where four
     * do.
     */
    public int queryMax() {
        return bits == 5 ? 31 : 127;
    }

    @Override
    public int lists() {
        return centroids.rows();
    }

    @Override
    public int dim() {
        return mean.dim();
    }

    @Override
    public long bytes() {
        return axes.segment().byteSize() + centroids.segment().byteSize() + starts.byteSize();
    }
}
