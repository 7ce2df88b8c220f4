package io.nightshift.coordinator.register;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.job.NewTimes;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.job.TimeRanges;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.BatchRegisterSnapshot;
import io.nightshift.protocol.register.ReadTimes;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BatchRegisterStateTest {

    private static final BatchId A = new BatchId("flights-a");
    private static final BatchId B = new BatchId("flights-b");
    private static final BatchId EARLIER = new BatchId("flights-0");
    private static final BatchId OTHER = new BatchId("trains-a");
    private static final Submission FLIGHTS = ExampleBatch.submission(ExampleBatch.job());

    private static final RunKey RUN = run("flights");

    private static RunKey run(String job) {
        return new RunKey(job, List.of());
    }

    private static Submission trains() {
        return named("trains", ExampleBatch.job());
    }

    private static Submission named(String name, Job job) {
        return ExampleBatch.submission(JobBuilder.builder()
                .name(name)
                .model(job.model())
                .features(job.features())
                .source(job.source())
                .destination(job.destination())
                .partitions(job.partitions())
                .errors(job.errors())
                .output(job.output())
                .build());
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
                .containsExactly(tuple(A, true), tuple(OTHER, false), tuple(B, false));
    }

    private static BatchRegisterEvent reentered(BatchId batch, int seconds, @Nullable Phase end) {
        return new BatchRegisterEvent.Reentered(
                ExampleBatch.AT, batch, ExampleBatch.AT.plusSeconds(seconds), FLIGHTS, end);
    }

    @Test
    void aLostBatchIsEnteredAgainAtItsPlace() {
        BatchRegisterState state = state(opened(A, FLIGHTS), opened(OTHER, trains()), reentered(EARLIER, -1, null));

        assertThat(state.all()).extracting(BatchRegisterState.Entry::batch).containsExactly(EARLIER, A, OTHER);
        assertThat(state.all()).extracting(BatchRegisterState.Entry::number).containsExactly(-1L, 0L, 1L);
        assertThat(state.open(RUN).map(BatchRegisterState.Entry::batch))
                .as("the later batch stays the open one")
                .contains(A);
        assertThat(state.unfinished())
                .extracting(BatchRegisterState.Entry::batch, BatchRegisterState.Entry::superseded)
                .contains(tuple(EARLIER, true));
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
        assertThat(state.latest()).contains(B);
        assertThat(state.apply(opened(OTHER, trains())).batches().get(OTHER))
                .extracting(BatchRegisterState.Entry::number)
                .as("its number is not used again")
                .isEqualTo(2L);
    }

    @Test
    void aLostBatchThatIsLaterReplacesTheOpenOne() {
        BatchRegisterState state = state(opened(A, FLIGHTS), opened(OTHER, trains()), reentered(B, 1, null));

        assertThat(state.open(RUN).map(BatchRegisterState.Entry::batch)).contains(B);
        assertThat(state.all())
                .extracting(BatchRegisterState.Entry::batch, BatchRegisterState.Entry::superseded)
                .containsExactly(tuple(A, true), tuple(OTHER, false), tuple(B, false));
        assertThat(state.unfinished())
                .extracting(BatchRegisterState.Entry::batch, BatchRegisterState.Entry::superseded)
                .containsExactly(tuple(A, true), tuple(OTHER, false), tuple(B, false));
    }

    @Test
    void aLostBatchIsOpenIfNoLaterOneIsOfItsRun() {
        BatchRegisterState state = state(opened(OTHER, trains()), reentered(A, -1, null));

        assertThat(state.open(RUN).map(BatchRegisterState.Entry::superseded)).contains(false);
        assertThat(state.latest()).as("the last one of all").contains(OTHER);
    }

    @Test
    void aLostBatchFollowsTheOneWhoseNumberItShares() {
        BatchRegisterState state = state(
                opened(A, FLIGHTS),
                ended(A, Phase.PUBLISHED),
                new BatchRegisterEvent.Opened(ExampleBatch.AT.plusSeconds(10), OTHER, trains(), null, null),
                reentered(B, 5, Phase.PUBLISHED));

        assertThat(state.all()).extracting(BatchRegisterState.Entry::batch).containsExactly(A, B, OTHER);
        assertThat(state.all()).extracting(BatchRegisterState.Entry::number).containsExactly(0L, 0L, 1L);
        assertThat(state.lastPublished(RUN).map(BatchRegisterState.Entry::batch))
                .contains(B);
        assertThat(state.lastOfJob("flights")).containsExactly(B);
    }

    @Test
    void aLostPublishedBatchCountsAsPublishedUnlessALaterOneIs() {
        BatchRegisterState state = state(opened(A, FLIGHTS), reentered(EARLIER, -1, Phase.PUBLISHED));
        assertThat(state.lastPublished(RUN).map(BatchRegisterState.Entry::batch))
                .contains(EARLIER);
        assertThat(state.hasEnded(EARLIER)).isTrue();
        assertThat(state.open(RUN).map(BatchRegisterState.Entry::batch)).contains(A);

        BatchRegisterState later =
                state(opened(A, FLIGHTS), ended(A, Phase.PUBLISHED), reentered(EARLIER, -1, Phase.PUBLISHED));
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
        assertThat(before.archivedTo()).as("nothing is archived").isEqualTo(-1);
        assertThat(state.archivedTo()).isZero();
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
        assertThat(state.archivable((BatchRegisterEvent.Archived) archived(A)).batches())
                .isEmpty();
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
            state = state.apply(new BatchRegisterEvent.Opened(
                    ExampleBatch.AT, new BatchId("flights-" + i), FLIGHTS, "key-" + i, null));
            state = i == 2 ? state : state.apply(ended(new BatchId("flights-" + i), Phase.CANCELLED));
        }

        assertThat(state.archivable(7, 3).batches()).isEmpty();
        assertThat(state.archivable(6, 3).batches())
                .extracting(entry -> entry.batch().value())
                .containsExactly("flights-0", "flights-1", "flights-3");
        assertThat(state.archivable(8, 3).keys()).isEmpty();
        assertThat(state.archivable(7, 3).keys().keySet())
                .extracting(BatchRegisterState.Key::key)
                .containsExactly("key-0", "key-1", "key-2");
        assertThat(state.archivable(8).keys())
                .as("a quarter of those that stay")
                .hasSize(2);
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

    @Test
    void theLastBatchesOfAJobAreInTheOrderOfSubmission() {
        Instant later = ExampleBatch.AT.plusSeconds(60);
        BatchRegisterState state = state(
                opened(OTHER, trains()),
                opened(A, FLIGHTS),
                new BatchRegisterEvent.Opened(later, B, FLIGHTS, null, null),
                ended(B, Phase.PUBLISHED),
                ended(A, Phase.PUBLISHED));

        assertThat(state.jobs().get("flights"))
                .isEqualTo(new BatchRegisterState.JobBatches(2, B, 2, later, B, 2, List.of()));
    }

    @Test
    void aSnapshotListsJobsAndSourcesInOrder() {
        BatchRegisterState state = BatchRegisterState.EMPTY;
        for (int i = 0; i < 20; i++) {
            BatchId batch = new BatchId("job-" + i);
            state = state.apply(opened(batch, named("job-" + i, ExampleBatch.job())))
                    .apply(new BatchRegisterEvent.Ended(
                            ExampleBatch.AT,
                            batch,
                            Phase.PUBLISHED,
                            null,
                            null,
                            new ReadTimes(
                                    "source-" + i,
                                    TimeRanges.upTo(ExampleBatch.AT).ranges())));
        }

        BatchRegisterSnapshot snapshot = state.snapshot();

        List<Integer> inOrder = IntStream.range(0, 20)
                .boxed()
                .sorted(Comparator.comparing(String::valueOf))
                .toList();
        assertThat(snapshot.jobs())
                .extracting(BatchRegisterSnapshot.JobBatches::job)
                .containsExactlyElementsOf(inOrder.stream().map(i -> "job-" + i).toList());
        assertThat(snapshot.readTimes())
                .extracting(ReadTimes::source)
                .containsExactlyElementsOf(
                        inOrder.stream().map(i -> "source-" + i).toList());
    }

    private static Submission reading(String source, Instant upTo) {
        Job job = ExampleBatch.job(Path.of(source), Path.of("/out"), new Job.ErrorPolicy(0.1, null))
                .with(new NewTimes("updated_at", Duration.ZERO, "UTC", false).with(NewTimes.TimeType.INSTANT));
        return ExampleBatch.submission(job.reading(TimeRanges.upTo(upTo)));
    }

    @Test
    void theTimesOfASourceThatOpenBatchesReadAreTaken() {
        Instant noon = Instant.parse("2026-11-24T12:00:00Z");
        Submission first = reading("/data/a.parquet", noon);
        Submission second = reading("/data/b.parquet", noon.plusSeconds(3_600));
        ReadTimes read = Objects.requireNonNull(ReadTimes.of(first.pinned()));

        BatchRegisterState state = state(opened(A, first), opened(OTHER, trains()), opened(B, second));

        assertThat(state.taken(read.source(), null)).isEqualTo(TimeRanges.upTo(noon));
        assertThat(state.taken(read.source(), A)).isEqualTo(TimeRanges.NONE);
        assertThat(state.read()).isEmpty();

        BatchRegisterState published =
                state.apply(new BatchRegisterEvent.Ended(ExampleBatch.AT, A, Phase.PUBLISHED, null, null, read));

        assertThat(published.taken(read.source(), A)).isEqualTo(TimeRanges.upTo(noon));
        assertThat(published.read()).containsExactly(Map.entry(read.source(), TimeRanges.upTo(noon)));
    }
}
