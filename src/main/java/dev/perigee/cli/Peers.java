package dev.perigee.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.perigee.PerigeeException;
import dev.perigee.compute.Benchmark.Context;
import dev.perigee.compute.Benchmark.Row;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@code bench/gpu_peers.py} measured on this machine, beside our rows. */
final class Peers {
    /** The row whose goal is a part of a peer's time, and that peer. */
    private static final String GOAL_ROW = "E5";
    private static final String GOAL_PEER = "torch mm + topk bf16";
    private static final int MUST = 2;
    private static final int STRETCH = 3;

    static final Peers NONE = new Peers(List.of());

    /** One row of the file; {@code millis} is NaN if it does not say. */
    private record Peer(String row, String name, double millis, double recall) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%s %.3f ms", name, millis)
                    + (recall < 1 ? String.format(Locale.ROOT, " (recall %.4f)", recall) : "");
        }
    }

    private final List<Peer> peers;

    private Peers(List<Peer> peers) {
        this.peers = peers;
    }

    /** @throws PerigeeException INVALID_ARGUMENT if it is not such a file */
    static Peers read(Path file) {
        List<Peer> peers = new ArrayList<>();
        try (JsonParser json = new JsonFactory().createParser(file.toFile())) {
            while (json.nextToken() != null) {
                if (json.currentToken() == JsonToken.FIELD_NAME && json.currentName().equals("rows")
                        && json.nextToken() == JsonToken.START_ARRAY) {
                    while (json.nextToken() == JsonToken.START_OBJECT) {
                        peers.add(peer(json));
                    }
                }
            }
        } catch (IOException e) {
            throw PerigeeException.invalid("peers: %s: %s".formatted(file, e.getMessage()));
        }
        return new Peers(peers);
    }

    private static Peer peer(JsonParser json) throws IOException {
        String row = "";
        String name = "";
        double millis = Double.NaN;
        double recall = Double.NaN;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "name" -> row = json.getText();
                case "peer" -> name = json.getText();
                case "value" -> millis = json.getDoubleValue();
                case "recall" -> recall = json.getDoubleValue();
                default -> json.skipChildren();
            }
        }
        return new Peer(row, name, millis, recall);
    }

    /** The row with what its peers need here in its anchor, and where the goal is a part of that, with the goal. */
    Row beside(Row row) {
        List<Peer> its = peers.stream().filter(peer -> peer.row.equals(row.name())).toList();
        if (its.isEmpty()) {
            return row;
        }
        Context context = row.context();
        String here = "here: " + String.join(", ", its.stream().map(Peer::toString).toList());
        double goal = row.goal();
        double stretch = context.stretch();
        for (Peer peer : its) {
            if (row.name().equals(GOAL_ROW) && peer.name.equals(GOAL_PEER)) {
                goal = peer.millis / MUST;
                stretch = peer.millis / STRETCH;
            }
        }
        return new Row(row.name(), row.value(), row.unit(), goal, row.atMost(), new Context(
                context.anchor().isEmpty() ? here : here + "; " + context.anchor(), context.limit(), stretch, context.recall(),
                context.more()));
    }
}
