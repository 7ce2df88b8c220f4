package io.nightshift.coordinator.batch.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.Use;
import org.junit.jupiter.api.Test;

class DiscardedUseTest {

    private static final Epoch FIRST = new Epoch(1, 1);
    private static final Epoch SECOND = new Epoch(1, 2);

    private final DiscardedUse discarded = new DiscardedUse();

    private static Use of(long amount) {
        return new Use(amount, amount, 0, 0, 0, 0);
    }

    @Test
    void anAttemptThatIsReportedTwiceIsCountedOnce() {
        discarded.add(FIRST, of(5));
        discarded.add(FIRST, of(5));
        discarded.add(SECOND, of(2));

        assertThat(discarded.take()).isEqualTo(new DiscardedUse.Sum(of(7), 2));
        discarded.add(FIRST, of(5));
        assertThat(discarded.take()).isEqualTo(new DiscardedUse.Sum(Use.NONE, 0));
    }

    @Test
    void aLaterReportAddsWhatWasUsedSince() {
        assertThat(discarded.uncounted(FIRST, of(5))).isEqualTo(of(5));
        discarded.add(FIRST, of(8));

        assertThat(discarded.take()).isEqualTo(new DiscardedUse.Sum(of(3), 0));
    }

    @Test
    void anAttemptThatIsCountedElsewhereIsNotCounted() {
        discarded.ignore(FIRST);
        discarded.add(FIRST, of(5));

        assertThat(discarded.take()).isEqualTo(new DiscardedUse.Sum(Use.NONE, 0));
    }

    @Test
    void oldAttemptsAreForgotten() {
        for (int lease = 1; lease <= 20_000; lease++) {
            discarded.add(new Epoch(1, lease), of(1));
        }
        assertThat(discarded.take().attempts()).isEqualTo(20_000);
        discarded.add(new Epoch(1, 20_000), of(1));
        discarded.add(FIRST, of(1));
        assertThat(discarded.take().attempts()).isEqualTo(1);
    }

    @Test
    void theLastTenThousandAttemptsAreRemembered() {
        for (int lease = 1; lease <= 10_000; lease++) {
            discarded.add(new Epoch(1, lease), of(1));
        }
        discarded.take();

        discarded.add(FIRST, of(1));

        assertThat(discarded.take().attempts()).isZero();
    }
}
