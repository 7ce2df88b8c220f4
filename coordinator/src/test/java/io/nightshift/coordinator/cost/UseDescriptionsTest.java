package io.nightshift.coordinator.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.api.BatchDescription;
import io.nightshift.protocol.batch.BatchUse;
import io.nightshift.protocol.batch.Use;
import java.math.BigDecimal;
import java.util.Objects;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class UseDescriptionsTest {

    private static final long SECOND = 1_000_000;
    private static final long GIB = 1L << 30;
    private static final Prices PRICES =
            new Prices("EUR", new BigDecimal("0.36"), new BigDecimal("0.02"), new BigDecimal("0.05"));

    private static BatchDescription.Use describe(BatchUse use, long predictions, Prices prices) {
        return Objects.requireNonNull(UseDescriptions.of(use, predictions, 100, prices));
    }

    @Nested
    class Cost {

        private final BatchUse use = new BatchUse(
                new Use(80 * SECOND, 100 * SECOND, 0, 0, 2 * GIB, GIB),
                new Use(SECOND, 20 * SECOND, 0, 0, GIB, 0),
                3,
                120 * SECOND,
                240 * SECOND,
                240 * SECOND,
                1,
                2,
                2);

        @Test
        void anAmountIsThatOfThreadsAndBytesOfAllAttempts() {
            BatchDescription.Cost cost =
                    Objects.requireNonNull(describe(use, 4_000_000, PRICES).cost());

            assertThat(cost.currency()).isEqualTo("EUR");
            assertThat(cost.total())
                    .as("120 s at 0.0001, 3 GiB read, 1 GiB written")
                    .isEqualTo(0.122);
            assertThat(cost.discarded()).isEqualTo(0.022);
            assertThat(cost.perMillion()).isEqualTo(0.0305);
        }

        @Test
        void aBatchWithoutPredictionsHasNoPriceForAMillion() {
            assertThat(Objects.requireNonNull(describe(use, 0, PRICES).cost()).perMillion())
                    .isNull();
        }

        @Test
        void thereIsNoCostWithoutPrices() {
            BatchDescription.Use described = describe(use, 5, Prices.NONE);

            assertThat(described.cost()).isNull();
            assertThat(described.processorSeconds()).isEqualTo(81);
            assertThat(described.discarded()).isEqualTo(new BatchDescription.Discarded(3, 1, 20, GIB, 0));
        }

        @Test
        void aPriceBelowZeroIsRefused() {
            assertThatThrownBy(() -> new Prices("EUR", BigDecimal.ZERO, new BigDecimal("-1"), BigDecimal.ZERO))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Nested
    class Advice {

        /// A batch on 4 processors for 100 seconds.
        private static BatchUse batch(int threads, long processor, long elapsed, long reading, long writing) {
            Use use = new Use(processor * SECOND, elapsed * SECOND, reading * SECOND, writing * SECOND, 0, 0);
            return new BatchUse(use, Use.NONE, 0, 100 * SECOND, 400 * SECOND, 100L * threads * SECOND, 1, 4, threads);
        }

        private static String advice(BatchUse use, int partitions) {
            return Objects.requireNonNull(UseAdvice.of(use, partitions));
        }

        @Test
        void aBusyBatchGetsNone() {
            assertThat(UseAdvice.of(batch(4, 280, 400, 100, 20), 100)).isNull();
        }

        @Test
        void neitherDoesAVeryShortOne() {
            Use use = new Use(1, 900_000, 0, 0, 0, 0);
            assertThat(UseAdvice.of(new BatchUse(use, Use.NONE, 0, 900_000, 4 * 900_000, 4 * 900_000, 1, 4, 4), 100))
                    .isNull();
        }

        @Test
        void neitherDoesOneWhoseNodesAreNotKnownAfterATakeover() {
            BatchUse use = batch(1, 90, 100, 5, 5);
            assertThat(UseAdvice.of(
                            new BatchUse(
                                    use.committed(),
                                    use.discarded(),
                                    0,
                                    use.active(),
                                    use.capacity(),
                                    use.threadCapacity(),
                                    0,
                                    0,
                                    0),
                            100))
                    .isNull();
        }

        @Test
        void theLongestWaitIsNamed() {
            assertThat(advice(batch(4, 150, 400, 200, 50), 100))
                    .startsWith("For 50 % of the processors' time, the batch waited for input. Move the source");
            assertThat(advice(batch(4, 150, 400, 50, 200), 100))
                    .startsWith("For 50 % of the processors' time, the batch waited for the destination to take");
            assertThat(advice(batch(4, 150, 400, 10, 10), 100))
                    .startsWith("For 58 % of the processors' time, the batch waited for processors: other programs");
            assertThat(advice(batch(1, 90, 100, 5, 5), 100))
                    .startsWith(
                            "For 75 % of the processors' time, the nodes had no scoring thread for them: 1 for 4 processors. Start");
            assertThat(advice(batch(4, 100, 110, 5, 5), 3))
                    .startsWith(
                            "For 73 % of the processors' time, no partition was left to score: the batch has 3 for 4 scoring threads. Make the partitions smaller");
            assertThat(advice(batch(4, 100, 110, 5, 5), 100))
                    .startsWith("For 73 % of the processors' time, the scoring threads had no partition of this");
        }
    }
}
