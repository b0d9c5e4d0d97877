package dev.perigee.cli;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code perigee learn} in an image for servers, which has neither the package learn nor the libraries behind it. */
@Command(name = "learn", description = "Not in this image: it serves what was learned elsewhere.")
final class WithoutLearnCommand implements Callable<Integer> {
    @Unmatched
    private List<String> words;

    @Override
    public Integer call() {
        throw new PerigeeException(ErrorCode.UNSUPPORTED, "learn: not in this image, which serves what was learned elsewhere");
    }
}
