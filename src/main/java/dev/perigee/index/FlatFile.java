package dev.perigee.index;

import dev.perigee.distance.Distance;
import dev.perigee.storage.BlockFile;
import dev.perigee.storage.BlockFileWriter;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The file of a segment's rows in its space: what {@link FlatData} adds to them, and the rows themselves where they are not
 * those given.
 *
 * <table>
 * <tr><th>block</th><th>content</th></tr>
 * <tr><td>attributes</td><td>rows, dim, distance, radius, length</td></tr>
 * <tr><td>mean</td><td>[1, dim]</td></tr>
 * <tr><td>starts</td><td>rows float32</td></tr>
 * <tr><td>unit_rows</td><td>[rows, dim], for cosine</td></tr>
 * <tr><td>space_rows</td><td>[rows, dim], for other distances where a transform made them</td></tr>
 * </table>
 */
public final class FlatFile {
    private static final Set<String> BLOCKS = Set.of("mean", "starts", "unit_rows", "space_rows");

    private FlatFile() {
    }

    /** Rows of a space, some at a time, in order; gone through twice, and the same both times. */
    public interface Blocks {
        void forEach(Consumer<Matrix> block);
    }

    /**
     * Writes the file for rows of a space [rows, dim].
     *
     * @param mapped whether a transform made them, so that the file is to hold them
     */
    public static void write(Path path, Distance distance, int rows, int dim, boolean mapped, Blocks blocks) {
        try (Arena arena = Arena.ofConfined(); BlockFileWriter file = BlockFileWriter.create(path)) {
            String name = ownRows(distance, mapped);
            BlockFileWriter.OutputBlock own = name == null ? null : file.block(name);
            double[] sums = new double[dim];
            blocks.forEach(block -> {
                FlatData.addTo(sums, block);
                if (own != null) {
                    own.append(block);
                }
            });
            Matrix mean = FlatData.mean(sums, rows, arena);
            MemorySegment starts = arena.allocate(rows * 4L);
            FlatData.Extent[] extent = {FlatData.Extent.NONE};
            int[] from = {0};
            blocks.forEach(block -> {
                extent[0] = extent[0].or(FlatData.starts(distance, block, mean, starts.asSlice(from[0] * 4L)));
                from[0] += block.rows();
            });
            file.write("mean", mean);
            file.write("starts", starts);
            file.attributes(Map.of("rows", rows, "dim", dim, "distance", distance.label(),
                    "radius", extent[0].radius(), "length", extent[0].length()));
            file.commit();
        }
    }

    /** The block of rows that are not those given, or null. */
    private static String ownRows(Distance distance, boolean mapped) {
        return distance == Distance.COSINE ? "unit_rows" : mapped ? "space_rows" : null;
    }

    /**
     * The data of a file and of the rows as given that it was written for; both files must stay open.
     *
     * @param dim    of the space
     * @param mapped whether a transform made its rows
     */
    public static FlatData read(BlockFile file, Matrix rows, int dim, boolean mapped) {
        file.requireKnown(BLOCKS);
        Distance distance = file.attributes().word("distance", Distance::parse);
        file.attributes().integer("rows", rows.rows(), rows.rows());
        file.attributes().integer("dim", dim, dim);
        String name = ownRows(distance, mapped);
        Matrix own = name == null ? rows : file.matrix(name, rows.rows(), dim);
        return new FlatData(distance, own, file.matrix("mean", 1, dim), file.block("starts", rows.rows() * 4L),
                file.attributes().decimal("radius"), file.attributes().decimal("length"));
    }
}
