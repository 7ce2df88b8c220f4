package io.nightshift.coordinator.batch.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PartitionRangeFormatTest {

    @Test
    void neighboursStandTogether() {
        assertThat(PartitionRangeFormat.text(List.of(9, 1, 5, 7, 6, 8))).isEqualTo("1, 5-9");
        assertThat(PartitionRangeFormat.text(List.of(0))).isEqualTo("0");
        assertThat(PartitionRangeFormat.text(List.of(2, 3))).isEqualTo("2-3");
    }

    @Test
    void onlyTheFirstOfManyRangesAreShown() {
        List<Integer> even = IntStream.range(0, 30).map(i -> 2 * i).boxed().toList();

        assertThat(PartitionRangeFormat.text(even)).startsWith("0, 2, 4").endsWith(", 38 and 10 more");
    }
}
