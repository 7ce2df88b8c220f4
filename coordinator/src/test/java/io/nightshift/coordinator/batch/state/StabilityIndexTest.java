package io.nightshift.coordinator.batch.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.batch.DistributionCounter;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StabilityIndexTest {

    private static final int ROWS = 100_000;

    private static Distribution of(double... values) {
        DistributionCounter counter = DistributionCounter.ofColumn("age", 1);
        counter.count(values, values.length);
        return counter.distribution();
    }

    private static Distribution random(long seed, ToDoubleFunction<Random> value) {
        Random random = new Random(seed);
        return of(IntStream.range(0, ROWS)
                .mapToDouble(i -> value.applyAsDouble(random))
                .toArray());
    }

    @Test
    void anotherSampleOfTheSameValuesIsStable() {
        Distribution before = random(1, Random::nextGaussian);

        assertThat(StabilityIndex.of(before, before)).isZero();
        assertThat(StabilityIndex.of(before, random(2, Random::nextGaussian))).isLessThan(0.001);
    }

    /// The index of two normal distributions of one width in infinitely fine groups is the square of their
    /// distance; ten groups show most of it.
    @Test
    void aShiftedMeanIsSeen() {
        Distribution before = random(1, Random::nextGaussian);

        assertThat(StabilityIndex.of(before, random(2, random -> random.nextGaussian() + 0.5)))
                .isCloseTo(0.25, within(0.04));
        assertThat(StabilityIndex.of(before, random(2, random -> random.nextGaussian() + 0.1)))
                .isCloseTo(0.01, within(0.003));
    }

    /// The same for values far from 0, of which bins are coarse.
    @Test
    void timesInSecondsAreTold() {
        ToDoubleFunction<Random> year = random -> 1.7e9 + random.nextInt(31_536_000);

        assertThat(StabilityIndex.of(random(1, year), random(2, year))).isLessThan(0.001);
        assertThat(StabilityIndex.of(random(1, year), random(2, random -> year.applyAsDouble(random) + 15_768_000)))
                .isGreaterThan(1);
    }

    @Test
    void valuesThatWereNeverThereAreSeen() {
        Distribution constant = random(1, random -> 5);

        assertThat(StabilityIndex.of(constant, random(2, random -> random.nextInt(10) == 0 ? 7 : 5)))
                .isGreaterThan(0.5);
        assertThat(StabilityIndex.of(constant, random(2, random -> random.nextInt(10) == 0 ? -7 : 5)))
                .isGreaterThan(0.5);
        assertThat(StabilityIndex.of(constant, random(2, random -> random.nextInt(10) == 0 ? Double.NaN : 5)))
                .isGreaterThan(0.5);
    }

    /// One frequent value among others is a group of its own.
    @Test
    void frequentValuesAreToldApart() {
        Distribution before = random(1, random -> random.nextInt(3));
        Distribution now = random(2, random -> random.nextInt(4) % 3);
        double expected = 1.0 / 6 * Math.log(1.5) + 2 * (1.0 / 3 - 0.25) * Math.log(4.0 / 3);

        assertThat(StabilityIndex.of(before, now)).isCloseTo(expected, within(0.01));
    }

    /// The divergence of 1/3, 1/3, 1/3 and 1/2, 1/4, 1/4 by its definition.
    @Test
    void theDivergenceIsThatOfItsDefinition() {
        Distribution before = random(1, random -> random.nextInt(3));
        Distribution now = random(2, random -> random.nextInt(4) % 3);
        double expected =
                (Math.log(4.0 / 5) / 3 + 2 * Math.log(8.0 / 7) / 3 + Math.log(6.0 / 5) / 2 + Math.log(6.0 / 7) / 2)
                        / 2
                        / Math.log(2);

        assertThat(JensenShannonDivergence.of(before, now)).isCloseTo(expected, within(0.002));
        assertThat(JensenShannonDivergence.of(before, before)).isZero();
    }

    @Test
    void ofDistributionsThatShareNothingTheDivergenceIsAlmostOne() {
        assertThat(JensenShannonDivergence.of(random(1, random -> 5), random(2, random -> 7)))
                .isBetween(0.99, 1.0);
    }

    @Test
    void batchesOfFewRowsHaveAnIndex() {
        assertThat(StabilityIndex.of(of(1), of(1))).isZero();
        assertThat(StabilityIndex.of(of(1), of(2))).isBetween(0.1, 2.0);
        assertThat(StabilityIndex.of(of(Double.NaN), of(2))).isBetween(0.1, 2.0);
    }
}
