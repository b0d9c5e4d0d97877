package dev.perigee.bench.peers;

import dev.perigee.bench.peers.EngineProcess.Refused;
import dev.perigee.bench.peers.Setting.Mode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Times searches of one data set and judges their answers. */
final class Searches implements AutoCloseable {
    private static final Duration MOST = Duration.ofMinutes(15);
    private static final int MOST_PASSES = 50;

    private final DataSet data;
    private final int batch;
    private final Judge judge;
    private final Path out;

    /** @param batch queries of a call in mode batch */
    Searches(DataSet data, int batch) {
        this.data = data;
        this.batch = batch;
        try {
            out = Files.createTempFile("perigee-bench-", ".i32");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        judge = new Judge(data);
    }

    /**
     * One sample of a setting, from as many passes as it takes.
     *
     * @param queries the first of the data set, or all if there are fewer
     * @param least   seconds that it takes at least
     * @throws Refused if the engine does not search so
     */
    Sample sample(Setting setting, EngineProcess process, int queries, double least) throws Refused {
        boolean single = setting.mode() == Mode.SINGLE;
        int count = Math.min(data.queryCount(), queries);
        Map<String, Object> request = request(setting, count);
        double seconds = 0;
        List<Sample> passes = new ArrayList<>();
        do {
            Map<String, Object> answer = process.ask(request, MOST);
            double overhead = single ? Indexes.number(answer, "overhead_us") : 0;
            double net = Math.max(0, Indexes.number(answer, "seconds") - count * overhead * 1e-6);
            double cpu = answer.get("cpu_s") instanceof Number busy ? busy.doubleValue() - count * overhead * 1e-6 : net;
            seconds += Indexes.number(answer, "seconds");
            double recall = passes.isEmpty() ? judge.recall(out, count, setting.k(), setting.k()) : passes.getFirst().recall();
            passes.add(new Sample(recall, count / net, Math.max(0, Indexes.number(answer, "p50_us") - overhead),
                    Math.max(0, Indexes.number(answer, "p99_us") - overhead), count / cpu));
        } while (seconds < least && passes.size() < MOST_PASSES);
        double net = passes.stream().mapToDouble(pass -> 1 / pass.qps()).sum(); // of equal passes
        return new Sample(passes.getFirst().recall(), passes.size() / net, Sample.median(passes, Sample::p50Micros),
                Sample.median(passes, Sample::p99Micros), passes.stream().mapToDouble(Sample::cpuQps).max().orElseThrow());
    }

    private Map<String, Object> request(Setting setting, int queries) {
        Map<String, Object> request = new TreeMap<>();
        request.put("op", "search");
        request.put("queries", data.firstQueries(queries).toString());
        request.put("rows", queries);
        request.put("k", setting.k());
        request.put("mode", setting.mode().label());
        request.put("batch", batch);
        request.put("threads", setting.threads());
        request.put("search", setting.search());
        request.put("out", out.toString());
        return request;
    }

    @Override
    public void close() {
        judge.close();
        try {
            Files.deleteIfExists(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
