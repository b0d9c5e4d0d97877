package dev.perigee.cli;

import dev.perigee.collection.Collection;
import dev.perigee.compute.ComputeBackend;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee learn rollback}: brings the space from before back into service. */
@Command(name = "rollback", description = {"Put the space from before back in service, with the rows added since; twice puts it away again.",
    "A server that serves the folder answers with what it opened, until it is started again."})
final class LearnRollbackCommand implements Callable<Integer> {
    @Mixin
    private Output output;

    @Mixin
    private BackendOptions backend;

    @Option(names = "--index", required = true, paramLabel = "DIR", description = "The folder of the index.")
    private Path index;

    @Override
    public Integer call() {
        try (ComputeBackend compute = backend.open(); Collection collection = Collection.open(index, compute)) {
            int before = collection.info().space().version();
            collection.rollback();
            collection.save(index);
            int now = collection.info().space().version();
            output.result(Map.of("space_version", now, "previous_space_version", before),
                    "%s: space %d is in service again, %d is kept".formatted(index, now, before));
        }
        return 0;
    }
}
