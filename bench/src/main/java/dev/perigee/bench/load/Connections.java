package dev.perigee.bench.load;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.client.Client;
import dev.perigee.vector.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Single queries over some connections by turns; every answer is compared with that of the same search in process. */
final class Connections implements Target, AutoCloseable {
    private final List<Client> clients = new ArrayList<>();
    private final String collection;
    private final float[][] queries;
    private final SearchRequest request;
    private final SearchResult expected;

    /** @param expected of all queries, from the search in process */
    Connections(String address, int count, String collection, Matrix queries, SearchRequest request, SearchResult expected) {
        this.collection = collection;
        this.queries = new float[queries.rows()][];
        this.request = request;
        this.expected = expected;
        Arrays.setAll(this.queries, queries::get);
        try {
            for (int i = 0; i < count; i++) {
                clients.add(Client.connect(address));
            }
        } catch (PerigeeException e) {
            close();
            throw e;
        }
    }

    /** The future fails with INTERNAL if the answer is wrong. */
    @Override
    public CompletableFuture<?> send(int number) {
        int query = number % queries.length;
        return clients.get(number % clients.size()).searchAsync(collection, queries[query], request)
                .thenAccept(answer -> requireRight(query, answer));
    }

    private void requireRight(int query, SearchResult answer) {
        int from = query * expected.k();
        int to = from + expected.k();
        if (!Arrays.equals(answer.ids(), 0, expected.k(), expected.ids(), from, to)
                || !Arrays.equals(answer.scores(), 0, expected.k(), expected.scores(), from, to)) {
            throw new PerigeeException(ErrorCode.INTERNAL,
                    "query %d: the server's answer is not that of the search in process: ids %s (expected %s)".formatted(query,
                            Arrays.toString(answer.ids()), Arrays.toString(Arrays.copyOfRange(expected.ids(), from, to))));
        }
    }

    @Override
    public void close() {
        clients.forEach(Client::close);
    }
}
