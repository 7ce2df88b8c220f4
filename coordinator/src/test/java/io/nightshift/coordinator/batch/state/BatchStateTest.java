package io.nightshift.coordinator.batch.state;

import static io.nightshift.coordinator.batch.ExampleBatch.AT;
import static io.nightshift.coordinator.batch.ExampleBatch.INPUT;
import static io.nightshift.coordinator.batch.ExampleBatch.after;
import static io.nightshift.coordinator.batch.ExampleBatch.attemptFailed;
import static io.nightshift.coordinator.batch.ExampleBatch.cancelled;
import static io.nightshift.coordinator.batch.ExampleBatch.commit;
import static io.nightshift.coordinator.batch.ExampleBatch.committed;
import static io.nightshift.coordinator.batch.ExampleBatch.failed;
import static io.nightshift.coordinator.batch.ExampleBatch.job;
import static io.nightshift.coordinator.batch.ExampleBatch.planned;
import static io.nightshift.coordinator.batch.ExampleBatch.published;
import static io.nightshift.coordinator.batch.ExampleBatch.state;
import static io.nightshift.coordinator.batch.ExampleBatch.submitted;
import static io.nightshift.coordinator.batch.ExampleBatch.tookOver;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchException;

import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.JobTiming;
import io.nightshift.protocol.job.JobWindow;
import io.nightshift.protocol.ledger.EventCodec;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.ledger.NewerEventException;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BatchStateTest {

    private static final Epoch FIRST = new Epoch(1, 1);

    private final BatchState running = state(submitted(job()), tookOver(1), planned());
    private final BatchState publishing = after(
            running, committed(commit(0, FIRST, 0), commit(1, new Epoch(1, 2), 2), commit(2, new Epoch(1, 3), 0)));

    @Test
    void aBatchGoesItsWayFromSubmissionToPublication() {
        BatchState state = state(submitted(job()));
        assertThat(state.phase()).isEqualTo(Phase.SUBMITTED);
        assertThat(state.submission().job()).isEqualTo(job());

        state = after(state, tookOver(1));
        assertThat(state.incarnation()).isEqualTo(1);

        state = after(state, planned());
        assertThat(state.phase()).isEqualTo(Phase.RUNNING);
        assertThat(state.pinned().index().partitions()).isEqualTo(3);
        assertThat(state.isComplete()).isFalse();

        state = after(state, committed(commit(2, FIRST, 0)));
        assertThat(state.phase()).isEqualTo(Phase.RUNNING);
        assertThat(state.committed().epoch(2)).contains(FIRST);
        assertThat(state.committed().contains(0)).isFalse();

        state = after(state, committed(commit(0, new Epoch(1, 2), 0), commit(1, new Epoch(1, 3), 3)));
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHING);
        assertThat(state.totals()).isEqualTo(new CommittedTotals(30, 30, 27, 3, 350));

        state = after(state, published());
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHED);
        assertThat(state.published()).isEqualTo(published());
        assertThat(state.isOpen()).isFalse();
        assertThat(state.entries()).isEqualTo(6);
    }

    @Test
    void unseenCategoriesAreThoseOfTheCommitsThatCount() {
        BatchState state = after(
                running,
                committed(
                        withUnseen(commit(0, FIRST, 0), Map.of("plan", 2L, "city", 1L)),
                        withUnseen(commit(1, new Epoch(1, 2), 0), Map.of("plan", 3L))));
        assertThat(state.totals().unseenCategories()).isEqualTo(Map.of("plan", 5L, "city", 1L));

        state = after(state, new BatchEvent.Rescored(AT, List.of(0)));
        assertThat(state.totals().unseenCategories()).isEqualTo(Map.of("plan", 3L));

        state = after(state, committed(commit(0, new Epoch(1, 3), 0)));
        assertThat(state.totals().unseenCategories()).isEqualTo(Map.of("plan", 3L));
    }

    private static PartitionCommit withUnseen(PartitionCommit commit, Map<String, Long> unseen) {
        return PartitionCommitBuilder.builder()
                .partition(commit.partition())
                .epoch(commit.epoch())
                .node(commit.node())
                .firstRow(commit.firstRow())
                .rows(commit.rows())
                .read(commit.read())
                .part(commit.part())
                .quarantine(commit.quarantine())
                .model(commit.model())
                .unseenCategories(unseen)
                .build();
    }

    @Test
    void failedAttemptsAreCountedUntilARetry() {
        BatchState state = after(after(running, attemptFailed(1)), attemptFailed(1));
        assertThat(state.attemptsFailed()).containsExactly(Map.entry(1, 2));
        assertThat(state.phase()).isEqualTo(Phase.RUNNING);

        state = after(state, failed());
        assertThat(state.phase()).isEqualTo(Phase.FAILED);
        assertThat(state.failure()).isEqualTo(failed().failure());

        state = after(state, new BatchEvent.Retried(AT));
        assertThat(state.phase()).isEqualTo(Phase.RUNNING);
        assertThat(state.failure()).isNull();
        assertThat(state.attemptsFailed()).isEmpty();
    }

    @Test
    void aRetryKeepsWhatIsCommitted() {
        BatchState state = after(running, committed(commit(1, FIRST, 1)));
        BatchState retried = after(after(state, failed()), new BatchEvent.Retried(AT));

        assertThat(retried.committed().epoch(1)).contains(FIRST);
        assertThat(retried.totals()).isEqualTo(state.totals());
    }

    @Test
    void aPauseWhilePlanningIsKeptAndResumedWhereItStopped() {
        BatchState paused = after(state(submitted(job()), tookOver(1)), new BatchEvent.Paused(AT, "later"));
        assertThat(paused.phase()).isEqualTo(Phase.PAUSED);
        assertThat(after(paused, new BatchEvent.Resumed(AT)).phase()).isEqualTo(Phase.SUBMITTED);

        BatchState planned = after(paused, planned());
        assertThat(planned.phase()).isEqualTo(Phase.PAUSED);
        assertThat(after(planned, new BatchEvent.Resumed(AT)).phase()).isEqualTo(Phase.RUNNING);
        assertThatThrownBy(() -> after(planned, planned())).hasMessageEndingWith("it can't be planned twice");
    }

    @Test
    void aPausedBatchSaysWhyAndByWhomUntilItIsResumed() {
        BatchEvent.Paused pause = new BatchEvent.Paused(AT, "the warehouse is being loaded", "ops");
        BatchState paused = after(running, pause);

        assertThat(paused.paused()).isEqualTo(pause);
        assertThat(after(paused, committed(commit(0, FIRST, 0))).paused()).isEqualTo(pause);
        assertThat(after(paused, new BatchEvent.Resumed(AT)).paused()).isNull();
    }

    @Test
    void theLastCommitOfAPausedBatchIsPublishedWhenItIsResumed() {
        BatchState paused = after(running, new BatchEvent.Paused(AT, ""));
        BatchState complete = after(
                paused, committed(commit(0, FIRST, 0), commit(1, new Epoch(1, 2), 2), commit(2, new Epoch(1, 3), 0)));

        assertThat(complete.phase()).isEqualTo(Phase.PAUSED);
        assertThat(after(complete, new BatchEvent.Resumed(AT)).phase()).isEqualTo(Phase.PUBLISHING);
    }

    @Test
    void aRescoredPartitionLosesItsCountsAndFailedAttempts() {
        BatchState before = after(after(running, attemptFailed(1)), attemptFailed(2));
        BatchState one = after(before, committed(commit(0, FIRST, 0)));
        BatchState two = after(one, committed(commit(1, new Epoch(1, 2), 2)));

        BatchState rescored = after(two, new BatchEvent.Rescored(AT, List.of(1)));

        assertThat(rescored.totals()).isEqualTo(one.totals());
        assertThat(rescored.committed().epoch(1)).isEmpty();
        assertThat(rescored.committed().count()).isEqualTo(1);
        assertThat(rescored.attemptsFailed()).containsExactly(Map.entry(2, 1));
        assertThat(after(rescored, committed(commit(1, new Epoch(1, 5), 2))).totals())
                .isEqualTo(two.totals());
        assertThatThrownBy(() -> after(rescored, new BatchEvent.Rescored(AT, List.of(1))))
                .hasMessageEndingWith("partition 1 isn't committed");
        assertThatThrownBy(() -> after(two, new BatchEvent.Rescored(AT, List.of(1, 1))))
                .hasMessageEndingWith("partition 1 isn't committed");
    }

    @Test
    void theReasonOfACancelledBatchIsKept() {
        BatchState state = after(running, cancelled());

        assertThat(state.phase()).isEqualTo(Phase.CANCELLED);
        assertThat(state.failure())
                .isNotNull()
                .extracting(failure -> failure.message())
                .isEqualTo("no longer needed");
    }

    @Test
    void aBatchMayBeCancelledWithoutAReason() {
        BatchState state = after(running, new BatchEvent.Cancelled(AT, " "));

        assertThat(state.failure())
                .isNotNull()
                .extracting(failure -> failure.message())
                .isEqualTo("no reason was given");
    }

    /// A failed check.
    private static BatchEvent checked(BatchCheck.OnFail onFail) {
        return new BatchEvent.Checked(AT, List.of(new CheckResult(ExampleBatch.nulls(0.1, onFail), 0.3, false)));
    }

    @Test
    void aFailedCheckHoldsABatchUntilItIsApproved() {
        BatchState held = after(publishing, checked(BatchCheck.OnFail.HOLD));
        BatchState approved = after(held, new BatchEvent.Approved(AT, "it is right", "ops"));

        assertThat(held.phase()).isEqualTo(Phase.HELD);
        assertThat(approved.phase()).isEqualTo(Phase.PUBLISHING);
        assertThat(approved.isHeldBack()).isFalse();
    }

    @Test
    void aFailedCheckThatWarnsHoldsNothing() {
        assertThat(after(publishing, checked(BatchCheck.OnFail.WARN)).phase()).isEqualTo(Phase.PUBLISHING);
    }

    @Test
    void aRetryChecksABatchAgainThatItsChecksHaveFailed() {
        BatchState failed = after(publishing, checked(BatchCheck.OnFail.FAIL), failed());

        assertThat(after(failed, new BatchEvent.Retried(AT)).checked()).isNull();
    }

    @Test
    void aRetryKeepsAnApproval() {
        BatchState failed =
                after(publishing, checked(BatchCheck.OnFail.HOLD), new BatchEvent.Approved(AT, "", "ops"), failed());

        BatchState retried = after(failed, new BatchEvent.Retried(AT));

        assertThat(retried.phase()).isEqualTo(Phase.PUBLISHING);
        assertThat(retried.isHeldBack()).isFalse();
    }

    @Test
    void aRescoredPartitionVoidsTheApproval() {
        BatchState failed =
                after(publishing, checked(BatchCheck.OnFail.HOLD), new BatchEvent.Approved(AT, "", "ops"), failed());

        BatchState rescored = after(failed, new BatchEvent.Rescored(AT, List.of(0)));

        assertThat(rescored.checked()).isNull();
        assertThat(rescored.approved()).isNull();
    }

    @Test
    void forbiddenTransitionsAreRefusedInEveryPhase() {
        Map<Phase, BatchState> states = new LinkedHashMap<>();
        states.put(Phase.SUBMITTED, state(submitted(job()), tookOver(1)));
        states.put(Phase.RUNNING, running);
        states.put(Phase.PAUSED, after(running, new BatchEvent.Paused(AT, "")));
        states.put(Phase.PUBLISHING, publishing);
        states.put(Phase.HELD, after(publishing, checked(BatchCheck.OnFail.HOLD)));
        states.put(Phase.PUBLISHED, after(publishing, published()));
        states.put(Phase.FAILED, after(running, failed()));
        states.put(Phase.CANCELLED, after(running, cancelled()));
        List<BatchEvent> events = List.of(
                submitted(job()),
                tookOver(9),
                planned(),
                new BatchEvent.ExtensionRequested(AT, "2".repeat(64)),
                new BatchEvent.PlanExtended(AT, "2".repeat(64), 1, 3, List.of(), new PartitionPlan(List.of())),
                committed(commit(0, FIRST, 0)),
                new BatchEvent.PartsReused(AT, 1, List.of()),
                attemptFailed(0),
                new BatchEvent.StepFailed(AT, "node:1", Failure.transientFailure("the share is away"), AT),
                new BatchEvent.OutageEnded(AT),
                new BatchEvent.WindowIgnored(AT, "ops"),
                failed(),
                new BatchEvent.Retried(AT),
                new BatchEvent.Paused(AT, ""),
                new BatchEvent.Resumed(AT),
                new BatchEvent.Rescored(AT, List.of(0)),
                checked(BatchCheck.OnFail.WARN),
                new BatchEvent.Approved(AT, "", "ops"),
                new BatchEvent.CanaryStarted(AT, List.of(0)),
                new BatchEvent.CanaryDecided(AT, 0, List.of(), "it is lost"),
                new BatchEvent.CandidatePromoted(AT, "champion", null),
                new BatchEvent.ShadowStarted(AT, List.of(0)),
                new BatchEvent.ShadowAbandoned(AT, "it is lost"),
                published(),
                new BatchEvent.RemovalBegun(AT, null, "keep: 3"),
                new BatchEvent.Unpublished(AT),
                new BatchEvent.Removed(AT),
                new BatchEvent.RedriveBegun(AT, 1, null, null, "ops", ""),
                new BatchEvent.RedriveFailed(AT, Failure.permanent("no such column")),
                new BatchEvent.SupplementCommitted(AT, new Supplement(1, AT, commit(3, FIRST, 0), List.of())),
                new BatchEvent.WithdrawalBegun(AT, Failure.permanent("the table is gone")),
                new BatchEvent.SupplementPublished(AT, "e6".repeat(32)),
                cancelled());
        assertThat(events).hasSameSizeAs(Arrays.asList(BatchEvent.class.getPermittedSubclasses()));

        states.forEach((phase, state) -> {
            assertThat(state.phase()).isEqualTo(phase);
            for (BatchEvent event : events) {
                if (!Transitions.allows(phase, event.getClass())) {
                    assertThatThrownBy(() -> after(state, event))
                            .as("%s in %s", event, phase)
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageStartingWith("ledger of flights-1, entry %d: ".formatted(state.entries() + 1));
                }
            }
        });
    }

    @Test
    void anExtensionKeepsWhatIsCommittedAndHoldsThePublicationBack() {
        SourceFile late = new SourceFile("/data/b.parquet", 70, AT, 7, "");
        BatchEvent asked = new BatchEvent.ExtensionRequested(AT, "2".repeat(64));
        BatchState before = after(running, asked);
        BatchState held = after(
                before, committed(commit(0, FIRST, 0), commit(1, new Epoch(1, 2), 1), commit(2, new Epoch(1, 3), 0)));
        assertThat(held.phase()).isEqualTo(Phase.RUNNING);

        BatchState extended =
                after(held, new BatchEvent.PlanExtended(AT, "2".repeat(64), 1, 3, List.of(late), PartitionPlan.of(7)));

        assertThat(extended.pinned().partitions()).isEqualTo(PartitionPlan.of(10, 10, 10, 7));
        assertThat(extended.pinned().index().slices(3)).containsExactly(new Slice(late, 0, 7));
        assertThat(extended.totals()).isEqualTo(held.totals());
        assertThat(extended.committed().count()).isEqualTo(3);
        assertThat(extended.committed().contains(3)).isFalse();
        assertThat(extended.input()).isEqualTo("2".repeat(64)).isNotEqualTo(held.input());
        assertThat(extended.extension()).isNull();
        assertThat(extended.phase()).isEqualTo(Phase.RUNNING);
    }

    @Test
    void anExtensionWithoutNewFilesLetsTheBatchBePublished() {
        BatchState held = after(
                after(running, new BatchEvent.ExtensionRequested(AT, null)),
                committed(commit(0, FIRST, 0), commit(1, new Epoch(1, 2), 0), commit(2, new Epoch(1, 3), 0)));

        assertThat(after(
                                held,
                                new BatchEvent.PlanExtended(
                                        AT, "2".repeat(64), 1, 3, List.of(), new PartitionPlan(List.of())))
                        .phase())
                .isEqualTo(Phase.PUBLISHING);
    }

    @Test
    void anExtensionThatDropsACommittedPartitionIsRefused() {
        SourceFile other = new SourceFile("/data/a.parquet", 70, AT, 7, "2");
        BatchState asked = after(
                after(running, committed(commit(1, FIRST, 0))), new BatchEvent.ExtensionRequested(AT, "2".repeat(64)));

        assertThatThrownBy(() -> after(
                        asked,
                        new BatchEvent.PlanExtended(AT, "2".repeat(64), 0, 0, List.of(other), PartitionPlan.of(7))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("ledger of flights-1, entry 6: partition 1 is committed, and can't be dropped");
        assertThatThrownBy(() -> after(
                        asked, new BatchEvent.PlanExtended(AT, "2".repeat(64), 0, 3, List.of(), PartitionPlan.of(7))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("ledger of flights-1, entry 6: partitions stay whose files don't");
    }

    @Test
    void aFailedBatchWhoseOutputMayBeVisibleIsNotExtended() {
        BatchState failed = after(publishing, failed());

        assertThatThrownBy(() -> after(failed, new BatchEvent.ExtensionRequested(AT, "2".repeat(64))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageEndingWith("it can't be extended, because all its partitions are committed");
    }

    @Test
    void anEventBeforeTheSubmissionIsRefused() {
        assertThatThrownBy(() -> state(committed(commit(0, FIRST, 0))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("ledger of flights-1, entry 1: Committed can't happen to a batch that is not submitted");
    }

    @Test
    void theSubmissionOfAnotherBatchIsRefused() {
        BatchEvent other = new BatchEvent.Submitted(AT, new BatchId("flights-2"), job(), ExampleBatch.MODEL, null);

        assertThatThrownBy(() -> state(other))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("ledger of flights-1, entry 1: it is about flights-2");
    }

    @Test
    void aBrokenChainIsRefused() {
        LedgerEntry elsewhere = LedgerEntry.after(LedgerEntry.origin(new BatchId("flights-2")), failed());

        assertThatThrownBy(() -> running.apply(elsewhere))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("ledger of flights-1, entry 4: its hash does not follow from the entry before");
    }

    @Test
    void anEntryThatIsNoEventIsRefused() {
        LedgerEntry good = LedgerEntry.after(running.head(), failed());
        byte[] cut = Arrays.copyOf(good.bytes(), 5);

        assertThatThrownBy(() -> running.apply(new LedgerEntry(chained(running.head(), cut), cut)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("ledger of flights-1, entry 4: ");
    }

    @Test
    void aPartitionCommittedTwiceIsRefused() {
        BatchState once = after(running, committed(commit(1, FIRST, 0)));

        assertThatThrownBy(() -> after(once, committed(commit(1, new Epoch(1, 2), 0))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("ledger of flights-1, entry 5: partition 1 is committed twice");
        assertThatThrownBy(() -> after(running, committed(commit(1, FIRST, 0), commit(1, FIRST, 0))))
                .hasMessage("ledger of flights-1, entry 4: partition 1 is committed twice");
    }

    @Test
    void aCommitOutsideThePlanIsRefused() {
        PartitionCommit shifted = PartitionCommitBuilder.builder()
                .partition(1)
                .epoch(FIRST)
                .node("node:1")
                .firstRow(11)
                .rows(9)
                .read(9)
                .part(new OutputFile(9, 1, ExampleBatch.DIGEST))
                .model(ExampleBatch.MODEL.sha256())
                .build();

        assertThatThrownBy(() -> after(running, committed(commit(3, FIRST, 0))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("ledger of flights-1, entry 4: ");
        assertThatThrownBy(() -> after(running, committed(shifted)))
                .hasMessage("ledger of flights-1, entry 4: partition 1 is committed with other rows than planned");
    }

    @Test
    void anIncarnationThatDoesNotGrowIsRefused() {
        assertThatThrownBy(() -> after(running, tookOver(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("ledger of flights-1, entry 4: incarnation 1 can't follow 1");
    }

    private static String chained(String previous, byte[] bytes) {
        try {
            java.security.MessageDigest digest = java.security.MessageDigest.getInstance("SHA-256");
            digest.update(java.util.HexFormat.of().parseHex(previous));
            return java.util.HexFormat.of().formatHex(digest.digest(bytes));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void anEntryOfALaterVersionIsNoDamage() {
        Exception newer = catchException(() -> EventCodec.decode(
                new CBORMapper().writeValueAsBytes(Map.of("event", "from-the-future", "at", "2026-11-27T00:00:00Z"))));

        assertThat(newer).isInstanceOf(NewerEventException.class);
        assertThat(BatchState.damage(newer)).startsWith("the ledger can't be read by this version: ");
        assertThat(BatchState.damage(new IllegalStateException("entry 3", newer)))
                .isEqualTo("the ledger can't be read by this version: entry 3");
        assertThat(BatchState.damage(new IllegalStateException("its hash does not follow")))
                .isEqualTo("the ledger is damaged: its hash does not follow");
    }

    private static final String LATER_INPUT = "2".repeat(64);
    private static final Failure AWAY = Failure.transientFailure("the share is away");

    private static BatchEvent plannedOf(String input) {
        BatchEvent.Planned planned = planned();
        return new BatchEvent.Planned(AT, planned.files(), planned.partitions(), input, null);
    }

    @Test
    void theInputIsThatOfTheSubmissionUntilThePlanNamesAnother() {
        BatchState submitted = state(submitted(job()), tookOver(1));

        assertThat(BatchState.initial(ExampleBatch.BATCH).input()).isNull();
        assertThat(submitted.input()).isEqualTo(INPUT);
        assertThat(after(submitted, planned()).input()).isEqualTo(INPUT);
        assertThat(after(submitted, plannedOf(LATER_INPUT)).input()).isEqualTo(LATER_INPUT);
    }

    @Test
    void onlyAPlanOfTheRequestedInputAnswersAnExtension() {
        BatchState submitted = state(submitted(job()), tookOver(1));
        BatchState asked = after(submitted, new BatchEvent.ExtensionRequested(AT, LATER_INPUT));
        BatchState retried = after(submitted, new BatchEvent.ExtensionRequested(AT, null));

        assertThat(after(asked, plannedOf(LATER_INPUT)).extension()).isNull();
        assertThat(after(asked, plannedOf(INPUT)).extension()).isEqualTo(asked.extension());
        assertThat(after(retried, plannedOf(INPUT)).extension())
                .as("a request that names no input")
                .isNull();
    }

    /// An extension that keeps the first partition only, and makes one of the other two.
    private static BatchEvent extendedAnew() {
        return new BatchEvent.PlanExtended(AT, LATER_INPUT, 1, 1, List.of(), PartitionPlan.of(20));
    }

    @Test
    void anExtensionForgetsFailedAttemptsOfPartitionsCutAnew() {
        BatchState failed = after(running, attemptFailed(0), attemptFailed(1), attemptFailed(2));

        assertThat(after(failed, extendedAnew()).attemptsFailed()).containsExactly(Map.entry(0, 1));
    }

    @Test
    void anExtensionEndsTheOutageOfAStepAndNotOneOfAttempts() {
        BatchState step = after(running, new BatchEvent.StepFailed(AT, "node:1", AWAY, AT.plusSeconds(9)));
        BatchState attempt =
                after(running, new BatchEvent.AttemptFailed(AT, 0, FIRST, "node:1", AWAY, AT.plusSeconds(9)));

        assertThat(after(step, extendedAnew()).outage()).isNull();
        assertThat(attempt.outage()).isNotNull();
        assertThat(after(attempt, extendedAnew()).outage()).isEqualTo(attempt.outage());
    }

    @Test
    void aBatchNeedsChecksUntilTheirResultsAreKnown() {
        BatchState checking = state(
                submitted(ExampleBatch.job(job(), List.of(ExampleBatch.nulls(0.1, BatchCheck.OnFail.WARN)))),
                tookOver(1),
                planned(),
                committed(commit(0, FIRST, 0), commit(1, new Epoch(1, 2), 0), commit(2, new Epoch(1, 3), 0)));

        assertThat(checking.needsChecks()).isTrue();
        assertThat(after(checking, checked(BatchCheck.OnFail.WARN)).needsChecks())
                .isFalse();
        assertThat(publishing.needsChecks()).as("its job has none").isFalse();
    }

    private static Instant at(long seconds) {
        return AT.plusSeconds(seconds);
    }

    private static BatchEvent committedAt(long seconds, int partition) {
        return new BatchEvent.Committed(at(seconds), List.of(commit(partition, new Epoch(1, partition + 1), 0)));
    }

    @Test
    void theTimeBeforeATakeoverThatFollowsTheLastEventIsNotActive() {
        BatchState first = after(running, committedAt(10, 0), new BatchEvent.TookOver(at(100), 2, "node:2"));

        assertThat(after(first, committedAt(105, 1)).curve().seconds()).isEqualTo(15);
    }

    @Test
    void aBatchThatIsNotPlannedIsNotActive() {
        BatchState submitted = state(submitted(job()), tookOver(1));
        BatchState resumed = after(submitted, new BatchEvent.Paused(AT, ""), new BatchEvent.Resumed(AT));
        BatchState retried = after(submitted, failed(), new BatchEvent.Retried(AT));

        assertThat(List.of(submitted, resumed, retried))
                .noneMatch(state -> state.curve().isActive());
    }

    @Test
    void aBatchIsActiveUntilItIsCompleteFailsOrIsPaused() {
        BatchState committing = after(running, committedAt(10, 0));
        BatchState failed = after(running, failed());
        BatchState paused = after(running, new BatchEvent.Paused(at(10), ""));

        assertThat(List.of(running, committing)).allMatch(state -> state.curve().isActive());
        assertThat(List.of(publishing, failed, paused))
                .noneMatch(state -> state.curve().isActive());
        assertThat(after(failed, new BatchEvent.Retried(AT)).curve().isActive()).isTrue();
        assertThat(after(paused, new BatchEvent.Retried(AT)).curve().isActive())
                .as("it stays paused")
                .isFalse();
        assertThat(after(paused, new BatchEvent.Resumed(at(100)), committedAt(105, 0))
                        .curve()
                        .seconds())
                .isEqualTo(15);
    }

    @Test
    void aCompleteBatchIsActiveAgainWhenItsPlanHasGrown() {
        BatchState complete = after(
                running,
                new BatchEvent.ExtensionRequested(AT, LATER_INPUT),
                committedAt(10, 0),
                committedAt(20, 1),
                committedAt(30, 2));
        assertThat(complete.curve().isActive()).isFalse();
        SourceFile late = new SourceFile("/data/b.parquet", 70, AT, 10, "");

        BatchState grown = after(
                complete, new BatchEvent.PlanExtended(at(100), LATER_INPUT, 1, 3, List.of(late), PartitionPlan.of(10)));

        assertThat(grown.curve().isActive()).isTrue();
        assertThat(after(grown, committedAt(105, 3)).curve().seconds()).isEqualTo(35);
    }

    @Test
    void timeOutsideTheWindowCountsOnlyIfTheWindowIsIgnored() {
        JobTiming closesAfter35Seconds = ExampleBatch.window("22:00", "23:15", JobWindow.Outside.PAUSE);
        BatchState planned = state(submitted(ExampleBatch.job(job(), closesAfter35Seconds, 5)), tookOver(1), planned());

        BatchState ignoring = after(planned, new BatchEvent.WindowIgnored(at(100), "ops"));

        assertThat(after(ignoring, committedAt(110, 0)).curve().seconds()).isEqualTo(45);
    }
}
