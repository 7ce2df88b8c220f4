package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.forecast.ProgressCurve;
import io.nightshift.coordinator.timing.TimeWindow;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchEvent.Approved;
import io.nightshift.protocol.batch.BatchEvent.AttemptFailed;
import io.nightshift.protocol.batch.BatchEvent.CanaryDecided;
import io.nightshift.protocol.batch.BatchEvent.CanaryStarted;
import io.nightshift.protocol.batch.BatchEvent.Cancelled;
import io.nightshift.protocol.batch.BatchEvent.CandidatePromoted;
import io.nightshift.protocol.batch.BatchEvent.Checked;
import io.nightshift.protocol.batch.BatchEvent.Committed;
import io.nightshift.protocol.batch.BatchEvent.ExtensionRequested;
import io.nightshift.protocol.batch.BatchEvent.Failed;
import io.nightshift.protocol.batch.BatchEvent.OutageEnded;
import io.nightshift.protocol.batch.BatchEvent.PartsReused;
import io.nightshift.protocol.batch.BatchEvent.Paused;
import io.nightshift.protocol.batch.BatchEvent.PlanExtended;
import io.nightshift.protocol.batch.BatchEvent.Planned;
import io.nightshift.protocol.batch.BatchEvent.Published;
import io.nightshift.protocol.batch.BatchEvent.RedriveBegun;
import io.nightshift.protocol.batch.BatchEvent.RedriveFailed;
import io.nightshift.protocol.batch.BatchEvent.RemovalBegun;
import io.nightshift.protocol.batch.BatchEvent.Removed;
import io.nightshift.protocol.batch.BatchEvent.Rescored;
import io.nightshift.protocol.batch.BatchEvent.Resumed;
import io.nightshift.protocol.batch.BatchEvent.Retried;
import io.nightshift.protocol.batch.BatchEvent.ShadowAbandoned;
import io.nightshift.protocol.batch.BatchEvent.ShadowStarted;
import io.nightshift.protocol.batch.BatchEvent.StepFailed;
import io.nightshift.protocol.batch.BatchEvent.Submitted;
import io.nightshift.protocol.batch.BatchEvent.SupplementCommitted;
import io.nightshift.protocol.batch.BatchEvent.SupplementPublished;
import io.nightshift.protocol.batch.BatchEvent.TookOver;
import io.nightshift.protocol.batch.BatchEvent.Unpublished;
import io.nightshift.protocol.batch.BatchEvent.WindowIgnored;
import io.nightshift.protocol.batch.BatchEvent.WithdrawalBegun;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchUse;
import io.nightshift.protocol.batch.Canary;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Removal;
import io.nightshift.protocol.batch.ReusedParts;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.BatchCheck.OnFail;
import io.nightshift.protocol.job.JobTiming;
import io.nightshift.protocol.job.JobWindow;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.ledger.NewerEventException;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The state of a batch: an immutable fold over the entries of its ledger. It uses no actors, clocks or I/O.
///
/// @param batch the batch
/// @param entries how many ledger entries this state includes
/// @param head the hash of the last of them; before the first, the hash that every ledger of this batch
///     starts from
/// @param phase null before the batch is submitted
/// @param submitted the first event; null before it
/// @param plan the pinned input; null before the batch is planned
/// @param incarnation of the last takeover; 0 before the first
/// @param committed the committed partitions, with the winning epoch of each
/// @param totals sums over the committed partitions
/// @param attemptsFailed how many attempts of each partition have failed since the batch was submitted or
///     last retried, or the partition was last rescored; partitions without failures are absent
/// @param failure why the batch failed or was cancelled; null in every other phase
/// @param published the last event of a published batch; null before it
/// @param paused the last pause; null in every other phase
/// @param outage the failures of a resource without a success since; null if there is none
/// @param progressAt when the batch last came forward: it was submitted, planned, resumed or retried, or
///     partitions were committed; null before
/// @param ignoresWindow whether an operator lets the batch score outside its job's window
/// @param curve the rows that were committed in each part of the active time
/// @param checked the results of the job's checks; null before them, and if they do not count any more
/// @param approved the approval of a batch that was held; null if there is none
/// @param resources what was thrown away, and what the nodes could have done
/// @param extension the request to extend the plan that [PlanExtended] has not answered yet; null if there is
///     none
/// @param removal how far the removal of a published batch is; null if it is not removed
/// @param redrives the redrives of a published batch
/// @param reusedTo the number of partitions, the first ones, about whose reuse is decided
/// @param canary how far the canary is; null if the batch has none, and before it is planned
/// @param shadow how far the shadow is; null if the batch has none, and before it is planned
/// @param reused the parts of another batch that the batch has taken over, by model
public record BatchState(
        BatchId batch,
        long entries,
        String head,
        @Nullable Phase phase,
        @Nullable Submitted submitted,
        @Nullable Plan plan,
        int incarnation,
        CommittedPartitions committed,
        Totals totals,
        Map<Integer, Integer> attemptsFailed,
        @Nullable Failure failure,
        @Nullable Published published,
        @Nullable Paused paused,
        @Nullable Outage outage,
        @Nullable Instant progressAt,
        boolean ignoresWindow,
        ProgressCurve curve,
        @Nullable Checked checked,
        @Nullable Approved approved,
        ResourceUse resources,
        @Nullable ExtensionRequested extension,
        @Nullable Removal removal,
        Redrives redrives,
        int reusedTo,
        @Nullable CanaryState canary,
        @Nullable ShadowState shadow,
        List<ReusedParts> reused) {

    /// Failures of a resource: of one attempt after another, or of one try at a step.
    ///
    /// @param since when the first of them was recorded
    /// @param until when the batch fails, if the resource does not work before
    /// @param failure the last of them
    /// @param ofStep whether the last of them was that of a step
    /// @param reports which nodes have reported which resource of their own
    /// @param promotion what is known of failures to promote the candidate; null if there were none
    public record Outage(
            Instant since,
            Instant until,
            Failure failure,
            boolean ofStep,
            Map<FailedResource, Set<String>> reports,
            @Nullable Promotion promotion) {

        /// Failures to promote the candidate. The destination worked before each of them, because readers see the
        /// batch by then. So these failures have a time of their own, and they end those of the destination.
        ///
        /// @param since when the first of them was recorded
        /// @param isLast whether the last failure was one of them
        public record Promotion(Instant since, boolean isLast) {}

        /// When the first failure of a series was recorded to which a failure would belong now; null if none was.
        ///
        /// @param ofPromotion whether the failure would be one to promote the candidate
        @Nullable
        Instant since(boolean ofPromotion) {
            if (ofPromotion) {
                return promotion == null ? null : promotion.since();
            }
            return promotion != null && promotion.isLast() ? null : since;
        }

        private static Outage after(@Nullable Outage before, StepFailed failed) {
            boolean ofPromotion = failed.ofPromotion();
            Outage after = after(before, failed.at(), failed.until(), failed.failure(), failed.node(), true);
            Instant earlier = before == null ? null : before.since(ofPromotion);
            Instant since = earlier == null ? failed.at() : earlier;
            Promotion promoted = before == null ? null : before.promotion();
            Promotion now = ofPromotion ? new Promotion(since, true) : null;
            if (!ofPromotion && promoted != null) {
                now = new Promotion(promoted.since(), false);
            }
            return new Outage(since, after.until(), after.failure(), true, after.reports(), now);
        }

        private static Outage after(
                @Nullable Outage before, Instant at, Instant until, Failure failure, String node, boolean ofStep) {
            Map<FailedResource, Set<String>> reports = new HashMap<>(before == null ? Map.of() : before.reports());
            if (failure.resource() != null && failure.resource().type().isOfNode()) {
                Set<String> nodes = new TreeSet<>(reports.getOrDefault(failure.resource(), Set.of()));
                nodes.add(node);
                reports.put(failure.resource(), nodes);
            }
            return new Outage(before == null ? at : before.since(), until, failure, ofStep, Map.copyOf(reports), null);
        }
    }

    /// The pinned input and its division into partitions.
    ///
    /// @param files the source files in the order of their rows
    /// @param partitions the division as the ledger stores it
    /// @param index the same division with random access
    /// @param input digest of the identities of the files; null if the ledger does not say
    /// @param submitted the digest that the submission named which led to this plan; null if the ledger does
    ///     not say, or the batch was retried
    public record Plan(
            List<SourceFile> files,
            PartitionPlan partitions,
            PartitionPlan.Index index,
            @Nullable String input,
            @Nullable String submitted) {

        private static Plan of(
                List<SourceFile> files,
                PartitionPlan partitions,
                @Nullable CutPlan cuts,
                @Nullable String input,
                @Nullable String submitted) {
            return new Plan(List.copyOf(files), partitions, partitions.index(files, cuts), input, submitted);
        }

        private Plan extended(PlanExtended event, @Nullable String request) {
            List<SourceFile> all = new ArrayList<>(files.subList(0, event.keptFiles()));
            PartitionPlan kept = partitions.first(event.keptPartitions());
            if (kept.rows() > all.stream().mapToLong(SourceFile::rows).sum()) {
                throw new IllegalStateException("partitions stay whose files don't");
            }
            all.addAll(event.files());
            return of(all, kept.plus(event.partitions()), null, event.input(), request);
        }
    }

    /// Sums over committed partitions. Each number is 0 or more.
    ///
    /// @param rows rows of the input
    /// @param read rows of them that the job's `where` selects; `predictions + quarantined`
    /// @param predictions rows with a prediction
    /// @param quarantined rows in the quarantine
    /// @param bytes the size of the staged files
    /// @param unseenCategories rows with a category that the model does not know, by feature; only features
    ///     that have such rows
    /// @param use what their attempts used, rounded for each as [Use#rounded()] says
    public record Totals(
            long rows,
            long read,
            long predictions,
            long quarantined,
            long bytes,
            Map<String, Long> unseenCategories,
            Use use) {

        static final Totals ZERO = new Totals(0, 0, 0, 0, 0);

        public Totals {
            unseenCategories = unseenCategories.isEmpty()
                    ? Map.of()
                    : Collections.unmodifiableMap(new TreeMap<>(unseenCategories));
        }

        /// Totals without unseen categories, of attempts whose use is not known.
        public Totals(long rows, long read, long predictions, long quarantined, long bytes) {
            this(rows, read, predictions, quarantined, bytes, Map.of(), Use.NONE);
        }

        private Map<String, Long> sum(Map<String, Long> more, int sign) {
            if (more.isEmpty()) {
                return unseenCategories;
            }
            Map<String, Long> sum = new TreeMap<>(unseenCategories);
            more.forEach((feature, rows) -> sum.merge(feature, sign * rows, Long::sum));
            sum.values().removeIf(rows -> rows == 0);
            return sum;
        }

        Totals minus(Totals other) {
            return new Totals(
                    rows - other.rows,
                    read - other.read,
                    predictions - other.predictions,
                    quarantined - other.quarantined,
                    bytes - other.bytes,
                    sum(other.unseenCategories, -1),
                    use.minus(other.use));
        }

        /// The sums after rows of the quarantine have got a prediction.
        Totals plus(Supplement supplement) {
            PartitionCommit commit = supplement.commit();
            return new Totals(
                    rows,
                    read,
                    predictions + commit.predictions(),
                    commit.quarantined(),
                    bytes + commit.bytes(),
                    unseenCategories,
                    use);
        }

        Totals plus(PartitionCommit commit) {
            return new Totals(
                    rows + commit.rows(),
                    read + commit.read(),
                    predictions + commit.predictions(),
                    quarantined + commit.quarantined(),
                    bytes + commit.bytes(),
                    sum(commit.unseenCategories(), 1),
                    commit.use() == null ? use : use.plus(commit.use().rounded()));
        }
    }

    /// The state before the first event.
    public static BatchState initial(BatchId batch) {
        return new BatchState(
                batch,
                0,
                LedgerEntry.origin(batch),
                null,
                null,
                null,
                0,
                CommittedPartitions.empty(0),
                Totals.ZERO,
                Map.of(),
                null,
                null,
                null,
                null,
                null,
                false,
                ProgressCurve.EMPTY,
                null,
                null,
                ResourceUse.NONE,
                null,
                null,
                Redrives.NONE,
                0,
                null,
                null,
                List.of());
    }

    /// Whether every partition is committed, the plan is not to be extended, and no canary is running.
    public boolean isComplete() {
        return plan != null && committed.isComplete() && extension == null && !isCanaryRunning();
    }

    /// Whether a candidate scores some partitions, and no other is scored yet.
    public boolean isCanaryRunning() {
        return canary != null && canary.isRunning();
    }

    /// The version that scores partitions now, and has scored all that are committed.
    public ModelVersion model() {
        return canary == null ? submission().model() : canary.model();
    }

    /// The version that scores the same rows of a partition only to be compared; null if none does.
    @Nullable
    ModelVersion comparedModel(int partition) {
        if (isCanaryRunning()) {
            return submission().model();
        }
        return shadow != null && shadow.scores(partition, attemptsFailed.getOrDefault(partition, 0))
                ? shadow.candidate()
                : null;
    }

    /// Whether the batch has a plan, and has yet to take over parts of another batch before it scores the others.
    public boolean isReusing() {
        return plan != null
                && submission().reuse() != null
                && reusedTo < plan.index().partitions();
    }

    /// The alias that is moved to the candidate after the publication; empty if none is.
    Optional<String> aliasToPromote() {
        Rollout rollout = submission().job().rollout();
        boolean isPromoted = rollout != null
                && rollout.onPass() == Rollout.OnPass.PROMOTE
                && canary != null
                && canary.status().state() == Canary.State.PASSED;
        return isPromoted ? Optional.ofNullable(submission().job().model().alias()) : Optional.empty();
    }

    /// Digest of the identities of the files that the batch scores; null if the ledger does not say.
    public @Nullable String input() {
        String submittedInput = submitted == null ? null : submitted.input();
        return plan == null || plan.input() == null ? submittedInput : plan.input();
    }

    /// Whether the job has checks whose results are not known yet.
    boolean needsChecks() {
        return checked == null && !submission().job().checks().isEmpty();
    }

    /// Whether a failed check keeps the batch from being published until someone approves it.
    boolean isHeldBack() {
        return approved == null && hasFailedChecks(OnFail.HOLD);
    }

    private boolean hasFailedChecks(OnFail verdict) {
        return checked != null && checked.verdict().equals(Optional.of(verdict));
    }

    /// Whether the batch is open: neither published nor cancelled.
    public boolean isOpen() {
        return phase != null && !phase.isEnd();
    }

    /// The plan of a batch that has one.
    ///
    /// @throws IllegalStateException if the batch is not planned
    public Plan pinned() {
        if (plan == null) {
            throw new IllegalStateException(batch + " has no plan yet");
        }
        return plan;
    }

    /// The first event of a batch that has one.
    ///
    /// @throws IllegalStateException if the batch was not submitted
    public Submitted submission() {
        if (submitted == null) {
            throw new IllegalStateException(batch + " was not submitted");
        }
        return submitted;
    }

    /// The state after one more entry.
    ///
    /// @throws IllegalStateException if the entry doesn't continue the hash chain, or its event can't happen
    ///     in this phase: the ledger is damaged. Also if a later version wrote the event; the cause is a
    ///     [NewerEventException] then
    public BatchState apply(LedgerEntry entry) {
        return applied(entry).state();
    }

    /// An entry's event and the state after it.
    public record Applied(BatchEvent event, BatchState state) {}

    /// As [#apply(LedgerEntry)], for callers that need the event, too: decoding the events is most of the work of
    /// reading a ledger.
    public Applied applied(LedgerEntry entry) {
        try {
            if (!entry.follows(head)) {
                throw new IllegalStateException("its hash does not follow from the entry before");
            }
            BatchEvent event = entry.event();
            return new Applied(event, apply(event).at(entry.hash()));
        } catch (IllegalStateException
                | IllegalArgumentException
                | IndexOutOfBoundsException
                | UncheckedIOException damage) {
            throw new IllegalStateException(
                    "ledger of %s, entry %d: %s".formatted(batch, entries + 1, damage.getMessage()), damage);
        }
    }

    /// Why a batch can't be resumed after [#apply(LedgerEntry)] failed, for people.
    public static String damage(Exception problem) {
        return verdict(problem) + problem.getMessage();
    }

    /// The beginning of a sentence about an entry that can't be read.
    public static String verdict(Exception problem) {
        return isNewer(problem) ? "the ledger can't be read by this version: " : "the ledger is damaged: ";
    }

    /// Whether a later version wrote the entry that can't be read.
    static boolean isNewer(Exception problem) {
        return problem instanceof NewerEventException || problem.getCause() instanceof NewerEventException;
    }

    private BatchState at(String hash) {
        return new BatchState(
                batch,
                entries,
                hash,
                phase,
                submitted,
                plan,
                incarnation,
                committed,
                totals,
                attemptsFailed,
                failure,
                published,
                paused,
                outage,
                progressAt,
                ignoresWindow,
                curve,
                checked,
                approved,
                resources,
                extension,
                removal,
                redrives,
                reusedTo,
                canary,
                shadow,
                reused);
    }

    /// The state after these events, before they are entries of the ledger: [#head()] stays the same.
    ///
    /// @throws IllegalStateException if one of the events can't happen
    BatchState after(List<BatchEvent> events) {
        BatchState next = this;
        for (BatchEvent event : events) {
            next = next.apply(event);
        }
        return next;
    }

    /// The state after one more event, before it is an entry of the ledger.
    ///
    /// @throws IllegalStateException if the event can't happen in this phase
    BatchState apply(BatchEvent event) {
        if (event instanceof Submitted first) {
            if (phase != null) {
                throw new IllegalStateException("it can't begin twice");
            }
            if (!first.batch().equals(batch)) {
                throw new IllegalStateException("it is about " + first.batch());
            }
            return new BatchState(
                    batch,
                    entries + 1,
                    head,
                    Phase.SUBMITTED,
                    first,
                    null,
                    0,
                    committed,
                    totals,
                    attemptsFailed,
                    null,
                    null,
                    null,
                    null,
                    first.at(),
                    false,
                    curve,
                    null,
                    null,
                    resources,
                    null,
                    null,
                    redrives,
                    0,
                    null,
                    null,
                    List.of());
        }
        Phase before = phase;
        if (before == null || !Transitions.allows(before, event.getClass())) {
            throw new IllegalStateException("%s can't happen to a batch that is %s"
                    .formatted(event.getClass().getSimpleName(), before == null ? "not submitted" : before));
        }
        BatchState next = fold(event);
        Phase after = Transitions.next(
                        before, event.getClass(), next.plan != null, next.isComplete(), next.isHeldBack())
                .orElseThrow();
        return next.counted(after, resources.after(this, event, next, after));
    }

    private BatchState counted(Phase next, ResourceUse nextResources) {
        return new BatchState(
                batch,
                entries + 1,
                head,
                next,
                submitted,
                plan,
                incarnation,
                committed,
                totals,
                attemptsFailed,
                failure,
                published,
                next == Phase.PAUSED ? paused : null,
                outage,
                progressAt,
                ignoresWindow,
                curve,
                checked,
                approved,
                nextResources,
                extension,
                removal,
                redrives,
                reusedTo,
                canary,
                shadow,
                reused);
    }

    private BatchState fold(BatchEvent event) {
        Plan nextPlan = plan;
        int nextIncarnation = incarnation;
        CommittedPartitions nextCommitted = committed;
        Totals nextTotals = totals;
        Map<Integer, Integer> nextAttemptsFailed = attemptsFailed;
        Failure nextFailure = failure;
        Published nextPublished = published;
        Paused nextPaused = paused;
        Outage nextOutage = null;
        Instant nextProgress = progressAt;
        boolean nextIgnoresWindow = ignoresWindow;
        ProgressCurve nextCurve = curve;
        ExtensionRequested nextExtension = extension;
        Checked nextChecked = checked;
        Approved nextApproved = approved;
        Removal nextRemoval = removal;
        Redrives nextRedrives = redrives;
        int nextReusedTo = reusedTo;
        CanaryState nextCanary = canary;
        ShadowState nextShadow = shadow;
        List<ReusedParts> nextReused = reused;
        switch (event) {
            case Submitted again -> throw new IllegalStateException("it can't begin twice");
            case TookOver tookOver -> {
                if (tookOver.incarnation() <= incarnation) {
                    throw new IllegalStateException(
                            "incarnation %d can't follow %d".formatted(tookOver.incarnation(), incarnation));
                }
                nextIncarnation = tookOver.incarnation();
                nextOutage = outage;
                nextCurve = phase == Phase.RUNNING ? curve.begun(tookOver.at()) : curve;
            }
            case Planned planned -> {
                if (plan != null) {
                    throw new IllegalStateException("it can't be planned twice");
                }
                nextPlan = Plan.of(
                        planned.files(),
                        planned.partitions(),
                        planned.cuts(),
                        planned.input() == null ? input() : planned.input(),
                        extension == null ? input() : extension.input());
                nextCommitted = CommittedPartitions.empty(nextPlan.index().partitions());
                nextExtension = answersExtension(nextPlan.input()) ? null : extension;
                nextProgress = planned.at();
                nextCurve = phase == Phase.PAUSED ? curve : curve.begun(planned.at());
            }
            case ExtensionRequested requested -> {
                if (phase == Phase.FAILED && isComplete()) {
                    throw new IllegalStateException("it can't be extended, because all its partitions are committed");
                }
                nextExtension = requested;
                nextOutage = outage;
            }
            case PlanExtended extended -> {
                nextPlan = pinned().extended(extended, extension == null ? null : extension.input());
                nextCommitted = committed.resized(
                        extended.keptPartitions(), nextPlan.index().partitions());
                nextAttemptsFailed = new HashMap<>(attemptsFailed);
                nextAttemptsFailed.keySet().removeIf(partition -> partition >= extended.keptPartitions());
                nextAttemptsFailed = Map.copyOf(nextAttemptsFailed);
                nextExtension = null;
                nextOutage = outage != null && outage.ofStep() ? null : outage;
                nextProgress = extended.at();
                boolean begins = phase == Phase.RUNNING && !nextCommitted.isComplete() && !curve.isActive();
                nextCurve = begins ? curve.begun(extended.at()) : curve;
            }
            case Committed done -> {
                nextCommitted = committed.withCommits(done.commits());
                for (PartitionCommit commit : done.commits()) {
                    nextCanary = nextCanary == null ? null : nextCanary.committed(commit);
                    nextShadow = nextShadow == null ? null : nextShadow.committed(commit);
                }
                nextProgress = done.at();
                long rows = 0;
                for (PartitionCommit commit : done.commits()) {
                    check(commit);
                    nextTotals = nextTotals.plus(commit);
                    rows += commit.rows();
                }
                nextCurve = curve.committed(done.at(), done.commits().size(), rows, pausingWindow());
                if (nextCommitted.isComplete()) {
                    nextCurve = nextCurve.stopped(done.at(), null);
                }
            }
            case PartsReused reusedParts -> {
                if (!isReusing()
                        || reusedParts.to() <= reusedTo
                        || reusedParts.to() > pinned().index().partitions()) {
                    throw new IllegalStateException(
                            "parts are reused up to partition %d after %d".formatted(reusedParts.to(), reusedTo));
                }
                for (PartitionCommit commit : reusedParts.commits()) {
                    check(commit);
                    if (!commit.epoch().equals(Epoch.ofReuse(incarnation))
                            || commit.partition() < reusedTo
                            || commit.partition() >= reusedParts.to()) {
                        throw new IllegalStateException(
                                "partition %d can't be reused now as %s".formatted(commit.partition(), commit.epoch()));
                    }
                    nextTotals = nextTotals.plus(commit);
                }
                nextCommitted = committed.withCommits(reusedParts.commits());
                nextReusedTo = reusedParts.to();
                nextReused = withReused(reusedParts.commits());
                nextProgress = reusedParts.at();
                // The time for the reuse is no time for scoring.
                nextCurve = !curve.isActive()
                        ? curve
                        : nextCommitted.isComplete()
                                ? curve.begun(reusedParts.at()).stopped(reusedParts.at(), null)
                                : curve.begun(reusedParts.at());
                nextOutage = outage != null && outage.ofStep() ? null : outage;
            }
            case CanaryStarted started -> {
                ModelVersion candidate = submission().candidate();
                if (canary != null || candidate == null || pinned().index().partitions() == 0) {
                    throw new IllegalStateException("no canary can start");
                }
                nextCanary = CanaryState.of(started, candidate, submission().model());
            }
            case CanaryDecided decided -> {
                nextCanary = startedCanary().decided(decided);
                nextAttemptsFailed = Map.of();
                nextOutage = outage;
            }
            case ShadowStarted started -> {
                ModelVersion candidate = submission().candidate();
                if (shadow != null || canary != null || candidate == null) {
                    throw new IllegalStateException("no shadow can start");
                }
                nextShadow = ShadowState.of(started, candidate, pinned().index().partitions());
            }
            case ShadowAbandoned abandoned -> {
                if (shadow == null) {
                    throw new IllegalStateException("no shadow has started");
                }
                nextShadow = shadow.abandoned(abandoned);
                nextOutage = outage;
            }
            case CandidatePromoted promoted -> nextCanary = startedCanary().promoted(promoted);
            case AttemptFailed failed
            when failed.until() != null ->
                nextOutage = Outage.after(outage, failed.at(), failed.until(), failed.failure(), failed.node(), false);
            case AttemptFailed failed -> {
                nextAttemptsFailed = new HashMap<>(attemptsFailed);
                nextAttemptsFailed.merge(failed.partition(), 1, Integer::sum);
                nextAttemptsFailed = Map.copyOf(nextAttemptsFailed);
                nextOutage = outage;
            }
            case StepFailed failed -> nextOutage = Outage.after(outage, failed);
            case OutageEnded ended -> {}
            case Paused pause -> {
                nextPaused = pause;
                nextOutage = outage;
                nextCurve = curve.stopped(pause.at(), pausingWindow());
            }
            case Resumed resumed -> {
                nextProgress = resumed.at();
                nextCurve = plan == null ? curve : curve.begun(resumed.at());
            }
            case WindowIgnored ignored -> {
                nextIgnoresWindow = true;
                nextOutage = outage;
                nextCurve = curve.at(ignored.at(), pausingWindow());
            }
            case Rescored rescored -> {
                nextCommitted = committed.withoutPartitions(rescored.partitions());
                nextShadow = shadow == null ? null : shadow.withdrawn(rescored.partitions());
                nextAttemptsFailed = new HashMap<>(attemptsFailed);
                for (int partition : rescored.partitions()) {
                    long rows = pinned().index().range(partition).rows();
                    nextTotals = nextTotals.minus(committed.totals(partition, rows));
                    nextAttemptsFailed.remove(partition);
                }
                nextAttemptsFailed = Map.copyOf(nextAttemptsFailed);
                nextOutage = outage;
                nextChecked = null;
                nextApproved = null;
            }
            case Failed failed -> {
                nextFailure = failed.failure();
                nextCurve = curve.stopped(failed.at(), pausingWindow());
            }
            case Retried retried -> {
                nextFailure = null;
                nextAttemptsFailed = Map.of();
                nextProgress = retried.at();
                nextCurve = phase == Phase.FAILED && plan != null ? curve.begun(retried.at()) : curve;
                // A batch that its checks have failed is checked again.
                nextChecked = hasFailedChecks(OnFail.FAIL) ? null : checked;
            }
            case Checked now -> nextChecked = now;
            case Approved now -> {
                nextApproved = now;
                nextProgress = now.at();
            }
            case Published end -> nextPublished = end;
            case RemovalBegun begun -> {
                if (removal != null || redrives.isPending()) {
                    throw new IllegalStateException("it can't be removed twice, or during a redrive");
                }
                nextRemoval = Removal.of(begun);
            }
            case Unpublished hidden -> nextRemoval = pendingRemoval().unpublished(hidden.at());
            case Removed removed -> {
                if (pendingRemoval().unpublishedAt() == null) {
                    throw new IllegalStateException("it can't be deleted while readers see it");
                }
                nextRemoval = pendingRemoval().removed(removed.at());
            }
            case RedriveBegun begun -> {
                if (removal != null) {
                    throw new IllegalStateException("it is removed");
                }
                nextRedrives = redrives.begin(begun);
            }
            case RedriveFailed failed -> nextRedrives = redrives.fail(failed);
            case SupplementCommitted scored ->
                nextRedrives = redrives.commit(
                        scored, pinned().index().partitions(), totals.quarantined(), model().sha256(), incarnation);
            case WithdrawalBegun begun -> nextRedrives = redrives.withdraw(begun);
            case SupplementPublished end -> {
                nextRedrives = redrives.publish(end);
                nextTotals = totals.plus(nextRedrives.published().getLast());
                nextPublished = Objects.requireNonNull(published).with(end);
            }
            case Cancelled cancelled ->
                nextFailure =
                        Failure.permanent(cancelled.reason().isBlank() ? "no reason was given" : cancelled.reason());
        }
        return new BatchState(
                batch,
                entries,
                head,
                phase,
                submitted,
                nextPlan,
                nextIncarnation,
                nextCommitted,
                nextTotals,
                nextAttemptsFailed,
                nextFailure,
                nextPublished,
                nextPaused,
                nextOutage,
                nextProgress,
                nextIgnoresWindow,
                nextCurve,
                nextChecked,
                nextApproved,
                resources,
                nextExtension,
                nextRemoval,
                nextRedrives,
                nextReusedTo,
                nextCanary,
                nextShadow,
                nextReused);
    }

    private List<ReusedParts> withReused(List<PartitionCommit> commits) {
        String from = Objects.requireNonNull(submission().reuse()).batch();
        Map<String, ReusedParts> byModel = new TreeMap<>();
        reused.forEach(parts -> byModel.put(parts.model(), parts));
        for (PartitionCommit commit : commits) {
            ReusedParts before = byModel.getOrDefault(commit.model(), new ReusedParts(from, commit.model(), 0, 0));
            byModel.put(
                    commit.model(),
                    new ReusedParts(from, commit.model(), before.parts() + 1, before.rows() + commit.read()));
        }
        return List.copyOf(byModel.values());
    }

    private CanaryState startedCanary() {
        if (canary == null) {
            throw new IllegalStateException("no canary has started");
        }
        return canary;
    }

    private Removal pendingRemoval() {
        if (removal == null || !removal.isPending()) {
            throw new IllegalStateException("no removal is pending");
        }
        return removal;
    }

    /// Whether a plan of this input is what the request to extend the plan asks for.
    private boolean answersExtension(@Nullable String planned) {
        return extension == null
                || extension.input() == null
                || extension.input().equals(planned);
    }

    /// The window outside which a batch that has begun leases nothing; null if there is none.
    @Nullable
    TimeWindow pausingWindow() {
        JobTiming timing = submitted == null ? null : submitted.job().timing();
        return timing == null
                        || ignoresWindow
                        || timing.window() == null
                        || timing.window().outside() != JobWindow.Outside.PAUSE
                ? null
                : TimeWindow.of(timing);
    }

    /// What the batch has used of the nodes; null if the ledger does not say.
    public @Nullable BatchUse use() {
        return resources.describe(totals.use());
    }

    private void check(PartitionCommit commit) {
        PartitionPlan.Range range = pinned().index().range(commit.partition());
        if (commit.firstRow() != range.firstRow() || commit.rows() != range.rows()) {
            throw new IllegalStateException(
                    "partition %d is committed with other rows than planned".formatted(commit.partition()));
        }
    }
}
