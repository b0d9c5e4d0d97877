package dev.perigee.bench.peers;

import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One thing to measure.
 *
 * @param search  parameters of the search
 * @param threads that search
 */
record Setting(Index index, Map<String, Object> search, int k, Mode mode, int threads) {
    /** How queries come. */
    enum Mode {
        BATCH, SINGLE;

        String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** What one process of an engine builds. */
    record Index(String engine, String kind, Map<String, Object> build) {
        @Override
        public String toString() {
            return "%s %s%s".formatted(engine, kind, build.isEmpty() ? "" : " (" + words(build) + ")");
        }
    }

    /** All parameters as they stand in results: "lists=256 seed=1 probes=32". */
    String parameters() {
        return Stream.of(words(index.build), words(search)).filter(words -> !words.isEmpty()).collect(Collectors.joining(" "));
    }

    static String words(Map<String, Object> parameters) {
        return parameters.entrySet().stream().map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(" "));
    }

    @Override
    public String toString() {
        return "%s %s k=%d %s, %d thread%s".formatted(index, words(search), k, mode.label(), threads, threads == 1 ? "" : "s");
    }
}
