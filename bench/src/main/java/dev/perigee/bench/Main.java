package dev.perigee.bench;

import dev.perigee.PerigeeException;
import dev.perigee.bench.load.LoadCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The commands of {@code perigee bench} that need more than the product. */
@Command(name = "perigee bench", mixinStandardHelpOptions = true, subcommands = {LoadCommand.class})
public final class Main {
    private Main() {
    }

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).setExecutionExceptionHandler((e, command, parsed) -> {
            command.getErr().println("perigee: " + (e instanceof PerigeeException ? e.getMessage() : e.toString()));
            return 1;
        }).execute(args));
    }
}
