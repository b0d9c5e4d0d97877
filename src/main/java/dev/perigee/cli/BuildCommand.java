package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.CollectionInfo;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.UpsertRequest;
import dev.perigee.build.BuildPlan;
import dev.perigee.collection.BulkLoad;
import dev.perigee.collection.Collection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.dataset.VectorFormat;
import dev.perigee.dataset.VectorReader;
import dev.perigee.dataset.Vectors;
import dev.perigee.distance.Distance;
import dev.perigee.index.TransformFile;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee build}: a file of vectors becomes a folder with an index. */
@Command(name = "build", description = {"Build an index of a file of vectors.",
    "The folder appears when it is whole; a build that is given up (Ctrl-C) or fails leaves nothing."})
final class BuildCommand implements Callable<Integer> {
    private static final int BLOCK_ROWS = 4096;

    @Mixin
    private Output output;

    @Mixin
    private BackendOptions backend;

    @Mixin
    private Inputs inputs;

    @Option(names = "--data", required = true, paramLabel = "F",
            description = "Vectors: fvecs, bvecs, ivecs, npy, npz#member or idx, plain or .gz.")
    private Path data;

    @Option(names = "--ids", paramLabel = "F", description = "Ids of the rows: npy, ivecs, idx or text (default: 0, 1, 2 ...).")
    private Path ids;

    @Option(names = "--index", required = true, paramLabel = "KIND", description = {
        "flat: every row, exact.", "ivf_flat: lists of rows; fast, exact in what it probes.",
        "ivf_pq: lists of codes, refined from the rows; for much data."})
    private String index;

    @Option(names = "--distance", required = true, paramLabel = "D", description = "l2, cosine or ip (inner product).")
    private String distance;

    @Option(names = "--transform", paramLabel = "A", description = {
        "What learn fit made: rows and queries are mapped by it, then compared. The rows are kept as given."})
    private Path transform;

    @Option(names = "--lists", paramLabel = "N", defaultValue = "0",
            description = "Inverted lists (default: square root of the rows).")
    private int lists;

    @Option(names = "--pq-m", paramLabel = "M", defaultValue = "0",
            description = "Parts that a row is cut into, a divisor of dim (default: parts of 8 values at the most).")
    private int pqM;

    @Option(names = "--pq-bits", paramLabel = "8|4", defaultValue = "8",
            description = "Bits of the code of a part (default ${DEFAULT-VALUE}).")
    private int pqBits;

    @Option(names = "--seed", paramLabel = "S", defaultValue = "0",
            description = "Seed: the same rows and seed give the same index.")
    private long seed;

    @Option(names = "--name", paramLabel = "NAME", description = "Name of the collection (default: that of the folder).")
    private String name;

    @Option(names = "--out", required = true, paramLabel = "DIR",
            description = "Folder to make; a collection that is there is replaced.")
    private Path out;

    @Override
    public Integer call() {
        long started = System.nanoTime();
        IndexSpec spec = new IndexSpec(IndexKind.parse(index), lists, pqM, pqBits, seed);
        Distance by = Distance.parse(distance);
        Optional<VectorFormat> format = inputs.format();
        Optional<TransformFile.Content> learned = Optional.ofNullable(transform).map(TransformFile::read);
        try (ComputeBackend compute = backend.open(); Bar bar = new Bar();
                VectorReader reader = VectorReader.open(data, format)) {
            CollectionSpec collectionSpec = new CollectionSpec(CollectionNames.of(name, out), reader.dim(), by, spec);
            try (Collection collection = Collection.create(collectionSpec, learned, compute, out)) {
                long skipped = load(collection, reader, bar);
                BuildPlan plan = collection.plan();
                output.note("building %s of %d x %d: about %.1f s, %.1f MB beside the rows", index, collection.info().rows(),
                        reader.dim(), collection.estimateSeconds(), plan.bytes() / 1e6);
                collection.build(bar);
                collection.save(out);
                report(collection, plan, compute, skipped, (System.nanoTime() - started) * 1e-9);
            }
        }
        return 0;
    }

    /** Rows from the file to the collection, block by block; returns how many were skipped. */
    private long load(Collection collection, VectorReader reader, Bar bar) {
        long[] given = ids == null ? null : Vectors.readIds(ids, Optional.empty());
        OptionalLong expected = reader.rows();
        int idCount = given == null ? 0 : given.length;
        check(given == null || expected.isEmpty() || expected.getAsLong() == idCount,
                "ids: %d in %s (expected %d, one per row of %s)", idCount, ids, expected.orElse(0), data);
        long skipped = 0;
        try (Arena arena = Arena.ofShared(); BulkLoad load = collection.bulkLoad()) {
            Matrix block = Matrix.allocate(arena, BLOCK_ROWS, reader.dim());
            while (true) {
                long first = reader.row();
                int count = reader.read(block, 0, BLOCK_ROWS);
                if (count == 0) {
                    break;
                }
                check(given == null || first + count <= idCount, "ids: %d in %s (expected more, one per row of %s)",
                        idCount, ids, data);
                long[] some = given == null ? null : Arrays.copyOfRange(given, (int) first, (int) first + count);
                skipped += add(load, block.slice(0, count), some, first);
                check(bar.at("read rows", reader.row(), expected.orElse(-1)), "cancelled while reading %s", data);
            }
            check(given == null || reader.row() == idCount, "ids: %d in %s (expected %d, one per row of %s)",
                    idCount, ids, reader.row(), data);
            check(load.count() > 0, "rows: 0 in %s (expected at least one)", data);
            load.commit();
        }
        return skipped;
    }

    private long add(BulkLoad load, Matrix block, long[] given, long first) {
        int bad = block.firstNotFinite();
        if (bad < 0) {
            load.add(given == null ? UpsertRequest.of(block) : UpsertRequest.of(given, block));
            return 0;
        }
        check(inputs.skipBad(), "row %d of %s: not finite (expected numbers; --skip-bad leaves such rows out)",
                first + bad, data);
        long skipped = 0;
        for (int i = 0; i < block.rows(); i++) {
            if (block.isFinite(i)) {
                // without ids of its own a row keeps its place in the file as its id
                long id = given == null ? first + i : given[i];
                load.add(UpsertRequest.of(new long[] {id}, block.slice(i, i + 1)));
            } else {
                skipped++;
            }
        }
        return skipped;
    }

    private void report(Collection collection, BuildPlan plan, ComputeBackend compute, long skipped, double seconds) {
        CollectionInfo info = collection.info();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("index", index);
        fields.put("distance", distance);
        fields.put("rows", info.rows());
        fields.put("skipped", skipped);
        fields.put("dim", collection.spec().dim());
        fields.put("space_dim", info.space().dim());
        fields.put("method", info.space().method());
        fields.put("lists", plan.lists());
        fields.put("pq_m", plan.codeWidth());
        fields.put("pq_bits", plan.codeWidth() == 0 ? 0 : pqBits);
        fields.put("seed", seed);
        fields.put("bytes", info.bytes());
        fields.put("build_s", Output.rounded(seconds));
        fields.put("backend", compute.name());
        fields.put("device", compute.device());
        fields.put("out", out);
        output.result(fields, "%s: %d rows, %s%s, %.1f s".formatted(out, info.rows(), index,
                skipped > 0 ? ", %d rows skipped".formatted(skipped) : "", seconds));
    }
}
