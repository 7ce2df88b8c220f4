package io.nightshift.destination;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.storage.dataset.Dataset;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One destination, for the workers that write to it and for the coordinator that publishes at it.
///
/// The coordinator's calls for one batch come in the order [#check], [#prepare], then, when every partition
/// is committed, [#publish], or [#discard] if the batch is cancelled. In between, workers write with
/// [#writer].
///
/// A destination that can remove published batches is a [BatchRemoval] as well. In the same way, [SupplementStore],
/// [PartReuse] and [PredictionReader] are parts of the contract that a destination may lack.
///
/// - **Threads.** Every call blocks and may come from any thread that may wait. Calls for one batch come one
///   after another from one coordinator; but a coordinator that was thought dead may wake up in the middle of
///   a call, and workers may write at any time.
/// - **Repetition.** Every call may be repeated, by the same process or another one, and then finishes what
///   an earlier call began.
/// - **Crashes.** A crash in the middle of a call leaves staged output of the batch, which no reader sees, or
///   the whole published batch; never a part of it. [#discard] removes what is staged. Of several destinations,
///   this holds for each.
public interface DestinationStore {

    /// The name of the output for catalogues of data; of several destinations, one for each, in the order of the
    /// job. Opens no connection.
    ///
    /// @throws FailureException permanent, if the configuration doesn't have what the job names
    List<Dataset> datasets();

    /// Whether the destination can be reached and written, as far as that can be said without touching it. A
    /// database that is down now may be back when it is needed, so that is no reason.
    ///
    /// @return every reason against it; empty if there is none
    List<String> checkPlace();

    /// Whether the destination can hold the output of a job: [#checkPlace], and what the job's columns need.
    /// Touches nothing.
    ///
    /// @param job whose source was inspected
    /// @return every reason against it; empty if there is none
    List<String> check(Job job, ModelDescription model);

    // For workers.

    /// The values that the destination can't hold; a row with such a value is quarantined.
    default ValueLimits limits() {
        return (type, isId) -> null;
    }

    /// The writer of one attempt. Nothing is written before its first call.
    ///
    /// @param node that makes the attempt, `host:port`
    /// @param blockRows how many rows the writer may hold in memory
    PartitionWriter writer(Lease lease, String node, int blockRows);

    /// Removes what an attempt has written that lost its lease after it was kept. Other attempts' output
    /// stays, and if the batch was committed with this attempt it is the caller's mistake.
    void remove(Lease lease);

    // For the coordinator.

    /// Makes the place where attempts stage their output. After a crash in the middle it may be there in
    /// part.
    ///
    /// @throws FailureException permanent, if the destination can't be made or written, or can't hold the
    ///     output
    void prepare(BatchId batch, Job job, ModelDescription model);

    /// Where attempts stage their output, as a [Lease] says it. A worker never makes it: once it is gone,
    /// late attempts have nowhere to write.
    String staging(BatchId batch);

    /// Checks the committed output and shows all of it to readers at once: the output of the winning
    /// attempts, and none of attempts that won before their partition was rescored. Of two coordinators that
    /// publish one batch at a time, the one of the higher incarnation wins. A batch that is published already
    /// is left as it is. Then removes what is still staged of the batch.
    ///
    /// @param batch of which every partition is committed
    /// @param before called once, when everything is checked and only the last step is left, or if readers see the
    ///     batch already. If it fails, the batch does not become visible here
    /// @throws FailureException if committed output is missing or the checks fail; nothing is visible then. If
    ///     something staged can't be removed from a folder or a store, the failure is transient: readers see the
    ///     batch, and a repetition removes the rest
    Publication publish(CommittedBatch batch, Runnable before);

    /// As [#publish(CommittedBatch, Runnable)], with nothing to do before the last step.
    default Publication publish(CommittedBatch batch) {
        return publish(batch, () -> {});
    }

    /// Makes sure that no publication by a coordinator of an earlier incarnation becomes visible from now on:
    /// one that was thought dead can wake up in the middle of [#publish], and the batch is about to be
    /// changed or cancelled. Publications of later incarnations are not hindered.
    ///
    /// @return what readers see already, or nothing: then nothing of the batch is visible, or will be. Of several
    ///     destinations, those where readers see it; [#publish] then publishes it at the others
    /// @throws FailureException if that can't be made sure
    Optional<Publication> fence(BatchId batch, int incarnation);

    /// Moves the quarantined rows of a cancelled batch to where [#discard] leaves them. Does nothing if the
    /// batch has none, or was never prepared.
    ///
    /// @throws FailureException if they can't be moved; they are where they were then
    void keepQuarantine(CommittedBatch batch);

    /// Removes what a cancelled batch has staged. Logs what can't be removed. Leaves a published batch alone.
    void discard(BatchId batch);

    /// Why another batch can't reuse the parts of published batches; empty if it can. Touches nothing.
    ///
    /// @param job of both batches
    default Optional<String> reuseRefusal(Job job) {
        return has(PartReuse.class)
                ? Optional.empty()
                : Optional.of("this kind of destination can't reuse parts. Run the job with the other model and --new");
    }

    /// The newest published batch of a job, as far as the destination itself knows it. A database that can't
    /// be reached now is not searched. Changes nothing.
    ///
    /// @param job its name
    /// @throws FailureException if the destination can't be read
    Optional<BatchId> newest(String job);

    /// The manifest of a published batch, in UTF-8; nothing if the batch is gone. Changes nothing.
    ///
    /// @throws FailureException if it can't be read
    default Optional<String> manifest(BatchId published) {
        return Optional.empty();
    }

    /// Opens the batch's output to compare it with its ledger. Changes nothing.
    ///
    /// @param batch with the commits so far
    /// @param phase of the batch
    /// @param published what the ledger says of its publication, or null if it isn't published
    /// @throws FailureException if the destination can't be reached
    OutputProof verify(CommittedBatch batch, Phase phase, @Nullable Publication published);

    // Optional parts of the contract.

    /// Whether the destination has an optional part of the contract. Several destinations have it if all of
    /// them have, and can be read back if the first one can.
    default boolean has(Class<?> part) {
        return part.isInstance(this);
    }

    private <P> P part(Class<P> part, String action) {
        if (!has(part)) {
            throw FailureException.permanent("this kind of destination can't " + action);
        }
        return part.cast(this);
    }

    /// @throws FailureException permanent, if the destination lacks it
    default BatchRemoval removal() {
        return part(BatchRemoval.class, "remove published batches");
    }

    /// @throws FailureException permanent, if the destination lacks it
    default SupplementStore supplements() {
        return part(SupplementStore.class, "add rows to a published batch");
    }

    /// @throws FailureException permanent, if the destination lacks it
    default PartReuse reusableParts() {
        return part(PartReuse.class, "reuse parts of a published batch");
    }

    /// @throws FailureException permanent, if the destination lacks it
    default PredictionReader predictions() {
        return part(PredictionReader.class, "be read back");
    }

    // For people.

    /// A query that counts the values of a column of a published batch.
    ///
    /// @param published what readers see, as [Publication#destination()] says it
    /// @param column its name, without quotes
    /// @param quarantine whether of the quarantined rows
    Query query(BatchId batch, String published, String column, boolean quarantine);

    /// The quarantined rows of a batch, which may be in any phase.
    QuarantinedRows quarantined(CommittedBatch batch);

    /// The file with a partition's quarantined rows, or nothing where they are in no file.
    ///
    /// @param committed the attempt that wrote them
    default Optional<String> quarantineFile(Attempt committed) {
        return Optional.empty();
    }

    /// A query and the program that runs it.
    ///
    /// @param client the command, to which the query is added
    record Query(String client, String sql) {}
}
