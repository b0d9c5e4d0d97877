package dev.perigee.compute.cuda;

/**
 * How much a benchmark measures. Shapes of its rows are cut to the most that is allowed here.
 *
 * @param runs      of each measurement, at least
 * @param millis    that a measurement goes on for if its runs are short
 * @param copyBytes that the copy ceiling copies, a multiple of 16
 * @param steps     of the loops of the other ceilings: up to 16,384 their sums are exact in float
 * @param waves     of blocks, in which the ceilings fill the device
 */
record GpuSizes(int mostRows, int mostQueries, int mostDim, int mostK, int runs, int millis, long copyBytes, int steps,
        int waves) {
    static final int ANY = Integer.MAX_VALUE;
    static final GpuSizes FULL = new GpuSizes(ANY, ANY, ANY, ANY, 21, 300, 4L << 30, 16_384, 4);

    GpuRow.Shape cut(GpuRow.Shape shape) {
        int rows = Math.min(shape.rows(), mostRows);
        return new GpuRow.Shape(shape.distance(), rows, Math.min(shape.dim(), mostDim), Math.min(shape.queries(), mostQueries),
                Math.min(Math.min(shape.k(), mostK), rows));
    }

    GpuRow.Lists cut(GpuRow.Lists of) {
        int rows = Math.min(of.rows(), mostRows);
        int dim = Math.min(of.dim(), mostDim);
        int dsub = of.dim() / of.m();
        int lists = rows == of.rows() ? of.lists() : Math.max(1, rows / 100);
        int k = Math.min(of.k(), mostK);
        return new GpuRow.Lists(rows, dim / dsub * dsub, dim / dsub, lists, Math.min(of.probes(), lists),
                Math.min(of.queries(), mostQueries), Math.max(k, Math.min(of.refine(), 3 * mostK)), k);
    }
}
