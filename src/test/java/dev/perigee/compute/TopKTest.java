package dev.perigee.compute;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.testing.Answers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TopKTest {
    private record Found(double distance, long position) {
    }

    private static List<Found> sorted(SplittableRandom random, int count, int firstPosition) {
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            found.add(new Found(random.nextInt(6), firstPosition + i));
        }
        found.sort(Comparator.comparingDouble(Found::distance).thenComparingLong(Found::position));
        return found;
    }

    @Test
    void sortedRowsEnterAsIfOfferedOneByOne() {
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 500; round++) {
            int[] ks = {random.nextInt(1, 12), random.nextInt(1, 12)};
            TopK expected = new TopK(ks);
            TopK actual = new TopK(ks);
            for (int part = 0; part < 3; part++) {
                for (int q = 0; q < 2; q++) {
                    List<Found> found = sorted(random, random.nextInt(15), part * 100);
                    double[] distances = new double[found.size() + 3];
                    long[] positions = new long[found.size() + 3];
                    for (int i = 0; i < found.size(); i++) {
                        distances[i + 3] = found.get(i).distance();
                        positions[i + 3] = found.get(i).position();
                        expected.offer(q, found.get(i).distance(), found.get(i).position());
                    }
                    actual.offerSorted(q, distances, positions, 3, found.size());
                }
                Answers.assertSame(actual, expected, "round " + round + ", part " + part);
            }
        }
    }
}
