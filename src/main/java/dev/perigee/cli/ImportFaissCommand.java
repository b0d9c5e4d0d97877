package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.CollectionInfo;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.UpsertRequest;
import dev.perigee.backend.Backends;
import dev.perigee.collection.BulkLoad;
import dev.perigee.collection.Collection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.IndexFiles;
import dev.perigee.dataset.Vectors;
import dev.perigee.index.IvfParts;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee import-faiss}: an index file of FAISS becomes an index folder. */
@Command(name = "import-faiss", description = {"Make an index of an index file of FAISS.",
    "Taken are Flat, IVF-Flat and IVF-PQ (4 or 8 bits) by L2 or inner product, with ids in lists or in IDMap, rows kept by RFlat, "
        + "L2norm in front (cosine), and rotations and shifts in front of rows, which are undone. Nothing is trained or coded anew.",
    "The folder appears when it is whole; an import that fails or is interrupted leaves nothing."})
final class ImportFaissCommand implements Callable<Integer> {
    private static final int BLOCK_ROWS = 4096;

    @Mixin
    private Output output;

    @Option(names = "--in", required = true, paramLabel = "F", description = "The file of FAISS.")
    private Path in;

    @Option(names = "--vectors", paramLabel = "F", description = "The rows that IVF-PQ codes were made of, by id, to refine from "
            + "(default: rows that the file keeps, else decoded from the codes).")
    private Path vectors;

    @Option(names = "--name", paramLabel = "NAME", description = "Name of the collection (default: that of the folder).")
    private String name;

    @Option(names = "--out", required = true, paramLabel = "DIR",
            description = "Folder to make; a collection that is there is replaced.")
    private Path out;

    @Override
    public Integer call() {
        IndexFiles files = Backends.faissFiles();
        try (Bar bar = new Bar(); ComputeBackend compute = Backends.open("simd", 0); IndexFiles.Content content = files.read(in);
                Arena arena = Arena.ofShared()) {
            check(content.rows() > 0, "rows: 0 in %s (expected at least one)", in);
            IvfParts parts = content.parts(arena);
            ProductQuantizer quantizer = parts == null ? null : parts.quantizer();
            check(vectors == null || quantizer != null, "vectors: for an index of codes (IVF-PQ); %s holds its rows", in);
            CollectionSpec spec = new CollectionSpec(CollectionNames.of(name, out), content.dim(), content.distance(),
                    spec(parts, quantizer));
            try (Collection collection = Collection.create(spec, compute, out)) {
                load(content, collection, bar);
                if (parts != null) {
                    collection.adopt(parts, bar);
                }
                collection.save(out);
                report(collection, content, quantizer);
            }
        }
        return 0;
    }

    private static IndexSpec spec(IvfParts parts, ProductQuantizer quantizer) {
        if (parts == null) {
            return IndexSpec.FLAT;
        }
        int lists = parts.centroids().rows();
        return quantizer == null ? IndexSpec.ivfFlat(lists)
                : new IndexSpec(IndexKind.IVF_PQ, lists, quantizer.m(), quantizer.bits(), 0);
    }

    private void load(IndexFiles.Content content, Collection collection, Bar bar) {
        try (Arena arena = Arena.ofShared(); BulkLoad load = collection.bulkLoad()) {
            Matrix given = vectors == null ? null : given(content, arena);
            Matrix block = Matrix.allocate(arena, BLOCK_ROWS, content.dim());
            for (int from = 0; from < content.rows(); from += BLOCK_ROWS) {
                Matrix part = block.slice(0, Math.min(BLOCK_ROWS, content.rows() - from));
                long[] ids = new long[part.rows()];
                for (int i = 0; i < ids.length; i++) {
                    ids[i] = content.id(from + i);
                }
                if (given == null) {
                    content.copyRows(from, part);
                } else {
                    copyGiven(given, ids, part);
                }
                int bad = part.firstNotFinite();
                check(bad < 0, "id %d: its row is not finite (expected numbers, file %s)", bad < 0 ? 0 : ids[bad], in);
                load.add(UpsertRequest.of(ids, part));
                check(bar.at("read rows", from + part.rows(), content.rows()), "cancelled while reading %s", in);
            }
            load.commit();
        }
    }

    private Matrix given(IndexFiles.Content content, Arena arena) {
        Matrix given = Vectors.read(vectors, arena);
        check(given.dim() == content.dim(), "vectors: dim %d in %s (expected %d)", given.dim(), vectors, content.dim());
        return given;
    }

    private void copyGiven(Matrix given, long[] ids, Matrix to) {
        for (int i = 0; i < ids.length; i++) {
            check(ids[i] >= 0 && ids[i] < given.rows(), "vectors: %d rows in %s (expected one for id %d)", given.rows(), vectors, ids[i]);
            to.copy(given, (int) ids[i], i, 1);
        }
    }

    private void report(Collection collection, IndexFiles.Content content, ProductQuantizer quantizer) {
        CollectionInfo info = collection.info();
        String from = vectors != null ? "vectors" : content.hasRows() ? "file" : "codes";
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("index", info.spec().index().kind().label());
        fields.put("distance", info.spec().distance().label());
        fields.put("rows", info.rows());
        fields.put("dim", info.spec().dim());
        fields.put("lists", info.spec().index().lists());
        fields.put("pq_m", quantizer == null ? 0 : quantizer.m());
        fields.put("pq_bits", quantizer == null ? 0 : quantizer.bits());
        fields.put("rows_from", from);
        fields.put("bytes", info.bytes());
        fields.put("out", out);
        output.result(fields, "%s: %d rows, %s, %s%s".formatted(out, info.rows(), info.spec().index().kind().label(),
                info.spec().distance().label(), from.equals("codes")
                        ? "; its rows are decoded from the codes, so --refine adds nothing (--vectors gives the rows)" : ""));
    }
}
