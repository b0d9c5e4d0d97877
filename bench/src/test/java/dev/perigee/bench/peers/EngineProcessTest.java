package dev.perigee.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.bench.peers.EngineProcess.Refused;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The protocol, against a worker of a few lines of shell. */
class EngineProcessTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final String FAKE = """
            while read -r line; do
              case $line in
                *hello*) echo '{"engine":"fake","version":"1","parts":[1,2.5,true,null]}' ;;
                *skip*) echo '{"skip":"no such index"}' ;;
                *fail*) echo '{"error":"went wrong"}' ;;
                *sleep*) sleep 60 ;;
                *junk*) echo 'Segmentation fault' ;;
                *die*) echo 'first words' >&2; echo 'out of memory' >&2; exit 3 ;;
              esac
            done
            """;

    private static EngineProcess fake() throws Refused {
        return new EngineProcess("fake", List.of("bash", "-c", FAKE));
    }

    private static Map<String, Object> ask(EngineProcess engine, String op) throws Refused {
        return engine.ask(Map.of("op", op), LONG);
    }

    @Test
    void answersSkipsAndErrorsLeaveItAlive() throws Refused {
        try (EngineProcess engine = fake()) {
            assertThatThrownBy(() -> ask(engine, "skip")).isInstanceOf(Refused.class).hasMessage("no such index");
            assertThatThrownBy(() -> ask(engine, "fail")).isInstanceOf(Refused.class).hasMessage("went wrong");
            assertThat(engine.alive()).isTrue();
            assertThat(ask(engine, "hello")).containsEntry("engine", "fake")
                    .containsEntry("parts", Arrays.asList(1L, 2.5, true, null));
        }
    }

    @Test
    void deathIsToldWithTheLastWordsAndRemembered() throws Refused {
        try (EngineProcess engine = fake()) {
            assertThatThrownBy(() -> ask(engine, "die")).hasMessage("the process ended during die: out of memory");
            assertThat(engine.alive()).isFalse();
            assertThatThrownBy(() -> ask(engine, "hello")).hasMessageContaining("out of memory");
        }
    }

    @Test
    void silenceEndsIt() throws Refused {
        try (EngineProcess engine = fake()) {
            assertThatThrownBy(() -> engine.ask(Map.of("op", "sleep"), Duration.ofMillis(200)))
                    .hasMessageContaining("no answer to sleep");
            assertThat(engine.alive()).isFalse();
        }
    }

    @Test
    void whatIsNoAnswerEndsIt() throws Refused {
        try (EngineProcess engine = fake()) {
            assertThatThrownBy(() -> ask(engine, "junk")).hasMessageContaining("Segmentation fault");
            assertThat(engine.alive()).isFalse();
        }
    }

    @Test
    void aProgramThatIsNotThereIsRefused() {
        assertThatThrownBy(() -> new EngineProcess("none", List.of("/nowhere/engine"))).isInstanceOf(Refused.class)
                .hasMessageContaining("/nowhere/engine");
    }
}
