package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void helpAndVersionGoToStandardOutput() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).startsWith("Usage: perigee");
        assertThat(run("--version")).isZero();
        assertThat(out.toString()).contains("perigee ", "(Java " + Runtime.version().feature());
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void wrongUseIsOneLineAndTwo() {
        assertThat(run("serach")).isEqualTo(2);
        assertThat(err.toString()).matches("perigee: .*'?serach'? \\(see 'perigee --help'\\)\n");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void noCommandIsWrongUse() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("perigee: a command is missing (see 'perigee --help')\n");
    }

    @Test
    void anErrorIsOneLineAndOne() {
        assertThat(run("fail")).isEqualTo(1);
        assertThat(err.toString()).isEqualTo("perigee: dim: 96 (expected 128)\n");
    }

    @Test
    void aDefectSaysWhatItIs() {
        assertThat(run("fail", "--defect")).isEqualTo(1);
        assertThat(err.toString()).isEqualTo("perigee: java.lang.IllegalStateException: two; lines (--debug shows where)\n");
    }

    @Test
    void debugShowsTheTraceWhereverItStands() {
        assertThat(run("fail", "--debug")).isEqualTo(1);
        assertThat(err.toString()).startsWith("perigee: dim: 96 (expected 128)\n").contains("\tat dev.perigee.cli.MainTest");
    }

    /** Needs a JVM of its own, since it is about descriptor 2 itself. */
    @Test
    void standardErrorComesBackFromTheLaunchersFilter() throws IOException, InterruptedException {
        String java = System.getProperty("java.home") + "/bin/java";
        Process process = new ProcessBuilder("sh", "-c", "exec \"$@\" 7>&2 2>/dev/null", "sh", java, "-XX:+UseSerialGC",
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-D" + StandardError.PROPERTY + "=7",
                "-cp", System.getProperty("java.class.path"), Main.class.getName(), "serach").start();
        String said = new String(process.getErrorStream().readAllBytes());
        assertThat(process.waitFor()).isEqualTo(2);
        assertThat(said).startsWith("perigee: ").contains("serach").hasLineCount(1);
    }

    private int run(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine line = Main.commandLine().addSubcommand(new Fail());
        return line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(args);
    }

    @Command(name = "fail")
    static final class Fail implements Callable<Integer> {
        @CommandLine.Option(names = "--defect")
        private boolean defect;

        @Override
        public Integer call() {
            if (defect) {
                throw new IllegalStateException(String.join("\n  ", List.of("two", "lines")));
            }
            throw new PerigeeException(ErrorCode.INVALID_ARGUMENT, "dim: 96 (expected 128)");
        }
    }
}
