package dev.perigee.cli;

import dev.perigee.PerigeeException;
import java.io.PrintWriter;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The program {@code perigee}: a class per command. Results go to standard output, everything else to standard error;
 * exit 0 = done, 1 = failed, 2 = wrong use. An error is one plain line, with a stack trace only under {@code --debug}.
 */
@Command(name = "perigee", description = "A nearest-neighbour engine and server.", mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class, scope = ScopeType.INHERIT, sortOptions = false,
        subcommands = {DemoCommand.class, BuildCommand.class, SearchCommand.class, EvalCommand.class, InfoCommand.class,
            ServeCommand.class, ImportFaissCommand.class, ExportFaissCommand.class, DoctorCommand.class,
            BenchCommand.class})
public final class Main implements Runnable {
    private static final int FAILED = 1;
    private static final int WRONG_USE = 2;

    @Spec
    private CommandSpec spec;

    @Mixin
    private Debug debug;

    public static void main(String[] args) {
        run(commandLine(), args);
    }

    /** Executes a command line as a whole program and ends the JVM: for this one, and for the benchmarks beside it. */
    public static void run(CommandLine program, String... args) {
        StandardError.restore();
        System.getProperties().putIfAbsent("java.util.logging.SimpleFormatter.format", "perigee: %5$s%n");
        int status;
        try {
            status = plain(program).execute(args);
        } catch (Error e) { // not an Exception, so picocli lets it through: out of memory, most likely
            line(new PrintWriter(System.err), e.toString());
            status = FAILED;
        }
        System.exit(status);
    }

    /** The whole command line, ready to execute; tests give it other writers. */
    static CommandLine commandLine() {
        boolean canLearn = Main.class.getResource("/dev/perigee/learn/Gate.class") != null;
        return plain(new CommandLine(new Main()).addSubcommand(canLearn ? new LearnCommand() : new WithoutLearnCommand()));
    }

    /** One plain line per error, and the status that says of which kind it was. */
    private static CommandLine plain(CommandLine program) {
        return program.setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Main::wrongUse)
                .setExecutionExceptionHandler(Main::failed);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    private static int wrongUse(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        line(command.getErr(), "%s (see '%s --help')".formatted(e.getMessage(), command.getCommandSpec().qualifiedName()));
        return WRONG_USE;
    }

    private static int failed(Exception e, CommandLine command, ParseResult parsed) {
        String message = e instanceof PerigeeException
                ? e.getMessage()
                : e + " (--debug shows where)";
        line(command.getErr(), message);
        if (Boolean.TRUE.equals(command.getCommandSpec().root().optionsMap().get(Debug.NAME).getValue())) {
            e.printStackTrace(command.getErr());
        }
        return FAILED;
    }

    private static void line(PrintWriter err, String message) {
        err.println("perigee: " + Objects.toString(message).replaceAll("\\R\\s*", "; "));
        err.flush();
    }

    /** The option of every program that {@link #run} runs. */
    public static final class Debug {
        private static final String NAME = "--debug";

        @Option(names = NAME, scope = ScopeType.INHERIT, description = "Show the stack trace of an error.")
        private boolean shown;
    }

    /** The version in the jar's manifest. */
    public static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"perigee %s (Java %s)".formatted(version == null ? "from classes" : version, Runtime.version())};
        }
    }
}
