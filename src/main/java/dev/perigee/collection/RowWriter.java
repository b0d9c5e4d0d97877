package dev.perigee.collection;

import dev.perigee.storage.BlockFile;
import dev.perigee.storage.BlockFileWriter;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes a file of rows as given and their ids, block by block. Ids that just go on are not written out. */
final class RowWriter implements AutoCloseable {
    private final BlockFileWriter file;
    private final BlockFileWriter.OutputBlock rows;
    private final int dim;
    private long[] ids = new long[1024];
    private int count;

    RowWriter(Path path, int dim) {
        this.file = BlockFileWriter.create(path);
        this.rows = file.block("rows");
        this.dim = dim;
    }

    int count() {
        return count;
    }

    void append(Matrix block, Segment.Ids blockIds) {
        rows.append(block);
        if (count + block.rows() > ids.length) {
            ids = Arrays.copyOf(ids, Math.max(count + block.rows(), ids.length * 2));
        }
        for (int i = 0; i < block.rows(); i++) {
            ids[count++] = blockIds.id(i);
        }
    }

    void collectIds(IdSet all) {
        for (int i = 0; i < count; i++) {
            all.add(ids[i]);
        }
    }

    /** The file takes its name. */
    void commit() {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("rows", count);
        facts.put("dim", dim);
        boolean goOn = true;
        for (int i = 1; i < count && goOn; i++) {
            goOn = ids[i] == ids[0] + i;
        }
        if (goOn) {
            facts.put("first_id", count == 0 ? 0 : ids[0]);
        } else {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment block = arena.allocate(count * 8L);
                MemorySegment.copy(ids, 0, block, BlockFile.LONG, 0, count);
                file.write("ids", block);
            }
        }
        file.attributes(facts);
        file.commit();
    }

    @Override
    public void close() {
        file.close();
    }
}
