package io.nightshift.protocol.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HistogramTest {

    private static Distribution of(double... values) {
        DistributionCounter counter = DistributionCounter.ofPredictions(false);
        counter.count(values, values.length);
        return counter.distribution();
    }

    @Test
    void everyValueIsInOneBin() {
        Random random = new Random(7);
        double[] first = random.doubles(5_000).toArray();
        double[] second = random.doubles(3_000, -1, 0.5).toArray();

        List<Histogram.Bin> bins = Histogram.of(of(first), of(second));

        assertThat(bins).hasSize(Histogram.BINS);
        assertThat(bins.stream().mapToLong(Histogram.Bin::first).sum()).isEqualTo(5_000);
        assertThat(bins.stream().mapToLong(Histogram.Bin::second).sum()).isEqualTo(3_000);
        assertThat(bins.getFirst().from()).isCloseTo(-1, within(0.02));
        assertThat(bins.getLast().to()).isCloseTo(1, within(0.02));
        for (int i = 1; i < bins.size(); i++) {
            assertThat(bins.get(i).from()).isEqualTo(bins.get(i - 1).to());
        }
        assertThat(bins.getFirst().first()).isZero();
        assertThat(bins.getLast().second()).isZero();
    }

    private static Offset<Double> within(double distance) {
        return Offset.offset(distance);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, -1, 1e-300, -1e300, 0.1, -0.1, Double.MAX_VALUE, -Double.MAX_VALUE, Double.MIN_VALUE})
    void theBinOfAValueContainsIt(double value) {
        Distribution single = of(value);
        long bin = single.bins().getFirst();

        assertThat(single.lower(bin)).isLessThanOrEqualTo(value);
        assertThat(single.upper(bin)).isGreaterThanOrEqualTo(value);
        assertThat(Histogram.of(single, of())).hasSizeBetween(1, Histogram.BINS);
    }

    @Test
    void coarseBinsContainTheirValuesToo() {
        // So many values need bins that leave out bits of the exponent.
        double[] wide = new double[4_000];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = (i % 2 == 0 ? 1 : -1) * Math.scalb(1.5, i / 2 - 1_000);
        }
        Distribution distribution = of(wide);

        long values = Histogram.of(distribution, of(1, 2)).stream()
                .mapToLong(Histogram.Bin::first)
                .sum();

        assertThat(values).isEqualTo(wide.length);
        assertThat(distribution.lower(distribution.bins().getFirst())).isNegative();
    }

    @Test
    void withoutValuesThereIsNoBin() {
        assertThat(Histogram.of(of(), of(Double.NaN))).isEmpty();
    }
}
