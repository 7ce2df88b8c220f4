package io.nightshift.protocol.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DistributionTest {

    private static Distribution of(double... values) {
        return counted(DistributionCounter.ofPredictions(true), values);
    }

    private static Distribution counted(DistributionCounter counter, double... values) {
        counter.count(values, values.length);
        return counter.distribution();
    }

    /// Values of one of several kinds: few, many, tiny and huge ones.
    private static double[] values(Random random, int number) {
        int kind = random.nextInt(6);
        return IntStream.range(0, number)
                .mapToDouble(i -> switch (kind) {
                    case 0 -> random.nextInt(5);
                    case 1 -> random.nextDouble();
                    case 2 -> random.nextGaussian() * 1e6;
                    case 3 -> Double.longBitsToDouble(random.nextLong());
                    case 4 -> random.nextInt(10) == 0 ? Double.NaN : 1e9 + random.nextInt(1_000_000);
                    default -> Math.exp(random.nextGaussian() * 50) * (random.nextBoolean() ? 1 : -1);
                })
                .toArray();
    }

    /// Partitions of any size, merged in any order and grouping, give what counting all values at once gives.
    ///
    /// @param columns that have distributions; 0 for predictions
    @Property(tries = 500)
    void theOrderOfPartitionsMakesNoDifference(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3_000) int number,
            @ForAll @IntRange(min = 0, max = Distribution.MOST_COLUMNS) int columns) {
        Random random = new Random(seed);
        double[] all = values(random, number);
        List<Distribution> parts = new ArrayList<>();
        int from = 0;
        while (from < number) {
            int to = Math.min(number, from + 1 + random.nextInt(number));
            parts.add(counted(counter(columns), Arrays.copyOfRange(all, from, to)));
            from = to;
        }
        Collections.shuffle(parts, random);
        while (parts.size() > 1) {
            Distribution one = parts.remove(random.nextInt(parts.size()));
            Distribution other = parts.remove(random.nextInt(parts.size()));
            parts.add(one.plus(other));
        }

        assertThat(parts.getFirst()).isEqualTo(counted(counter(columns), all));
        assertThat(parts.getFirst().rows() + parts.getFirst().missing()).isEqualTo(number);
        assertThat(parts.getFirst().bins().size()).isLessThanOrEqualTo(2 * Distribution.mostBins(Math.max(1, columns)));
    }

    private static DistributionCounter counter(int columns) {
        return columns == 0 ? DistributionCounter.ofPredictions(true) : DistributionCounter.ofColumn("age", columns);
    }

    @Test
    void moreColumnsHaveFewerBinsEach() {
        assertThat(IntStream.of(1, 32, 33, 64, 65, 128, 129, 500).map(Distribution::mostBins))
                .containsExactly(256, 256, 128, 128, 64, 64, 32, 32);
    }

    @Test
    void distributionsOfDifferentlyManyColumnsAreCompared() {
        double[] values = new Random(1).doubles(5_000, 1, 100).toArray();
        Distribution fine = counted(DistributionCounter.ofColumn("age", 1), values);
        Distribution coarse = counted(DistributionCounter.ofColumn("age", 500), values);

        assertThat(coarse.bits()).isLessThan(fine.bits());
        TreeMap<Long, Long> counts = new TreeMap<>();
        fine.addTo(counts, coarse.bits());
        TreeMap<Long, Long> others = new TreeMap<>();
        coarse.addTo(others, coarse.bits());
        assertThat(counts).isEqualTo(others);
    }

    @Property(tries = 500)
    void theSumIsExact(@ForAll long seed, @ForAll @IntRange(min = 1, max = 300) int number) {
        double[] all = values(new Random(seed), number);
        BigDecimal expected = DoubleStream.of(all)
                .filter(Double::isFinite)
                .mapToObj(BigDecimal::new)
                .reduce(BigDecimal.ZERO, BigDecimal::add);
        ExactSum sum = new ExactSum();
        sum.add(all, number);

        assertThat(sum.value()).isEqualByComparingTo(expected);
        assertThat(ExactSum.parse(sum.text()).value()).isEqualByComparingTo(expected);
        assertThat(ExactSum.parse(sum.text()).text()).isEqualTo(sum.text());
    }

    @Test
    void smallWholeNumbersHaveBinsOfTheirOwn() {
        Distribution hours = of(IntStream.range(-100, 100).asDoubleStream().toArray());

        assertThat(hours.bits()).isEqualTo(Distribution.FINEST);
        assertThat(hours.bins()).hasSize(400);
        assertThat(of(-0.0)).isEqualTo(of(0.0));
        assertThat(of(2_024).bins()).isNotEqualTo(of(2_025).bins());
    }

    @Test
    void missingAndInfiniteValuesAreNotInBins() {
        Distribution some = of(Double.NaN, Double.POSITIVE_INFINITY, 0.25, -1, Double.NEGATIVE_INFINITY);

        assertThat(some.missing()).isEqualTo(3);
        assertThat(some.rows()).isEqualTo(2);
        assertThat(some.mean()).isEqualTo(-0.375);
        assertThat(some.sum()).isEqualTo("-3p-2");
        assertThat(of().mean()).isNaN();
        assertThat(of().sum()).isEqualTo("0p0");
    }

    @Test
    void nonsenseIsRefused() {
        assertThatThrownBy(() -> new Distribution("a", 0, 256, 10, List.of(2L, 1L, 1L, 1L), null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Distribution("a", 0, 256, 10, List.of(1L, 0L), null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Distribution("a", -1, 256, 10, List.of(), null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Distribution("a", 0, 256, 11, List.of(), null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Distribution("a", 0, 257, 10, List.of(), null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Distribution("a", 0, 1, 10, List.of(1L, 1L, 2L, 1L), null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ExactSum.parse("1p99999")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> of(1).plus(new Distribution("a", 0, 256, 10, List.of(), null)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
