package dev.perigee.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.PerigeeException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VectorFormatTest {
    @ParameterizedTest
    @CsvSource({"a.fvecs,FVECS", "a.ivecs,IVECS", "A.BVECS,BVECS", "a.b.npy,NPY", "a.npz,NPZ", "a.idx,IDX", "x/a.fvecs.gz,FVECS",
        "a.NPY.GZ,NPY", "a.npz#X,NPZ", "dir/a.npz#b/c,NPZ", "a.npz.gz#X,NPZ", "t10k-images-idx3-ubyte.gz,IDX",
        "omniglot28-labels-idx1-short,IDX", "train-images.idx3-ubyte,IDX", "a-idx1-b.npy,NPY"})
    void goesByFileName(String name, VectorFormat format) {
        assertThat(VectorFormat.of(Path.of(name))).isEqualTo(format);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.csv", "fvecs", "a.fvecs.zip", "gz", ".gz", "a.fvecs#b", "a.fvecs/b", ""})
    void otherNamesAreRefused(String name) {
        assertThatThrownBy(() -> VectorFormat.of(Path.of(name))).isInstanceOf(PerigeeException.class)
                .hasMessageContaining("fvecs, ivecs, bvecs, npy, npz, idx").hasMessageContaining("'" + name + "'")
                .hasMessageStartingWith("format");
    }

    @Test
    void parsesLabels() {
        for (VectorFormat f : VectorFormat.values()) {
            assertThat(VectorFormat.parse(f.label())).isEqualTo(f);
        }
        assertThat(VectorFormat.parse("NPY")).isEqualTo(VectorFormat.NPY);
        assertThatThrownBy(() -> VectorFormat.parse("hdf5")).isInstanceOf(PerigeeException.class)
                .hasMessage("format: 'hdf5' (expected fvecs, ivecs, bvecs, npy, npz, idx)");
    }

    @Test
    void aMemberIsSplitOffNpzAlone() {
        assertThat(Location.of(Path.of("d/a.npz.gz#b/c#d"), Optional.empty()))
                .isEqualTo(new Location(Path.of("d/a.npz.gz"), VectorFormat.NPZ, true, Optional.of("b/c#d")));
        assertThat(Location.of(Path.of("a.bin#X"), Optional.of(VectorFormat.NPZ)))
                .isEqualTo(new Location(Path.of("a.bin"), VectorFormat.NPZ, false, Optional.of("X")));
        assertThat(Location.of(Path.of("a#X.gz"), Optional.of(VectorFormat.NPY)))
                .isEqualTo(new Location(Path.of("a#X.gz"), VectorFormat.NPY, true, Optional.empty()));
        assertThatThrownBy(() -> Location.of(Path.of("a.npz#"), Optional.empty())).isInstanceOf(PerigeeException.class)
                .hasMessageContaining("member: ''");
    }
}
