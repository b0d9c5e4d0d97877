package dev.perigee.bench.learn;

import dev.perigee.backend.Backends;
import dev.perigee.cli.Output;
import dev.perigee.cli.RowOptions;
import dev.perigee.compute.ComputeBackend;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee bench learn}. */
@Command(name = "learn", description = {"Measure what learning a distance gains, on classes that it has not seen.",
    "Data sets are looked for in the folder PERIGEE_DATA; rows whose data is not there are skipped with a line that says so."},
        footer = {"", "Rows; hit@1 and MAP@R leave each row of the test out in turn; low and high hold 95 %%:",
            "  G1, G2     Omniglot, 20-way 1-shot, 400 drawings: modified Hausdorff, pixels",
            "  G3, G4     letters of alphabets nobody learned from, by ArcFace over five others,",
            "             mean of three seeds; G3 is the 1-shot task, _over_unlearned the gain over",
            "             the best row that was not learned",
            "  G5, G6     iris, wine, breast cancer; digits in two dimensions",
            "  G7         CLINC150, 50 unseen intents: the frozen encoder, whitening (harmful), LDA,",
            "             and the head that is best on 20 validation intents, mean of three seeds",
            "  loss_, miner_   that head with every loss and every miner",
            "  G13        pairs that exact search orders against the identities that spaces rest on",
            "  speed_     seconds on all cores",
            "CLINC150 is encoded once (half a minute of two cores) and kept in --cache.",
            "A goal that is not met is shown, and does not change the exit code."})
public final class LearnCommand implements Callable<Integer> {
    @Mixin
    private Output output;

    @Mixin
    private RowOptions rows;

    @Option(names = "--backend", paramLabel = "NAME", defaultValue = "auto",
            description = "What computes: " + Backends.NAMES + " (default ${DEFAULT-VALUE}).")
    private String name;

    @Option(names = "--cache", paramLabel = "DIR",
            description = "Where encoded texts are kept (default: ~/.cache/perigee/learn).")
    private Path cache = Path.of(Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
            .orElse(System.getProperty("user.home") + "/.cache"), "perigee", "learn");

    @Override
    public Integer call() {
        Sources sources = new Sources(Optional.ofNullable(System.getenv("PERIGEE_DATA")).map(Path::of), cache,
                note -> output.note("%s", note));
        try (ComputeBackend backend = Backends.open(name, 0)) {
            rows.print(List.of(new OneShotRows(sources), new LetterRows(sources, backend), new ToyRows(sources, backend),
                    new ClincRows(sources, backend), new IdentityRows(backend), new SpeedRows(sources, backend)), output,
                            backend);
        }
        return 0;
    }
}
