package dev.perigee.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class PeersCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void setRoot() {
        System.setProperty("perigee.root", "..");
    }

    @AfterEach
    void clearRoot() {
        System.clearProperty("perigee.root");
    }

    private int run(String... arguments) {
        return new CommandLine(new PeersCommand()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
    }

    @Test
    void wrongUseSaysWhatWasExpected() {
        assertWrong("data: 'mnist' (expected some of fashion_mnist,", "--data", "mnist");
        assertWrong("engines: 'scann' (expected some of perigee,", "--engines", "scann");
        assertWrong("threads: '0' (expected a number or 'all')", "--threads", "0");
        assertWrong("rounds: 0 (expected 1 to 1000)", "--rounds", "0");
        assertWrong("pin: 100000 (expected 0 to", "--pin", "100000");
        assertWrong("--out is missing", "--plot", "rows.csv");
    }

    private void assertWrong(String message, String... arguments) {
        err.getBuffer().setLength(0);
        assertThat(run(arguments)).isEqualTo(2);
        assertThat(err.toString()).contains(message);
    }
}
