package io.nightshift.coordinator.batch.life;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.batch.DecisionsFixture;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Epoch;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

/// The times at which a coordinator counts the ledger's entries to notice that another one has taken over.
class TakeoverDetectionTest extends DecisionsFixture {

    private static final CoordinatorAction COUNT = new CoordinatorAction.CountLedgerEntries(1);

    private Stream<CoordinatorAction> counts(BatchDecision decision) {
        return decision.actions().stream().filter(CoordinatorAction.CountLedgerEntries.class::isInstance);
    }

    private BatchDecision tickAt(long second) {
        seconds = second;
        return decide(new CoordinatorMessage.Tick());
    }

    private BatchDecision heartbeatOfSuccessor() {
        return decide(new BatchCommand.Heartbeat(new Attempt(ExampleBatch.BATCH, 0, new Epoch(2, 1)), 0, worker));
    }

    @Test
    void aPausedBatchCountsOnceInALease() {
        start();
        decide(new BatchCommand.Pause("maintenance", operator, "ops"));

        assertThat(counts(tickAt(100))).as("the first tick starts the interval").isEmpty();
        assertThat(counts(tickAt(129))).isEmpty();
        assertThat(counts(tickAt(130))).containsExactly(COUNT);
        assertThat(counts(tickAt(159))).isEmpty();
        assertThat(counts(tickAt(160))).containsExactly(COUNT);
    }

    @Test
    void aFailedBatchCounts() {
        open();
        state = ExampleBatch.after(state, ExampleBatch.failed());
        tickAt(1);

        assertThat(counts(tickAt(31))).containsExactly(COUNT);
    }

    @Test
    void aCoordinatorThatWasNeverOpenedDoesNotCount() {
        tickAt(1);

        assertThat(counts(tickAt(31))).isEmpty();
    }

    @Test
    void aRunningBatchDoesNotCountBecauseItWrites() {
        start();
        tickAt(1);

        assertThat(counts(tickAt(31))).isEmpty();
        assertThat(counts(tickAt(300))).isEmpty();
    }

    @Test
    void anEndedBatchDoesNotCount() {
        open();
        decide(new BatchCommand.Cancel("no longer needed", operator));
        tickAt(1);

        assertThat(counts(tickAt(31))).isEmpty();
    }

    @Test
    void aTickThatWritesDoesNotCount() {
        start();
        lease();
        for (long second = 1; second <= 30; second++) {
            tickAt(second);
        }
        decide(new BatchCommand.Pause("maintenance", operator, "ops"));

        BatchDecision expired = tickAt(31);

        assertThat(expired.events()).isNotEmpty();
        assertThat(counts(expired)).isEmpty();
        assertThat(counts(tickAt(32))).containsExactly(COUNT);
    }

    @Test
    void aMessageOfALaterIncarnationCountsAtMostOnceInATick() {
        start();
        seconds = 100;

        assertThat(heartbeatOfSuccessor()).isEqualTo(BatchDecision.of(COUNT));
        assertThat(heartbeatOfSuccessor()).isEqualTo(BatchDecision.nothing());
        seconds = 101;
        assertThat(heartbeatOfSuccessor()).isEqualTo(BatchDecision.of(COUNT));
    }

    @Test
    void aCoordinatorThatDidNotRunCountsBeforeItLeases() {
        start();
        tickAt(18);

        seconds = 78;
        assertThat(lease().actions())
                .as("it was frozen for a minute")
                .startsWith(COUNT)
                .noneMatch(isGrant());
        assertThat(lease().actions()).doesNotContain(COUNT).noneMatch(isGrant());
        tickAt(79);
        assertThat(lease().actions())
                .as("the count may have failed")
                .contains(COUNT)
                .noneMatch(isGrant());
        assertThat(counted(state.entries())).isEqualTo(BatchDecision.nothing());
        assertThat(lease().actions()).anyMatch(isGrant());

        seconds = 94;
        assertThat(lease().actions()).as("a slow machine").anyMatch(isGrant());

        tickAt(154);
        assertThat(lease().actions())
                .as("a tick may come first")
                .contains(COUNT)
                .noneMatch(isGrant());
        assertThat(counted(state.entries() + 1)).isEqualTo(BatchDecision.of(new CoordinatorAction.RecoverFromLedger()));
    }

    private BatchDecision counted(long entries) {
        return report(1, new CoordinatorMessage.LedgerEntriesCounted(entries));
    }

    private static Predicate<CoordinatorAction> isGrant() {
        return CoordinatorAction.GrantLease.class::isInstance;
    }

    private BatchDecision describedAt(long second) {
        seconds = second;
        return decide(new BatchCommand.Describe(TestInbox.<BatchStatus>create().getRef()));
    }

    private BatchDecision ensuredAt(long second) {
        seconds = second;
        return decide(new BatchCommand.EnsureStarted(ExampleBatch.submission(ExampleBatch.job()), List.of()));
    }

    @Test
    void aFailedBatchCountsOnceInALeaseWhenSomebodyAsks() {
        open();
        state = ExampleBatch.after(state, ExampleBatch.failed());

        assertThat(counts(describedAt(100))).containsExactly(COUNT);
        assertThat(counts(describedAt(100))).isEmpty();
        assertThat(counts(describedAt(129))).isEmpty();
        assertThat(counts(describedAt(130))).containsExactly(COUNT);
    }

    @Test
    void aFailedBatchCountsOnceInTenLeasesWhenTheRegisterAsks() {
        open();
        state = ExampleBatch.after(state, ExampleBatch.failed());

        assertThat(counts(ensuredAt(100))).containsExactly(COUNT);
        assertThat(counts(ensuredAt(399))).isEmpty();
        assertThat(counts(ensuredAt(400))).containsExactly(COUNT);
    }
}
