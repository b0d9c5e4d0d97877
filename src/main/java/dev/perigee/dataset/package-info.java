/**
 * Readers and writers of vector files, plain or {@code .gz}. Start with {@link dev.perigee.dataset.Vectors} for whole
 * files, {@link dev.perigee.dataset.VectorReader} for rows as they come.
 *
 * <table>
 * <caption>Formats (offsets in bytes of the uncompressed stream)</caption>
 * <tr><th>format</th><th>file names</th><th>bytes</th></tr>
 * <tr><td>fvecs, ivecs, bvecs</td><td>*.fvecs, *.ivecs, *.bvecs</td>
 *     <td>each row: int32 dim, then dim values of float32, int32 or uint8; little-endian; all rows of one dim</td></tr>
 * <tr><td>npy 1 to 3</td><td>*.npy</td>
 *     <td>0: 93 'N' 'U' 'M' 'P' 'Y', major, minor; 8: length of the header, uint16 (version 1) or uint32 (2, 3),
 *     little-endian; the header, a Python dict of descr, fortran_order and shape; then the values, row-major, in the
 *     byte order of descr. Types: u1 i1 i2 i4 i8 f2 f4 f8. Column-major arrays are refused</td></tr>
 * <tr><td>npz</td><td>*.npz, *.npz#member</td>
 *     <td>a zip of npy members, stored or deflated; the member must be named unless there is only one array</td></tr>
 * <tr><td>IDX</td><td>*.idx, *-idx?-*, *.idx?-*</td>
 *     <td>0: two zero bytes, type (08 u8, 09 i8, 0B i16, 0C i32, 0D f32, 0E f64), number of dimensions; each dimension
 *     as int32; then the values, row-major; all big-endian</td></tr>
 * </table>
 *
 * <p>The first dimension counts rows, the others are flattened to dim; one dimension alone is [n, 1]. Values become
 * float32, rounded to nearest. Files are read front to back through one buffer of 1 MiB; sizes that a header claims are
 * checked against the limits and against the file before memory is taken.
 *
 * <p>{@link dev.perigee.dataset.LabelFile} reads classes of rows, {@link dev.perigee.dataset.TrecFile} judgements and runs; both
 * are measured by {@code evaluate}. {@link dev.perigee.dataset.FeatureTable} makes vectors of CSV, TSV and ARFF.
 *
 * <p>May import: vector, evaluate, the root package (and whatever else is below {@code collection}).
 */
package dev.perigee.dataset;
