package io.nightshift.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The status of a batch: its identity, its state and its totals.
///
/// @param batch the batch's ID, such as `flights-20261124t231425-3f9a`
/// @param job the job's name
/// @param model the model version that scores the whole batch, as `name@version`; during a canary the champion
/// @param state `submitted`, `running`, `paused`, `publishing`, `held`, `published`, `failed` or `cancelled`;
///     `opened` while the batch's ledger is empty; `damaged` if its ledger can't be read
/// @param submittedAt when the batch was opened
/// @param rows input rows of the whole batch; 0 until the batch is planned
/// @param read input rows of the committed partitions that the job's `where` lets through
/// @param predictions rows of the committed partitions that have a prediction
/// @param quarantined rows of the committed partitions that couldn't be scored
/// @param bytes size of the committed partitions' output
/// @param partitions number of partitions; 0 until the batch is planned
/// @param committed number of committed partitions
/// @param incarnation how many times a node has taken over the batch's coordination
/// @param reason why the batch failed or was cancelled, or what is wrong with its ledger; otherwise null
/// @param destination where readers find the published batch: a folder or a table; null until it is published
/// @param ledger the end of the batch's ledger
/// @param progress progress that isn't in the ledger; null if only the ledger was read
/// @param waitsFor what keeps the whole cluster from resuming the batch, such as a database that can't be
///     reached; null if nothing does
/// @param unseenCategories rows of the committed partitions with a category that the model does not know, by
///     feature; only features that have such rows
/// @param pause when, why and by whom the batch was paused; null if it is not paused
/// @param outage the failure of a resource that the batch waits for, such as its input's file system; null if
///     it waits for none
/// @param parameters the values of the job's parameters in this run, as text by name; empty if the job has
///     none
/// @param retryable whether the batch has failed of something that may be gone when it is retried, such as a
///     database that can't be reached
/// @param timing the batch's priority, window, deadline and forecast; null if its coordinator is of an older
///     version
/// @param use what the batch has used of the nodes until now, and what that cost; null if the ledger does not
///     say
/// @param checks the results of the job's checks, in the job's order; empty if it has none, or before they
///     are known
/// @param approval who has approved the publication in spite of failed checks; null if nobody has
/// @param removal how far the removal of the published batch is; null if it is not removed
/// @param redrive how far the last redrive of its quarantined rows is; null if there was none
/// @param rollout how far the canary of another model version is; null if the batch has none
/// @param shadow how another model version compares that scores the batch in addition, unpublished; null if
///     none does
/// @param reuse what the batch reuses of another batch; null if it reuses nothing
/// @param otherDestinations where readers find the published batch besides `destination`, in the order of the job;
///     empty until it is published, or if its job has one destination
/// @param modelOrigin the file of an MLflow server from which the model came; null for other models
@RecordBuilder
@RecordBuilder.Options(addStaticBuilder = false, enableWither = false)
public record BatchDescription(
        String batch,
        String job,
        String model,
        String state,
        Instant submittedAt,
        long rows,
        long read,
        long predictions,
        long quarantined,
        long bytes,
        int partitions,
        int committed,
        int incarnation,
        @Nullable String reason,
        @Nullable String destination,
        LedgerHead ledger,
        @JsonInclude(Include.NON_NULL) @Nullable Progress progress,
        @JsonInclude(Include.NON_NULL) @Nullable String waitsFor,
        Map<String, Long> unseenCategories,
        @JsonInclude(Include.NON_NULL) @Nullable Pause pause,
        @JsonInclude(Include.NON_NULL) @Nullable Outage outage,
        @JsonInclude(Include.NON_EMPTY) Map<String, String> parameters,
        boolean retryable,
        @JsonInclude(Include.NON_NULL) @Nullable Timing timing,
        @JsonInclude(Include.NON_NULL) @Nullable Use use,
        @JsonInclude(Include.NON_EMPTY) List<Check> checks,
        @JsonInclude(Include.NON_NULL) @Nullable Approval approval,
        @JsonInclude(Include.NON_NULL) @Nullable Removal removal,
        @JsonInclude(Include.NON_NULL) @Nullable Redrive redrive,
        @JsonInclude(Include.NON_NULL) @Nullable Rollout rollout,
        @JsonInclude(Include.NON_NULL) @Nullable Shadow shadow,
        @JsonInclude(Include.NON_NULL) @Nullable Reuse reuse,
        @JsonInclude(Include.NON_EMPTY) List<String> otherDestinations,
        @JsonInclude(Include.NON_NULL) @Nullable ModelOrigin modelOrigin) {

    /// Keeps unmodifiable copies of the collections; the maps are sorted.
    public BatchDescription {
        checks = checks == null ? List.of() : List.copyOf(checks);
        otherDestinations = otherDestinations == null ? List.of() : List.copyOf(otherDestinations);
        parameters = parameters == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(parameters));
        unseenCategories =
                unseenCategories == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(unseenCategories));
    }

    /// The end of a batch's ledger.
    ///
    /// @param entries number of entries
    /// @param head hash of the last entry: 64 hexadecimal digits; that of an empty ledger if there is none
    public record LedgerHead(long entries, String head) {}

    /// The progress of a batch that hasn't ended.
    ///
    /// @param rowsDone rows of the committed partitions, plus the rows that the attempts in flight have
    ///     reported
    /// @param inFlight number of partitions that are leased to workers
    /// @param attemptsFailed failed attempts since the batch was opened or last retried
    /// @param waitsForWorker whether the batch has partitions to score, and no worker has one of them
    public record Progress(long rowsDone, int inFlight, int attemptsFailed, boolean waitsForWorker) {}

    /// The file of an MLflow server that scores a batch.
    ///
    /// @param reference the address in the job, such as `mlflow:/churn@champion`
    /// @param version the address of the version to which it resolved, such as `mlflow:/churn/7`
    /// @param run the ID of the run that logged the model; null if the server did not say
    /// @param source where the server keeps the artifacts of the model
    /// @param file the model file, as a path below the source
    /// @param sha256 the SHA-256 of the file, 64 hexadecimal digits
    /// @param text the same in one sentence, for people
    public record ModelOrigin(
            String reference,
            String version,
            @JsonInclude(Include.NON_NULL) @Nullable String run,
            String source,
            String file,
            String sha256,
            String text) {}

    /// The pause of a batch.
    ///
    /// @param at when the batch was paused
    /// @param reason that the caller gave; may be empty
    /// @param by the name of the caller's token, `local` if the node needs no token; null if it is not known
    public record Pause(
            Instant at,
            String reason,
            @JsonInclude(Include.NON_NULL) @Nullable String by) {}

    /// The result of a check of the job.
    ///
    /// @param name the check, as the path of its key in the job file, such as `nulls.age`
    /// @param value the measured value: a number of rows, or a share from 0 to 1
    /// @param passed whether the value keeps the limit
    /// @param onFail what happens to a batch that fails the check: `fail`, `hold` or `warn`
    /// @param text the value and the limit, for people
    /// @param limit the limit of the value, in the same unit
    /// @param baseline the batch that this one was compared with; null if the check compares nothing, or
    ///     there was no batch to compare with
    /// @param before the number of rows or the mean of the baseline; null if there is none
    public record Check(
            String name,
            double value,
            boolean passed,
            String onFail,
            String text,
            double limit,
            @JsonInclude(Include.NON_NULL) @Nullable String baseline,
            @JsonInclude(Include.NON_NULL) @Nullable Double before) {}

    /// The approval of a batch that was held.
    ///
    /// @param at when the batch was approved
    /// @param reason that the caller gave; may be empty
    /// @param by the name of the caller's token, `local` if the node needs no token; null if it is not known
    public record Approval(
            Instant at,
            String reason,
            @JsonInclude(Include.NON_NULL) @Nullable String by) {}

    /// The removal of a published batch.
    ///
    /// @param at when it began
    /// @param by the name of the token of who deletes the batch; null if its job's retention removes it
    /// @param reason that the caller gave, may be empty; or the retention, as `keep: 30, for: 90d`
    /// @param unpublishedAt from when on readers no longer see the batch; null if that is not sure yet
    /// @param removedAt when all output was deleted; null before
    /// @param text the removal in one sentence, for people
    public record Removal(
            Instant at,
            @JsonInclude(Include.NON_NULL) @Nullable String by,
            String reason,
            @JsonInclude(Include.NON_NULL) @Nullable Instant unpublishedAt,
            @JsonInclude(Include.NON_NULL) @Nullable Instant removedAt,
            String text) {}

    /// A redrive of the quarantined rows of a published batch.
    ///
    /// @param number of the supplement that it adds to the batch, from 1
    /// @param at when it began
    /// @param by the name of the token of who began it
    /// @param reason that the caller gave, may be empty
    /// @param state `scoring`, `publishing`, `published` or `failed`
    /// @param healed how many rows have got a prediction; 0 until they are scored
    /// @param endedAt when it was published or failed; null before
    /// @param failure why it failed; null if it did not
    /// @param text the redrive in one sentence, for people
    public record Redrive(
            int number,
            Instant at,
            String by,
            String reason,
            String state,
            long healed,
            @JsonInclude(Include.NON_NULL) @Nullable Instant endedAt,
            @JsonInclude(Include.NON_NULL) @Nullable String failure,
            String text) {}

    /// The rollout of another model version: it scores some partitions first, and the others if it keeps the
    /// guards there.
    ///
    /// @param at when the partitions were chosen; if no candidate is tried, when the batch was submitted
    /// @param candidate the version that is tried, as `name@version`; if none is tried, as the job names it
    /// @param champion the version that scores the batch if the candidate fails, as `name@version`
    /// @param mode `canary`; also `shadow` if no candidate is tried
    /// @param state `running`, `passed`, `failed`, or `untried` if the version that the job follows on an
    ///     MLflow server can't be tried
    /// @param partitions how many partitions the candidate scores first
    /// @param decidedAt when it was decided; null before
    /// @param rows how many rows both have scored; 0 before the decision
    /// @param guards the measured values; empty before the decision, and if the candidate failed before
    /// @param promoted the alias that was moved to the candidate; null if none was
    /// @param text the rollout in one sentence, for people
    public record Rollout(
            Instant at,
            String candidate,
            String champion,
            String mode,
            String state,
            int partitions,
            @JsonInclude(Include.NON_NULL) @Nullable Instant decidedAt,
            long rows,
            List<Guard> guards,
            @JsonInclude(Include.NON_NULL) @Nullable String promoted,
            String text) {

        /// Keeps an unmodifiable copy of the list.
        public Rollout {
            guards = List.copyOf(guards);
        }
    }

    /// The result of a rollout's guard.
    ///
    /// @param name the guard, as its key in the job file, such as `prediction-psi`
    /// @param value the measured value: a share from 0 to 1, an index, or a multiple
    /// @param limit the limit of the value, in the same unit
    /// @param passed whether the value keeps the limit
    /// @param text the value and the limit, for people
    public record Guard(String name, double value, double limit, boolean passed, String text) {}

    /// Another model version scores partitions of the batch in addition, unpublished, and is compared.
    ///
    /// @param at when the partitions were chosen
    /// @param candidate the version whose predictions are only compared, as `name@version`
    /// @param champion the version that scores the batch, as `name@version`
    /// @param state `running`, `completed` or `abandoned`
    /// @param chosen how many partitions the candidate is to score
    /// @param partitions how many of them both have scored; the other figures are about these
    /// @param rows how many rows have two predictions
    /// @param agreement the share of the rows for which both predict the same class, 0 to 1; null for a
    ///     regression, and without rows
    /// @param psi the population stability index of the candidate's predictions against the champion's; null
    ///     without rows
    /// @param missing how many of the candidate's predictions are NaN or infinite
    /// @param championMissing how many of the champion's predictions are NaN or infinite
    /// @param mean the mean difference of both predictions of a row; null without rows
    /// @param processorSeconds the processor's time of the candidate
    /// @param championProcessorSeconds the processor's time of the champion for the same rows
    /// @param share the candidate's time as a share of the processor time of all committed attempts of the batch;
    ///     null if it is not known
    /// @param histogram the predictions of both; empty without rows
    /// @param largest the rows that both score most differently, the largest difference first
    /// @param endedAt when it was abandoned; null if it was not
    /// @param reason why it was abandoned; null if it was not
    /// @param text the shadow in one sentence, for people
    public record Shadow(
            Instant at,
            String candidate,
            String champion,
            String state,
            int chosen,
            int partitions,
            long rows,
            @JsonInclude(Include.NON_NULL) @Nullable Double agreement,
            @JsonInclude(Include.NON_NULL) @Nullable Double psi,
            long missing,
            long championMissing,
            @JsonInclude(Include.NON_NULL) @Nullable Double mean,
            double processorSeconds,
            double championProcessorSeconds,
            @JsonInclude(Include.NON_NULL) @Nullable Double share,
            List<Bin> histogram,
            List<Difference> largest,
            @JsonInclude(Include.NON_NULL) @Nullable Instant endedAt,
            @JsonInclude(Include.NON_NULL) @Nullable String reason,
            String text) {

        /// Keeps unmodifiable copies of the lists.
        public Shadow {
            histogram = List.copyOf(histogram);
            largest = List.copyOf(largest);
        }

        private Shadow withoutValues() {
            return new Shadow(
                    at,
                    candidate,
                    champion,
                    state,
                    chosen,
                    partitions,
                    rows,
                    agreement,
                    psi,
                    missing,
                    championMissing,
                    mean,
                    processorSeconds,
                    championProcessorSeconds,
                    share,
                    histogram,
                    largest.stream()
                            .map(row -> new Difference(
                                    row.partition(), row.row(), row.champion(), row.candidate(), Map.of()))
                            .toList(),
                    endedAt,
                    reason,
                    text);
        }

        /// Predictions of a range of values. The value of a model of two classes is a probability; that of a
        /// model of more classes is the position of the class.
        ///
        /// @param from the least value
        /// @param to where the next bin begins
        /// @param champion how many predictions of the champion
        /// @param candidate how many predictions of the candidate
        public record Bin(double from, double to, long champion, long candidate) {}

        /// A row that both score differently.
        ///
        /// @param partition position in the plan, from 0
        /// @param row position among the predictions of the partition, from 0
        /// @param champion the champion's prediction; null if it is no finite number
        /// @param candidate the candidate's prediction; null if it is no finite number
        /// @param features the values by the names of the features; a missing value is absent. Empty for a
        ///     caller who may not see values of rows
        public record Difference(
                int partition,
                long row,
                @Nullable Double champion,
                @Nullable Double candidate,
                Map<String, String> features) {

            /// Keeps an unmodifiable sorted copy of the map.
            public Difference {
                features = Collections.unmodifiableMap(new TreeMap<>(features));
            }
        }
    }

    /// The parts of a published batch that another batch reuses.
    ///
    /// @param batch the ID of that batch
    /// @param parts the parts by the model that scored them; at least one
    /// @param text what it reuses, in one sentence, for people
    public record Reuse(String batch, List<Parts> parts, String text) {

        /// Keeps an unmodifiable copy of the list.
        public Reuse {
            parts = List.copyOf(parts);
        }

        /// Reused parts of one model.
        ///
        /// @param model SHA-256 of the model, 64 hexadecimal digits
        /// @param parts how many parts
        /// @param rows the rows of their partitions that the job selects
        public record Parts(String model, int parts, long rows) {}
    }

    /// A resource that the batch needs does not work. The batch tries it again and again.
    ///
    /// @param reason the last failure, for people
    /// @param since when the first failure was recorded, of those without a success in between
    /// @param until when the batch fails, if the resource does not work before
    public record Outage(String reason, Instant since, Instant until) {}

    /// The times of a batch.
    ///
    /// @param priority 0 to 10; batches with a greater one get more workers
    /// @param timeZone of the job, an IANA name such as `Europe/Berlin`
    /// @param windowOpens when the window opens that the batch waits for; null if it waits for none
    /// @param deadline until when the batch should be published; null if the job names none
    /// @param deadlineMissed whether the batch was not published before the deadline
    /// @param deadlineAtRisk whether the probability that it misses the deadline is more than 5 %
    /// @param forecast when the batch ends; null if it has ended or failed, is paused, or nothing is known
    ///     yet
    /// @param threads the most threads on which the batches of the job score together, such as `4`, or `50%` of
    ///     all; null if the job does not limit them
    @RecordBuilder
    @RecordBuilder.Options(addStaticBuilder = false, enableWither = false)
    public record Timing(
            int priority,
            String timeZone,
            @JsonInclude(Include.NON_NULL) @Nullable Instant windowOpens,
            @JsonInclude(Include.NON_NULL) @Nullable Instant deadline,
            boolean deadlineMissed,
            boolean deadlineAtRisk,
            @JsonInclude(Include.NON_NULL) @Nullable Forecast forecast,
            @JsonInclude(Include.NON_NULL) @Nullable String threads) {

        /// The times of a batch whose risk follows from its forecast.
        public static Timing of(
                int priority,
                String timeZone,
                @Nullable Instant windowOpens,
                @Nullable Instant deadline,
                boolean deadlineMissed,
                @Nullable Forecast forecast,
                @Nullable String threads) {
            boolean isAtRisk = deadline != null
                    && !deadlineMissed
                    && forecast != null
                    && forecast.late().isAfter(deadline);
            return new Timing(priority, timeZone, windowOpens, deadline, deadlineMissed, isAtRisk, forecast, threads);
        }

        private Timing recorded() {
            return new Timing(priority, timeZone, null, deadline, deadlineMissed, false, null, threads);
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

    /// The resources that a batch has used on the nodes of its workers. Times are in seconds; all numbers are 0 or
    /// more.
    ///
    /// @param processorSeconds processor time of the scoring threads, for all attempts
    /// @param threadSeconds time that all attempts together spent on scoring threads
    /// @param readingSeconds of that: the threads waited for input
    /// @param writingSeconds of that: the threads waited for storage or a database to take output
    /// @param bytesRead bytes read from the source
    /// @param bytesWritten bytes written to the destination
    /// @param activeSeconds time in which partitions could be scored: from the plan to the last commit,
    ///     without pauses and outages
    /// @param nodes number of nodes that have committed partitions since the last takeover
    /// @param cores processors of these nodes
    /// @param threads scoring threads of these nodes
    /// @param busy share of the processors that the batch kept busy in the active time, 0 to 1
    /// @param advice what the batch waited for and what to change, for people; null if there is nothing to
    ///     say
    /// @param discarded the part of the use that belongs to attempts that were thrown away
    /// @param cost what the use cost; null if no prices are configured
    public record Use(
            double processorSeconds,
            double threadSeconds,
            double readingSeconds,
            double writingSeconds,
            long bytesRead,
            long bytesWritten,
            double activeSeconds,
            int nodes,
            int cores,
            int threads,
            double busy,
            @JsonInclude(Include.NON_NULL) @Nullable String advice,
            Discarded discarded,
            @JsonInclude(Include.NON_NULL) @Nullable Cost cost) {}

    /// The resources that discarded attempts have used. They failed, were abandoned, fenced or rescored.
    ///
    /// @param attempts number of these attempts whose use is known
    /// @param processorSeconds processor time of their scoring threads
    /// @param threadSeconds time that they spent on scoring threads
    /// @param bytesRead bytes that they read
    /// @param bytesWritten bytes that they wrote
    public record Discarded(
            int attempts, double processorSeconds, double threadSeconds, long bytesRead, long bytesWritten) {}

    /// The cost of a batch's use, by the prices in the configuration of the node that describes it.
    ///
    /// @param currency the currency of the prices, such as `EUR`
    /// @param total of all attempts
    /// @param discarded the part of the total that belongs to attempts that were thrown away
    /// @param perMillion the total for each million predictions; null before the first prediction
    public record Cost(
            String currency,
            double total,
            double discarded,
            @JsonInclude(Include.NON_NULL) @Nullable Double perMillion) {}

    /// A copy with only what the ledger holds: without [#progress()], [#waitsFor()] and the forecast.
    public BatchDescription recorded() {
        return BatchDescriptionBuilder.builder(this)
                .progress(null)
                .waitsFor(null)
                .timing(timing == null ? null : timing.recorded())
                .build();
    }

    /// A copy without values of the input's rows, which may be personal data.
    public BatchDescription withoutValues() {
        if (shadow == null || shadow.largest().isEmpty()) {
            return this;
        }
        return BatchDescriptionBuilder.builder(this)
                .shadow(shadow.withoutValues())
                .build();
    }

    /// Where readers find the batch, at all destinations; null before it is published.
    public @Nullable String places() {
        return destination == null
                ? null
                : Stream.concat(Stream.of(destination), otherDestinations.stream())
                        .collect(Collectors.joining(", "));
    }

    /// How many rows of the input are done. Of a published batch, these are all rows, also those that its job
    /// leaves out.
    public long rowsDone() {
        if (progress != null) {
            return progress.rowsDone();
        }
        return state.equals("published") ? rows : read;
    }

    /// Whether the state changes only at someone's request: `published`, `failed`, `cancelled` or `damaged`.
    public boolean isSettled() {
        return switch (state) {
            case "published", "failed", "cancelled", "damaged" -> true;
            default -> false;
        };
    }
}
