package dev.perigee.testing;

import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.build.BuildPlan;
import dev.perigee.build.IvfBuilder;
import dev.perigee.build.Stages;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.ListFile;
import dev.perigee.index.ModelFile;
import dev.perigee.storage.BlockFile;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;

/** An index that was built, written and read again. */
public record TestIndex(Path folder, BlockFile model, BlockFile lists, IndexData data) implements AutoCloseable {
    /** A small index of a kind; {@code lists} and {@code m} where it has them. */
    public static IndexSpec spec(IndexKind kind, int lists, int m) {
        return switch (kind) {
            case FLAT -> IndexSpec.FLAT;
            case IVF_FLAT -> IndexSpec.ivfFlat(lists);
            case IVF_PQ -> IndexSpec.ivfPq(lists, m);
            case IVF_SQ -> IndexSpec.ivfSq(lists, 0);
        };
    }

    public static TestIndex build(IndexSpec spec, Distance distance, Matrix rows, ComputeBackend backend) {
        try {
            Path folder = Files.createTempDirectory("perigee-test");
            FlatData flat = FlatData.of(distance, rows, Arena.ofAuto());
            BuildPlan plan = BuildPlan.of(spec, distance, rows.rows(), rows.dim());
            new IvfBuilder(plan, flat, backend, new Stages(Progress.NONE)).write(folder.resolve("model"), folder.resolve("lists"));
            BlockFile model = BlockFile.open(folder.resolve("model"));
            BlockFile lists = BlockFile.open(folder.resolve("lists"));
            return new TestIndex(folder, model, lists, ListFile.read(lists, ModelFile.read(model, Arena.ofAuto()), flat));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        model.close();
        lists.close();
        try {
            Files.delete(model.path());
            Files.delete(lists.path());
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
