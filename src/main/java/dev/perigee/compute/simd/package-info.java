/**
 * The Vector API backend. Start with {@link dev.perigee.compute.simd.SimdSearcher}; the kernels are
 * {@link dev.perigee.compute.simd.Tile} (many queries), {@link dev.perigee.compute.simd.RowKernel} (one query),
 * {@link dev.perigee.compute.simd.CodeKernel} (PQ codes), {@link dev.perigee.compute.simd.FastScan} (lists of them),
 * {@link dev.perigee.compute.simd.SqTile} (codes of IVF-SQ) and {@link dev.perigee.compute.simd.ExactKernel} (double);
 * {@link dev.perigee.compute.simd.Product} is the general product of matrices, over the same tile.
 * May import: vector, distance, index, compute, and alone jdk.incubator.vector.
 *
 * <p><b>Exact at float speed.</b> A float pass keeps a few candidates per query more than asked for, by keys that are within
 * a proven bound of the true distances ({@code FlatData.bound}); the candidates are re-scored in double, nearest key first,
 * until the next key less the bound lies beyond the k-th distance. Where the kept candidates run out before that, the query
 * is searched again and every row that is not provably too far is re-scored. So answers do not depend on lanes, threads or
 * batches.
 *
 * <p><b>IVF-SQ</b> ({@link dev.perigee.compute.simd.SqSearch}) has an answer that is defined to the bit, so nothing is proven:
 * every sum has one order ({@link dev.perigee.compute.simd.Panels}) or is one of integers
 * ({@link dev.perigee.compute.simd.SqTile}), and the candidates are compared in double at once
 * ({@link dev.perigee.compute.simd.ExactRows}): they are few, and to fetch them takes longer than to compare them.
 *
 * <p><b>IVF-PQ</b> ({@link dev.perigee.compute.simd.CodeSearch}) has an answer that is defined by float sums of look-ups.
 * Fast scan bounds all these sums from below by sums of bytes, up to four queries at a time; only the codes whose bounds lie
 * below the best keys so far are summed in float.
 *
 * <p><b>Rules for kernels</b>, each measured at a factor of 2 to 100 on AVX2 with JDK 25:
 * <ul>
 * <li>addresses are masked ({@code address & MASK}) into one constant segment that spans all memory: only then do the bounds
 *     checks fold. The caller has checked the range and keeps the memory open;
 * <li>loops are {@code while (p != end)}: counted loops are unrolled until registers spill;
 * <li>nothing that takes or returns a vector may be a method of more than 35 bytecodes, for it may not be inlined;
 * <li>a kernel is small: one of 38 vector operations, loads and stores counted, is inlined whole, one of 54 is not, for the
 *     compiler has a budget of nodes (PrintInlining says NodeCountInliningCutoff);
 * <li>no flags inside kernels: a branch that is taken late throws the compiled kernel away. One method per variant;
 * <li>accumulators are local variables, named one by one; the species is static final.
 * </ul>
 */
package dev.perigee.compute.simd;
