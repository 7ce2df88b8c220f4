package io.nightshift.node.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SubmissionQueueTest {

    private final CompletableFuture<String> disk = new CompletableFuture<>();

    @AfterEach
    void theDiskAnswers() {
        disk.complete("inspected");
    }

    private CompletionStage<String> submit(SubmissionQueue queue, String caller) {
        return queue.inspect(caller, disk::join);
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
        SubmissionQueue queue = new SubmissionQueue(new SubmissionQueue.Limits(1, 2, 100, 1));
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
        SubmissionQueue queue = new SubmissionQueue(new SubmissionQueue.Limits(1, 100, 2, 1));
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
        SubmissionQueue queue = new SubmissionQueue(new SubmissionQueue.Limits(1, 1, 1, 1));
        assertThatThrownBy(() -> queue.inspect("nightly", () -> {
                            throw new IllegalStateException("the share is away");
                        })
                        .toCompletableFuture()
                        .join())
                .hasRootCauseMessage("the share is away");

        disk.complete("inspected");
        assertThat(submit(queue, "nightly").toCompletableFuture().join()).isEqualTo("inspected");
    }
}
