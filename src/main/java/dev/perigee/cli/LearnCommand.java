package dev.perigee.cli;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** {@code perigee learn}: learning a distance, and judging one. */
@Command(name = "learn", description = "Learn a distance from labels, and judge what near rows have in common.",
        subcommands = {LearnDemoCommand.class, LearnFitCommand.class, LearnApplyCommand.class, LearnMineCommand.class, LearnEvalCommand.class,
            LearnPreviewCommand.class, LearnPromoteCommand.class, LearnRollbackCommand.class})
final class LearnCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    /**
     * The command or, where the program is packed without learning, one that says so: commands are looked at by reflection when
     * the program starts, and these name classes of {@code learn}.
     */
    static Object orNone() {
        try {
            Class.forName("dev.perigee.learn.transform.Fit", false, LearnCommand.class.getClassLoader());
            return new LearnCommand();
        } catch (ClassNotFoundException e) {
            return new None();
        }
    }

    /** Takes whatever stands behind {@code learn}. */
    @Command(name = "learn", description = "Not in this program: an image for servers leaves learning out.")
    static final class None implements Runnable {
        @Unmatched
        private List<String> words;

        @Override
        public void run() {
            throw new PerigeeException(ErrorCode.UNSUPPORTED,
                    "learn: not in this program (expected a checkout; an image for servers leaves it out)");
        }
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: " + String.join(", ", spec.subcommands().keySet()));
    }
}
