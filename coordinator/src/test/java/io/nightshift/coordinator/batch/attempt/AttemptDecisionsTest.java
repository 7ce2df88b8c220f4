package io.nightshift.coordinator.batch.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.DecisionsFixture;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.BatchObserver;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// Leases, heartbeats, releases and failed attempts.
class AttemptDecisionsTest extends DecisionsFixture {

    private BatchCommand.Heartbeat heartbeat(int partition, int lease, long rows) {
        return new BatchCommand.Heartbeat(attempt(partition, lease), rows, worker);
    }

    private BatchDecision refused(int partition, int lease, String reason) {
        return BatchDecision.of(
                new CoordinatorAction.Send<>(worker, new WorkerMessage.Abandon(attempt(partition, lease), reason)));
    }

    private BatchCommand.AttemptFailed failed(int partition, int lease) {
        return new BatchCommand.AttemptFailed(attempt(partition, lease), "node:1", DISK);
    }

    /// The partition of the lease that a new worker is granted; -1 if there is none.
    private int leasedPartition() {
        return lease().actions().stream()
                .filter(CoordinatorAction.GrantLease.class::isInstance)
                .mapToInt(action ->
                        ((CoordinatorAction.GrantLease) action).attempt().partition())
                .findFirst()
                .orElse(-1);
    }

    private void startScoringTheRest() {
        Job job = ExampleBatch.job();
        Job rest = JobBuilder.builder(job)
                .errors(new Job.ErrorPolicy(0.1, null, true))
                .build();
        decide(new BatchCommand.Open(ExampleBatch.submission(rest)));
        plan();
    }

    private void exhaustFirstPartition() {
        lease();
        decide(failed(0, 1));
        seconds = 1;
        lease();
        decide(failed(0, 2));
    }

    private BatchCommand.Commit commit(int partition, int lease) {
        PartitionCommit commit = ExampleBatch.commit(partition, new Epoch(1, lease), 0);
        return new BatchCommand.Commit(commit, List.of(), worker);
    }

    @Nested
    class Gauges {

        private BatchObserver.BatchGauges gauges() {
            BatchObserver.BatchGauges gauges = java.util.Objects.requireNonNull(decisions.gauges(
                    state, new DecisionTime(Duration.ofSeconds(seconds).toNanos(), ExampleBatch.AT)));
            return new BatchObserver.BatchGauges(
                    gauges.phase(), gauges.waiting(), gauges.leased(), gauges.oldestLease(), null);
        }

        @Test
        void aBatchWithoutAPlanHasNothingToLease() {
            assertThat(decisions.gauges(state, new DecisionTime(0, ExampleBatch.AT)))
                    .isNull();
            open();

            assertThat(gauges()).isEqualTo(new BatchObserver.BatchGauges(Phase.SUBMITTED, 0, 0, Duration.ZERO, null));
            assertThat(described().rows()).isZero();
        }

        @Test
        void waitingAndLeasedPartitionsAreCounted() {
            start();
            lease();
            seconds = 5;
            lease();
            decide(heartbeat(0, 1, 4));
            decide(heartbeat(1, 2, 3));
            decide(commit(0, 1));
            decide(new CoordinatorMessage.FlushCommits());
            seconds = 7;

            assertThat(gauges())
                    .isEqualTo(new BatchObserver.BatchGauges(Phase.RUNNING, 1, 1, Duration.ofSeconds(2), null));
            BatchDescription status = described();
            assertThat(status.rows()).isEqualTo(30);
            assertThat(status.progress().rowsDone()).isEqualTo(10 + 3);
            assertThat(status.partitions()).isEqualTo(3);
            assertThat(status.committed()).isEqualTo(1);
            assertThat(status.progress().inFlight()).isEqualTo(1);
        }

        @Test
        void aPausedBatchHasNothingToLease() {
            start();
            decide(new BatchCommand.Pause("maintenance", operator, "ops"));

            assertThat(gauges()).isEqualTo(new BatchObserver.BatchGauges(Phase.PAUSED, 0, 0, Duration.ZERO, null));
            BatchDescription.Pause pause = described().pause();
            assertThat(pause).isEqualTo(new BatchDescription.Pause(ExampleBatch.AT, "maintenance", "ops"));
        }

        @Test
        void anExcludedPartitionDoesNotWait() {
            startScoringTheRest();
            exhaustFirstPartition();

            assertThat(gauges().waiting()).isEqualTo(2);
            assertThat(described().progress().attemptsFailed()).isEqualTo(2);
        }

        @Test
        void anEndedBatchHasNone() {
            open();
            decide(new BatchCommand.Cancel("no longer needed", operator));

            assertThat(decisions.gauges(state, new DecisionTime(0, ExampleBatch.AT)))
                    .isNull();
        }

        @Test
        void theTimeSinceAHeartbeatBelongsToTheLeaseThatHoldsThePartition() {
            open();
            assertThat(nanosSinceHeartbeat(0, 1)).isEmpty();
            plan();
            lease();
            seconds = 3;
            decide(heartbeat(0, 1, 4));
            seconds = 7;

            assertThat(nanosSinceHeartbeat(0, 1)).hasValue(Duration.ofSeconds(4).toNanos());
            assertThat(nanosSinceHeartbeat(0, 2)).isEmpty();
            assertThat(nanosSinceHeartbeat(1, 1)).isEmpty();
        }

        private OptionalLong nanosSinceHeartbeat(int partition, int lease) {
            return decisions.nanosSinceHeartbeat(
                    attempt(partition, lease),
                    new DecisionTime(Duration.ofSeconds(seconds).toNanos(), ExampleBatch.AT));
        }
    }

    @Nested
    class Heartbeats {

        @Test
        void aHeartbeatOfAnAttemptWithoutALeaseIsRefused() {
            start();
            lease();

            assertThat(decide(heartbeat(0, 1, 0))).isEqualTo(BatchDecision.nothing());
            assertThat(decide(heartbeat(0, 2, 0)))
                    .isEqualTo(refused(0, 2, "the attempt no longer holds its partition"));
        }

        @Test
        void aHeartbeatForAPartitionOutsideThePlanIsRefused() {
            start();

            assertThat(decide(heartbeat(3, 1, 0)))
                    .isEqualTo(refused(3, 1, "the attempt no longer holds its partition"));
        }

        @Test
        void aCoordinatorThatHasNotTakenOverRefusesNothing() {
            state = ExampleBatch.state(
                    ExampleBatch.submitted(ExampleBatch.job()), ExampleBatch.tookOver(1), ExampleBatch.planned());

            assertThat(decide(heartbeat(0, 1, 0))).isEqualTo(BatchDecision.nothing());
        }

        @Test
        void aHeartbeatInABatchThatHasStoppedIsRefused() {
            start();
            lease();
            decide(new BatchCommand.Cancel("no longer needed", operator));

            assertThat(decide(heartbeat(0, 1, 0)))
                    .isEqualTo(refused(0, 1, "the attempt no longer holds its partition"));
        }

        @Test
        void aCommitThatWaitsExtendsItsLease() {
            start();
            lease();
            for (seconds = 1; seconds <= 29; seconds++) {
                decide(new CoordinatorMessage.Tick());
            }
            decide(commit(0, 1));
            seconds = 31;

            assertThat(decide(new CoordinatorMessage.Tick()).events()).isEmpty();
        }

        @Test
        void aLeaseExpiresAfterItsDurationWithoutAHeartbeat() {
            start();
            lease();
            for (seconds = 1; seconds <= 30; seconds++) {
                assertThat(decide(new CoordinatorMessage.Tick()).events()).isEmpty();
            }

            assertThat(decide(new CoordinatorMessage.Tick()).events())
                    .hasSize(1)
                    .first()
                    .isInstanceOf(BatchEvent.AttemptFailed.class);
        }

        @Test
        void aLateTickMeansNothingWithoutALease() {
            start();
            seconds = 1_000;

            assertThat(decide(new CoordinatorMessage.Tick())).isEqualTo(BatchDecision.of(HAS_WORK));
        }

        @Test
        void aTickThatIsLateByHalfALeaseIsNotYetABlockedCoordinator() {
            start();
            lease();
            decide(new CoordinatorMessage.Tick());
            seconds = 16;
            assertThat(decide(new CoordinatorMessage.Tick())).isEqualTo(BatchDecision.of(HAS_WORK));
            seconds = 16 + 17;

            assertThat(decide(new CoordinatorMessage.Tick()).actions())
                    .first()
                    .isInstanceOf(CoordinatorAction.WriteLog.class);
        }
    }

    @Nested
    class Resources {

        private void failed(int partition, int lease, Failure failure) {
            decide(new BatchCommand.AttemptFailed(attempt(partition, lease), "node:1", failure));
        }

        /// For how long the node gets no partition.
        private @Nullable Duration holdOff() {
            CoordinatorAction.Send<?> send =
                    (CoordinatorAction.Send<?>) lease().actions().getFirst();
            return ((WorkerMessage.NothingToLease) send.message()).heldOffFor();
        }

        @Test
        void aNodeWhoseResourceFailsIsHeldOffTwiceAsLongEachTime() {
            start();
            lease();
            failed(0, 1, MISSING);
            assertThat(holdOff()).isEqualTo(Duration.ofSeconds(1));
            seconds = 1;
            lease();
            failed(0, 2, MISSING);
            assertThat(holdOff()).isEqualTo(Duration.ofSeconds(2));

            seconds = 3;
            lease();
            decide(commit(0, 3));
            decide(new CoordinatorMessage.FlushCommits());
            lease();
            failed(1, 4, MISSING);

            assertThat(holdOff()).isEqualTo(Duration.ofSeconds(1));
        }

        @Test
        void afterEachFailureOfStorageNothingIsLeasedForTwiceAsLong() {
            start();
            lease();
            failed(0, 1, AWAY);
            assertThat(leasedPartition()).isEqualTo(-1);
            seconds = 1;
            assertThat(leasedPartition()).isZero();
            failed(0, 2, AWAY);

            seconds = 2;
            assertThat(leasedPartition()).isEqualTo(-1);
            seconds = 3;
            assertThat(leasedPartition()).isZero();
        }

        @Test
        void onlyRowsAreProgressAfterAFailureOfStorage() {
            start();
            lease();
            failed(0, 1, AWAY);
            seconds = 1;
            lease();

            decide(heartbeat(0, 2, 0));
            assertThat(leasedPartition()).isEqualTo(-1);
            decide(heartbeat(0, 2, 1));
            assertThat(leasedPartition()).isEqualTo(1);
        }
    }

    @Nested
    class Uses {

        private static final Use USE = new Use(1, 2, 3, 4, 5, 6);

        private BatchEvent flush() {
            return decide(new CoordinatorMessage.FlushCommits()).events().getFirst();
        }

        private BatchEvent committed(int partition, int lease, @Nullable Use discarded, int attempts) {
            return new BatchEvent.Committed(
                    at(), List.of(ExampleBatch.commit(partition, new Epoch(1, lease), 0)), discarded, attempts);
        }

        @Test
        void theNextCommitRecordsTheUseOfDiscardedAttemptsOnly() {
            start();
            lease();
            decide(new BatchCommand.ReleaseLease(attempt(0, 1), USE));
            lease();
            decide(commit(0, 2));
            assertThat(flush()).isEqualTo(committed(0, 2, USE, 1));

            decide(new BatchCommand.ReleaseLease(attempt(0, 2), USE));
            lease();
            decide(commit(1, 3));
            assertThat(flush()).isEqualTo(committed(1, 3, null, 0));
        }

        @Test
        void aWithdrawnCommitHasRecordedItsUse() {
            start();
            lease();
            decide(commit(0, 1));
            flush();
            decide(new BatchCommand.Rescore(List.of(0), operator));
            decide(new BatchCommand.AttemptDiscarded(attempt(0, 1), USE));
            lease();
            decide(commit(0, 2));

            assertThat(flush()).isEqualTo(committed(0, 2, null, 0));
        }

        @Test
        void aFailedAttemptSaysWhatItHasUsed() {
            start();
            lease();

            assertThat(decide(new BatchCommand.AttemptFailed(attempt(0, 1), "node:1", DISK, USE))
                            .events())
                    .containsExactly(new BatchEvent.AttemptFailed(at(), 0, new Epoch(1, 1), "node:1", DISK, null, USE));
        }

        @Test
        void theRegisterLearnsTheAverageTimeOfAPartition() {
            seconds = 5;
            start();
            lease();
            seconds = 9;
            decide(commit(0, 1));
            flush();
            assertThat(decide(new CoordinatorMessage.Tick()).actions()).containsExactly(hasWork(4_000));

            lease();
            seconds = 11;
            decide(commit(1, 2));
            flush();
            assertThat(decide(new CoordinatorMessage.Tick()).actions()).containsExactly(hasWork(3_000));
        }

        private CoordinatorAction hasWork(long partitionMillis) {
            return new CoordinatorAction.TellRegister(
                    new BatchRegisterCommand.HasWork(ExampleBatch.BATCH, partitionMillis));
        }
    }

    @Nested
    class Releases {

        @Test
        void aReleasedPartitionIsLeasedAgainAtOnceAndNotCounted() {
            start();
            lease();

            assertThat(decide(new BatchCommand.ReleaseLease(attempt(0, 1))))
                    .isEqualTo(
                            BatchDecision.of(new CoordinatorAction.WriteLog("{} is released", List.of(attempt(0, 1)))));
            assertThat(leasedPartition()).isZero();
            assertThat(state.attemptsFailed()).isEmpty();
        }

        @Test
        void anAttemptWithoutALeaseReleasesNothing() {
            open();
            assertThat(decide(new BatchCommand.ReleaseLease(attempt(0, 1)))).isEqualTo(BatchDecision.nothing());
            plan();
            lease();

            assertThat(decide(new BatchCommand.ReleaseLease(attempt(0, 2)))).isEqualTo(BatchDecision.nothing());
            assertThat(leasedPartition()).isEqualTo(1);
        }
    }

    @Nested
    class Failures {

        @Test
        void aFailedPartitionWaitsForItsBackoff() {
            start();
            lease();
            decide(failed(0, 1));

            assertThat(leasedPartition()).isEqualTo(1);
            assertThat(leasedPartition()).isEqualTo(2);
            assertThat(leasedPartition()).isEqualTo(-1);
            seconds = 1;
            assertThat(leasedPartition()).isZero();
        }

        @Test
        void aJobThatScoresTheRestExcludesAnExhaustedPartition() {
            startScoringTheRest();
            exhaustFirstPartition();
            assertThat(state.phase()).isEqualTo(Phase.RUNNING);
            seconds = 100;
            assertThat(leasedPartition()).isEqualTo(1);
            assertThat(leasedPartition()).isEqualTo(2);
            assertThat(leasedPartition()).isEqualTo(-1);
            decide(commit(1, 3));
            decide(commit(2, 4));

            decide(new CoordinatorMessage.FlushCommits());

            assertThat(state.phase()).isEqualTo(Phase.FAILED);
            assertThat(java.util.Objects.requireNonNull(state.failure()).message())
                    .isEqualTo("these partitions failed 2 times each, all others are committed: 0."
                            + " The last failure: the disk is full");
        }

        @Test
        void aRetryLeasesExhaustedPartitionsAgain() {
            startScoringTheRest();
            exhaustFirstPartition();

            assertThat(decide(new BatchCommand.Retry(operator)))
                    .isEqualTo(BatchDecision.persist(new BatchEvent.Retried(at()), HAS_WORK, done(Phase.RUNNING)));
            assertThat(leasedPartition()).isZero();
            assertThat(leasedPartition()).isEqualTo(1);
        }

        @Test
        void aRetryWithoutExhaustedPartitionsChangesNothing() {
            startScoringTheRest();

            assertThat(decide(new BatchCommand.Retry(operator))).isEqualTo(BatchDecision.of(done(Phase.RUNNING)));
        }

        @Test
        void aPartitionThatIsCommittedAfterAllIsNotExhausted() {
            state = ExampleBatch.state(
                    ExampleBatch.submitted(ExampleBatch.job()), ExampleBatch.tookOver(1), ExampleBatch.planned());
            startScoringTheRest();
            state = ExampleBatch.after(state, ExampleBatch.attemptFailed(0));
            state = ExampleBatch.after(state, ExampleBatch.attemptFailed(0));
            state = ExampleBatch.after(state, ExampleBatch.committed(ExampleBatch.commit(0, new Epoch(1, 3), 0)));

            assertThat(decide(new BatchCommand.Retry(operator))).isEqualTo(BatchDecision.of(done(Phase.RUNNING)));
        }
    }
}
