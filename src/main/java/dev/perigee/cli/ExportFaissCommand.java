package dev.perigee.cli;

import dev.perigee.api.CollectionInfo;
import dev.perigee.backend.Backends;
import dev.perigee.collection.Collection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.IndexFiles;
import dev.perigee.dataset.NewFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee export-faiss}: an index folder becomes an index file of FAISS. */
@Command(name = "export-faiss", description = {"Write an index as an index file of FAISS.",
    "Any FAISS reads it: centroids, codebooks, codes and ids are the same. Cosine becomes unit rows behind an L2norm.",
    "The rows are those of the space in service: where a transform maps them, map the queries of FAISS by it too."})
final class ExportFaissCommand implements Callable<Integer> {
    @Mixin
    private Output output;

    @Option(names = "--index", required = true, paramLabel = "DIR", description = "The folder of the index.")
    private Path index;

    @Option(names = "--with-rows", description = "Keep the rows of an ivf_pq index beside its codes (RFlat), so that FAISS can refine.")
    private boolean withRows;

    @Option(names = "--out", required = true, paramLabel = "F", description = "The file to write; one that is there is replaced.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        IndexFiles files = Backends.faissFiles();
        try (ComputeBackend compute = Backends.open("simd", 0); Collection collection = Collection.open(index, compute)) {
            NewFile.writeAt(out, beside -> collection.export(files, beside, withRows));
            CollectionInfo info = collection.info();
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("index", info.spec().index().kind().label());
            fields.put("distance", info.spec().distance().label());
            fields.put("rows", info.rows());
            fields.put("dim", info.spec().dim());
            fields.put("with_rows", withRows);
            fields.put("bytes", Files.size(out));
            fields.put("out", out);
            output.result(fields, "%s: %s of %d rows x %d, %.1f MB".formatted(out, info.spec().index().kind().label(), info.rows(),
                    info.spec().dim(), Files.size(out) / 1e6));
        }
        return 0;
    }
}
