package io.nightshift.cli.client;

import io.nightshift.client.NightshiftClient;
import io.nightshift.client.NightshiftException;
import io.nightshift.client.SubmitOptions;
import io.nightshift.protocol.api.BatchControl;
import io.nightshift.protocol.api.BatchDescription;
import io.nightshift.protocol.api.Controlled;
import io.nightshift.protocol.api.Problem;
import io.nightshift.protocol.api.Submitted;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.gateway.GatewayCommand.DescribeReply;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.protocol.jobs.JobsCommand.SubmitReply;
import java.util.Arrays;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// A cluster by HTTP.
public final class ServerAccess implements ClusterAccess {

    private final NightshiftClient client;

    public ServerAccess(NightshiftClient client) {
        this.client = client;
    }

    /// Waits for an answer.
    ///
    /// @throws NightshiftException as the client says
    public static <T> T answer(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof NightshiftException known ? known : e;
        }
    }

    @Override
    public SubmitReply submit(Job job, boolean fresh, @Nullable String key) {
        try {
            Submitted submitted = answer(client.submit(job, new SubmitOptions(fresh, key)));
            BatchId batch = new BatchId(submitted.batch());
            return submitted.alreadyPublished()
                    ? new JobsCommand.AlreadyPublished(batch)
                    : new JobsCommand.Accepted(batch, submitted.resumed(), submitted.repeated());
        } catch (NightshiftException e) {
            if (e.kind() == NightshiftException.Kind.REJECTED) {
                return new JobsCommand.Rejected(String.valueOf(e.getMessage()));
            }
            throw told(e);
        }
    }

    @Override
    public DescribeReply describe(String batch) {
        try {
            BatchDescription description = answer(client.describe(batch));
            return new GatewayCommand.Described(status(description), description.waitsFor());
        } catch (NightshiftException e) {
            return switch (e.kind()) {
                case NOT_FOUND -> new GatewayCommand.NotFound(String.valueOf(e.getMessage()));
                case UNAVAILABLE -> new GatewayCommand.Unavailable(String.valueOf(e.getMessage()));
                case UNREACHABLE, REFUSED, REJECTED, NOT_ALLOWED, UNEXPECTED -> throw told(e);
            };
        }
    }

    private static BatchStatus status(BatchDescription batch) {
        BatchDescription.Progress progress = batch.progress();
        Phase phase = Arrays.stream(Phase.values())
                .filter(known -> known.toString().equals(batch.state()))
                .findFirst()
                .orElse(null);
        return new BatchStatus(
                new BatchId(batch.batch()),
                phase,
                batch.incarnation(),
                batch.rows(),
                progress == null ? batch.read() : progress.rowsDone(),
                batch.partitions(),
                batch.committed(),
                progress == null ? 0 : progress.inFlight(),
                batch.read(),
                batch.predictions(),
                batch.quarantined(),
                batch.bytes(),
                progress == null ? 0 : progress.attemptsFailed(),
                batch.reason() == null ? null : Failure.permanent(batch.reason()),
                batch.destination(),
                batch.ledger().entries(),
                batch.ledger().head());
    }

    @Override
    public ControlReply control(String batch, BatchControl control) {
        try {
            Controlled controlled = answer(client.control(batch, control));
            Phase phase = Arrays.stream(Phase.values())
                    .filter(known -> known.toString().equals(controlled.state()))
                    .findFirst()
                    .orElseThrow(() -> FailureException.permanent(
                            "the server knows states that this program doesn't: " + controlled.state()));
            return new ControlReply.Done(new BatchId(controlled.batch()), phase);
        } catch (NightshiftException e) {
            Problem problem = e.problem();
            if (problem != null && problem.batch() != null) {
                return new ControlReply.Refused(new BatchId(problem.batch()), problem.detail());
            }
            throw told(e);
        }
    }

    /// In words for who typed the command.
    public static FailureException told(NightshiftException problem) {
        String hint = problem.kind() == NightshiftException.Kind.NOT_ALLOWED
                ? " A token comes from --token-file, or the environment's NIGHTSHIFT_TOKEN."
                : "";
        return FailureException.permanent(problem.getMessage() + hint);
    }

    @Override
    public void close() {
        client.close();
    }
}
