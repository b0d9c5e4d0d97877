package dev.perigee.compute.simd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The kept set is the smallest by (key, row), in whatever order rows came and over however many parts. */
class CandidatesTest {
    private record Entry(float key, int row) {
    }

    @Test
    void keepsTheSmallestWhateverTheOrderAndTheParts() {
        SplittableRandom random = new SplittableRandom(1);
        for (int trial = 0; trial < 3000; trial++) {
            int n = random.nextInt(1, 400);
            int keep = random.nextInt(1, 60);
            int distinct = random.nextInt(1, 50);
            int parts = random.nextInt(1, 5);
            float limit = random.nextInt(3) == 0 ? random.nextInt(-10, 40) : Float.MAX_VALUE;
            Candidates[] all = new Candidates[parts];
            for (int p = 0; p < parts; p++) {
                all[p] = new Candidates(new int[] {keep, random.nextInt(1, 80)});
                all[p].limit(0, limit);
            }
            List<Entry> expected = new ArrayList<>();
            int[] order = random.ints(n, 0, n).toArray();
            for (int i = 0; i < n; i++) {
                order[i] = i;
            }
            for (int i = n - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                int swap = order[i];
                order[i] = order[j];
                order[j] = swap;
            }
            for (int row : order) {
                float key = switch (random.nextInt(12)) {
                    case 0 -> Float.NaN;
                    case 1 -> Float.POSITIVE_INFINITY;
                    case 2 -> -0f;
                    case 3 -> Float.MIN_VALUE;
                    default -> random.nextInt(distinct) - 10;
                };
                all[random.nextInt(parts)].offer(0, key, row);
                if (key <= limit && key < Float.POSITIVE_INFINITY) {
                    expected.add(new Entry(key + 0f, row));
                }
            }
            for (int p = 1; p < parts; p++) {
                all[0].offerAll(0, all[p], 0);
            }
            expected.sort(Comparator.comparingDouble(Entry::key).thenComparingInt(Entry::row));
            int count = all[0].finish(0);
            assertThat(count).isEqualTo(Math.min(keep, expected.size()));
            for (int i = 0; i < count; i++) {
                assertThat(new Entry(all[0].key(0, i), all[0].row(0, i))).isEqualTo(expected.get(i));
            }
            if (count < expected.size()) {
                assertThat(all[0].dropped(0)).isTrue();
                assertThat(expected.get(count).key()).as("what was let go").isGreaterThanOrEqualTo(all[0].threshold(0));
            }
        }
    }

    @Test
    void sortsTheFirstEntriesAlone() {
        SplittableRandom random = new SplittableRandom(2);
        for (int count = 0; count <= 100; count++) {
            long[] entries = random.longs(100).toArray();
            long[] expected = entries.clone();
            Arrays.sort(expected, 0, count);
            Candidates.sort(entries, count);
            assertThat(entries).isEqualTo(expected);
        }
    }
}
