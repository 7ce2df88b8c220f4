package io.nightshift.node.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.RescoreRequest;
import io.nightshift.coordinator.batch.task.StuckThreads;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobFingerprint;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.BatchRegisterCommand.SubmitReply;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

/// What becomes of a submission that can't be opened. The register must not be asked.
class RequestForwarderTest {

    private static final Job JOB = JobFile.parse(
            "{job: churn, model: churn@1, source: {parquet: /in/*.parquet}, destination: {parquet: /out}}"
                    .getBytes(StandardCharsets.UTF_8),
            Map.of());

    private static SubmitReply submit(Supplier<Submission> inspection, boolean isAbandoned) {
        return forwarder(inspection)
                .submit("web", "web", JOB, false, null, () -> isAbandoned)
                .toCompletableFuture()
                .join();
    }

    /// @param inspection of a submission, and of a batch that scores partitions again
    private static RequestForwarder forwarder(Supplier<Submission> inspection) {
        GatewayServices services = new GatewayServices(
                (job, fresh) -> inspection.get(),
                (batch, request) -> inspection.get(),
                job -> {
                    throw new AssertionError("the schema of " + job.name() + " was compared");
                },
                (rejected, submission) -> rejected,
                new SubmissionQueue(SubmissionQueue.Limits.DEFAULT, new StuckThreads(), () -> 0),
                new GatewayServices.RegisterClient() {
                    @Override
                    public <T> CompletionStage<T> ask(Function<ActorRef<T>, BatchRegisterCommand> question) {
                        throw new AssertionError("the register was asked");
                    }
                },
                new GatewayServices.BatchClient() {
                    @Override
                    public <T> CompletionStage<T> ask(BatchId batch, Function<ActorRef<T>, BatchCommand> question) {
                        throw new AssertionError(batch + " was asked");
                    }
                },
                () -> null,
                Runnable::run);
        return new RequestForwarder(services);
    }

    private static SubmitReply failed(Failure failure) {
        return submit(
                () -> {
                    throw new FailureException(failure);
                },
                false);
    }

    @Test
    void aRejectionSaysWhetherTheSameSubmissionMayBeAcceptedLater() {
        Failure mistake = Failure.permanent("there is no column age");
        Failure missing = Failure.of(FailedResource.Type.INPUT, "/in", "there is no folder /in");
        Failure readOnly = Failure.of(FailedResource.Type.PLACE, "/out", "the folder /out is read-only");

        assertThat(failed(mistake)).isEqualTo(new BatchRegisterCommand.Rejected(mistake, null));
        assertThat(failed(missing)).isEqualTo(new BatchRegisterCommand.Rejected(missing, null));
        assertThat(failed(readOnly)).isEqualTo(new BatchRegisterCommand.Rejected(readOnly, null));
    }

    @Test
    void aSourceThatFailsForATimeIsNoRejection() {
        assertThat(failed(Failure.of(FailedResource.Type.STORAGE, "/in", "/in can't be read: stale file handle")))
                .isEqualTo(new BatchRegisterCommand.NotNow("/in can't be read: stale file handle"));
    }

    @Test
    void aSubmissionWhoseCallerHasGoneOpensNoBatch() {
        Submission resolved = new Submission(
                JOB, JobFingerprint.of(JOB), "01".repeat(32), new ModelVersion("churn", 1, "02".repeat(32)));

        assertThat(submit(() -> resolved, true)).isInstanceOf(BatchRegisterCommand.NotNow.class);
        assertThat(forwarder(() -> resolved)
                        .rescore(
                                "web",
                                new BatchId("churn-1"),
                                new RescoreRequest("churn@1", List.of(), null),
                                null,
                                () -> true)
                        .toCompletableFuture()
                        .join())
                .isInstanceOf(BatchRegisterCommand.NotNow.class);
    }
}
