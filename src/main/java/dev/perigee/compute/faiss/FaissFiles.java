package dev.perigee.compute.faiss;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.IndexFiles;
import dev.perigee.distance.Distance;
import dev.perigee.faiss.NewIndexFile;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfFlatData;
import dev.perigee.index.IvfModel;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntToLongFunction;

/**
 * Index files of FAISS: Flat, IVF-Flat and IVF-PQ. Cosine is unit rows behind a normalisation of the queries, by inner product
 * for rows and by L2 for codes, as our codes are compared.
 *
 * <p>Ids stand in the lists; a flat index, and codes with rows, get a map of ids unless they are 0, 1, 2 ... Read are also ids in
 * maps, rows that are kept for refinement, and rotations, shifts and normalisations in front of rows; what changes distances in
 * another way, or stands in front of codes, is refused.
 */
public final class FaissFiles implements IndexFiles {
    private static final int BLOCK_ROWS = 4096;

    /** @throws PerigeeException UNAVAILABLE with the reason if there is no FAISS */
    public FaissFiles() {
        FaissLibrary.probe().require();
    }

    @Override
    public Content read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new PerigeeException(ErrorCode.NOT_FOUND, "index file: %s (%s)".formatted(file,
                    Files.exists(file) ? "not a file" : "not there"));
        }
        return FaissCall.of(ErrorCode.UNSUPPORTED, "index file " + file, () -> new FaissContent(file));
    }

    @Override
    public void write(Path file, IndexData data, IntToLongFunction ids, boolean withRows) {
        check(!withRows || data instanceof IvfPqData, "with-rows: for an index of codes (ivf_pq); this one holds its rows anyway");
        FaissCall.run(ErrorCode.IO, "index file " + file, () -> {
            try (Arena arena = Arena.ofConfined(); NewIndexFile made = create(data, withRows)) {
                switch (data) {
                    case FlatData flat -> addRows(made, flat);
                    case IvfFlatData ivf -> {
                        Matrix rows = ivf.slots().rows();
                        addLists(made, ivf.lists(), rows.segment(), rows.stride(), ids);
                    }
                    case IvfSqData ivf -> throw OpenIndex.unsupported();
                    case IvfPqData ivf -> {
                        long stride = ivf.model().quantizer().codeStride();
                        addLists(made, ivf.lists(), ivf.codes(), stride, withRows ? row -> row : ids);
                        if (withRows) {
                            addRows(made, ivf.rows());
                        }
                    }
                }
                boolean mapped = (data instanceof FlatData || withRows) && !goOnFromZero(ids, data.count());
                made.write(file.toString(), data.distance() == Distance.COSINE, mapped ? map(ids, data.count(), arena).address() : 0);
            }
        });
    }

    private static NewIndexFile create(IndexData data, boolean withRows) {
        return switch (data) {
            case FlatData flat -> new NewIndexFile(flat.dim(), OpenIndex.metric(flat.distance()), 0, 0, 0, 0, 0, 0, 0, 0, false);
            case IvfFlatData ivf -> create(ivf.model(), OpenIndex.metric(ivf.distance()), false);
            case IvfSqData ivf -> throw OpenIndex.unsupported();
            case IvfPqData ivf -> create(ivf.model(), OpenIndex.metric(ivf.codeDistance()), withRows);
        };
    }

    private static NewIndexFile create(IvfModel model, int metric, boolean withRows) {
        Matrix centroids = model.centroids().rows();
        ProductQuantizer quantizer = model.quantizer();
        return new NewIndexFile(model.dim(), metric, model.lists(), OpenIndex.metric(model.centroids().distance()),
                centroids.segment().address(), centroids.stride(), quantizer == null ? 0 : quantizer.m(),
                quantizer == null ? 0 : quantizer.bits(), quantizer == null ? 0 : quantizer.codewords().segment().address(),
                quantizer == null ? 0 : quantizer.codewords().stride(), withRows);
    }

    private static void addRows(NewIndexFile made, FlatData flat) {
        for (int from = 0; from < flat.count(); from += BLOCK_ROWS) {
            int count = Math.min(BLOCK_ROWS, flat.count() - from);
            made.add_rows(count, flat.rows().address(from), flat.rows().stride());
        }
    }

    /** @param codes [slots], {@code stride} bytes each: rows where there is no quantizer */
    private static void addLists(NewIndexFile made, InvertedLists lists, MemorySegment codes, long stride, IntToLongFunction ids) {
        for (int list = 0; list < lists.lists(); list++) {
            int begin = lists.begin(list);
            int size = lists.size(list);
            if (size > 0) {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment some = map(slot -> ids.applyAsLong(lists.row(begin + slot)), size, arena);
                    made.add_to_list(list, size, some.address(), codes.address() + begin * stride, stride);
                }
            }
        }
    }

    private static boolean goOnFromZero(IntToLongFunction ids, int rows) {
        for (int row = 0; row < rows; row++) {
            if (ids.applyAsLong(row) != row) {
                return false;
            }
        }
        return true;
    }

    private static MemorySegment map(IntToLongFunction ids, int rows, Arena arena) {
        MemorySegment all = arena.allocate(rows * 8L, 8);
        for (int row = 0; row < rows; row++) {
            all.set(ValueLayout.JAVA_LONG, row * 8L, ids.applyAsLong(row));
        }
        return all;
    }
}
