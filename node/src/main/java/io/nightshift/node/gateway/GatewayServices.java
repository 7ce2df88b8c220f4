package io.nightshift.node.gateway;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The parts of a node that a [RequestForwarder] calls.
///
/// @param submissions resolves a job's model and inspects its source; waits for disks, and throws
///     [io.nightshift.protocol.failure.FailureException]
/// @param queue limits the submissions that are resolved at the same time
/// @param register asks the batch register
/// @param batches asks a batch's coordinator, which knows whether the batch exists
/// @param journalProblem why the journal can't be used now, or null; waits for the database
/// @param blocking runs what waits
public record GatewayServices(
        Submissions submissions,
        SubmissionQueue queue,
        RegisterClient register,
        BatchClient batches,
        Supplier<@Nullable String> journalProblem,
        Executor blocking) {

    /// Resolves submissions.
    @FunctionalInterface
    public interface Submissions {
        /// @param fresh whether a new batch is wanted in any case
        Submission resolve(Job job, boolean fresh);
    }

    /// Asks a batch's coordinator, wherever it runs. Fails if no answer comes in time.
    @FunctionalInterface
    public interface BatchClient {
        <T> CompletionStage<T> ask(BatchId batch, Function<ActorRef<T>, BatchCommand> question);
    }

    /// Asks the batch register, wherever it runs. Fails if no answer comes in time.
    @FunctionalInterface
    public interface RegisterClient {
        <T> CompletionStage<T> ask(Function<ActorRef<T>, BatchRegisterCommand> question);
    }
}
