package io.nightshift.coordinator.schedule;

import io.nightshift.api.AppliedJob;
import io.nightshift.api.BackfillRequest;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import io.nightshift.protocol.schedule.ScheduledJobEvent.Observation;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import scala.collection.immutable.VectorMap;
import scala.collection.immutable.VectorMap$;
import scala.jdk.javaapi.CollectionConverters;

/// The state of an applied job: an immutable fold over its events.
///
/// The state stays small, however long the job has been applied: of the runs that have ended it keeps the
/// last [#KEPT_RUNS], and of the backfills that have ended the last [#KEPT_BACKFILLS]. The text of a revision
/// is kept while a run or a backfill needs it. The maps are Scala's, which Pekko brings along: a changed map
/// shares almost everything with the one before.
///
/// @param current the revision that was applied last; null if the job was never applied
/// @param isDeleted whether the job was deleted since
/// @param pause why the job is paused, or null
/// @param decided the schedule's ticks up to this time are decided about
/// @param revisions the texts that are still needed, by the numbers of their revisions
/// @param open the runs that have not ended, in the order in which they were due
/// @param ended the runs that have ended, in this order
/// @param observation of the source when the trigger fired last, or less if the source has shrunk since; null
///     if it has not fired
/// @param backfills by their IDs, in the order in which they were started
@RecordBuilder
@RecordBuilder.Options(addClassRetainedGenerated = true, addStaticBuilder = false, enableWither = false)
record ScheduledJobState(
        @Nullable Revision current,
        boolean isDeleted,
        AppliedJob.@Nullable Pause pause,
        Instant decided,
        Map<Integer, Revision> revisions,
        VectorMap<String, Run> open,
        VectorMap<String, Run> ended,
        @Nullable Observation observation,
        Map<String, BackfillState> backfills) {

    /// Ended runs that are kept.
    static final int KEPT_RUNS = 1_000;

    /// Ended backfills that are kept.
    static final int KEPT_BACKFILLS = 20;

    /// The state before the first event.
    static final ScheduledJobState EMPTY = new ScheduledJobState(
            null,
            false,
            null,
            Instant.EPOCH,
            Map.of(),
            VectorMap$.MODULE$.empty(),
            VectorMap$.MODULE$.empty(),
            null,
            Map.of());

    /// A revision of the job file.
    ///
    /// @param number from 1
    /// @param text the job file
    /// @param folder that relative paths start from, or null
    /// @param at when it was applied
    /// @param by the name of the caller's token
    /// @param since when the job was applied first, or first after it was deleted
    record Revision(int number, String text, @Nullable String folder, Instant at, String by, Instant since) {}

    /// The cause of a run.
    enum Cause {
        SCHEDULE("tick:"),
        TRIGGER("trigger:"),
        MANUAL("manual:");

        private final String prefix;

        Cause(String prefix) {
            this.prefix = prefix;
        }

        /// The key of a run, which is also the idempotency key of its submission.
        String key(Object rest) {
            return prefix + rest;
        }
    }

    /// How far a run is.
    enum RunPhase {
        /// Due, without a batch.
        WAITING,
        /// Its batch has not ended.
        RUNNING,
        PUBLISHED,
        /// The same was published before.
        UNCHANGED,
        FAILED,
        CANCELLED,
        /// It could not be submitted.
        REFUSED,
        SKIPPED;

        boolean isEnd() {
            return this != WAITING && this != RUNNING;
        }

        static RunPhase of(Phase phase) {
            return switch (phase) {
                case PUBLISHED -> PUBLISHED;
                case CANCELLED -> CANCELLED;
                case SUBMITTED, RUNNING, PAUSED, PUBLISHING, HELD, FAILED -> FAILED;
            };
        }
    }

    /// A run of the job.
    ///
    /// @param key the idempotency key of its submission
    /// @param tick of the schedule, or null
    /// @param parameters that are set; all others have their defaults
    /// @param revision of the job file
    /// @param dueAt when it was decided that the run is due
    /// @param batch null before the run has one
    /// @param startedAt when the run got its batch, or null
    /// @param postponedAt when its input, destination or registry was first missing; null if it never was
    /// @param reason why it failed, was refused or skipped, or can't be submitted now; null if there is none
    /// @param endedAt when the end was noticed, or null
    @RecordBuilder
    @RecordBuilder.Options(addClassRetainedGenerated = true, addStaticBuilder = false, enableWither = false)
    record Run(
            String key,
            Cause cause,
            @Nullable Instant tick,
            Map<String, String> parameters,
            int revision,
            Instant dueAt,
            RunPhase phase,
            @Nullable BatchId batch,
            @Nullable Instant startedAt,
            @Nullable Instant postponedAt,
            @Nullable String reason,
            @Nullable Instant endedAt) {

        static Run due(
                Cause cause,
                Object rest,
                @Nullable Instant tick,
                Map<String, String> parameters,
                int revision,
                Instant at) {
            return new Run(
                    cause.key(rest),
                    cause,
                    tick,
                    Map.copyOf(parameters),
                    revision,
                    at,
                    RunPhase.WAITING,
                    null,
                    null,
                    null,
                    null,
                    null);
        }

        private Run started(Instant at, BatchId started) {
            return ScheduledJobStateRunBuilder.builder(this)
                    .phase(RunPhase.RUNNING)
                    .batch(started)
                    .startedAt(at)
                    .reason(null)
                    .build();
        }

        private Run postponed(Instant at, @Nullable String why) {
            return ScheduledJobStateRunBuilder.builder(this)
                    .postponedAt(postponedAt == null ? at : postponedAt)
                    .reason(why)
                    .build();
        }

        /// Whether the run is due, and its input, destination or registry was missing when it was submitted last.
        boolean isPostponed() {
            return phase == RunPhase.WAITING && reason != null;
        }

        private Run ended(Instant at, RunPhase end, @Nullable String why) {
            return ScheduledJobStateRunBuilder.builder(this)
                    .phase(end)
                    .reason(why)
                    .endedAt(at)
                    .build();
        }
    }

    /// The state after one more event.
    ScheduledJobState apply(ScheduledJobEvent event) {
        return switch (event) {
            case ScheduledJobEvent.Applied applied -> applied(applied);
            case ScheduledJobEvent.Paused(Instant at, String reason, String by) ->
                change().pause(new AppliedJob.Pause(at, reason, by)).build();
            case ScheduledJobEvent.Resumed resumed -> change().pause(null).build();
            case ScheduledJobEvent.Deleted deleted -> deleted(deleted.at());
            case ScheduledJobEvent.TickDue(Instant at, Instant tick, Map<String, String> parameters, int revision) ->
                decidedUpTo(tick).withOpen(Run.due(Cause.SCHEDULE, tick, tick, parameters, revision, at));
            case ScheduledJobEvent.TicksSkipped skipped -> skipped(skipped);
            case ScheduledJobEvent.TriggerFired(
                    Instant at,
                    Observation seen,
                    Map<String, String> parameters,
                    int revision) ->
                observed(seen).withOpen(Run.due(Cause.TRIGGER, seen.digest(), null, parameters, revision, at));
            case ScheduledJobEvent.SourceShrunk shrunk -> observed(shrunk.observation());
            case ScheduledJobEvent.Requested(
                    Instant at,
                    String id,
                    Map<String, String> parameters,
                    int revision,
                    String by) -> withOpen(Run.due(Cause.MANUAL, id, null, parameters, revision, at));
            case ScheduledJobEvent.RunStarted(Instant at, String key, BatchId batch, boolean unchanged) -> {
                Run run = openRun(key);
                if (run == null) {
                    yield this;
                }
                Run started = run.started(at, batch);
                yield unchanged ? withEnded(started.ended(at, RunPhase.UNCHANGED, null)) : withOpen(started);
            }
            case ScheduledJobEvent.RunPostponed(Instant at, String key, String reason) -> {
                Run run = openRun(key);
                yield run == null ? this : withOpen(run.postponed(at, reason));
            }
            case ScheduledJobEvent.RunRefused(Instant at, String key, String reason) ->
                ended(at, key, RunPhase.REFUSED, reason);
            case ScheduledJobEvent.RunSkipped(Instant at, String key, String reason) ->
                ended(at, key, RunPhase.SKIPPED, reason);
            case ScheduledJobEvent.RunEnded(Instant at, String key, Phase phase, String reason) ->
                ended(at, key, RunPhase.of(phase), reason);
            case ScheduledJobEvent.BackfillStarted started -> with(BackfillState.of(started));
            case ScheduledJobEvent.BackfillRunStarted started -> {
                BackfillState backfill = backfills.get(started.id());
                yield backfill == null ? this : with(backfill.apply(started));
            }
            case ScheduledJobEvent.BackfillRunEnded ended -> {
                BackfillState backfill = backfills.get(ended.id());
                yield backfill == null ? this : with(backfill.apply(ended));
            }
            case ScheduledJobEvent.BackfillControlled controlled -> {
                BackfillState backfill = backfills.get(controlled.id());
                yield backfill == null ? this : with(backfill.apply(controlled));
            }
        };
    }

    private ScheduledJobStateBuilder change() {
        return ScheduledJobStateBuilder.builder(this);
    }

    /// Whether the job is applied.
    boolean isApplied() {
        return current != null && !isDeleted;
    }

    /// A run by its key; null if there is none, or none is kept.
    @Nullable
    Run run(String key) {
        Run run = openRun(key);
        return run == null ? get(ended, key) : run;
    }

    private @Nullable Run openRun(String key) {
        return get(open, key);
    }

    /// Whether a run waits or is running.
    boolean isActive() {
        return openRuns().iterator().hasNext();
    }

    /// The latest revision of a job that is applied.
    Revision requireCurrent() {
        return Objects.requireNonNull(current(), "the job is applied");
    }

    /// The runs that have not ended, in the order in which they were due.
    Iterable<Run> openRuns() {
        return CollectionConverters.asJava(open).values();
    }

    /// The number of runs that wait for their input, their destination or the registry.
    int postponedRuns() {
        int runs = 0;
        for (Run run : openRuns()) {
            runs += run.isPostponed() ? 1 : 0;
        }
        return runs;
    }

    /// All runs that are kept, in no order.
    List<Run> runs() {
        List<Run> runs = new ArrayList<>(CollectionConverters.asJava(ended).values());
        runs.addAll(CollectionConverters.asJava(open).values());
        return runs;
    }

    /// The run that was due last; empty if there is none.
    Optional<Run> latest() {
        Run latest = null;
        for (Run run : runs()) {
            if (latest == null || !run.dueAt().isBefore(latest.dueAt())) {
                latest = run;
            }
        }
        return Optional.ofNullable(latest);
    }

    private static <V> @Nullable V get(VectorMap<String, V> map, String key) {
        scala.Option<V> found = map.get(key);
        return found.isDefined() ? found.get() : null;
    }

    private ScheduledJobState applied(ScheduledJobEvent.Applied applied) {
        Revision revision = new Revision(
                applied.revision(),
                applied.text(),
                applied.folder(),
                applied.at(),
                applied.by(),
                current == null || isDeleted ? applied.at() : current.since());
        Map<Integer, Revision> all = new TreeMap<>(revisions);
        all.put(revision.number(), revision);
        return change().current(revision)
                .open(postponedTo(revision))
                .isDeleted(false)
                .pause(isDeleted ? null : pause)
                .decided(later(decided, applied.after()))
                .revisions(all)
                .observation(isDeleted ? null : observation)
                .build()
                .pruned();
    }

    /// The open runs. Those whose input, destination or registry is missing are submitted with the new revision,
    /// which may name another one.
    private VectorMap<String, Run> postponedTo(Revision revision) {
        VectorMap<String, Run> runs = open;
        for (Run run : openRuns()) {
            if (run.isPostponed()) {
                runs = runs.updated(
                        run.key(),
                        ScheduledJobStateRunBuilder.builder(run)
                                .revision(revision.number())
                                .build());
            }
        }
        return runs;
    }

    /// Runs that wait are not started any more. The others are followed to their end.
    private ScheduledJobState deleted(Instant at) {
        Map<String, BackfillState> stopped = new LinkedHashMap<>();
        backfills.forEach((id, backfill) -> stopped.put(id, backfill.isOver() ? backfill : backfill.cancelled(at)));
        ScheduledJobState next = change().isDeleted(true)
                .pause(null)
                .observation(null)
                .backfills(stopped)
                .build();
        for (Run run : openRuns()) {
            if (run.phase() == RunPhase.WAITING) {
                next = next.withEnded(run.ended(at, RunPhase.SKIPPED, "the job was deleted"));
            }
        }
        return next;
    }

    private ScheduledJobState skipped(ScheduledJobEvent.TicksSkipped skipped) {
        String reason = skipped.ticks() == 1
                ? skipped.reason()
                : "%,d ticks from %s on: %s".formatted(skipped.ticks(), skipped.first(), skipped.reason());
        Run run = Run.due(Cause.SCHEDULE, skipped.last(), skipped.last(), Map.of(), skipped.revision(), skipped.at());
        return decidedUpTo(skipped.last()).withEnded(run.ended(skipped.at(), RunPhase.SKIPPED, reason));
    }

    private ScheduledJobState ended(Instant at, String key, RunPhase end, @Nullable String reason) {
        Run run = openRun(key);
        return run == null ? this : withEnded(run.ended(at, end, reason)).pruned();
    }

    private ScheduledJobState withOpen(Run run) {
        return change().open(open.updated(run.key(), run)).build();
    }

    private ScheduledJobState withEnded(Run run) {
        VectorMap<String, Run> all = ended.removed(run.key()).updated(run.key(), run);
        return change().open(open.removed(run.key()))
                .ended(all.size() > KEPT_RUNS ? all.tail() : all)
                .build();
    }

    private ScheduledJobState observed(Observation seen) {
        return change().observation(seen).build();
    }

    private ScheduledJobState decidedUpTo(Instant tick) {
        return change().decided(later(decided, tick)).build();
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private ScheduledJobState with(BackfillState backfill) {
        Map<String, BackfillState> all = new LinkedHashMap<>(backfills);
        all.put(backfill.id(), backfill);
        long over = all.values().stream().filter(BackfillState::isOver).count();
        var oldest = all.values().iterator();
        while (over > KEPT_BACKFILLS && oldest.hasNext()) {
            if (oldest.next().isOver()) {
                oldest.remove();
                over--;
            }
        }
        return change().backfills(all).build().pruned();
    }

    /// Without the texts that nothing needs any more.
    private ScheduledJobState pruned() {
        if (revisions.size() == 1) {
            return this;
        }
        Set<Integer> needed = new HashSet<>();
        if (current != null) {
            needed.add(current.number());
        }
        openRuns().forEach(run -> needed.add(run.revision()));
        backfills.values().forEach(backfill -> needed.add(backfill.revision()));
        if (needed.containsAll(revisions.keySet())) {
            return this;
        }
        Map<Integer, Revision> kept = new TreeMap<>(revisions);
        kept.keySet().retainAll(needed);
        return change().revisions(kept).build();
    }

    /// A backfill.
    ///
    /// @param request which runs
    /// @param revision of the job file
    /// @param runs number of runs in the range
    /// @param by the name of the caller's token
    /// @param control how it is to go on
    /// @param floor every run with a lower number has a batch, or has ended
    /// @param beyond the runs from the floor on that have a batch, or have ended
    /// @param running the batches of runs that have not ended, by their numbers
    /// @param problems the last failed runs
    /// @param endedAt null before its end
    @RecordBuilder
    @RecordBuilder.Options(addClassRetainedGenerated = true, addStaticBuilder = false, enableWither = false)
    record BackfillState(
            String id,
            BackfillRequest request,
            int revision,
            int runs,
            Instant startedAt,
            String by,
            Control control,
            int floor,
            Set<Integer> beyond,
            Map<Integer, BatchId> running,
            int published,
            int untouched,
            int failed,
            List<Problem> problems,
            @Nullable Instant endedAt) {

        /// How a backfill is to go on.
        enum Control {
            RUNNING,
            PAUSED,
            CANCELLED
        }

        /// A failed run.
        ///
        /// @param number in the backfill
        /// @param phase failed or cancelled; null if it could not be submitted
        record Problem(
                int number,
                @Nullable Phase phase,
                @Nullable BatchId batch,
                @Nullable String reason,
                Instant at) {}

        /// Failed runs that are kept.
        static final int KEPT_PROBLEMS = 50;

        static BackfillState of(ScheduledJobEvent.BackfillStarted started) {
            return new BackfillState(
                    started.id(),
                    started.request(),
                    started.revision(),
                    started.runs(),
                    started.at(),
                    started.by(),
                    Control.RUNNING,
                    0,
                    Set.of(),
                    Map.of(),
                    0,
                    0,
                    0,
                    List.of(),
                    started.runs() == 0 ? started.at() : null);
        }

        private ScheduledJobStateBackfillStateBuilder change() {
            return ScheduledJobStateBackfillStateBuilder.builder(this);
        }

        /// Whether nothing more is to be done.
        boolean isOver() {
            return endedAt != null && running.isEmpty();
        }

        /// Whether a run has a batch or has ended.
        boolean isTouched(int number) {
            return number < floor || beyond.contains(number);
        }

        private BackfillState apply(ScheduledJobEvent.BackfillRunStarted started) {
            if (isTouched(started.number())) {
                return this;
            }
            Map<Integer, BatchId> batches = new TreeMap<>(running);
            if (!started.untouched()) {
                batches.put(started.number(), started.batch());
            }
            return touched(started.number())
                    .counted(batches, 0, started.untouched() ? 1 : 0, null)
                    .finished(started.at());
        }

        private BackfillState apply(ScheduledJobEvent.BackfillRunEnded ended) {
            BatchId batch = running.get(ended.number());
            if (batch == null && isTouched(ended.number())) {
                return this;
            }
            Map<Integer, BatchId> batches = new TreeMap<>(running);
            batches.remove(ended.number());
            boolean isPublished = ended.phase() == Phase.PUBLISHED;
            return touched(ended.number())
                    .counted(
                            batches,
                            isPublished ? 1 : 0,
                            0,
                            isPublished
                                    ? null
                                    : new Problem(ended.number(), ended.phase(), batch, ended.reason(), ended.at()))
                    .finished(ended.at());
        }

        private BackfillState apply(ScheduledJobEvent.BackfillControlled controlled) {
            return switch (controlled.control()) {
                case PAUSE -> controlled(Control.PAUSED, endedAt);
                case RESUME -> controlled(Control.RUNNING, endedAt);
                case CANCEL -> cancelled(controlled.at());
            };
        }

        private BackfillState cancelled(Instant at) {
            return controlled(Control.CANCELLED, endedAt == null ? at : endedAt);
        }

        private BackfillState controlled(Control next, @Nullable Instant end) {
            return change().control(next).endedAt(end).build();
        }

        private BackfillState touched(int number) {
            if (isTouched(number)) {
                return this;
            }
            Set<Integer> above = new HashSet<>(beyond);
            above.add(number);
            int low = floor;
            while (above.remove(low)) {
                low++;
            }
            return change().floor(low).beyond(Set.copyOf(above)).build();
        }

        private BackfillState counted(
                Map<Integer, BatchId> batches, int morePublished, int moreUntouched, @Nullable Problem problem) {
            List<Problem> last = problems;
            if (problem != null) {
                last = new ArrayList<>(problems);
                last.add(problem);
                last = last.size() > KEPT_PROBLEMS ? last.subList(1, last.size()) : last;
            }
            return change().running(Map.copyOf(batches))
                    .published(published + morePublished)
                    .untouched(untouched + moreUntouched)
                    .failed(failed + (problem == null ? 0 : 1))
                    .problems(List.copyOf(last))
                    .build();
        }

        private BackfillState finished(Instant at) {
            return endedAt == null && floor == runs && running.isEmpty() ? controlled(control, at) : this;
        }
    }
}
