package dev.perigee.index;

import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.storage.BlockFile;
import dev.perigee.storage.BlockFileWriter;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * The file of a segment's rows in its space: what {@link FlatData} adds to the rows as given, and for cosine the unit rows.
 *
 * <table>
 * <tr><th>block</th><th>content</th></tr>
 * <tr><td>attributes</td><td>rows, dim, distance, radius, length</td></tr>
 * <tr><td>mean</td><td>[1, dim]</td></tr>
 * <tr><td>starts</td><td>rows float32</td></tr>
 * <tr><td>unit_rows</td><td>[rows, dim], for cosine only</td></tr>
 * </table>
 */
public final class FlatFile {
    private static final Set<String> BLOCKS = Set.of("mean", "starts", "unit_rows");
    /** Rows that are worked on at a time. */
    private static final int BLOCK_ROWS = 1024;

    private FlatFile() {
    }

    /** Writes the file for rows as given, block by block. */
    public static void write(Path path, Distance distance, Matrix rows) {
        try (Arena arena = Arena.ofConfined(); BlockFileWriter file = BlockFileWriter.create(path)) {
            Matrix buffer = Matrix.allocate(arena, distance == Distance.COSINE ? BLOCK_ROWS : 0, rows.dim());
            BlockFileWriter.OutputBlock out = distance == Distance.COSINE ? file.block("unit_rows") : null;
            double[] sums = new double[rows.dim()];
            for (int from = 0; from < rows.rows(); from += BLOCK_ROWS) {
                Matrix block = block(distance, rows, from, buffer);
                FlatData.addTo(sums, block);
                if (out != null) {
                    out.append(block);
                }
            }
            Matrix mean = FlatData.mean(sums, rows.rows(), arena);
            MemorySegment starts = arena.allocate(rows.rows() * 4L);
            FlatData.Extent extent = FlatData.Extent.NONE;
            for (int from = 0; from < rows.rows(); from += BLOCK_ROWS) {
                Matrix block = block(distance, rows, from, buffer);
                extent = extent.or(FlatData.starts(distance, block, mean, starts.asSlice(from * 4L)));
            }
            file.write("mean", mean);
            file.write("starts", starts);
            file.attributes(Map.of("rows", rows.rows(), "dim", rows.dim(), "distance", distance.label(),
                    "radius", extent.radius(), "length", extent.length()));
            file.commit();
        }
    }

    /** Rows of the space from {@code from} on: those given, or their unit rows in {@code buffer}. */
    private static Matrix block(Distance distance, Matrix rows, int from, Matrix buffer) {
        Matrix given = rows.slice(from, Math.min(rows.rows(), from + BLOCK_ROWS));
        if (distance != Distance.COSINE) {
            return given;
        }
        Matrix unit = buffer.slice(0, given.rows());
        UnitRows.copy(given, unit);
        return unit;
    }

    /** The data of a file and of the rows as given that it was written for; both files must stay open. */
    public static FlatData read(BlockFile file, Matrix rows) {
        file.requireKnown(BLOCKS);
        Distance distance = file.attributes().word("distance", Distance::parse);
        file.attributes().integer("rows", rows.rows(), rows.rows());
        file.attributes().integer("dim", rows.dim(), rows.dim());
        Matrix own = distance == Distance.COSINE ? file.matrix("unit_rows", rows.rows(), rows.dim()) : rows;
        return new FlatData(distance, own, file.matrix("mean", 1, rows.dim()), file.block("starts", rows.rows() * 4L),
                file.attributes().decimal("radius"), file.attributes().decimal("length"));
    }
}
