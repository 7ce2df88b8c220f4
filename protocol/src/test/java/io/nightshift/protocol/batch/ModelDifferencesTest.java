package io.nightshift.protocol.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ModelDifferencesTest {

    private static ModelDifferences ofPartition(int partition, Random random) {
        DistributionCounter sizes = DistributionCounter.ofPredictions(true);
        List<RowDifference> largest = new ArrayList<>();
        for (int row = 0; row < 40; row++) {
            // Many rows differ by the same amount.
            double size = random.nextInt(30) / 10.0;
            sizes.count(new double[] {size}, 1);
            if (row % 4 == 0 && size > 0) {
                largest.add(new RowDifference(partition, row, 0, size, size, Map.of("x", String.valueOf(row))));
            }
        }
        largest.sort(RowDifference.LARGEST_FIRST);
        return new ModelDifferences(
                true,
                sizes.distribution(),
                largest.stream().limit(ModelDifferences.MOST_ROWS).toList());
    }

    @Test
    void theSumIsTheSameInAnyOrder() {
        Random random = new Random(7);
        List<ModelDifferences> partitions = new ArrayList<>(IntStream.range(0, 30)
                .mapToObj(partition -> ofPartition(partition, random))
                .toList());
        ModelDifferences expected =
                partitions.stream().reduce(ModelDifferences::plus).orElseThrow();
        assertThat(expected.largest()).hasSize(ModelDifferences.MOST_ROWS);
        assertThat(expected.largest().getFirst().size())
                .isEqualTo(partitions.stream()
                        .flatMap(partition -> partition.largest().stream())
                        .mapToDouble(RowDifference::size)
                        .max()
                        .orElseThrow());

        for (int round = 0; round < 5; round++) {
            Collections.shuffle(partitions, random);
            assertThat(partitions.stream().reduce(ModelDifferences::plus)).contains(expected);
        }
    }
}
