package io.nightshift.node.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.nightshift.coordinator.batch.task.StuckThreads;
import io.nightshift.protocol.failure.FailureException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SubmissionQueueTest {

    private final CompletableFuture<String> disk = new CompletableFuture<>();

    @AfterEach
    void theDiskAnswers() {
        disk.complete("inspected");
    }

    private final StuckThreads stuck = new StuckThreads();
    private final AtomicLong nanos = new AtomicLong();

    private SubmissionQueue queue(SubmissionQueue.Limits limits) {
        return new SubmissionQueue(limits, stuck, nanos::get);
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    private CompletionStage<String> submit(SubmissionQueue queue, String caller) {
        return queue.inspect(caller, "churn", disk::join);
    }

    private static void refuses(Runnable submission, String sentence) {
        assertThatThrownBy(submission::run).isInstanceOfSatisfying(ProblemException.class, refusal -> {
            assertThat(refusal.problem().status()).isEqualTo(429);
            assertThat(refusal.headers()).containsEntry("Retry-After", "5");
            assertThat(refusal.problem().detail()).startsWith(sentence);
        });
    }

    @Test
    void aSubmissionThatFindsTheQueueFullIsRefused() {
        SubmissionQueue queue = queue(new SubmissionQueue.Limits(1, 2, 100, 1));
        CompletionStage<String> first = submit(queue, "nightly");
        submit(queue, "nightly");
        CompletionStage<String> last = submit(queue, "web");

        refuses(
                () -> submit(queue, "web"),
                "The node has 2 submissions that wait to be inspected, which is its limit. Nothing was started.");
        assertThat(queue.waiting()).isEqualTo(2);
        assertThat(queue.refused()).isEqualTo(1);

        disk.complete("inspected");
        assertThat(first.toCompletableFuture().join()).isEqualTo("inspected");
        assertThat(last.toCompletableFuture().join()).isEqualTo("inspected");
        assertThat(submit(queue, "web").toCompletableFuture().join()).isEqualTo("inspected");
    }

    @Test
    void oneCallerCannotUseTheWholeQueue() {
        SubmissionQueue queue = queue(new SubmissionQueue.Limits(1, 100, 2, 1));
        CompletionStage<String> first = submit(queue, "nightly");
        submit(queue, "nightly");

        refuses(
                () -> submit(queue, "nightly"),
                "The caller has 2 submissions that the node has not inspected yet, which is its limit.");
        CompletionStage<String> other = submit(queue, "web");

        disk.complete("inspected");
        assertThat(other.toCompletableFuture().join()).isEqualTo("inspected");
        assertThat(first.toCompletableFuture().join()).isEqualTo("inspected");
    }

    @Test
    void aFailedInspectionFreesItsPlace() {
        SubmissionQueue queue = queue(new SubmissionQueue.Limits(1, 1, 1, 1));
        assertThatThrownBy(() -> queue.inspect("nightly", "churn", () -> {
                            throw new IllegalStateException("the share is away");
                        })
                        .toCompletableFuture()
                        .join())
                .hasRootCauseMessage("the share is away");

        disk.complete("inspected");
        assertThat(submit(queue, "nightly").toCompletableFuture().join()).isEqualTo("inspected");
    }

    private void after(SubmissionQueue queue, Duration time) {
        nanos.addAndGet(time.plusNanos(1).toNanos());
        queue.enforceLimits();
    }

    @Test
    void aSickSourceHasHalfOfThePlacesAtMost() {
        SubmissionQueue queue = queue(new SubmissionQueue.Limits(4, 100, 100, 1));
        for (int i = 0; i < 10; i++) {
            submit(queue, "schedule");
        }

        assertThat(join(queue.inspect("schedule", "healthy", () -> "healthy"))).isEqualTo("healthy");
        assertThat(queue.waiting()).isEqualTo(8);
    }

    @Test
    void inspectionsThatHangGiveTheirPlacesToOthersAndAreCounted() {
        SubmissionQueue queue = queue(new SubmissionQueue.Limits(2, 100, 100, 1));
        CompletionStage<String> one = queue.inspect("schedule", "sick-1", disk::join);
        queue.inspect("schedule", "sick-2", disk::join);
        CompletionStage<String> healthy = queue.inspect("schedule", "healthy", () -> "healthy");
        assertThat(queue.waiting()).isEqualTo(1);
        after(queue, SubmissionQueue.SLOW.minusSeconds(1));
        assertThat(stuck.count()).isZero();

        after(queue, Duration.ofSeconds(1));

        assertThat(join(healthy)).isEqualTo("healthy");
        assertThat(stuck.count()).isEqualTo(2);

        disk.complete("inspected");
        assertThat(join(one)).isEqualTo("inspected");
        await().until(() -> stuck.count() == 0);
    }

    @Test
    void aRepeatedQuestionToASourceThatHangsTakesNoThread() {
        SubmissionQueue queue = queue(new SubmissionQueue.Limits(2, 100, 100, 1));
        submit(queue, "schedule");
        after(queue, SubmissionQueue.SLOW);

        assertThatThrownBy(() -> join(submit(queue, "schedule")))
                .hasMessageContaining("an inspection of a submission of churn does not end: its source,");
        assertThat(stuck.count()).isEqualTo(1);
        assertThat(queue.waiting()).isZero();
        disk.complete("inspected");
    }

    @Test
    void submissionsThatWaitForAJobThatHangsAreRefusedAndTakeNoThread() {
        SubmissionQueue queue = queue(new SubmissionQueue.Limits(8, 1_000, 1_000, 1));
        List<CompletionStage<String>> nightly = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            nightly.add(submit(queue, "schedule"));
        }

        after(queue, SubmissionQueue.SLOW);
        after(queue, SubmissionQueue.SLOW);

        assertThat(stuck.count()).isEqualTo(4);
        assertThat(queue.waiting()).isZero();
        assertThat(nightly.subList(4, 100))
                .allSatisfy(refused -> assertThatThrownBy(() -> join(refused))
                        .hasMessageContaining("an inspection of a submission of churn does not end"));
        disk.complete("inspected");
        assertThat(nightly.subList(0, 4))
                .allSatisfy(slow -> assertThat(join(slow)).isEqualTo("inspected"));
    }

    @Test
    void aRefusalAlwaysSaysTheSame() {
        SubmissionQueue queue = queue(new SubmissionQueue.Limits(2, 100, 100, 1));
        submit(queue, "schedule");
        after(queue, SubmissionQueue.SLOW);
        Throwable first = catchThrowable(() -> join(submit(queue, "schedule")));

        after(queue, Duration.ofSeconds(30));

        assertThatThrownBy(() -> join(submit(queue, "schedule"))).hasMessage(first.getMessage());
    }

    @Test
    void aHangingJobDoesNotHoldUpThatOfAnotherCaller() {
        SubmissionQueue queue = queue(new SubmissionQueue.Limits(2, 100, 100, 1));
        submit(queue, "web");
        after(queue, SubmissionQueue.SLOW);

        assertThat(join(queue.inspect("schedule", "churn", () -> "healthy"))).isEqualTo("healthy");
    }

    @Test
    void aSubmissionWithoutAThreadFailsAndFreesItsPlaces() {
        AtomicInteger begun = new AtomicInteger();
        Executor exhausted = inspection -> {
            if (begun.getAndIncrement() == 0) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            Thread.ofPlatform().daemon().start(inspection);
        };
        SubmissionQueue queue =
                new SubmissionQueue(new SubmissionQueue.Limits(1, 100, 1, 1), stuck, nanos::get, exhausted);

        assertThatThrownBy(() -> join(queue.inspect("web", "churn", () -> "inspected")))
                .cause()
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isFalse())
                .hasMessageContaining("can't start a thread");
        assertThat(join(queue.inspect("web", "churn", () -> "inspected"))).isEqualTo("inspected");
    }

    @Test
    void theThreadsThatHangAreBounded() {
        SubmissionQueue queue = queue(new SubmissionQueue.Limits(2, 1_000, 1_000, 1));
        for (int i = 0; i < SubmissionQueue.MOST_SLOW + 5; i++) {
            queue.inspect("schedule", "sick-" + i, disk::join);
            after(queue, SubmissionQueue.SLOW);
        }

        assertThat(stuck.count()).isEqualTo(SubmissionQueue.MOST_SLOW);
        assertThat(queue.waiting()).isEqualTo(3);
    }

    @Test
    void nobodyWaitsForTooLongAndALateResultIsDropped() {
        SubmissionQueue queue = queue(new SubmissionQueue.Limits(1, 100, 1, 1));
        CompletionStage<String> hanging = submit(queue, "schedule");
        after(queue, SubmissionQueue.LONGEST);

        assertThatThrownBy(() -> join(hanging)).hasMessageContaining("could not be inspected within 30 minutes");
        disk.complete("inspected");
        assertThat(hanging.toCompletableFuture()).isCompletedExceptionally();
        await().until(() -> stuck.count() == 0);
        assertThat(join(submit(queue, "schedule")))
                .as("the caller's place is free")
                .isEqualTo("inspected");
    }
}
