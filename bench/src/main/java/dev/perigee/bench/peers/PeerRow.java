package dev.perigee.bench.peers;

import dev.perigee.cli.Output;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A point of a curve: the fields of a line of the CSV, in its order. Doubles that nobody measured are NaN.
 *
 * @param commit   of Perigee
 * @param machine  a word for it, without blanks
 * @param build    of the engine: its instructions
 * @param recall   at k
 * @param qps      median over the rounds, with the least and the most
 * @param p50Micros of a call: a single query, or a batch
 * @param bytes    of the index
 * @param buildThreads that the index was built with
 */
record PeerRow(String commit, String machine, String cpu, String date, String engine, String version, String build, String data,
        String index, String parameters, int threads, String mode, int k, double recall, double qps, double qpsMin, double qpsMax,
        double p50Micros, double p99Micros, double buildSeconds, long bytes, long rssBytes, int buildThreads) {
    static double rounded(double value) {
        return Output.rounded(value);
    }

    /** As {@code --json} has it. */
    Map<String, Object> json() {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("engine", engine);
        row.put("version", version);
        row.put("build", build);
        row.put("data", data);
        row.put("index", index);
        row.put("parameters", parameters);
        row.put("threads", threads);
        row.put("mode", mode);
        row.put("k", k);
        row.put("recall_at_" + k, recall);
        row.put("qps", qps);
        row.put("qps_min", qpsMin);
        row.put("qps_max", qpsMax);
        row.put("p50_us", p50Micros);
        row.put("p99_us", p99Micros);
        row.put("build_s", buildSeconds);
        row.put("build_threads", buildThreads);
        row.put("bytes", bytes);
        row.put("rss_bytes", rssBytes);
        return row;
    }
}
