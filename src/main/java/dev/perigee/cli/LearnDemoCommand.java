package dev.perigee.cli;

import dev.perigee.compute.ComputeBackend;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code perigee learn demo}. Its fields and methods name nothing of {@code learn}: a program that is packed without it still
 * starts.
 */
@Command(name = "demo", description = {"Show what a learned distance finds, in two minutes and without any preparation.",
    "Learns from handwritten letters of five alphabets (Omniglot, carried by the program), is judged on letters of three others "
        + "that it has not seen, indexes and searches them, and draws four pictures."})
final class LearnDemoCommand implements Callable<Integer> {
    @Mixin
    private Output output;

    @Mixin
    private BackendOptions backend;

    @Option(names = "--steps", paramLabel = "N", description = "Steps of training (default ${DEFAULT-VALUE}).")
    private int steps = LetterRecipe.STEPS;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "Of everything that is drawn (default ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--out", paramLabel = "DIR", defaultValue = "perigee-letters",
            description = "Folder for pictures, the letters as vectors and what was learned (default ${DEFAULT-VALUE}).")
    private Path out;

    @Override
    public Integer call() {
        Pictures pictures = new Pictures(out);
        try (Bar bar = new Bar(); Arena arena = Arena.ofShared(); ComputeBackend compute = backend.open()) {
            Letters letters = Letters.read(arena); // says so where learning is left out
            new LetterDemo(output, compute, bar, arena, seed).run(letters, steps, pictures, out);
        }
        return 0;
    }
}
