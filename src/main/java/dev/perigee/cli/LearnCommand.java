package dev.perigee.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code perigee learn}: learning a distance, and judging one. */
@Command(name = "learn", description = "Learn a distance from labels, and judge what near rows have in common.",
        subcommands = {LearnDemoCommand.class, LearnFitCommand.class, LearnApplyCommand.class, LearnMineCommand.class, LearnEvalCommand.class,
            LearnPreviewCommand.class, LearnPromoteCommand.class, LearnRollbackCommand.class})
final class LearnCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: " + String.join(", ", spec.subcommands().keySet()));
    }
}
