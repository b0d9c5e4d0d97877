package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.backend.Backends;
import dev.perigee.collection.Collection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.dataset.Vectors;
import dev.perigee.distance.Distance;
import dev.perigee.testing.RequiresFaiss;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** import-faiss and export-faiss, on files of our own and on those that FAISS's Python module made (see make.py there). */
@RequiresFaiss
class FaissCommandsTest {
    private static final Path MADE = Path.of("src/test/resources/dev/perigee/compute/faiss");

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String line) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err))
                .execute(line.replace("@", folder.toString()).replace("MADE", MADE.toString()).split(" "));
    }

    private static SearchResult search(Path index, Matrix queries, SearchRequest request, String backend) {
        try (ComputeBackend compute = Backends.open(backend, 2); Collection collection = Collection.open(index, compute)) {
            return collection.search(queries, request);
        }
    }

    @ParameterizedTest
    @CsvSource({"flat,l2", "flat,cosine", "flat,ip", "ivf_flat,l2", "ivf_flat,cosine", "ivf_flat,ip", "ivf_pq,l2", "ivf_pq,cosine",
        "ivf_pq,ip"})
    void whatGoesOutComesBack(String kind, String distance) throws IOException {
        Matrix rows = Rows.CLUSTERED.make(Distance.parse(distance), 900, 18, 1);
        write("rows.fvecs", rows);
        Files.write(folder.resolve("ids.txt"), LongStream.range(0, 900).mapToObj(i -> "" + (5000 - 3 * i)).toList());
        String lists = kind.equals("flat") ? "" : " --lists 7" + (kind.equals("ivf_pq") ? " --pq-m 9" : "");
        assertThat(run("build --data @/rows.fvecs --ids @/ids.txt --index " + kind + " --distance " + distance + lists + " --out @/a"))
                .as(err.toString()).isZero();
        assertThat(run("export-faiss --index @/a --out @/a.faiss --json")).as(err.toString()).isZero();
        assertThat(JsonResult.parse(out.toString())).containsEntry("index", kind).containsEntry("rows", 900.0);
        String vectors = kind.equals("ivf_pq") ? " --vectors @/by-id.fvecs" : "";
        write("by-id.fvecs", byId(rows));
        assertThat(run("import-faiss --in @/a.faiss --out @/b --json" + vectors)).as(err.toString()).isZero();
        assertThat(JsonResult.parse(out.toString())).containsEntry("index", kind).containsEntry("distance", distance)
                .containsEntry("rows_from", kind.equals("ivf_pq") ? "vectors" : "file");
        SearchRequest request = kind.equals("flat") ? SearchRequest.nearest(10) : SearchRequest.nearest(10).withProbes(3);
        Matrix queries = Rows.CLUSTERED.make(Distance.parse(distance), 40, 18, 2);
        SearchResult before = search(folder.resolve("a"), queries, request, "simd");
        SearchResult after = search(folder.resolve("b"), queries, request, "simd");
        assertThat(after.ids()).isEqualTo(before.ids());
        for (int i = 0; i < before.scores().length; i++) { // unit rows are made of unit rows once more
            assertThat(after.scores()[i]).isCloseTo(before.scores()[i], within(distance.equals("cosine") ? 1e-6f : 0f));
        }
        assertThat(search(folder.resolve("b"), queries, request, "faiss").ids()).isEqualTo(before.ids());
    }

    /** Row of id i at i. */
    private static Matrix byId(Matrix rows) {
        Matrix byId = Matrix.allocate(Arena.ofAuto(), 5001, rows.dim());
        for (int i = 0; i < rows.rows(); i++) {
            byId.copy(rows, i, 5000 - 3 * i, 1);
        }
        return byId;
    }

    private void write(String name, Matrix rows) {
        float[] values = new float[rows.rows() * rows.dim()];
        for (int i = 0; i < rows.rows(); i++) {
            System.arraycopy(rows.get(i), 0, values, i * rows.dim(), rows.dim());
        }
        Vectors.writeFvecs(folder.resolve(name), values, rows.rows(), rows.dim());
    }

    @Test
    void rowsMayGoWithTheCodes() {
        write("rows.fvecs", Rows.CLUSTERED.make(Distance.L2, 500, 16, 3));
        assertThat(run("build --data @/rows.fvecs --index ivf_pq --distance l2 --lists 5 --out @/a")).isZero();
        assertThat(run("export-faiss --index @/a --with-rows --out @/a.faiss")).as(err.toString()).isZero();
        assertThat(run("import-faiss --in @/a.faiss --out @/b --json")).as(err.toString()).isZero();
        assertThat(out.toString()).contains("\"rows_from\":\"file\"");
        SearchRequest request = SearchRequest.nearest(5).withProbes(5).withRefine(100);
        Matrix queries = Rows.CLUSTERED.make(Distance.L2, 20, 16, 4);
        assertThat(search(folder.resolve("b"), queries, request, "simd")).usingRecursiveComparison()
                .isEqualTo(search(folder.resolve("a"), queries, request, "simd"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"flat-mapped", "flat-mapped-twice", "flat-normalized", "flat-rotated", "lists-rotated", "lists-with-ids",
        "lists-inner-product", "lists-of-graph", "codes", "codes-refined", "codes-4-bits"})
    void filesOfFaissGiveTheAnswersOfFaiss(String name) throws IOException {
        assertThat(run("import-faiss --in MADE/" + name + ".faiss --out @/index --json")).as(err.toString()).isZero();
        Map<String, Object> report = JsonResult.parse(out.toString());
        assertThat(report).containsEntry("rows", 300.0).containsEntry("dim", 8.0);
        SearchRequest request = switch (report.get("index").toString()) {
            case "flat" -> SearchRequest.nearest(3);
            case "ivf_flat" -> SearchRequest.nearest(3).withProbes(4);
            default -> SearchRequest.nearest(3).withProbes(4).withRefine(name.equals("codes-refined") ? 300 : 0);
        };
        long[] hits = new long[15];
        ByteBuffer.wrap(Files.readAllBytes(MADE.resolve(name + ".hits"))).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(hits);
        try (Arena arena = Arena.ofShared()) {
            Matrix rows = Vectors.read(MADE.resolve("rows.npy"), arena);
            for (String backend : new String[] {"simd", "faiss", "scalar"}) {
                assertThat(search(folder.resolve("index"), rows.slice(0, 5), request, backend).ids()).as(backend).isEqualTo(hits);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"hnsw | none of Flat, IVF-Flat and IVF-PQ", "codes-behind-opq | behind a rotation",
        "pca | 8 to 4 dimensions that is no rotation", "codes-6-bits | codes of 6 bits (expected 8 or 4)",
        "scalar | none of Flat, IVF-Flat and IVF-PQ"})
    void whatPerigeeHasNotIsRefusedWithTheReason(String name, String reason) {
        assertThat(run("import-faiss --in MADE/refused-" + name + ".faiss --out @/index")).isEqualTo(1);
        assertThat(err.toString().strip()).startsWith("perigee: index file ").contains(reason).doesNotContain("\n");
        assertThat(folder.resolve("index")).doesNotExist();
    }

    @Test
    void whatIsWrongIsSaidAndLeavesNothing() throws IOException {
        assertThat(run("import-faiss --in @/none --out @/index")).isEqualTo(1);
        assertThat(err.toString()).contains("none (not there)");
        Files.writeString(folder.resolve("text"), "this is no index");
        assertThat(run("import-faiss --in @/text --out @/index")).isEqualTo(1);
        assertThat(err.toString()).contains("index file").contains("FAISS: ");
        assertThat(run("import-faiss --in MADE/flat-mapped.faiss --vectors MADE/rows.npy --out @/index")).isEqualTo(1);
        assertThat(err.toString()).contains("vectors: for an index of codes");
        assertThat(run("import-faiss --in MADE/flat-mapped.faiss --out @/index")).isZero();
        assertThat(run("export-faiss --index @/index --with-rows --out @/file")).isEqualTo(1);
        assertThat(err.toString()).contains("with-rows: for an index of codes");
        assertThat(run("export-faiss --index @/index --out @/nowhere/file")).isEqualTo(1);
        try (var files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("text", "index");
        }
    }
}
