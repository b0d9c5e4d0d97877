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
import dev.perigee.collection.Tuner;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.dataset.VectorFormat;
import dev.perigee.dataset.VectorReader;
import dev.perigee.dataset.Vectors;
import dev.perigee.distance.Distance;
import dev.perigee.index.SqModel;
import dev.perigee.index.TransformFile;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee build}: a file of vectors becomes a folder with an index. */
@Command(name = "build", description = {"Build an index of a file of vectors.",
    "The folder appears when it is whole; a build that is given up (Ctrl-C) or fails leaves nothing."},
    footer = {"", "Which index:",
        "  flat      up to some 10,000 rows, or answers that must be exact",
        "  ivf_sq    more rows, that fit in memory: the fastest",
        "  ivf_flat  the same, but never to miss a row of a list that is probed",
        "  ivf_pq    rows that no longer fit in memory"})
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

    @Option(names = "--index", paramLabel = "KIND", defaultValue = "ivf_sq", description = {
        "The kind of index (default ${DEFAULT-VALUE}).", "ivf_sq: lists of byte codes, the best compared as rows.",
        "ivf_flat: lists of rows, all compared.", "ivf_pq: lists of short codes.", "flat: every row is compared."})
    private String index;

    @Option(names = "--distance", required = true, paramLabel = "D", description = "l2, cosine or ip (inner product).")
    private String distance;

    @Option(names = "--transform", paramLabel = "A", description = {
        "What learn fit made: rows and queries are mapped by it, then compared. The rows are kept as given."})
    private Path transform;

    @Option(names = "--lists", paramLabel = "N", defaultValue = "0",
            description = "Inverted lists (default: square root of the rows; ivf_sq beyond 100,000 rows: one per 122 rows).")
    private int lists;

    @Option(names = "--dims", paramLabel = "D",
            description = "For ivf_sq: leading dimensions in codes, a multiple of 8 (default: 95 %% of the variance, 32 to 256).")
    private Integer dims;

    @Option(names = "--sq-bits", paramLabel = "5|6",
            description = "For ivf_sq: bits of the code of a dimension (default 5; 6 costs time and gains a little recall).")
    private Integer sqBits;

    @Option(names = "--pq-m", paramLabel = "M",
            description = "For ivf_pq: parts that a row is cut into, a divisor of dim (default: parts of 8 values at the most).")
    private Integer pqM;

    @Option(names = "--pq-bits", paramLabel = "8|4", description = "For ivf_pq: bits of the code of a part (default 8).")
    private Integer pqBits;

    @Option(names = "--tune", paramLabel = "recall=R[,k=K]", description = {
        "Find probes and refine that reach a recall soonest, with rows as queries.",
        "Searches that say nothing use them (default k: 10)."})
    private String tune;

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
        IndexSpec spec = spec();
        Optional<TuneGoal> goal = Optional.ofNullable(tune).map(TuneGoal::parse);
        check(tune == null || spec.kind() != IndexKind.FLAT, "tune: '%s' (expected none, index flat is exact)", tune);
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
                double seconds = (System.nanoTime() - started) * 1e-9;
                Optional<Tuner.Choice> choice = goal.map(g -> g.tune(collection, seed, bar));
                collection.save(out);
                report(collection, plan, compute, skipped, seconds, goal, choice);
            }
        }
        return 0;
    }

    private IndexSpec spec() {
        IndexKind kind = IndexKind.parse(index);
        boolean sq = kind == IndexKind.IVF_SQ;
        boolean pq = kind == IndexKind.IVF_PQ;
        requireOf(kind, "lists", lists == 0 ? null : lists, kind != IndexKind.FLAT);
        requireOf(kind, "dims", dims, sq);
        requireOf(kind, "sq-bits", sqBits, sq);
        requireOf(kind, "pq-m", pqM, pq);
        requireOf(kind, "pq-bits", pqBits, pq);
        return new IndexSpec(kind, lists, Objects.requireNonNullElse(sq ? dims : pqM, 0),
                Objects.requireNonNullElse(sq ? sqBits : pqBits, sq ? 5 : 8), seed);
    }

    private static void requireOf(IndexKind kind, String name, Integer value, boolean fits) {
        check(value == null || fits, "%s: %d (expected none, index %s)", name, value, kind.label());
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

    private void report(Collection collection, BuildPlan plan, ComputeBackend compute, long skipped, double seconds,
            Optional<TuneGoal> goal, Optional<Tuner.Choice> choice) {
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
        boolean pq = plan.spec().kind() == IndexKind.IVF_PQ;
        fields.put("pq_m", pq ? plan.codeWidth() : 0);
        fields.put("pq_bits", pq ? plan.spec().codeBits() : 0);
        collection.model().ifPresent(model -> {
            if (model instanceof SqModel sq) {
                fields.put("dims", sq.dims());
                fields.put("sq_bits", sq.bits());
                fields.put("energy", Output.rounded(sq.energy()));
            }
        });
        choice.ifPresent(chosen -> TuneGoal.report(chosen, fields));
        fields.put("seed", seed);
        fields.put("bytes", info.bytes());
        fields.put("build_s", Output.rounded(seconds));
        fields.put("backend", compute.name());
        fields.put("device", compute.device());
        fields.put("out", out);
        String table = choice.map(chosen -> goal.orElseThrow().text(chosen)).orElse("");
        output.result(fields, "%s: %d rows, %s%s, %.1f s%s".formatted(out, info.rows(), index,
                skipped > 0 ? ", %d rows skipped".formatted(skipped) : "", seconds, table));
    }
}
