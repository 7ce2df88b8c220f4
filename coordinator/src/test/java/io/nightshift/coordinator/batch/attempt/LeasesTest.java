package io.nightshift.coordinator.batch.attempt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.state.CommittedPartitions;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.Use;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeasesTest {

    private static final Use USE = new Use(1, 2, 0, 0, 3, 4);

    private static final Leases.Holder HOLDER = ExampleBatch.holder("node");

    private final CommittedPartitions none = CommittedPartitions.empty(3);
    private final Leases leases = new Leases(2, 3, 10);

    @Test
    void aCommittedPartitionIsNeverLeased() {
        CommittedPartitions some = none.withCommits(
                List.of(ExampleBatch.commit(0, new Epoch(1, 1), 0), ExampleBatch.commit(2, new Epoch(1, 2), 0)));

        assertThat(leases.nextPartition(some, 0)).hasValue(1);
        assertThat(leases.grant(1, HOLDER, 0)).isEqualTo(new Leases.GrantedLease(1, new Epoch(2, 1)));
        assertThat(leases.nextPartition(some, 0)).isEmpty();
    }

    @Test
    void aReleasedPartitionIsNotLeasedBeforeItsTime() {
        leases.nextPartition(none, 0);
        Epoch epoch = leases.grant(0, HOLDER, 0).epoch();
        leases.release(0, epoch, 100);

        assertThat(leases.nextPartition(none, 99)).hasValue(1);
        assertThat(leases.nextPartition(none, 100)).hasValue(0);
        assertThat(leases.grant(0, HOLDER, 100).epoch()).isGreaterThan(epoch);
    }

    @Test
    void extendingAllLeasesKeepsThem() {
        leases.nextPartition(none, 0);
        Epoch epoch = leases.grant(0, HOLDER, 0).epoch();
        leases.heartbeat(0, epoch, 42, USE, 1);

        leases.extendAll(50);

        assertThat(leases.expired(60)).isEmpty();
        assertThat(leases.expired(61)).containsExactly(new Leases.ExpiredLease(0, epoch, "node", USE));
        assertThat(leases.rowsInFlight()).isEqualTo(42);
    }

    @Test
    void aPartitionThatIsAddedIsLeasedLastAndLeasesContinue() {
        leases.nextPartition(none, 0);
        Epoch epoch = leases.grant(0, HOLDER, 0).epoch();

        leases.grow(4);

        CommittedPartitions some = CommittedPartitions.empty(4)
                .withCommits(List.of(
                        ExampleBatch.commit(1, new Epoch(1, 1), 0), ExampleBatch.commit(2, new Epoch(1, 2), 0)));
        assertThat(leases.holds(0, epoch)).isTrue();
        assertThat(leases.nextPartition(some, 0)).hasValue(3);
        assertThatThrownBy(() -> leases.grow(3)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void onlyTheNextPartitionIsGranted() {
        assertThatThrownBy(() -> leases.grant(2, HOLDER, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aWorkerGetsTheLeaseThatItHoldsAgain() {
        Leases.Holder other = ExampleBatch.holder("node");
        leases.nextPartition(none, 0);
        Leases.GrantedLease first = leases.grant(0, HOLDER, 0);
        leases.nextPartition(none, 0);
        Leases.GrantedLease second = leases.grant(1, other, 0);

        assertThat(leases.currentLease(HOLDER, 5)).isEqualTo(first);
        assertThat(leases.currentLease(other, 0)).isEqualTo(second);
        assertThat(leases.expired(11))
                .as("the first worker asked again")
                .containsExactly(new Leases.ExpiredLease(1, second.epoch(), "node", null));
        leases.release(0, first.epoch(), 5);
        assertThat(leases.currentLease(HOLDER, 5)).isNull();
        leases.committed(1);
        assertThat(leases.currentLease(other, 5)).isNull();
    }

    @Test
    void aPartitionThatIsIncludedAgainIsLeasedOnce() {
        leases.exclude(0);
        leases.includeExcluded();

        assertThat(leases.nextPartition(none, 0)).hasValue(0);
        leases.grant(0, HOLDER, 0);
        assertThat(leases.nextPartition(none, 0)).hasValue(1);
    }

    @Test
    void includedPartitionsAreIncludedOnce() {
        leases.nextPartition(none, 0);
        leases.grant(0, HOLDER, 0);
        leases.exclude(0);
        leases.includeExcluded();
        leases.includeExcluded();

        assertThat(leases.nextPartition(none, 0)).hasValue(0);
        leases.grant(0, HOLDER, 0);
        assertThat(leases.nextPartition(none, 0)).hasValue(1);
        assertThat(leases.excludedCount()).isZero();
    }
}
