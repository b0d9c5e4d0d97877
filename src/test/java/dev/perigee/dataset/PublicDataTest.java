package dev.perigee.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Files that others wrote, from the folder PERIGEE_DATA. */
class PublicDataTest {
    private static Path data(String name) {
        String folder = System.getenv("PERIGEE_DATA");
        assumeTrue(folder != null, "PERIGEE_DATA is not set: no data sets to read");
        String file = name.contains("#") ? name.substring(0, name.indexOf('#')) : name;
        assumeTrue(Files.exists(Path.of(folder, file)), "no " + file + " in PERIGEE_DATA");
        return Path.of(folder, name);
    }

    private static void assertShape(Matrix matrix, int rows, int dim) {
        assertThat(new int[] {matrix.rows(), matrix.dim()}).containsExactly(rows, dim);
        assertThat(matrix.firstNotFinite()).isEqualTo(-1);
    }

    @Test
    void fashionMnist() {
        try (Arena arena = Arena.ofConfined()) {
            Matrix queries = Vectors.read(data("fashion-mnist/t10k-images-idx3-ubyte.gz"), arena);
            assertShape(queries, 10_000, 784);
            assertThat(queries.get(0, 214)).isZero();
            assertThat(new float[] {queries.get(0, 215), queries.get(0, 216), queries.get(0, 219), queries.get(0, 221)})
                    .containsExactly(3, 1, 7, 37);
        }
        long[] labels = Vectors.readIds(data("fashion-mnist/t10k-labels-idx1-ubyte.gz"), Optional.empty());
        assertThat(labels).hasSize(10_000).startsWith(9, 2, 1, 1, 6);
        int[][] truth = Vectors.readIvecs(data("fashion-mnist/gt_l2_ids.ivecs.gz"));
        assertThat(truth).hasDimensions(10_000, 100);
        assertThat(truth[0]).startsWith(18094, 53939, 18352, 52468, 15081);
        assertThat(truth[9_999][99]).isEqualTo(46169);
    }

    @Test
    void siftsmall() {
        try (Arena arena = Arena.ofConfined()) {
            Matrix base = Vectors.read(data("siftsmall/siftsmall_base.fvecs.gz"), arena);
            Matrix queries = Vectors.read(data("siftsmall/siftsmall_query.fvecs"), arena);
            assertShape(base, 10_000, 128);
            assertShape(queries, 100, 128);
            int[][] truth = Vectors.readIvecs(data("siftsmall/siftsmall_groundtruth.ivecs"));
            assertThat(truth).hasDimensions(100, 100);
            // the rows are right if the nearest row is the one that the ground truth names
            for (int q = 0; q < 100; q++) {
                double best = Double.POSITIVE_INFINITY;
                int nearest = -1;
                for (int i = 0; i < base.rows(); i++) {
                    double distance = 0;
                    for (int j = 0; j < 128 && distance < best; j++) {
                        double d = (double) base.get(i, j) - queries.get(q, j);
                        distance += d * d;
                    }
                    if (distance < best) {
                        best = distance;
                        nearest = i;
                    }
                }
                assertThat(nearest).as("query " + q).isEqualTo(truth[q][0]);
            }
        }
    }

    @Test
    void omniglotLabelsAreShorts() {
        long[] labels = Vectors.readIds(data("omniglot/omniglot28-labels-idx1-short.gz"), Optional.empty());
        assertThat(labels).hasSize(32_460).startsWith(0, 0).endsWith(1622, 1622);
    }

    @Test
    void npzMembersOfAdbench() {
        Path file = data("resnet18-cifar10-512d/CIFAR10_0.npz");
        assertThatThrownBy(() -> VectorReader.open(file)).isInstanceOf(PerigeeException.class)
                .hasMessageContaining("with one of X, y)");
        long[] outlier = Vectors.readIds(Path.of(file + "#y"), Optional.empty());
        assertThat(outlier).hasSize(5_263).containsOnly(0, 1);
        assertThat(Arrays.stream(outlier).sum()).isEqualTo(263);
        try (Arena arena = Arena.ofConfined()) {
            Matrix x = Vectors.read(Path.of(file + "#X"), arena);
            assertShape(x, 5_263, 512);
            assertThat(new float[] {x.get(0, 0), x.get(0, 511), x.get(2_000, 7)}).containsExactly(0.30164468f, 0, 1.6187732f);
        }
    }

    /** NumPy wrote these two column by column: refused by name, not read wrongly. */
    @Test
    void columnMajorFilesAreRefused() {
        for (String name : new String[] {"ru-words-derived-100d/ru_ppmi_svd_20k_100d_f16.npy.gz", "aloi-27d/1_ALOI.npz#X"}) {
            Path file = data(name);
            assertThatThrownBy(() -> VectorReader.open(file)).isInstanceOf(PerigeeException.class)
                    .hasMessageContaining("column-major (fortran_order True)").hasMessageContaining(file.toString())
                    .extracting(e -> ((PerigeeException) e).code()).isEqualTo(ErrorCode.UNSUPPORTED);
        }
    }
}
