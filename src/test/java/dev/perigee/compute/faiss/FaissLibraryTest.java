package dev.perigee.compute.faiss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.testing.RequiresFaiss;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaissLibraryTest {
    private static FaissLibrary builtFor(String flags) {
        return FaissLibrary.probe(name -> new ByteArrayInputStream(flags.getBytes(StandardCharsets.US_ASCII)),
                () -> List.of("flags", ":", "avx2", "fma"));
    }

    @Test
    void aBuildWithoutItSaysWhatToInstall() {
        FaissLibrary none = FaissLibrary.probe(name -> null, List::of);
        assertThat(none.problem()).contains("libfaiss-dev").contains("libopenblas-dev");
        assertThatThrownBy(none::require).isInstanceOf(PerigeeException.class).hasMessageStartingWith("FAISS: this build has none")
                .extracting(e -> ((PerigeeException) e).code()).isEqualTo(ErrorCode.UNAVAILABLE);
    }

    @Test
    void aCpuThatLacksWhatItWasBuiltForIsNamed() {
        assertThat(builtFor("avx2 avx512f\n").problem()).isEqualTo("it was built for a CPU with avx512f, which this one lacks");
    }

    @Test
    @RequiresFaiss
    void theOneThatIsHereTellsItsVersion() {
        FaissLibrary here = builtFor("avx2 fma\n");
        assertThat(here.problem()).isEmpty();
        assertThat(here.version()).matches("[0-9]+\\.[0-9]+\\.[0-9]+");
        assertThat(here.threads()).isPositive();
    }
}
