package io.nightshift.protocol.batch;

import io.nightshift.protocol.failure.Failure;
import io.soabase.recordbuilder.core.RecordBuilder;
import io.soabase.recordbuilder.core.RecordBuilder.Initializer;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The status of a batch, as its coordinator knows it. Numbers are 0 or more. `BatchStatusBuilder`, which the
/// compiler generates from this record, makes the status of a batch of which little is known.
///
/// @param batch the batch
/// @param phase null if the batch does not exist, or is damaged
/// @param incarnation the incarnation of the last takeover; 0 before the first
/// @param rows the number of input rows; 0 before the batch is planned
/// @param partitions the number of partitions; 0 before the batch is planned
/// @param committed the number of committed partitions
/// @param read rows of the committed partitions that the job's `where` selects
/// @param predictions rows of the committed partitions with a prediction
/// @param quarantined rows of the committed partitions in the quarantine
/// @param bytes the size of the committed partitions' output
/// @param failure why the batch failed, was cancelled or is damaged; null otherwise
/// @param destination where readers find the batch; null before it is published
/// @param otherDestinations where readers find the batch besides `destination`, in the order of the job; empty
///     before it is published, or if its job has one destination
/// @param entries the number of entries in the batch's ledger
/// @param head the ledger head, 64 hexadecimal digits; that of an empty ledger if it has no entry
/// @param progress what isn't in the ledger; null if only the ledger was read
/// @param unseenCategories rows of the committed partitions with a category that the model does not know, by
///     feature; only features that have such rows
/// @param pause why the batch is paused; null in every other phase
/// @param outage the failure of a resource that the batch waits for; null if it waits for none
/// @param timing the batch's window, deadline and forecast; null if an older coordinator answered, or the
///     batch does not exist
/// @param use what the batch has used of the nodes; null if the ledger does not say
/// @param input digest of the identities of the files that the batch scores; null if an older coordinator
///     answered, or the ledger does not say
/// @param checks the results of the job's checks, in the job's order; empty before they are known
/// @param approval who has approved the publication in spite of failed checks; null if nobody has
/// @param removal how far the removal of the published batch is; null if it is not removed
/// @param redrive how far the last redrive of the published batch is; null if it has none
/// @param canary how far the canary of the batch is; null if it has none
/// @param shadow how far the shadow of the batch is; null if it has none
/// @param reused the parts of another batch that the batch reuses, by model; empty if it reuses none
@RecordBuilder
@RecordBuilder.Options(addClassRetainedGenerated = true, addStaticBuilder = false, enableWither = false)
public record BatchStatus(
        BatchId batch,
        @Nullable Phase phase,
        int incarnation,
        long rows,
        int partitions,
        int committed,
        long read,
        long predictions,
        long quarantined,
        long bytes,
        @Nullable Failure failure,
        @Nullable String destination,
        @Initializer(source = List.class, value = "of") List<String> otherDestinations,
        long entries,
        String head,
        @Nullable Progress progress,
        @Initializer(source = Map.class, value = "of") Map<String, Long> unseenCategories,
        @Nullable Pause pause,
        @Nullable Outage outage,
        @Nullable Timing timing,
        @Nullable BatchUse use,
        @Nullable String input,
        @Initializer(source = List.class, value = "of") List<CheckResult> checks,
        @Nullable Approval approval,
        @Nullable Removal removal,
        @Nullable Redrive redrive,
        @Nullable Canary canary,
        @Nullable Shadow shadow,
        @Initializer(source = List.class, value = "of") List<ReusedParts> reused) {

    public BatchStatus {
        checks = List.copyOf(checks);
        reused = reused == null ? List.of() : List.copyOf(reused);
        otherDestinations = List.copyOf(otherDestinations);
        unseenCategories = Collections.unmodifiableMap(new TreeMap<>(unseenCategories));
    }

    /// The status of a batch that has no plan.
    ///
    /// @param batch the batch
    /// @param phase null if the batch does not exist, or is damaged
    /// @param failure why the batch failed, was cancelled or is damaged; null otherwise
    /// @param head the ledger head
    public static BatchStatus unplanned(BatchId batch, @Nullable Phase phase, @Nullable Failure failure, String head) {
        return BatchStatusBuilder.builder()
                .batch(batch)
                .phase(phase)
                .failure(failure)
                .head(head)
                .build();
    }

    /// The status of a batch whose ledger can't be read.
    ///
    /// @param batch the batch
    /// @param reason what is wrong with the ledger
    /// @param head the hash of an empty ledger
    public static BatchStatus damaged(BatchId batch, String reason, String head) {
        return unplanned(batch, null, Failure.permanent(reason), head);
    }

    /// Whether the batch's ledger can't be read; the failure says why.
    public boolean isDamaged() {
        return phase == null && failure != null;
    }

    /// The progress that the coordinator knows and that isn't in the ledger.
    ///
    /// @param rowsDone rows of the committed partitions, and the rows that attempts in flight have reported
    /// @param inFlight the number of leased partitions
    /// @param attemptsFailed the number of failed attempts since the batch was submitted or last retried
    /// @param waitsForWorker whether the batch has partitions to lease, and no worker has one of them
    public record Progress(long rowsDone, int inFlight, int attemptsFailed, boolean waitsForWorker) {}

    /// The approval of a batch that was held.
    ///
    /// @param at when the coordinator decided it
    /// @param reason that the caller gave; may be empty
    /// @param by the name of the caller's token; null if it is not known
    public record Approval(
            Instant at, String reason, @Nullable String by) {}

    /// An operator's pause.
    ///
    /// @param at when the coordinator decided it
    /// @param reason that the operator gave; may be empty
    /// @param by the name of the caller's token; null if it is not known
    public record Pause(Instant at, String reason, @Nullable String by) {}

    /// A resource that the batch needs does not work.
    ///
    /// @param failure the last failure
    /// @param since when the first failure was recorded, of those without a success in between
    /// @param until when the batch fails, if the resource does not work before
    public record Outage(Failure failure, Instant since, Instant until) {}

    /// The times of a batch.
    ///
    /// @param priority 0 to 10; batches with a greater one get more workers
    /// @param timeZone of the job, an IANA name such as `Europe/Berlin`
    /// @param windowOpens when the window opens that the batch waits for; null if it waits for none
    /// @param deadline until when the batch should be published; null if the job names none
    /// @param deadlineMissed whether the batch was not published before the deadline
    /// @param forecast when the batch ends; null if it has ended or failed, is paused, or nothing is known
    ///     yet
    /// @param run how fast a published batch was; null if it is not published, or that is not known
    /// @param threads the most threads on which the batches of the job score together, such as `4` or `50%`; null
    ///     for any number
    public record Timing(
            int priority,
            String timeZone,
            @Nullable Instant windowOpens,
            @Nullable Instant deadline,
            boolean deadlineMissed,
            @Nullable Forecast forecast,
            @Nullable PastRun run,
            @Nullable String threads) {

        /// The timing of a batch whose job does not limit its threads.
        public Timing(
                int priority,
                String timeZone,
                @Nullable Instant windowOpens,
                @Nullable Instant deadline,
                boolean deadlineMissed,
                @Nullable Forecast forecast,
                @Nullable PastRun run) {
            this(priority, timeZone, windowOpens, deadline, deadlineMissed, forecast, run, null);
        }

        /// Whether the probability that the batch misses its deadline is more than 5 %.
        public boolean isDeadlineAtRisk() {
            return deadline != null
                    && !deadlineMissed
                    && forecast != null
                    && forecast.late().isAfter(deadline);
        }
    }

    /// When a batch ends, if nothing changes.
    ///
    /// @param median half of such batches end before it
    /// @param late 95 % of such batches end before it
    /// @param workers how many workers the forecast counts on; 0 if that is not known
    /// @param wantedWorkers how many workers the batch needs to meet its deadline with a probability of 95 %;
    ///     0 if no number suffices, or it has no deadline
    public record Forecast(Instant median, Instant late, double workers, int wantedWorkers) {}
}
