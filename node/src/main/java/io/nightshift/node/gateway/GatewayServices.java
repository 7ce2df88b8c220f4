package io.nightshift.node.gateway;

import io.nightshift.api.RescoreRequest;
import io.nightshift.api.SchemaReport;
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
/// @param rescores resolves requests to score partitions of published batches again; as `submissions`
/// @param schemas compares the columns of a job with those of its newest published batch; as `submissions`
/// @param changedInput names the file because of which a submission was rejected
/// @param queue limits the submissions that are resolved at the same time
/// @param register asks the batch register
/// @param batches asks a batch's coordinator, which knows whether the batch exists
/// @param journalProblem why the journal can't be used now, or null; waits for the database
/// @param blocking runs what waits
public record GatewayServices(
        Submissions submissions,
        Rescores rescores,
        Schemas schemas,
        ChangedInputs changedInput,
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

    /// Resolves requests to score partitions of published batches again.
    @FunctionalInterface
    public interface Rescores {
        /// @param batch the published batch
        Submission resolve(BatchId batch, RescoreRequest request);
    }

    /// Compares the columns that a job writes with those of its newest published batch.
    @FunctionalInterface
    public interface Schemas {
        SchemaReport compare(Job job);
    }

    /// Names the file by which the input of an open batch has changed.
    @FunctionalInterface
    public interface ChangedInputs {
        /// Waits for disks and the ledger.
        ///
        /// @param rejected the register's answer to the submission
        /// @return the answer with the name of the file, if it can be found
        BatchRegisterCommand.Rejected name(BatchRegisterCommand.Rejected rejected, Submission submission);
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
