package dev.perigee.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.testing.TestData;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FeatureTableTest {
    private static final String PEOPLE = "age,sex,\"town, or city\",class\n34,m,Tver,a\n54,f,\"Rostov \"\"on\"\" Don\",b\n-1.5e1,m,Tver,a\n";

    @TempDir
    Path folder;

    private Path file(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream out = name.endsWith(".gz") ? new GZIPOutputStream(Files.newOutputStream(file)) : Files.newOutputStream(file)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }

    private static FeatureTable read(Path file) {
        return FeatureTable.read(file, Optional.empty(), Optional.empty(), false, Arena.ofAuto());
    }

    @ParameterizedTest
    @CsvSource({"people.csv", "people.CSV", "people.csv.gz", "people.tsv"})
    void numbersAndCategories(String name) throws IOException {
        String text = name.endsWith("tsv") ? PEOPLE.replace("town, or city", "town; or city").replace(',', '\t') : PEOPLE;
        FeatureTable table = read(file(name, text));
        assertThat(table.columns().dim()).isEqualTo(5);
        assertThat(table.columns().columns()).extracting(FeatureColumns.Column::categories).containsExactly(java.util.List.of(),
                java.util.List.of("f", "m"), java.util.List.of("Rostov \"on\" Don", "Tver"));
        assertThat(table.rows().get(0)).containsExactly(34, 0, 1, 0, 1);
        assertThat(table.rows().get(1)).containsExactly(54, 1, 0, 1, 0);
        assertThat(table.rows().get(2)).containsExactly(-15, 0, 1, 0, 1);
        assertThat(table.labels().orElseThrow().numbers()).containsExactly(0, 1, 0);
    }

    @Test
    void aLaterTableIsReadInTheSameWay() throws IOException {
        FeatureColumns columns = FeatureColumns.parse(read(file("people.csv", PEOPLE)).columns().text());
        assertThat(columns.text()).isEqualTo("age,sex=f|m,town%2C+or+city=Rostov+%22on%22+Don|Tver");
        FeatureTable later = FeatureTable.read(file("later.csv", "sex,\"town, or city\",age\nm,Tver,7\n"), Optional.of(columns),
                Optional.empty(), false, Arena.ofAuto());
        assertThat(later.rows().get(0)).containsExactly(7, 0, 1, 0, 1);
        assertThat(later.labels()).isEmpty();
        assertThatThrownBy(() -> FeatureTable.read(file("new.csv", "sex,\"town, or city\",age\nm,Omsk,7\n"), Optional.of(columns),
                Optional.empty(), false, Arena.ofAuto())).hasMessageContaining("line 2: 'Omsk' in column 'town, or city' (expected one of Rostov \"on\" Don, Tver");
        assertThatThrownBy(() -> FeatureTable.read(file("few.csv", "sex,age\nm,7\n"), Optional.of(columns), Optional.empty(), false,
                Arena.ofAuto())).hasMessageContaining("column: no 'town, or city' in");
        assertThatThrownBy(() -> FeatureTable.read(file("more.csv", "sex,\"town, or city\",age,shoe\nm,Tver,7,44\n"), Optional.of(columns),
                Optional.empty(), false, Arena.ofAuto())).hasMessageContaining("column: 'shoe' in");
    }

    @Test
    void missingValuesAreRefusedOrSkipped() throws IOException {
        Path file = file("holes.csv", "x,y,label\n1,2,a\n,3,b\n4,?,a\n5,NaN,b\n6,7,b\n");
        assertThatThrownBy(() -> read(file)).hasMessageContaining("line 3: '' in column 'x' (expected a value; --skip-bad");
        FeatureTable table = FeatureTable.read(file, Optional.empty(), Optional.empty(), true, Arena.ofAuto());
        assertThat(table.skipped().stream().toArray()).containsExactly(1, 2, 3);
        assertThat(table.rows().get(1)).containsExactly(6, 7);
        assertThat(table.labels().orElseThrow().numbers()).containsExactly(0, 1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"x,y;1,2;3|line 3: 1 values (expected 2", "1,2;3,4|line 1: numbers (expected the names of columns",
        "x,x;1,2|column 'x': there twice", "label;a|columns: none", "x;1e99|line 2: '1e99' in column 'x' (expected a float32",
        "x|rows: 0 in", "x;\"1|line 2: a quote that is never closed"})
    void whatIsWrongIsSaid(String text, String message) throws IOException {
        Path file = file("bad.csv", text.replace(';', '\n') + "\n");
        assertThatThrownBy(() -> read(file)).hasMessageContaining(message);
    }

    @Test
    void aKeyIsNoCategory() throws IOException {
        StringBuilder text = new StringBuilder("key,x\n");
        for (int i = 0; i < 1200; i++) {
            text.append("k").append(i).append(',').append(i).append('\n');
        }
        Path file = file("keys.csv", text.toString());
        assertThatThrownBy(() -> read(file)).hasMessageContaining("column 'key' of").hasMessageContaining("more than 1000 categories");
    }

    @Test
    void anArffSaysWhatItHolds() throws IOException {
        Path file = file("a.arff", "% a comment\n@RELATION 'a b'\n\n@attribute 'first one' real\n@attribute colour {red, 'dark \\'blue', green}\n"
                + "@attribute class {1,2}\n@data\n\n% another\n 1.5 , 'dark \\'blue', 2\n3,green,1\n");
        FeatureTable table = read(file);
        assertThat(table.columns().text()).isEqualTo("first+one,colour=red|dark+%27blue|green");
        assertThat(table.rows().get(0)).containsExactly(1.5f, 0, 1, 0);
        assertThat(table.labels().orElseThrow().numbers()).containsExactly(1, 0);
        assertThatThrownBy(() -> read(file("date.arff", "@relation a\n@attribute d date\n@data\n2020\n"))).hasMessageContaining(
                "attribute 'd' of another type (expected numeric, real, integer or {categories}");
        assertThatThrownBy(() -> read(file("sparse.arff", "@relation a\n@attribute d real\n@data\n{0 1}\n"))).hasMessageContaining("line 4: a sparse row");
        assertThatThrownBy(() -> read(file("other.arff", "@relation a\n@attribute d {x}\n@data\ny\n"))).hasMessageContaining(
                "line 4: 'y' in column 'd' (expected one of x");
    }

    @ParameterizedTest
    @CsvSource({"letter, 20000, 16, 26", "pendigits, 10992, 16, 10", "optdigits, 5620, 64, 10"})
    void tablesOfUci(String name, int rows, int dim, int classes) {
        FeatureTable table = read(TestData.file("uci/" + name + ".arff.gz"));
        assertThat(table.rows().rows()).isEqualTo(rows);
        assertThat(table.rows().dim()).isEqualTo(dim);
        assertThat(table.labels().orElseThrow().classes()).isEqualTo(classes);
    }
}
