package dev.perigee.cli;

import dev.perigee.api.SearchRequest;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** How a command searches. */
final class SearchOptions {
    @Option(names = {"-k", "--k"}, paramLabel = "K", defaultValue = "10",
            description = "Neighbours per query (default ${DEFAULT-VALUE}).")
    private int k;

    @Option(names = "--probes", paramLabel = "P",
            description = "Lists to scan per query, for ivf_flat and ivf_pq (default: an eighth of them, at least 8).")
    private Integer probes;

    @Option(names = "--refine", paramLabel = "R",
            description = "Best candidates to re-score exactly, for ivf_pq; 0 = none (default: 10 x k, at least 100).")
    private Integer refine;

    SearchRequest request() {
        return new SearchRequest(k, optional(probes), optional(refine), Optional.empty());
    }

    private static OptionalInt optional(Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }
}
