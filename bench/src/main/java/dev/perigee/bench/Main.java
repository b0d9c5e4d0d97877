package dev.perigee.bench;

import dev.perigee.bench.learn.LearnCommand;
import dev.perigee.bench.load.LoadCommand;
import dev.perigee.bench.peers.PeersCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The part of {@code perigee bench} that is no part of the product, since it needs what the product must not depend on. */
@Command(name = "perigee bench", description = "Measure Perigee beside its peers, under load, or what it learns.",
        mixinStandardHelpOptions = true, versionProvider = dev.perigee.cli.Main.Version.class, scope = ScopeType.INHERIT,
        sortOptions = false,
        subcommands = {PeersCommand.class, LoadCommand.class, LearnCommand.class})
public final class Main implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin
    private dev.perigee.cli.Main.Debug debug;

    public static void main(String[] args) {
        dev.perigee.cli.Main.run(new CommandLine(new Main()), args);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to measure: peers, load or learn");
    }
}
