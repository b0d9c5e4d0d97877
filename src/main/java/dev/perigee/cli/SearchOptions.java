package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.Filter;
import dev.perigee.api.SearchRequest;
import dev.perigee.dataset.Vectors;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.ToLongFunction;
import picocli.CommandLine.Option;

/** How a command searches. */
final class SearchOptions {
    @Option(names = {"-k", "--k"}, paramLabel = "K", defaultValue = "10",
            description = "Neighbours per query (default ${DEFAULT-VALUE}).")
    private int k;

    @Option(names = "--probes", paramLabel = "P",
            description = "Lists to scan per query, for the ivf kinds (default: what build --tune chose, else an eighth of them, at least 8).")
    private Integer probes;

    @Option(names = "--refine", paramLabel = "R",
            description = {
        "Best candidates to compare exactly (default: what build --tune chose, else 2 x k, at least 40, for ivf_sq;",
        "10 x k, at least 100, for ivf_pq, where 0 = none)."})
    private Integer refine;

    @Option(names = "--filter-ids", paramLabel = "F",
            description = "Return only rows with these ids: npy, ivecs, idx or text, one id a line (default: all rows).")
    private Path filterIds;

    /** Whether only some ids may be returned. */
    boolean isFiltered() {
        return filterIds != null;
    }

    /** Reads the file of the filter. */
    SearchRequest request() {
        Optional<Filter> filter = Optional.ofNullable(filterIds).map(SearchOptions::filter);
        return new SearchRequest(k, optional(probes), optional(refine), filter);
    }

    private static Filter filter(Path file) {
        long[] ids = Vectors.readIds(file, Optional.empty());
        check(ids.length > 0, "filter-ids: 0 ids in %s (expected at least one)", file);
        for (int i = 0; i < ids.length; i++) {
            check(ids[i] >= 0, "filter-ids: %d as id %d of %s (expected 0 or more)", ids[i], i + 1, file);
        }
        return Filter.of(ids);
    }

    /**
     * Says what a filter came to, if there is one.
     *
     * @param rows   that it allows
     * @param fields gets the numbers
     * @return the end of a line of text
     */
    static String report(SearchRequest request, ToLongFunction<Filter> rows, Map<String, Object> fields) {
        if (request.filter().isEmpty()) {
            return "";
        }
        Filter filter = request.filter().get();
        long found = rows.applyAsLong(filter);
        fields.put("filter_ids", filter.size());
        fields.put("filter_rows", found);
        return ", among %d rows of %d ids (%d not found)".formatted(found, filter.size(), filter.size() - found);
    }

    private static OptionalInt optional(Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }
}
