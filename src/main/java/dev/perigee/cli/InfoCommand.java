package dev.perigee.cli;

import dev.perigee.api.CollectionInfo;
import dev.perigee.api.SpaceInfo;
import dev.perigee.client.Client;
import dev.perigee.collection.Collection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.index.SqModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code perigee info}: what is in an index folder, or on a server. */
@Command(name = "info", description = "Show what an index folder or a server holds, after checking every byte of it.")
final class InfoCommand implements Callable<Integer> {
    @Mixin
    private Output output;

    @Mixin
    private BackendOptions backend;

    @Parameters(paramLabel = "DIR|HOST:PORT", description = "A folder, or a server.")
    private String place;

    @Override
    public Integer call() {
        if (!Files.exists(Path.of(place)) && place.matches(".+:[0-9]{1,5}")) {
            try (Client client = Client.connect(place)) {
                List<CollectionInfo> infos = client.list();
                output.result(Map.of("collections", infos.stream().map(InfoCommand::fields).toList()),
                        infos.isEmpty() ? "no collections" : infos.stream().map(InfoCommand::text).collect(Collectors.joining("\n")));
            }
        } else {
            try (ComputeBackend compute = backend.open(); Collection collection = Collection.open(Path.of(place), compute)) {
                Map<String, Object> fields = fields(collection.info());
                output.result(fields, text(collection.info()) + index(collection, fields));
            }
        }
        return 0;
    }

    /** What only a folder tells of its index: lists, codes, how it was tuned. */
    private static String index(Collection collection, Map<String, Object> fields) {
        StringBuilder text = new StringBuilder();
        collection.model().ifPresent(model -> {
            fields.put("lists", model.lists());
            text.append(", %d lists".formatted(model.lists()));
            if (model instanceof SqModel sq) {
                fields.put("dims", sq.dims());
                fields.put("sq_bits", sq.bits());
                fields.put("energy", Output.rounded(sq.energy()));
                text.append(", codes of %d dimensions x %d bits".formatted(sq.dims(), sq.bits()));
            }
        });
        collection.tuned().ifPresent(tuned -> {
            fields.put("tuned_k", tuned.k());
            fields.put("tuned_probes", tuned.probes());
            fields.put("tuned_refine", tuned.refine());
            fields.put("tuned_recall", tuned.recall());
            text.append(", tuned to recall@%d %.4f: probes %d, refine %d".formatted(tuned.k(), tuned.recall(), tuned.probes(),
                    tuned.refine()));
        });
        return text.toString();
    }

    static Map<String, Object> fields(CollectionInfo info) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", info.spec().name());
        fields.put("index", info.spec().index().kind().label());
        fields.put("distance", info.spec().distance().label());
        fields.put("dim", info.spec().dim());
        fields.put("space_version", info.space().version());
        fields.put("space_dim", info.space().dim());
        fields.put("method", info.space().method());
        if (info.spaces().size() > 1) {
            SpaceInfo before = info.spaces().get(1);
            fields.put("previous_space_version", before.version());
            fields.put("previous_space_dim", before.dim());
            fields.put("previous_method", before.method());
            fields.put("previous_distance", before.distance().label());
        }
        fields.put("rows", info.rows());
        fields.put("indexed", info.indexed());
        fields.put("bytes", info.bytes());
        fields.put("backend", info.backend());
        fields.put("device", info.device());
        return fields;
    }

    static String text(CollectionInfo info) {
        return "%s: %s, %s, %d rows x %d (%d of them indexed)%s, %.1f MB, on %s".formatted(info.spec().name(),
                info.spec().index().kind().label(), info.spec().distance().label(), info.rows(), info.spec().dim(), info.indexed(), spaces(info),
                info.bytes() / 1e6, info.device());
    }

    /** Nothing for a collection whose rows are searched as given and always were. */
    private static String spaces(CollectionInfo info) {
        List<SpaceInfo> all = info.spaces();
        if (all.size() == 1 && all.getFirst().method().equals(SpaceInfo.GIVEN)) {
            return "";
        }
        return ", " + all.stream().map(space -> "%sspace %d (%s, %s, dim %d)".formatted(space == all.getFirst() ? "" : "before it ",
                space.version(), space.method(), space.distance().label(), space.dim())).collect(Collectors.joining(", "));
    }
}
