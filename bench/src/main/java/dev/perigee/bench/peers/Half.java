package dev.perigee.bench.peers;

import dev.perigee.bench.peers.EngineProcess.Refused;
import dev.perigee.bench.workers.Share;
import java.util.HashMap;
import java.util.Map;

/** Half of the queries of a data set, searched in batches of all of them or one by one, in all rows or a share. */
final class Half implements AutoCloseable {
    private final DataSet data;
    private final DataCache cache;
    private final Map<Share, Searches> searches = new HashMap<>();

    Half(DataSet data, DataCache cache) {
        this.data = data;
        this.cache = cache;
    }

    DataSet data() {
        return data;
    }

    Sample sample(Setting setting, EngineProcess process, double least) throws Refused {
        return searches.computeIfAbsent(Target.share(setting), share ->
                        new Searches(share.equals(Share.ALL) ? data : cache.sharing(data, share), data.queryCount()))
                .sample(setting, process, data.queryCount(), least);
    }

    @Override
    public void close() {
        searches.values().forEach(Searches::close);
    }
}
