package dev.perigee.bench.workers;

import dev.perigee.distance.Distance;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.TieredMergePolicy;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.Version;

/** Lucene's HNSW in one segment. Its search keeps as many candidates as it returns: ef are asked for, k are taken. */
public final class LuceneWorker extends Worker {
    private static final String VECTOR = "vector";
    private static final String ROW = "row";
    private static final double BUFFER_MB = 1900; // Lucene's limit for a thread is 1,945: a segment each, merged at the end

    private Path folder;
    private MMapDirectory directory;
    private DirectoryReader reader;
    private LeafReader segment;
    private int[] rowOf; // by document

    public static void main(String[] args) throws IOException {
        LuceneWorker worker = new LuceneWorker();
        Runtime.getRuntime().addShutdownHook(new Thread(worker::close));
        worker.serve();
    }

    @Override
    protected Map<String, Object> hello() {
        String build = logged("org.apache.lucene", () ->
                VectorSimilarityFunction.DOT_PRODUCT.compare(new float[16], new float[16]));
        return Map.of("engine", "lucene", "version", Version.LATEST.toString(), "build", build);
    }

    @Override
    protected long build(String index, Distance distance, Rows rows, int threads, Request options) throws Exception {
        close();
        if (!index.equals("hnsw")) {
            throw new Skip("no index '%s' (Lucene has hnsw)".formatted(index));
        }
        folder = Files.createTempDirectory("perigee-lucene");
        directory = new MMapDirectory(folder);
        directory.setPreload(MMapDirectory.ALL_FILES);
        try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
            KnnVectorsFormat format = new Lucene99HnswVectorsFormat(options.number("links"), options.number("ef_construction"),
                    threads, threads == 1 ? null : workers, 0); // 0: a graph even for few rows
            if (rows.dim() > format.getMaxDimensions(VECTOR)) {
                throw new Skip("%d dimensions (Lucene has at most %d)".formatted(rows.dim(), format.getMaxDimensions(VECTOR)));
            }
            try (IndexWriter writer = new IndexWriter(directory, settings(format))) {
                add(rows, similarity(distance), writer, threads, workers);
                writer.forceMerge(1);
            }
        }
        reader = DirectoryReader.open(directory);
        if (reader.leaves().size() != 1) {
            throw new IllegalStateException(reader.leaves().size() + " segments (expected 1)");
        }
        segment = reader.leaves().getFirst().reader();
        rowOf = new int[segment.maxDoc()];
        NumericDocValues values = segment.getNumericDocValues(ROW);
        while (values.nextDoc() != NumericDocValues.NO_MORE_DOCS) {
            rowOf[values.docID()] = (int) values.longValue();
        }
        long bytes = 0;
        for (String file : directory.listAll()) {
            bytes += directory.fileLength(file);
        }
        return bytes;
    }

    private static VectorSimilarityFunction similarity(Distance distance) {
        return switch (distance) {
            case L2 -> VectorSimilarityFunction.EUCLIDEAN;
            case INNER_PRODUCT -> VectorSimilarityFunction.MAXIMUM_INNER_PRODUCT;
            case COSINE -> VectorSimilarityFunction.DOT_PRODUCT;
        };
    }

    private static IndexWriterConfig settings(KnnVectorsFormat format) {
        Codec codec = new Lucene104Codec() {
            @Override
            public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
                return format;
            }
        };
        TieredMergePolicy merges = new TieredMergePolicy();
        merges.setMaxMergedSegmentMB(1 << 20);
        return new IndexWriterConfig(null).setCodec(codec).setRAMBufferSizeMB(BUFFER_MB).setUseCompoundFile(false)
                .setMergePolicy(merges).setMergeScheduler(new SerialMergeScheduler());
    }

    private static void add(Rows rows, VectorSimilarityFunction similarity, IndexWriter writer, int threads,
            ExecutorService workers) throws Exception {
        AtomicInteger next = new AtomicInteger();
        Callable<Void> work = () -> {
            for (int i = next.getAndIncrement(); i < rows.count(); i = next.getAndIncrement()) {
                Document document = new Document();
                document.add(new KnnFloatVectorField(VECTOR, rows.get(i), similarity));
                document.add(new NumericDocValuesField(ROW, i));
                writer.addDocument(document);
            }
            return null;
        };
        List<Callable<Void>> all = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            all.add(work);
        }
        for (Future<Void> done : workers.invokeAll(all)) {
            done.get();
        }
    }

    @Override
    protected Pass.Search search(int k, Request options) {
        int ef = Math.max(k, options.number("ef"));
        return (query, found) -> {
            ScoreDoc[] hits = segment.searchNearestVectors(VECTOR, query, ef, AcceptDocs.fromLiveDocs(null, rowOf.length),
                    Integer.MAX_VALUE).scoreDocs;
            for (int i = 0; i < Math.min(k, hits.length); i++) {
                found[i] = rowOf[hits[i].doc];
            }
        };
    }

    private void close() {
        try {
            if (reader != null) {
                reader.close();
            }
            if (directory != null) {
                directory.close();
                try (Stream<Path> files = Files.list(folder)) {
                    for (Path file : files.toList()) {
                        Files.delete(file);
                    }
                }
                Files.delete(folder);
            }
            reader = null;
            directory = null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
