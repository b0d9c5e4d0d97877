package dev.perigee.bench;

import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Nearest rows by sorting all distances. */
final class Nearest {
    private Nearest() {
    }

    static long[] rows(FlatData data, Matrix queries, int query, int k) {
        return IntStream.range(0, data.count()).boxed()
                .sorted(Comparator.comparingDouble(row -> data.distance().between(queries, query, data.rows(), row)))
                .limit(k).mapToLong(row -> row).toArray();
    }
}
