package dev.perigee.index;

import static dev.perigee.PerigeeException.check;

import dev.perigee.distance.Distance;
import java.lang.foreign.MemorySegment;

/**
 * Inverted lists of scalar-quantised residuals along the leading principal axes. With x' = row - mean, y its coordinates, c
 * the centroid of its list, r = y - c, and s = the query's coordinates - c, what lies beyond the axes taken as orthogonal:
 *
 * <p>L2: |x - q|^2 - |q - mean|^2 = |x'|^2 - 2 q.c - 2 s.r - 2 c.r; inner product, twice -x.q with what depends on the query
 * alone left out, is the same with -2 mean.x' for |x'|^2. So both are <em>term - 2 q.c - 2 s.r</em>, the term one float of the
 * row: |x'|^2 (of all dimensions) or -2 mean.x', less 2 c.r.
 *
 * <p>A code holds u_j = round((r_j - low) / step), within 0 and {@link SqModel#codeMax()}, with low and step of the list. The
 * <em>key</em> of a row, all in float32, with v, unit and q.c of {@link SqModel} and both sums in integers:
 *
 * <pre>
 * scale = -2 (step unit)
 * add   = fma(-2 (low unit), sum v, -2 q.c)
 * key   = fma(scale, sum u v, term + add)
 * </pre>
 *
 * <p>A search takes the {@code refine} least keys of the probed lists, ties to the lower row, those only that are finite, and
 * compares these rows exactly. Where fewer than k rows have finite keys, it compares all rows of those lists.
 *
 * @param codes blocks of 16 slots, each [dims / 4][16][4] bytes: 64 bytes are 4 dimensions of 16 rows; 0 in empty slots
 * @param terms [slots] float32; +infinity in empty slots
 * @param steps lists float32
 * @param lows  lists float32
 * @param rows  the rows themselves, from which candidates are refined
 */
public record IvfSqData(SqModel model, InvertedLists lists, MemorySegment codes, MemorySegment terms, MemorySegment steps,
        MemorySegment lows, FlatData rows) implements ListData {
    /** Slots of a block of codes. */
    public static final int BLOCK = 16;

    public IvfSqData {
        long slots = lists.slots();
        check(codes.byteSize() == slots * model.dims() && terms.byteSize() == slots * 4, "codes: %d bytes (expected %d)",
                codes.byteSize(), slots * model.dims());
        check(steps.byteSize() == lists.lists() * 4L && lows.byteSize() == steps.byteSize(), "steps: %d bytes (expected %d)",
                steps.byteSize(), lists.lists() * 4L);
    }

    /** Where number {@code j} of the code of a slot lies in {@code codes}. */
    public static long at(int slot, int j, int dims) {
        return (long) (slot / BLOCK) * BLOCK * dims + j / 4 * (BLOCK * 4) + slot % BLOCK * 4 + j % 4;
    }

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
        return model.bytes() + lists.bytes() + codes.byteSize() + terms.byteSize() + steps.byteSize() + lows.byteSize()
                + rows.bytes();
    }
}
