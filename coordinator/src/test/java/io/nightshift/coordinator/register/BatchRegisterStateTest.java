package io.nightshift.coordinator.register;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.register.BatchRegisterEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BatchRegisterStateTest {

    private static final BatchId A = new BatchId("flights-a");
    private static final BatchId B = new BatchId("flights-b");
    private static final BatchId OTHER = new BatchId("trains-a");
    private static final Submission FLIGHTS = ExampleBatch.submission(ExampleBatch.job());

    private static final RunKey RUN = run("flights");

    private static RunKey run(String job) {
        return new RunKey(job, List.of());
    }

    private static Submission trains() {
        Job job = ExampleBatch.job();
        return ExampleBatch.submission(new Job(
                "trains",
                job.model(),
                job.features(),
                job.source(),
                job.destination(),
                job.partitions(),
                job.errors(),
                job.output()));
    }

    private static BatchRegisterState state(BatchRegisterEvent... events) {
        BatchRegisterState state = BatchRegisterState.EMPTY;
        for (BatchRegisterEvent event : events) {
            state = state.apply(event);
        }
        return state;
    }

    private static BatchRegisterEvent opened(BatchId batch, Submission submission) {
        return new BatchRegisterEvent.Opened(ExampleBatch.AT, batch, submission, null, null);
    }

    private static BatchRegisterEvent opened(BatchId batch, Submission submission, String caller) {
        return new BatchRegisterEvent.Opened(ExampleBatch.AT, batch, submission, null, caller);
    }

    private static BatchRegisterEvent ended(BatchId batch, Phase phase) {
        return new BatchRegisterEvent.Ended(ExampleBatch.AT, batch, phase);
    }

    @Test
    void eachJobHasOneOpenBatch() {
        BatchRegisterState state = state(opened(A, FLIGHTS), opened(OTHER, trains()), opened(B, FLIGHTS));

        assertThat(state.open(RUN).map(entry -> entry.batch())).contains(B);
        assertThat(state.open(run("trains")).map(entry -> entry.batch())).contains(OTHER);
        assertThat(state.open(run("ships"))).isEmpty();
        assertThat(state.unfinished())
                .extracting(entry -> entry.batch(), BatchRegisterState.Entry::superseded)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(A, true),
                        org.assertj.core.groups.Tuple.tuple(OTHER, false),
                        org.assertj.core.groups.Tuple.tuple(B, false));
    }

    private static BatchRegisterEvent reentered(BatchId batch, int seconds, @Nullable Phase end) {
        return new BatchRegisterEvent.Reentered(
                ExampleBatch.AT, batch, ExampleBatch.AT.plusSeconds(seconds), FLIGHTS, end);
    }

    @Test
    void aLostBatchIsEnteredAgainAtItsPlace() {
        BatchRegisterState state = state(opened(A, FLIGHTS), opened(OTHER, trains()), reentered(B, -1, null));

        assertThat(state.all()).extracting(BatchRegisterState.Entry::batch).containsExactly(B, A, OTHER);
        assertThat(state.all()).extracting(BatchRegisterState.Entry::number).containsExactly(-1L, 0L, 1L);
        assertThat(state.open(RUN).map(BatchRegisterState.Entry::batch))
                .as("the later batch stays the open one")
                .contains(A);
        assertThat(state.unfinished())
                .extracting(BatchRegisterState.Entry::batch, BatchRegisterState.Entry::superseded)
                .contains(org.assertj.core.groups.Tuple.tuple(B, true));
        assertThat(state.open(RunKey.of(trains().job())).map(BatchRegisterState.Entry::batch))
                .contains(OTHER);
    }

    @Test
    void aLostBatchThatIsTheLastOfItsJobIsOpenAgain() {
        BatchRegisterState state = state(opened(A, FLIGHTS), ended(A, Phase.PUBLISHED), reentered(B, 1, null));

        assertThat(state.open(RUN).map(BatchRegisterState.Entry::batch)).contains(B);
        assertThat(state.lastPublished(RUN).map(BatchRegisterState.Entry::batch))
                .contains(A);
        assertThat(state.apply(reentered(B, 1, null))).isSameAs(state);
    }

    @Test
    void aLostPublishedBatchCountsAsPublishedUnlessALaterOneIs() {
        BatchRegisterState state = state(opened(A, FLIGHTS), reentered(B, -1, Phase.PUBLISHED));
        assertThat(state.lastPublished(RUN).map(BatchRegisterState.Entry::batch))
                .contains(B);
        assertThat(state.hasEnded(B)).isTrue();
        assertThat(state.open(RUN).map(BatchRegisterState.Entry::batch)).contains(A);

        BatchRegisterState later =
                state(opened(A, FLIGHTS), ended(A, Phase.PUBLISHED), reentered(B, -1, Phase.PUBLISHED));
        assertThat(later.lastPublished(RUN).map(BatchRegisterState.Entry::batch))
                .contains(A);
    }

    @Test
    void eachRunOfAJobHasItsOwnBatches() {
        Submission monday = ExampleBatch.submission(ExampleBatch.job("2026-11-23"));
        Submission tuesday = ExampleBatch.submission(ExampleBatch.job("2026-11-24"));
        BatchRegisterState state = state(opened(A, monday), ended(A, Phase.PUBLISHED), opened(B, tuesday));

        assertThat(state.open(RunKey.of(monday.job()))).isEmpty();
        assertThat(state.lastPublished(RunKey.of(monday.job())).map(entry -> entry.batch()))
                .contains(A);
        assertThat(state.open(RunKey.of(tuesday.job())).map(entry -> entry.batch()))
                .contains(B);
        assertThat(state.lastPublished(RunKey.of(tuesday.job()))).isEmpty();
        assertThat(state.open(RUN)).isEmpty();
        assertThat(state.lastOfJob("flights")).containsExactly(B, A);
        assertThat(state.unfinished())
                .extracting(BatchRegisterState.Entry::superseded)
                .containsExactly(false);
    }

    @Test
    void unfinishedBatchesAreCountedForEachCaller() {
        BatchRegisterState state = state(opened(A, FLIGHTS, "nightly"), opened(OTHER, trains(), "web"));
        assertThat(state.unfinished("nightly")).isEqualTo(1);

        state = state.apply(opened(B, FLIGHTS, "nightly"));
        assertThat(state.unfinished("nightly"))
                .as("a superseded batch has not ended")
                .isEqualTo(2);

        state = state.apply(ended(A, Phase.CANCELLED)).apply(ended(A, Phase.CANCELLED));
        assertThat(state.unfinished("nightly")).isEqualTo(1);
        assertThat(state.apply(ended(B, Phase.PUBLISHED)).unfinished("nightly")).isZero();
        assertThat(state.unfinished("web")).isEqualTo(1);
        assertThat(state.unfinished("nobody")).isZero();
    }

    @Test
    void anEndedBatchIsNotOpen() {
        BatchRegisterState state = state(opened(A, FLIGHTS), ended(A, Phase.CANCELLED));

        assertThat(state.open(RUN)).isEmpty();
        assertThat(state.hasEnded(A)).isTrue();
        assertThat(state.unfinished()).isEmpty();
        assertThat(state.lastPublished(RUN)).isEmpty();
    }

    @Test
    void theBatchPublishedLastIsFoundAlsoBehindCancelledOnes() {
        BatchRegisterState state = state(
                opened(A, FLIGHTS),
                ended(A, Phase.PUBLISHED),
                opened(B, FLIGHTS),
                ended(B, Phase.CANCELLED),
                opened(OTHER, trains()),
                ended(OTHER, Phase.PUBLISHED));

        assertThat(state.lastPublished(RUN).map(entry -> entry.batch())).contains(A);
    }

    @Test
    void batchesAreInTheOrderOfTheirSubmission() {
        BatchRegisterState state =
                state(opened(B, FLIGHTS), opened(OTHER, trains()), opened(A, FLIGHTS), ended(B, Phase.PUBLISHED));

        assertThat(state.all()).extracting(entry -> entry.batch()).containsExactly(B, OTHER, A);
    }

    @Test
    void anUnknownBatchHasEnded() {
        assertThat(BatchRegisterState.EMPTY.hasEnded(A)).isTrue();
        assertThat(state(ended(A, Phase.PUBLISHED)).all()).isEmpty();
    }

    @Test
    void anotherJobFileOrModelIsAConflictAndAnotherInputIsNot() {
        BatchRegisterState.Entry open = state(opened(A, FLIGHTS)).open(RUN).orElseThrow();
        ModelVersion newer = new ModelVersion("delays", 2, "c3".repeat(32));

        assertThat(BatchRegisterState.conflict(open, FLIGHTS)).isEmpty();
        assertThat(BatchRegisterState.conflict(open, with("9".repeat(64), FLIGHTS.input(), FLIGHTS.model())))
                .contains("its job file has changed since it was opened");
        assertThat(BatchRegisterState.conflict(open, with(FLIGHTS.fingerprint(), FLIGHTS.input(), newer)))
                .contains("it was opened with model delays@1, and the job now names delays@2");
        assertThat(BatchRegisterState.conflict(open, with(FLIGHTS.fingerprint(), "9".repeat(64), FLIGHTS.model())))
                .as("the batch's own pins decide about the input")
                .isEmpty();
    }

    private static Submission with(String fingerprint, String input, ModelVersion model) {
        return new Submission(FLIGHTS.job(), fingerprint, input, model);
    }

    @Test
    void aKeyIsRememberedWithTheBatchOfItsFirstUse() {
        BatchRegisterState state = state(
                new BatchRegisterEvent.Opened(ExampleBatch.AT, A, FLIGHTS, "monday", null),
                ended(A, Phase.PUBLISHED),
                opened(B, FLIGHTS),
                new BatchRegisterEvent.Keyed(ExampleBatch.AT, B, "tuesday", "f2"),
                new BatchRegisterEvent.Keyed(ExampleBatch.AT, B, "monday", "f3"),
                new BatchRegisterEvent.Keyed(ExampleBatch.AT, OTHER, "sunday", "f4"));

        assertThat(state.use("flights", "monday")).contains(new BatchRegisterState.KeyUse(FLIGHTS.fingerprint(), A));
        assertThat(state.use("flights", "tuesday")).contains(new BatchRegisterState.KeyUse("f2", B));
        assertThat(state.use("trains", "monday")).as("another job").isEmpty();
        assertThat(state.use("flights", "sunday")).as("a batch that is unknown").isEmpty();
    }

    @Test
    void anOpenBatchHasNotEnded() {
        BatchRegisterState state = state(opened(A, FLIGHTS), opened(B, FLIGHTS), ended(A, Phase.CANCELLED));

        assertThat(state.hasEnded(A)).isTrue();
        assertThat(state.hasEnded(B)).isFalse();
    }

    private static BatchRegisterEvent archived(BatchId... batches) {
        return new BatchRegisterEvent.Archived(
                ExampleBatch.AT,
                batches[0],
                List.of(batches),
                List.of(new BatchRegisterEvent.SubmissionKey("flights", "monday")),
                17);
    }

    @Test
    void anArchivedBatchLeavesAndWhatIsKnownOfItsJobStays() {
        BatchRegisterState before = state(
                new BatchRegisterEvent.Opened(ExampleBatch.AT, A, FLIGHTS, "monday", null),
                new BatchRegisterEvent.Ended(ExampleBatch.AT, A, Phase.PUBLISHED, new PastRun(1, 2, 3, 4)));
        BatchRegisterState state = before.apply(archived(A));

        assertThat(state.all()).isEmpty();
        assertThat(state.lastPublished(RUN)).isEmpty();
        assertThat(state.use("flights", "monday")).isEmpty();
        assertThat(state.hasEnded(A)).isTrue();
        assertThat(state.latest()).contains(A);
        assertThat(state.lastOfJob("flights")).containsExactly(A);
        assertThat(state.history("flights")).hasSize(1);
        assertThat(state.submitted()).isEqualTo(1);
        assertThat(state.archives()).isEqualTo(1);
        assertThat(state.searched()).isEqualTo(17);
        assertThat(before.archivable((BatchRegisterEvent.Archived) archived(A))).isEqualTo(before.archivable(0, 1));
        assertThat(state.apply(opened(B, FLIGHTS)).open(RUN).orElseThrow().number())
                .as("its number is not used again")
                .isEqualTo(1);
    }

    @Test
    void anOpenBatchIsNeverArchived() {
        BatchRegisterState state = state(opened(A, FLIGHTS), archived(A));

        assertThat(state.open(RUN).map(BatchRegisterState.Entry::batch)).contains(A);
        assertThat(state(opened(A, FLIGHTS)).archivable(0, 1).batches()).isEmpty();
    }

    @Test
    void theKeyOfAnArchivedBatchIsRemembered() {
        BatchRegisterState state = state(
                opened(A, FLIGHTS),
                ended(A, Phase.PUBLISHED),
                archived(A),
                new BatchRegisterEvent.Keyed(ExampleBatch.AT, A, "tuesday", "f2", "flights"));

        assertThat(state.use("flights", "tuesday")).contains(new BatchRegisterState.KeyUse("f2", A));
    }

    @Test
    void theOldestEndedBatchesLeaveInPortions() {
        BatchRegisterState state = BatchRegisterState.EMPTY;
        for (int i = 0; i < 10; i++) {
            state = state.apply(opened(new BatchId("flights-" + i), FLIGHTS));
            state = i == 2 ? state : state.apply(ended(new BatchId("flights-" + i), Phase.CANCELLED));
        }

        assertThat(state.archivable(7, 3).batches()).isEmpty();
        assertThat(state.archivable(6, 3).batches())
                .extracting(entry -> entry.batch().value())
                .containsExactly("flights-0", "flights-1", "flights-3");
    }

    @Test
    void theSizeOfTheStateIsThatOfItsJobs() {
        BatchRegisterState state = BatchRegisterState.EMPTY;
        for (int i = 0; i < 20_000; i++) {
            Submission submission = i % 2 == 0 ? FLIGHTS : trains();
            BatchId batch = new BatchId(submission.job().name() + "-" + i);
            state = state.apply(
                    new BatchRegisterEvent.Opened(ExampleBatch.AT, batch, submission, "key-" + i, "nightly"));
            state = state.apply(ended(batch, Phase.PUBLISHED));
            BatchRegisterState.Archivable rows = state.archivable(100, 25);
            if (!rows.batches().isEmpty()) {
                state = state.apply(new BatchRegisterEvent.Archived(
                        ExampleBatch.AT,
                        batch,
                        rows.batches().stream()
                                .map(BatchRegisterState.Entry::batch)
                                .toList(),
                        rows.keys().keySet().stream()
                                .map(key -> new BatchRegisterEvent.SubmissionKey(key.job(), key.key()))
                                .toList(),
                        i));
            }
        }

        assertThat(state.all()).hasSizeLessThan(130);
        assertThat(state.snapshot().keys()).hasSizeLessThan(130);
        assertThat(state.jobs()).hasSize(2);
        assertThat(state.submitted()).isEqualTo(20_000);
    }
}
