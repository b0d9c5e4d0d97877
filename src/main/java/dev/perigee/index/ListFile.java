package dev.perigee.index;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.storage.Attributes;
import dev.perigee.storage.BlockFile;
import dev.perigee.storage.BlockFileWriter;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * The file of a segment's inverted lists, of whole rows or of codes.
 *
 * <table>
 * <tr><th>block</th><th>content</th></tr>
 * <tr><td>attributes</td><td>rows, dim, lists, slots, model (its id), radius, length (IVF-Flat)</td></tr>
 * <tr><td>begins</td><td>lists + 1 int32: first slot of each list</td></tr>
 * <tr><td>sizes</td><td>lists int32</td></tr>
 * <tr><td>slot_rows</td><td>slots int32: row in each slot or -1</td></tr>
 * <tr><td>list_rows, list_starts, mean</td>
 *     <td>IVF-Flat: [slots, dim], slots float32 (+infinity in empty ones), [1, dim]</td></tr>
 * <tr><td>codes, terms</td><td>IVF-PQ: [slots, code stride] bytes, slots float32 (+infinity in empty ones)</td></tr>
 * <tr><td>codes, terms, steps, lows</td><td>IVF-SQ: as {@link IvfSqData} has them</td></tr>
 * </table>
 */
public final class ListFile {
    private static final Set<String> BLOCKS =
            Set.of("begins", "sizes", "slot_rows", "list_rows", "list_starts", "mean", "codes", "terms", "steps", "lows");
    /** Slots that are written at a time: a multiple of the lists' own block. */
    public static final int BLOCK_SLOTS = 4096;

    private ListFile() {
    }

    /** Makes the codes of some slots. */
    public interface Encoder {
        /**
         * @param slots rows in the slots, -1 in empty ones
         * @param codes [slots.length, code stride], zeroed; for IVF-SQ in its blocks
         * @param terms [slots.length] float32, to be filled for slots with rows
         */
        void encode(int[] slots, MemorySegment codes, MemorySegment terms);
    }

    /** Writes lists of whole rows. {@code progress} hears how many slots are done. */
    public static void writeRows(Path path, IvfModel model, InvertedLists lists, FlatData rows,
            IntConsumer progress) {
        try (Arena arena = Arena.ofConfined(); BlockFileWriter file = BlockFileWriter.create(path)) {
            int slots = lists.slots();
            MemorySegment starts = arena.allocate(slots * 4L);
            BlockFileWriter.OutputBlock out = file.block("list_rows");
            Matrix block = Matrix.allocate(arena, BLOCK_SLOTS, rows.dim());
            for (int from = 0; from < slots; from += BLOCK_SLOTS) {
                int count = Math.min(BLOCK_SLOTS, slots - from);
                Matrix part = block.slice(0, count);
                part.segment().fill((byte) 0);
                for (int i = 0; i < count; i++) {
                    if (lists.row(from + i) >= 0) {
                        part.copy(rows.rows(), lists.row(from + i), i, 1);
                    }
                }
                FlatData.starts(rows.distance(), part, rows.mean(), starts.asSlice(from * 4L));
                out.append(part);
                progress.accept(from + count);
            }
            markEmpty(lists, starts);
            file.write("list_starts", starts);
            file.write("mean", rows.mean());
            Map<String, Object> facts = writeLists(file, model, lists, rows);
            facts.put("radius", rows.radius()); // of the rows alone: the zeros in empty slots may lie far from the mean
            facts.put("length", rows.length());
            file.attributes(facts);
            file.commit();
        }
    }

    /** Writes lists of codes of IVF-PQ. {@code progress} hears how many slots are done. */
    public static void writeCodes(Path path, IvfModel model, InvertedLists lists, FlatData rows, Encoder encoder,
            IntConsumer progress) {
        try (BlockFileWriter file = BlockFileWriter.create(path)) {
            writeCodes(file, model, model.quantizer().codeStride(), lists, rows, encoder, progress);
            file.commit();
        }
    }

    /**
     * Writes lists of codes of IVF-SQ. {@code progress} hears how many slots are done.
     *
     * @param steps lists float32, {@code lows} too: see {@link IvfSqData}
     */
    public static void writeCodes(Path path, SqModel model, InvertedLists lists, FlatData rows, MemorySegment steps,
            MemorySegment lows, Encoder encoder, IntConsumer progress) {
        try (BlockFileWriter file = BlockFileWriter.create(path)) {
            file.write("steps", steps);
            file.write("lows", lows);
            writeCodes(file, model, model.dims(), lists, rows, encoder, progress);
            file.commit();
        }
    }

    private static void writeCodes(BlockFileWriter file, ListModel model, int stride, InvertedLists lists, FlatData rows,
            Encoder encoder, IntConsumer progress) {
        try (Arena arena = Arena.ofConfined()) {
            int slots = lists.slots();
            MemorySegment terms = arena.allocate(slots * 4L);
            BlockFileWriter.OutputBlock out = file.block("codes");
            MemorySegment codes = arena.allocate((long) BLOCK_SLOTS * stride);
            for (int from = 0; from < slots; from += BLOCK_SLOTS) {
                int[] rowsOf = new int[Math.min(BLOCK_SLOTS, slots - from)];
                for (int i = 0; i < rowsOf.length; i++) {
                    rowsOf[i] = lists.row(from + i);
                }
                codes.fill((byte) 0);
                encoder.encode(rowsOf, codes, terms.asSlice(from * 4L, rowsOf.length * 4L));
                out.append(codes.asSlice(0, (long) rowsOf.length * stride));
                progress.accept(from + rowsOf.length);
            }
            markEmpty(lists, terms);
            file.write("terms", terms);
            file.attributes(writeLists(file, model, lists, rows));
        }
    }

    private static void markEmpty(InvertedLists lists, MemorySegment values) {
        for (int slot = 0; slot < lists.slots(); slot++) {
            if (lists.row(slot) < 0) {
                values.set(Matrix.FLOAT, slot * 4L, Float.POSITIVE_INFINITY);
            }
        }
    }

    private static Map<String, Object> writeLists(BlockFileWriter file, ListModel model, InvertedLists lists, FlatData rows) {
        file.write("begins", lists.begins());
        file.write("sizes", lists.sizes());
        file.write("slot_rows", lists.rows());
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("rows", rows.count());
        facts.put("dim", rows.dim());
        facts.put("lists", lists.lists());
        facts.put("slots", lists.slots());
        facts.put("model", model.id());
        return facts;
    }

    /** The data of a file; the file, the model and the rows must stay open. */
    public static IndexData read(BlockFile file, ListModel model, FlatData rows) {
        file.requireKnown(BLOCKS);
        Attributes facts = file.attributes();
        facts.integer("rows", rows.count(), rows.count());
        facts.integer("dim", rows.dim(), rows.dim());
        facts.number("model", model.id(), model.id());
        requireFits(model, rows, file);
        int count = facts.integer("lists", model.lists(), model.lists());
        int slots = facts.integer("slots", rows.count(), Integer.MAX_VALUE);
        InvertedLists lists = new InvertedLists(count, file.block("begins", (count + 1) * 4L), file.block("sizes", count * 4L),
                file.block("slot_rows", slots * 4L));
        requireEachRowOnce(lists, rows.count(), file);
        if (model instanceof SqModel sq) {
            return new IvfSqData(sq, lists, file.block("codes", (long) slots * sq.dims()), file.block("terms", slots * 4L),
                    file.block("steps", count * 4L), file.block("lows", count * 4L), rows);
        }
        IvfModel ivf = (IvfModel) model;
        if (ivf.quantizer() != null) {
            return new IvfPqData(ivf, lists, file.block("codes", (long) slots * ivf.quantizer().codeStride()),
                    file.block("terms", slots * 4L), rows);
        }
        FlatData data = new FlatData(rows.distance(), file.matrix("list_rows", slots, rows.dim()),
                file.matrix("mean", 1, rows.dim()), file.block("list_starts", slots * 4L),
                facts.decimal("radius"), facts.decimal("length"));
        return new IvfFlatData(ivf, lists, data, rows.count());
    }

    private static void requireFits(ListModel model, FlatData rows, BlockFile file) {
        boolean codes = file.names().contains("codes");
        boolean fits = model.dim() == rows.dim() && switch (model) {
            case SqModel sq -> codes && file.names().contains("steps") && sq.distance() == rows.distance();
            case IvfModel ivf -> codes == (ivf.quantizer() != null) && !file.names().contains("steps")
                    && (!codes || ivf.quantizer().m() * ivf.quantizer().dsub() == rows.dim())
                    && ivf.centroids().distance() == ModelFile.probing(rows.distance());
        };
        if (!fits) {
            throw new PerigeeException(ErrorCode.CORRUPT_FILE, "model: of another kind, dim or distance, dim %d (expected one for %s "
                    .formatted(model.dim(), codes ? "codes" : "rows")
                    + "of dim %d by %s, file %s)".formatted(rows.dim(), rows.distance().label(), file.path()));
        }
    }

    /** Kernels follow these numbers without looking, so they are looked at here. */
    private static void requireEachRowOnce(InvertedLists lists, int rows, BlockFile file) {
        BitSet seen = new BitSet(rows);
        for (int list = 0; list < lists.lists(); list++) {
            for (int slot = lists.begin(list); slot < lists.begin(list) + lists.size(list); slot++) {
                int row = lists.row(slot);
                if (row < 0 || row >= rows || seen.get(row)) {
                    throw new PerigeeException(ErrorCode.CORRUPT_FILE,
                            "slot %d: row %d (expected each row below %d once, file %s)".formatted(slot, row, rows, file.path()));
                }
                seen.set(row);
            }
        }
        if (seen.cardinality() != rows) {
            throw new PerigeeException(ErrorCode.CORRUPT_FILE, "lists: %d rows (expected %d, file %s)"
                    .formatted(seen.cardinality(), rows, file.path()));
        }
    }
}
