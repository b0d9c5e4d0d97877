package dev.perigee.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.PerigeeException;
import dev.perigee.evaluate.Labels;
import dev.perigee.evaluate.Run;
import dev.perigee.testing.TestData;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels, judgements and runs. */
class LabelFileTest {
    @TempDir
    Path folder;

    private Path write(String name, String text) {
        Path file = folder.resolve(name);
        try (OutputStream raw = Files.newOutputStream(file);
                OutputStream out = name.endsWith(".gz") ? new GZIPOutputStream(raw) : raw) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return file;
    }

    private Labels labels(String name, String text, String column) {
        return LabelFile.read(write(name, text), Optional.ofNullable(column));
    }

    @Test
    void oneALine() {
        for (String name : new String[] {"labels.txt", "labels.txt.gz", "labels"}) {
            Labels labels = labels(name, "кот\r\n пёс \nкот", null);
            assertThat(labels.numbers()).containsExactly(0, 1, 0);
            assertThat(labels.name(1)).isEqualTo("пёс");
        }
    }

    @Test
    void aColumn() {
        String csv = "id,label,\"a, b\"\n1,x,\"say \"\"hi\"\"\"\n2,\"two\nlines\",q\n3,x,\"say \"\"hi\"\"\"\n";
        assertThat(labels("a.csv", csv, null).numbers()).containsExactly(1, 0, 1);
        assertThat(labels("a.csv", csv, null).name(0)).isEqualTo("two\nlines");
        assertThat(labels("a.csv.gz", csv, "a, b").name(1)).isEqualTo("say \"hi\"");
        assertThat(labels("a.tsv", "x\tclass\n1,5\tb\n2\ta\n", "class").numbers()).containsExactly(1, 0);
        assertThat(labels("a.csv", "class\nb\na\n", null).numbers()).containsExactly(1, 0);
    }

    @Test
    void integersOfOtherFormats() {
        assertThat(LabelFile.read(TestData.file("toy/iris.csv"), Optional.empty()).size(2)).isEqualTo(50);
        Labels letters = LabelFile.read(TestData.file("omniglot/omniglot28-labels-idx1-short.gz"), Optional.empty());
        assertThat(letters.classes()).isEqualTo(1623);
        assertThat(letters.of(32_459)).isEqualTo(1622);
        Labels clothes = LabelFile.read(TestData.file("fashion-mnist/t10k-labels-idx1-ubyte.gz"), Optional.empty());
        assertThat(clothes.numbers()).startsWith(9, 2, 1, 1, 6);
    }

    @Test
    void whatIsBrokenIsNamedWithItsLine() {
        assertRefused("line 2: empty (expected one label a line, file '", () -> labels("l.txt", "a\n\nb", null));
        assertRefused("line 3: 1 fields (expected 2, as in the line of names", () -> labels("l.csv", "a,label\n1,2\n3\n", null));
        assertRefused("line 2: no label in column 'label' (expected one in every row", () ->
                labels("l.csv", "a,label\n1,\n", null));
        assertRefused("line 2: a quote that is never closed (expected a closing quote", () ->
                labels("l.csv", "label\n\"a\n", null));
        assertRefused("column: no 'c' in '", () -> labels("l.csv", "a,b\n1,2\n", "c"));
        assertRefused("column: not said, and none is called 'label', in '", () -> labels("l.csv", "a,b\n1,2\n", null));
        assertRefused("column: 'c' of '", () -> labels("l.txt", "a\n", "c"));
        assertThatThrownBy(() ->
                LabelFile.read(Files.write(folder.resolve("bad.txt"), new byte[] {65, 10, (byte) 0xff}), Optional.empty()))
                .isInstanceOf(PerigeeException.class).hasMessageStartingWith("line 2: no UTF-8 (expected text in UTF-8, file '");
    }

    @Test
    void judgementsAndRuns() {
        var qrels = TrecFile.readQrels(write("q.txt", "1 0 a 2\n1\t0\tb 0\n\n2 0 a 1\n"));
        assertThat(qrels.queries()).containsExactly("1", "2");
        assertThat(qrels.grades("1")).containsEntry("a", 2).containsEntry("b", 0);
        Run run = TrecFile.readRun(write("r.txt.gz", "1 Q0 a 1 -2.5e0 me\n1 Q0 b 2 7 me\n"));
        assertThat(run.ranked("1", Run.Ties.BY_ID)).containsExactly("b", "a");
        assertRefused("line 2: document: 'a' twice for query '1' (expected each once) (expected each document once, file '",
                () -> TrecFile.readRun(write("r", "1 Q0 a 1 2 me\n1 Q0 a 2 1 me\n")));
        assertRefused("line 1: 5 fields (expected 6: query, Q0, document, rank, score, name",
                () -> TrecFile.readRun(write("r", "1 Q0 a 1 2\n")));
        assertRefused("line 1: no number: '1 0 a x' (expected query, iteration, document, grade",
                () -> TrecFile.readQrels(write("q", "1 0 a x\n")));
        assertThat(TrecFile.readQrels(TestData.file("cranfield/cranqrel.trec.txt")).queries()).hasSize(225);
    }

    private static void assertRefused(String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(PerigeeException.class).hasMessageStartingWith(message);
    }
}
