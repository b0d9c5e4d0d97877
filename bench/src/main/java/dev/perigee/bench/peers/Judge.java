package dev.perigee.bench.peers;

import static dev.perigee.PerigeeException.check;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What answers are worth: their recall by distance, recomputed in double from the rows. Of the k places of a query those count
 * that hold a distinct row at most as far as the k-th true neighbour. Float engines cannot tell apart what differs by less than
 * a millionth, so that much farther still counts.
 */
final class Judge implements AutoCloseable {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final double SLACK = 1e-6;

    private final DataSet data;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment base;
    private final MemorySegment queries;
    private final Map<Integer, double[]> limits = new HashMap<>();

    Judge(DataSet data) {
        this.data = data;
        this.base = RawFile.map(data.base(), arena);
        this.queries = RawFile.map(data.queries(), arena);
    }

    /**
     * Recall at k of the answers to the first {@code count} queries.
     *
     * @param file  raw int32 [count, width], row numbers, -1 = none
     * @param width answers of a query in the file
     * @param k     of which the first k are judged
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT if the file is no such answer
     */
    double recall(Path file, int count, int width, int k) {
        int[] answers = RawFile.readInts(file);
        check(answers.length == (long) count * width, "answer: %d rows (expected %d queries x %d)", answers.length, count, width);
        check(k <= width && k <= data.trueNeighbours(), "k: %d (expected at most %d)", k, Math.min(width, data.trueNeighbours()));
        double[] limit = limits.computeIfAbsent(k, this::limits);
        float[] query = new float[data.dim()];
        long right = 0;
        for (int q = 0; q < count; q++) {
            MemorySegment.copy(queries, FLOAT, (long) q * data.dim() * Float.BYTES, query, 0, query.length);
            int[] found = Arrays.copyOfRange(answers, q * width, q * width + k);
            Arrays.sort(found);
            for (int i = 0; i < k; i++) {
                check(found[i] >= -1 && found[i] < data.rows(), "answer: row %d for query %d (expected -1 to %d)", found[i], q,
                        data.rows() - 1);
                check(found[i] < 0 || data.share().has(found[i]), "answer: row %d for query %d (expected those of the filter)",
                        found[i], q);
                boolean counts = found[i] >= 0 && (i == 0 || found[i] != found[i - 1]);
                if (counts && distance(query, found[i]) <= limit[q]) {
                    right++;
                }
            }
        }
        return (double) right / ((long) count * k);
    }

    /** Per query the largest distance that counts. */
    private double[] limits(int k) {
        double[] limit = new double[data.queryCount()];
        float[] query = new float[data.dim()];
        for (int q = 0; q < limit.length; q++) {
            MemorySegment.copy(queries, FLOAT, (long) q * data.dim() * Float.BYTES, query, 0, query.length);
            double kth = distance(query, data.truth()[q * data.trueNeighbours() + k - 1]);
            limit[q] = kth + SLACK * Math.abs(kth);
        }
        return limit;
    }

    /** Smaller is nearer. */
    private double distance(float[] query, int row) {
        long from = (long) row * query.length * Float.BYTES;
        double sum = 0;
        double rowSquares = 0;
        double querySquares = 0;
        boolean l2 = data.distance().equals("l2");
        for (int j = 0; j < query.length; j++) {
            double x = base.get(FLOAT, from + (long) j * Float.BYTES);
            double difference = query[j] - x;
            sum += l2 ? difference * difference : query[j] * x;
            rowSquares += x * x;
            querySquares += (double) query[j] * query[j];
        }
        if (data.distance().equals("cosine")) {
            double lengths = Math.sqrt(rowSquares * querySquares);
            return lengths == 0 ? 0 : -sum / lengths;
        }
        return l2 ? sum : -sum;
    }

    @Override
    public void close() {
        arena.close();
    }
}
