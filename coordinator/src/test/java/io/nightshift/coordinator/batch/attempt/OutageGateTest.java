package io.nightshift.coordinator.batch.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OutageGateTest {

    /// The clock is about to overflow.
    private static final long NOW = Long.sum(Long.MAX_VALUE, -10);

    private final OutageGate gate = new OutageGate();

    @Test
    void aGateIsOpenUntilAFailure() {
        assertThat(gate.isOpen(NOW, 1_000)).isTrue();
        assertThat(gate.round()).isZero();

        gate.failed(NOW - 5, NOW, 100);

        assertThat(gate.round()).isEqualTo(1);
        assertThat(gate.isOpen(NOW, 0)).isFalse();
        assertThat(gate.isOpen(NOW + 99, 0)).isFalse();
    }

    @Test
    void afterTheBackoffOnePartitionAtATimeIsLeased() {
        gate.failed(NOW - 5, NOW, 100);

        assertThat(gate.isOpen(NOW + 100, 0)).isTrue();
        assertThat(gate.isOpen(NOW + 100, 1)).isFalse();
    }

    @Test
    void attemptsOfTheSameOutageCountOnce() {
        gate.failed(NOW - 5, NOW, 100);
        gate.failed(NOW - 4, NOW + 50, 1_000);
        gate.failed(NOW + 50, NOW + 60, 1_000);

        assertThat(gate.round()).isEqualTo(1);
        assertThat(gate.isOpen(NOW + 100, 0)).as("the first backoff").isTrue();

        gate.failed(NOW + 61, NOW + 200, 1_000);

        assertThat(gate.round()).isEqualTo(2);
        assertThat(gate.isOpen(NOW + 1_199, 0)).isFalse();
        assertThat(gate.isOpen(NOW + 1_200, 0)).isTrue();
    }

    @Test
    void progressOfALaterAttemptOpensTheGate() {
        gate.failed(NOW - 5, NOW, 100);
        gate.progressed(NOW - 3);
        gate.progressed(NOW);
        assertThat(gate.isOpen(NOW + 1, 0)).as("attempts of before the failure").isFalse();

        gate.progressed(NOW + 1);

        assertThat(gate.isOpen(NOW + 1, 1_000)).isTrue();
        assertThat(gate.round()).as("until a partition is committed").isEqualTo(1);
        gate.progressed(NOW - 3);
        assertThat(gate.isOpen(NOW + 1, 1_000)).isTrue();
    }

    @Test
    void aCommitEndsTheOutage() {
        gate.failed(NOW - 5, NOW, 100);

        gate.succeeded();

        assertThat(gate.isOpen(NOW, 1_000)).isTrue();
        assertThat(gate.round()).isZero();
        gate.failed(NOW - 5, NOW + 10, 50);
        assertThat(gate.round()).as("a new outage, whenever its attempt began").isEqualTo(1);
        assertThat(gate.isOpen(NOW + 59, 0)).isFalse();
        assertThat(gate.isOpen(NOW + 60, 0)).isTrue();
    }
}
