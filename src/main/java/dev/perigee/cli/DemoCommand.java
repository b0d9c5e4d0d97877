package dev.perigee.cli;

import dev.perigee.api.SearchResult;
import dev.perigee.api.UpsertRequest;
import dev.perigee.client.Client;
import dev.perigee.collection.Collection;
import dev.perigee.collection.Collections;
import dev.perigee.collection.Truth;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.server.Server;
import dev.perigee.server.ServerSettings;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code perigee demo}: builds an index of each kind, serves them, asks them over the network, and draws what comes back. */
@Command(name = "demo", description = {"Show what Perigee does, in half a minute and without any preparation.",
    "Builds indexes of images (or of --data), serves them on a free port of this machine, searches over the network, "
        + "prints recall and speed, and draws two pictures."})
final class DemoCommand implements Callable<Integer> {
    @Spec
    private CommandSpec command;

    @Mixin
    private Output output;

    @Mixin
    private BackendOptions backend;

    @Mixin
    private Inputs inputs;

    @Option(names = "--data", paramLabel = "F", description = "Vectors, in the formats of build --data (default: 10,000 images "
            + "of Fashion-MNIST, which the program carries).")
    private Path data;

    @Option(names = "--queries", paramLabel = "F",
            description = "Queries (default: the last tenth of the rows, at most 1,000, held out).")
    private Path queries;

    @Option(names = "--out", paramLabel = "DIR", defaultValue = "perigee-demo",
            description = "Folder for the pictures (default ${DEFAULT-VALUE}).")
    private Path out;

    @Override
    public Integer call() {
        if (queries != null && data == null) {
            throw new ParameterException(command.commandLine(), "--queries needs --data");
        }
        Pictures pictures = new Pictures(out);
        try (Bar bar = new Bar(); Arena arena = Arena.ofShared(); ComputeBackend compute = backend.open();
                Collections collections = new Collections(compute)) {
            DemoData chosen = data == null ? DemoData.fashion(arena) : DemoData.of(data, queries, inputs, arena);
            output.note("1. data: %s", chosen.summary());
            List<DemoIndex> indexes = DemoIndex.all(chosen.rows().rows());
            for (DemoIndex index : indexes) {
                output.note("2. building %s", index.describe());
                Collection collection = collections.create(index.spec(chosen.rows().dim()));
                collection.add(UpsertRequest.of(chosen.rows()));
                collection.build(bar);
            }
            ServerSettings settings = ServerSettings.standard().withAddress("127.0.0.1", 0);
            try (Server server = Server.start(settings, collections);
                    Client client = Client.connect("127.0.0.1:" + server.address().getPort());
                    Truth truth = collections.get(indexes.getFirst().name()).truth()) {
                output.note("3. serving on 127.0.0.1:%d and searching over the network", server.address().getPort());
                DemoBench bench = new DemoBench(client, truth, chosen.queries(), bar);
                List<DemoIndex> tuned = indexes.stream().map(bench::tuned).toList();
                output.note("   with the fewest probes that find %.0f %% of the true neighbours, or all: %s",
                        100 * DemoBench.TARGET, probes(tuned));
                List<DemoBench.Measured> table = bench.measure(tuned);
                Map<DemoIndex, List<DemoBench.Point>> points = bench.sweep(tuned);
                output.note("4. drawing");
                draw(pictures, chosen, compute, table, points);
                new DemoReport(chosen, table, pictures.write(), data).say(output);
            }
        }
        return 0;
    }

    private static String probes(List<DemoIndex> indexes) {
        return indexes.stream().filter(index -> index.lists() > 0)
                .map(index -> "%s %d of %d".formatted(index.name(), index.request().probes().orElseThrow(), index.lists()))
                .collect(Collectors.joining(", "));
    }

    private void draw(Pictures pictures, DemoData chosen, ComputeBackend compute, List<DemoBench.Measured> table,
            Map<DemoIndex, List<DemoBench.Point>> points) {
        Optional<String> reason = Pictures.whyNot();
        if (reason.isPresent()) {
            output.note("no pictures: %s", reason.get());
            return;
        }
        pictures.add("recall-qps.png", RecallPlot.draw(String.format(Locale.ROOT, "%s, %,d x %d, L2, over TCP, on %s",
                chosen.name(), chosen.rows().rows(), chosen.rows().dim(), DemoReport.devices(table)), points));
        if (ContactSheet.side(chosen).isEmpty()) {
            output.note("no neighbours.png: the rows are no square images of values 0 to 255");
            return;
        }
        DemoBench.Measured ivf = table.get(1);
        SearchResult answers = ivf.timing().answer();
        pictures.add("neighbours.png", ContactSheet.draw(chosen, answers, compute,
                "Nearest neighbours in " + chosen.name(),
                String.format(Locale.ROOT, "queries in blue, beside their %d nearest of %,d images as %s found them "
                        + "(recall@10 %.3f); below, the distance", ContactSheet.NEIGHBOURS,
                        chosen.rows().rows(), ivf.index().name(), ivf.recall())));
    }
}
