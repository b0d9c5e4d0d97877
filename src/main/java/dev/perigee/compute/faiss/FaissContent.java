package dev.perigee.compute.faiss;

import static dev.perigee.PerigeeException.check;

import dev.perigee.compute.IndexFiles;
import dev.perigee.distance.Distance;
import dev.perigee.faiss.Faiss;
import dev.perigee.faiss.IndexFile;
import dev.perigee.index.IvfParts;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.LongStream;

/** An index file of FAISS that is open: FAISS holds it in memory, and rows are copied out as they are asked for. */
final class FaissContent implements IndexFiles.Content {
    private final Arena arena = Arena.ofShared();
    private final IndexFile file;
    private final int rows;
    /** Place in the file of each row, int64. */
    private final MemorySegment places;
    private final long[] ids;
    private final int[] lists;

    FaissContent(Path path) {
        IndexFile opened = null;
        try {
            file = opened = new IndexFile(path.toString());
            check(file.count() <= Integer.MAX_VALUE - 64, "rows: %d (expected at most %d, file %s)", file.count(),
                    Integer.MAX_VALUE - 64, path);
            check(file.dim() <= Matrix.MAX_DIM, "dim: %d (expected at most %d, file %s)", file.dim(), Matrix.MAX_DIM, path);
            rows = (int) file.count();
            places = arena.allocate(Math.max(1, rows) * 8L, 8);
            ids = new long[rows];
            lists = file.lists() == 0 ? null : new int[rows];
            place();
        } catch (Throwable e) {
            if (opened != null) {
                opened.close();
            }
            arena.close();
            throw e;
        }
    }

    /** Numbers the rows: in lists, whose order tells nothing, by id. */
    private void place() {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment inFile = local.allocate(Math.max(1, rows) * 8L, 8);
            MemorySegment listsInFile = local.allocate(Math.max(1, rows) * 4L, 4);
            file.placed(inFile.address(), listsInFile.address());
            LongStream inOrder = LongStream.range(0, rows);
            long[] order = (lists == null ? inOrder : inOrder.boxed().sorted(Comparator.comparingLong(
                    place -> inFile.get(ValueLayout.JAVA_LONG, place * 8))).mapToLong(place -> place)).toArray();
            for (int row = 0; row < rows; row++) {
                places.set(ValueLayout.JAVA_LONG, row * 8L, order[row]);
                ids[row] = inFile.get(ValueLayout.JAVA_LONG, order[row] * 8);
                if (lists != null) {
                    lists[row] = listsInFile.get(ValueLayout.JAVA_INT, order[row] * 4);
                }
            }
        }
    }

    @Override
    public Distance distance() {
        return file.unit_rows() ? Distance.COSINE : file.metric() == Faiss.METRIC_L2 ? Distance.L2 : Distance.INNER_PRODUCT;
    }

    @Override
    public int dim() {
        return file.dim();
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public boolean hasRows() {
        return file.has_rows();
    }

    @Override
    public long id(int row) {
        return ids[row];
    }

    @Override
    public void copyRows(int from, Matrix into) {
        file.rows(places.address() + from * 8L, into.rows(), into.segment().address(), into.stride());
    }

    @Override
    public IvfParts parts(Arena owner) {
        if (lists == null) {
            return null;
        }
        Matrix centroids = Matrix.allocate(owner, file.lists(), dim());
        file.centroids(centroids.segment().address(), centroids.stride());
        if (file.parts() == 0) {
            return new IvfParts(centroids, null, lists, null);
        }
        Matrix words = Matrix.allocate(owner, file.parts() << file.bits(), dim() / file.parts());
        file.words(words.segment().address(), words.stride());
        ProductQuantizer quantizer = new ProductQuantizer(file.parts(), file.bits(), words);
        MemorySegment codes = owner.allocate((long) rows * quantizer.codeStride(), Matrix.ALIGNMENT);
        file.codes(places.address(), rows, codes.address(), quantizer.codeStride());
        return new IvfParts(centroids, quantizer, lists, codes);
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            file.close();
            arena.close();
        }
    }
}
