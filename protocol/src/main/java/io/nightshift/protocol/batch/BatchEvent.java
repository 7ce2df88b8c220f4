package io.nightshift.protocol.batch;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Reuse;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A persisted fact about a batch. An event is persisted before anyone is notified of it, and is never
/// changed or deleted. A field that is added later needs a default for the events written before; the tests
/// keep golden files of every version.
public sealed interface BatchEvent {

    /// When the coordinator decided it, by the wall clock of its node.
    Instant at();

    /// The name of the caller's token, if a caller asked for the event; null otherwise, or if it is not known.
    default @Nullable String by() {
        return null;
    }

    /// The batch was submitted. This is always the first event.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param batch the batch's identity
    /// @param job the validated job; its paths are absolute
    /// @param model the version that scores every partition, or the champion that a candidate replaces
    /// @param input digest of the identities of the source's files at the time of submission; null if the
    ///     ledger does not say
    /// @param due the tick of the schedule that led to the batch; null if none did
    /// @param reuse what the batch takes over from a published batch; null if it scores all
    /// @param candidate the version that the job's rollout tries; null if there is none to try
    /// @param by the name of the token that submitted the batch, or applied its job; null if it is not known
    /// @param untried why the version that the job's rollout follows can't be tried; null if it is tried, or if
    ///     there is nothing to try
    record Submitted(
            Instant at,
            BatchId batch,
            Job job,
            ModelVersion model,
            @Nullable String input,
            @Nullable Instant due,
            @Nullable Reuse reuse,
            @Nullable ModelVersion candidate,
            @Nullable String by,
            @Nullable String untried)
            implements BatchEvent {

        /// A batch whose candidate is known, if its job has one.
        public Submitted(
                Instant at,
                BatchId batch,
                Job job,
                ModelVersion model,
                @Nullable String input,
                @Nullable Instant due,
                @Nullable Reuse reuse,
                @Nullable ModelVersion candidate,
                @Nullable String by) {
            this(at, batch, job, model, input, due, reuse, candidate, by, null);
        }

        /// A batch of an unknown caller.
        public Submitted(
                Instant at,
                BatchId batch,
                Job job,
                ModelVersion model,
                @Nullable String input,
                @Nullable Instant due,
                @Nullable Reuse reuse,
                @Nullable ModelVersion candidate) {
            this(at, batch, job, model, input, due, reuse, candidate, null);
        }

        /// A batch without a candidate.
        public Submitted(
                Instant at,
                BatchId batch,
                Job job,
                ModelVersion model,
                @Nullable String input,
                @Nullable Instant due,
                @Nullable Reuse reuse) {
            this(at, batch, job, model, input, due, reuse, null);
        }

        /// A batch that scores all its partitions.
        public Submitted(
                Instant at, BatchId batch, Job job, ModelVersion model, @Nullable String input, @Nullable Instant due) {
            this(at, batch, job, model, input, due, null);
        }

        /// A batch that no schedule has led to.
        public Submitted(Instant at, BatchId batch, Job job, ModelVersion model, @Nullable String input) {
            this(at, batch, job, model, input, null);
        }
    }

    /// A coordinator took over.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param incarnation the incarnation of all epochs that this coordinator grants: 1 for the first
    ///     coordinator of the batch, and one more for each later one
    /// @param node the address of the coordinator's node, `host:port`
    record TookOver(Instant at, int incarnation, String node) implements BatchEvent {}

    /// The input was pinned and divided into partitions.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param files the source files in the order of their rows, and then the files of lookups
    /// @param partitions the partitions; the position of a partition in the plan is its number
    /// @param input digest of the identities of the files; null if it is the one of [Submitted]
    /// @param cuts the division by the job's partition key; null if it has none
    record Planned(
            Instant at,
            List<SourceFile> files,
            PartitionPlan partitions,
            @Nullable String input,
            @Nullable CutPlan cuts)
            implements BatchEvent {
        public Planned {
            files = List.copyOf(files);
        }

        /// The plan of the input that was submitted.
        public Planned(Instant at, List<SourceFile> files, PartitionPlan partitions) {
            this(at, files, partitions, null, null);
        }
    }

    /// The plan is to be extended, because the job was run again or retried, and its source may have other
    /// files now. The batch is not published before [PlanExtended].
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param input digest of the identities of the source's files at the time of the submission; null if the
    ///     batch was retried
    record ExtensionRequested(Instant at, @Nullable String input) implements BatchEvent {}

    /// The plan was extended by the files that have come to the source, and lost those that have changed or
    /// vanished. No committed partition is lost.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param input digest of the identities of all files of the source
    /// @param keptFiles how many files of the plan before stay, the first ones; 0 or more
    /// @param keptPartitions how many partitions of the plan before stay, the first ones; 0 or more
    /// @param files the files that follow, in the order of their rows; may be empty
    /// @param partitions the partitions that follow. They cover the rows of the kept files that no kept
    ///     partition has, and then the rows of `files`; may be without partitions
    record PlanExtended(
            Instant at,
            String input,
            int keptFiles,
            int keptPartitions,
            List<SourceFile> files,
            PartitionPlan partitions)
            implements BatchEvent {
        public PlanExtended {
            files = List.copyOf(files);
        }
    }

    /// The partitions were chosen that the candidate scores before all others. Written with the plan.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param partitions the positions of the partitions in the plan, ascending; at least one
    record CanaryStarted(Instant at, List<Integer> partitions) implements BatchEvent {
        public CanaryStarted {
            partitions = List.copyOf(partitions);
        }
    }

    /// The candidate has passed, and scores the rest; or it has failed. Then the same write withdraws its commits,
    /// and the champion scores all partitions.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param rows how many rows both have scored
    /// @param results of each guard, in the job's order; empty if the candidate failed before they could be
    ///     measured
    /// @param reason why it failed, if not for a guard; null otherwise
    record CanaryDecided(
            Instant at,
            long rows,
            List<GuardResult> results,
            @Nullable String reason) implements BatchEvent {
        public CanaryDecided {
            results = List.copyOf(results);
        }

        /// Whether the candidate has passed.
        public boolean passed() {
            return reason == null && results.stream().allMatch(GuardResult::passed);
        }
    }

    /// The partitions were chosen that the candidate scores in addition, unpublished. Written with the plan.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param partitions the positions of the partitions in the plan, ascending; empty for all
    record ShadowStarted(Instant at, List<Integer> partitions) implements BatchEvent {
        public ShadowStarted {
            partitions = List.copyOf(partitions);
        }
    }

    /// The candidate scores no more partitions in addition, because it has failed. The batch continues as before.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param reason why, in one sentence
    record ShadowAbandoned(Instant at, String reason) implements BatchEvent {}

    /// The batch of a candidate that has passed is published, and the alias of the model was moved to the
    /// candidate, or could not be.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param alias of the model, such as `champion`
    /// @param refusal why the alias was not moved; null if it was
    /// @param writeBack what became of the alias on the MLflow server, in words; null if nothing is written there
    record CandidatePromoted(
            Instant at,
            String alias,
            @Nullable String refusal,
            @Nullable String writeBack) implements BatchEvent {

        /// A promotion of which no other server hears.
        public CandidatePromoted(Instant at, String alias, @Nullable String refusal) {
            this(at, alias, refusal, null);
        }
    }

    /// Partitions were committed in one journal write.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param commits the commits: at least one, each of a different partition
    /// @param discarded the use of attempts that were thrown away without an [AttemptFailed] since the last
    ///     entry that says so: they lost their lease, or their worker stopped; null if there were none
    /// @param discardedAttempts how many these are
    record Committed(
            Instant at,
            List<PartitionCommit> commits,
            @Nullable Use discarded,
            int discardedAttempts) implements BatchEvent {
        public Committed {
            commits = List.copyOf(commits);
        }

        /// Commits without attempts that were thrown away.
        public Committed(Instant at, List<PartitionCommit> commits) {
            this(at, commits, null, 0);
        }
    }

    /// Parts of a published batch were taken over, see [Submitted#reuse()]. It is decided about the partitions in
    /// their order, some at a time.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param to the number of partitions about which is decided now, the first ones: those of them that are
    ///     not committed are scored
    /// @param commits the partitions that were taken over since the last such event, with the record of their
    ///     commit in that batch, and an epoch of this one; may be empty
    record PartsReused(Instant at, int to, List<PartitionCommit> commits) implements BatchEvent {
        public PartsReused {
            commits = List.copyOf(commits);
        }
    }

    /// An attempt failed, or its lease expired.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param partition the position of the partition in the plan, from 0
    /// @param epoch the epoch of the attempt's lease
    /// @param node the address of the worker's node, `host:port`
    /// @param failure why the attempt failed
    /// @param until when the batch fails, if the resource that failed does not work before; null if the
    ///     attempt itself failed
    /// @param use what the attempt used, at least; null if that is not known
    record AttemptFailed(
            Instant at,
            int partition,
            Epoch epoch,
            String node,
            Failure failure,
            @Nullable Instant until,
            @Nullable Use use)
            implements BatchEvent {

        /// A failure of the attempt itself, whose use is not known.
        public AttemptFailed(Instant at, int partition, Epoch epoch, String node, Failure failure) {
            this(at, partition, epoch, node, failure, null, null);
        }

        /// A failure of an attempt whose use is not known.
        public AttemptFailed(
                Instant at, int partition, Epoch epoch, String node, Failure failure, @Nullable Instant until) {
            this(at, partition, epoch, node, failure, until, null);
        }
    }

    /// The planning, the input check, the publication or the promotion of the candidate failed because of a
    /// resource. It is tried again until the batch's time for that resource is over.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param node the address of the coordinator's node, `host:port`
    /// @param failure why it failed
    /// @param until when the batch fails, if the resource does not work before; for a promotion, when the batch
    ///     is published without it
    /// @param ofPromotion whether readers see the batch, and the promotion of the candidate failed
    record StepFailed(Instant at, String node, Failure failure, Instant until, boolean ofPromotion)
            implements BatchEvent {

        /// A failure of any other step.
        public StepFailed(Instant at, String node, Failure failure, Instant until) {
            this(at, node, failure, until, false);
        }
    }

    /// The resource that the batch waited for works again. The time to wait for the next outage starts anew.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    record OutageEnded(Instant at) implements BatchEvent {}

    /// The batch was paused. Nothing is leased before [Resumed].
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param reason the reason that the operator gave; may be empty
    /// @param by the name of the caller's token; null if the ledger does not say
    record Paused(Instant at, String reason, @Nullable String by) implements BatchEvent {

        /// A pause by an unknown caller.
        public Paused(Instant at, String reason) {
            this(at, reason, null);
        }
    }

    /// A paused batch was resumed.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param by the name of the caller's token; null if the ledger does not say
    record Resumed(Instant at, @Nullable String by) implements BatchEvent {

        /// By an unknown caller.
        public Resumed(Instant at) {
            this(at, null);
        }
    }

    /// An operator lets the batch score outside its job's window, until it ends.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param by the name of the caller's token; null if it is not known
    record WindowIgnored(Instant at, @Nullable String by) implements BatchEvent {}

    /// Commits were withdrawn, so that their partitions are scored again. Failed attempts of these partitions
    /// no longer count.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param partitions the positions of the partitions in the plan: at least one, each once, all committed
    ///     before
    /// @param by the name of the caller's token; null if the ledger does not say
    record Rescored(
            Instant at, List<Integer> partitions, @Nullable String by) implements BatchEvent {
        public Rescored {
            partitions = List.copyOf(partitions);
        }

        /// By an unknown caller.
        public Rescored(Instant at, List<Integer> partitions) {
            this(at, partitions, null);
        }
    }

    /// The batch failed. A retry can resume it.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param failure why the batch failed
    record Failed(Instant at, Failure failure) implements BatchEvent {}

    /// The batch was retried: it continues with the partitions that are not committed. Failed attempts no
    /// longer count.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param by the name of the caller's token; null if a submission of the job retried the batch, or the
    ///     ledger does not say
    record Retried(Instant at, @Nullable String by) implements BatchEvent {

        /// By a submission, or an unknown caller.
        public Retried(Instant at) {
            this(at, null);
        }
    }

    /// The batch was checked before its publication. A failed check of [BatchCheck.OnFail#FAIL] fails the
    /// batch in the same write.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param results of each check of the job, in its order
    /// @param distributions of the columns and predictions that the checks compare, over the whole batch, for
    ///     batches that are compared with this one later; may be empty
    record Checked(Instant at, List<CheckResult> results, List<Distribution> distributions) implements BatchEvent {
        public Checked {
            results = List.copyOf(results);
            distributions = List.copyOf(distributions);
        }

        /// Without distributions.
        public Checked(Instant at, List<CheckResult> results) {
            this(at, results, List.of());
        }

        /// The consequence of the failed checks for the batch; empty if all have passed.
        public Optional<BatchCheck.OnFail> verdict() {
            return failed().map(result -> result.check().onFail()).max(Comparator.naturalOrder());
        }

        /// The checks that the batch has failed.
        public Stream<CheckResult> failed() {
            return results.stream().filter(result -> !result.passed());
        }

        /// The failed checks with a consequence, in one sentence.
        ///
        /// @param onFail the consequence
        public String sentence(BatchCheck.OnFail onFail) {
            return failed().filter(result -> result.check().onFail() == onFail)
                    .map(CheckResult::sentence)
                    .collect(Collectors.joining("; "));
        }
    }

    /// Someone has approved the publication of a batch that was held.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param reason the reason that the caller gave; may be empty
    /// @param by the name of the caller's token; null if it is not known
    record Approved(Instant at, String reason, @Nullable String by) implements BatchEvent {}

    /// The batch was published: readers see its output.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param destination where readers find the output: the batch's folder, or its tables
    /// @param manifest SHA-256 of the batch's manifest, 64 hexadecimal digits
    /// @param others the same at the further destinations of the job, in their order; empty if it has one
    record Published(Instant at, String destination, String manifest, List<PublishedOutput> others)
            implements BatchEvent {
        public Published {
            others = List.copyOf(others);
        }

        /// The publication at one destination.
        public Published(Instant at, String destination, String manifest) {
            this(at, destination, manifest, List.of());
        }

        /// The publication with the manifests that list a supplement.
        public Published with(SupplementPublished supplement) {
            if (supplement.others().size() != others.size()) {
                throw new IllegalStateException("a supplement at %d destinations, of a batch at %d"
                        .formatted(supplement.others().size() + 1, others.size() + 1));
            }
            List<PublishedOutput> next = IntStream.range(0, others.size())
                    .mapToObj(i -> new PublishedOutput(
                            others.get(i).destination(), supplement.others().get(i)))
                    .toList();
            return new Published(at, destination, supplement.manifest(), next);
        }

        /// Where readers find the output besides `destination`.
        public List<String> otherDestinations() {
            return others.stream().map(PublishedOutput::destination).toList();
        }

        /// Where readers find the output, at all destinations.
        public String places() {
            return Stream.concat(Stream.of(destination), otherDestinations().stream())
                    .collect(Collectors.joining(", "));
        }
    }

    /// A published batch is to be removed. Readers see it until [Unpublished], at most.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param by the name of the token of who deletes it; null if its job's retention removes it
    /// @param reason the reason that the caller gave, may be empty; or the retention, as `keep: 30, for: 90d`
    record RemovalBegun(Instant at, @Nullable String by, String reason) implements BatchEvent {}

    /// Readers no longer see the batch, and its output is kept for the readers in progress.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    record Unpublished(Instant at) implements BatchEvent {}

    /// All output of the batch is deleted. Its ledger stays.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    record Removed(Instant at) implements BatchEvent {}

    /// Quarantined rows of a published batch are to be scored again. Readers see no difference until
    /// [SupplementPublished].
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param number of the supplement that the redrive makes, from 1. A redrive that fails leaves its number
    ///     to the next one
    /// @param job by which the rows are scored; null for the batch's own job
    /// @param where the SQL condition that selects quarantined rows; null for all of them
    /// @param by the name of the caller's token
    /// @param reason the reason that the caller gave, may be empty
    record RedriveBegun(
            Instant at,
            int number,
            @Nullable Job job,
            @Nullable String where,
            String by,
            String reason) implements BatchEvent {}

    /// The redrive has ended without a supplement, or its supplement was withdrawn. The batch is as it was.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param failure why
    record RedriveFailed(Instant at, Failure failure) implements BatchEvent {}

    /// The rows of the redrive are scored. From here on the supplement is published, unless [WithdrawalBegun].
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param supplement what was written
    record SupplementCommitted(Instant at, Supplement supplement) implements BatchEvent {}

    /// The destination refuses the committed supplement for good, so it is being withdrawn. [RedriveFailed]
    /// follows, or [SupplementPublished] if readers turn out to see it.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param failure why the destination refuses it
    record WithdrawalBegun(Instant at, Failure failure) implements BatchEvent {}

    /// Readers see the supplement.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param manifest SHA-256 of the batch's new manifest, 64 hexadecimal digits
    /// @param others the same at the further destinations of the job, in their order; empty if it has one
    record SupplementPublished(Instant at, String manifest, List<String> others) implements BatchEvent {
        public SupplementPublished {
            others = List.copyOf(others);
        }

        /// The publication at one destination.
        public SupplementPublished(Instant at, String manifest) {
            this(at, manifest, List.of());
        }
    }

    /// The batch was cancelled.
    ///
    /// @param at when the coordinator decided it, by the wall clock of its node
    /// @param reason the reason that the operator or the register gave; may be empty
    /// @param by the name of the caller's token; null if the register cancelled it, or the ledger does not say
    record Cancelled(Instant at, String reason, @Nullable String by) implements BatchEvent {

        /// By the register, or an unknown caller.
        public Cancelled(Instant at, String reason) {
            this(at, reason, null);
        }
    }
}
