package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.dataset.Vectors;
import dev.perigee.index.TransformFile;
import dev.perigee.testing.TestData;
import dev.perigee.vector.Matrix;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code learn fit} and {@code learn apply} as a script uses them. */
class LearnFitCommandTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void write() throws IOException {
        // two classes that differ in x alone, and vary most in y
        float[] rows = {0, 5, 1, -6, 0, 40, 1, -41, 10, 7, 11, -8, 10, 33, 11, -30};
        Vectors.writeFvecs(folder.resolve("rows.fvecs"), rows, 8, 2);
        Files.writeString(folder.resolve("labels.txt"), "a\na\na\na\nb\nb\nb\nb\n");
        StringBuilder table = new StringBuilder("x,y,colour,kind\n");
        for (int i = 0; i < 8; i++) {
            table.append(rows[2 * i]).append(',').append(rows[2 * i + 1]).append(i % 3 == 0 ? ",red," : ",blue,").append(i < 4 ? "a" : "b").append('\n');
        }
        Files.writeString(folder.resolve("table.csv"), table);
    }

    private int run(String line) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err))
                .execute(("learn " + line).replace("@", folder + "/").split(" "));
    }

    private Map<String, Object> json(String line) throws IOException {
        assertThat(run(line + " --json")).as("%s", err).isZero();
        return JsonResult.parse(out.toString());
    }

    @ParameterizedTest
    @CsvSource({"standardise, 2", "minmax, 2", "robust, 2", "unit, 2", "pca --dims 1, 1", "mahalanobis --shrink none, 2", "rca --shrink oas, 2",
        "lda --shrink .1, 1", "nca --dims 1, 1", "lda --standardise, 1"})
    void everyMethodLearnsAndMaps(String method, int dims) throws IOException {
        boolean supervised = method.matches("(rca|lda|nca).*");
        Map<String, Object> fields = json("fit --data @rows.fvecs --method " + method + (supervised ? " --labels @labels.txt" : "") + " --out @a");
        assertThat(fields).containsEntry("method", method.split(" ")[0]).containsEntry("rows", 8.0).containsEntry("dim", 2.0)
                .containsEntry("dims", (double) dims).containsEntry("skipped", 0.0);
        TransformFile.Content content = TransformFile.read(folder.resolve("a"));
        assertThat(content.facts()).containsKeys("method", "data_sha256", "created").isEqualTo(fields.get("facts"));
        assertThat(json("apply --transform @a --data @rows.fvecs --out @mapped.npy --backend simd")).containsEntry("rows", 8.0)
                .containsEntry("dims", (double) dims);
        try (Arena arena = Arena.ofConfined()) {
            Matrix rows = Vectors.read(folder.resolve("rows.fvecs"), arena);
            Matrix mapped = Vectors.read(folder.resolve("mapped.npy"), arena);
            for (int i = 0; i < 8; i++) {
                float[] expected = content.transform().apply(rows.get(i));
                for (int t = 0; t < dims; t++) {
                    assertThat(mapped.get(i, t)).isCloseTo(expected[t], org.assertj.core.api.Assertions.within(1e-5f));
                }
            }
        }
    }

    @Test
    void classesLieApartAfterLdaOnly() throws IOException {
        json("fit --data @rows.fvecs --labels @labels.txt --method lda --out @a");
        json("apply --transform @a --data @rows.fvecs --out @mapped.npy");
        assertThat(json("eval --embeddings @mapped.npy --labels @labels.txt")).containsEntry("hit_at_1", 1.0);
        assertThat((double) json("eval --embeddings @rows.fvecs --labels @labels.txt").get("hit_at_1")).isLessThan(1);
    }

    @Test
    void aTableIsMappedAsItWasLearned() throws IOException {
        Map<String, Object> fields = json("fit --data @table.csv --column kind --method lda --out @a");
        assertThat(fields).containsEntry("dim", 4.0).containsEntry("classes", 2.0);
        assertThat(TransformFile.read(folder.resolve("a")).facts()).containsEntry("columns", "x,y,colour=blue|red");
        json("apply --transform @a --data @table.csv --column kind --out @mapped.npy");
        Files.writeString(folder.resolve("new.csv"), "colour,x,y\nred,1,2\ngreen,1,2\n");
        assertThat(run("apply --transform @a --data @new.csv --out @new.npy")).isEqualTo(1);
        assertThat(err.toString()).contains("line 3: 'green' in column 'colour' (expected one of blue, red");
        assertThat(run("apply --transform @a --data @rows.fvecs --out @new.npy")).isEqualTo(1);
        assertThat(err.toString()).contains("rows.fvecs' is no table");
    }

    @Test
    void badRowsAreSkippedWithTheirLabels() throws IOException {
        Vectors.writeFvecs(folder.resolve("bad.fvecs"), new float[] {0, 5, Float.NaN, 1, 1, -6, 10, 7, 11, -8}, 5, 2);
        Files.writeString(folder.resolve("five.txt"), "a\nc\na\nb\nb\n");
        assertThat(run("fit --data @bad.fvecs --labels @five.txt --method rca --out @a")).isEqualTo(1);
        assertThat(err.toString()).contains("row 1 of").contains("not finite");
        assertThat(json("fit --data @bad.fvecs --labels @five.txt --method rca --skip-bad --out @a")).containsEntry("rows", 4.0)
                .containsEntry("skipped", 1.0).containsEntry("classes", 2.0);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--data @rows.fvecs --method pda|2|method: 'pda' (expected standardise, minmax, robust, unit, pca, mahalanobis, rca, lda, nca",
        "--data @rows.fvecs --method pca|2|pca needs --dims", "--data @rows.fvecs --method pca --dims 3|1|dims: 3 (expected 1 to 2)",
        "--data @rows.fvecs --labels @labels.txt --method pca --dims 1|2|pca takes no --labels",
        "--data @rows.fvecs --method unit --shrink oas|2|unit takes no --shrink",
        "--data @rows.fvecs --method minmax --standardise|2|minmax takes no --standardise",
        "--data @rows.fvecs --method lda|1|labels: none (expected --labels, or a table with a column of them, which lda needs)",
        "--data @rows.fvecs --labels @labels.txt --method lda --dims 2|1|dims: 2 (expected 1 to 1, of 2 classes and dim 2)",
        "--data @rows.fvecs --labels @labels.txt --method lda --shrink 2|1|shrink: 2.0 (expected 0 to 1)",
        "--data @rows.fvecs --labels @table.csv --method lda|1|column: not said",
        "--data @table.csv --column nobody --method rca|1|column: no 'nobody' in",
        "--data @rows.fvecs --labels @one.txt --method lda|1|classes: 1, only 'a' (expected 2 or more)",
        "--data @rows.fvecs --labels @short.txt --method lda|1|(expected 8, one per row of"})
    void whatCannotBeIsSaid(String line, int status, String message) throws IOException {
        Files.writeString(folder.resolve("one.txt"), "a\n".repeat(8));
        Files.writeString(folder.resolve("short.txt"), "a\nb\n");
        assertThat(run("fit " + line + " --out @a")).isEqualTo(status);
        assertThat(err.toString()).contains(message);
        assertThat(err.toString().strip().lines()).hasSize(1);
        assertThat(folder.resolve("a")).doesNotExist();
    }

    @Test
    void lettersOfAnArff() throws IOException {
        Path letters = TestData.file("uci/letter.arff.gz");
        assertThat(json("fit --data " + letters + " --method lda --out @a")).containsEntry("rows", 20000.0).containsEntry("classes", 26.0)
                .containsEntry("dims", 16.0);
    }

    /** Commands are looked at by reflection when a program starts; one that is packed without learning must start all the same. */
    @Test
    void aProgramWithoutLearningSaysSo() throws Exception {
        try (WithoutLearn loader = new WithoutLearn()) {
            var make = loader.loadClass(Main.class.getName()).getDeclaredMethod("commandLine");
            make.setAccessible(true);
            Object program = make.invoke(null);
            program.getClass().getMethod("setErr", PrintWriter.class).invoke(program, new PrintWriter(err));
            program.getClass().getMethod("setOut", PrintWriter.class).invoke(program, new PrintWriter(out));
            var execute = program.getClass().getMethod("execute", String[].class);
            assertThat(execute.invoke(program, (Object) new String[] {"learn", "fit", "--data", "x"})).isEqualTo(1);
            assertThat(err.toString()).startsWith("perigee: learn: not in this program");
            assertThat(execute.invoke(program, (Object) new String[] {"info", "--help"})).isEqualTo(0);
            assertThat(out.toString()).contains("perigee info");
        }
    }

    /** Loads the program anew, as if what the image for servers leaves out were not there. */
    private static final class WithoutLearn extends URLClassLoader {
        WithoutLearn() throws IOException {
            super(urls(), ClassLoader.getPlatformClassLoader());
        }

        private static URL[] urls() throws IOException {
            String[] parts = System.getProperty("java.class.path").split(File.pathSeparator);
            URL[] urls = new URL[parts.length];
            for (int i = 0; i < parts.length; i++) {
                urls[i] = Path.of(parts[i]).toUri().toURL();
            }
            return urls;
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (name.startsWith("dev.perigee.learn.") || name.startsWith("org.ejml.")) {
                throw new ClassNotFoundException(name);
            }
            return super.findClass(name);
        }
    }
}
