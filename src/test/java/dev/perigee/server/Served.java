package dev.perigee.server;

import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.UpsertRequest;
import dev.perigee.backend.Backends;
import dev.perigee.client.Client;
import dev.perigee.client.ClientSettings;
import dev.perigee.collection.Collections;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.Random;

/** A server on a free port with one collection 'cars' [200, 20], seeded, in 8 lists, and a gate before its searches. */
final class Served implements AutoCloseable {
    static final int DIM = 20;
    static final int ROWS = 200;
    private final ComputeBackend backend = Backends.open("auto", 2);
    final Collections collections = new Collections(backend);
    final GatedEngine engine = new GatedEngine();
    final Server server;
    final Arena arena = Arena.ofShared();

    Served() {
        this(settings());
    }

    Served(ServerSettings settings) {
        collections.create(new CollectionSpec("cars", DIM, Distance.L2, IndexSpec.ivfFlat(8)));
        collections.get("cars").add(UpsertRequest.of(random(arena, ROWS, DIM, 1)));
        collections.get("cars").build(Progress.NONE);
        server = Server.start(settings, collections, engine);
    }

    static ServerSettings settings() {
        return ServerSettings.standard().withAddress("127.0.0.1", 0).withWorkers(2).withDrain(Duration.ofSeconds(5));
    }

    String address() {
        return "127.0.0.1:" + server.address().getPort();
    }

    Client client() {
        return Client.connect(address());
    }

    Client client(ClientSettings settings) {
        return Client.connect(address(), settings);
    }

    static Matrix random(Arena arena, int rows, int dim, long seed) {
        Random random = new Random(seed);
        Matrix matrix = Matrix.allocate(arena, rows, dim);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < dim; j++) {
                matrix.set(i, j, random.nextFloat(-1, 1));
            }
        }
        return matrix;
    }

    static float[] query(long seed) {
        try (Arena arena = Arena.ofConfined()) {
            return random(arena, 1, DIM, seed).get(0);
        }
    }

    /** The server alone, while the gate may be shut. */
    void closeServer() {
        server.close();
    }

    @Override
    public void close() {
        engine.open();
        server.close();
        collections.close();
        backend.close();
        arena.close();
    }
}
