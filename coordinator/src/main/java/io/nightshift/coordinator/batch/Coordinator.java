package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.storage.destination.Publication;
import io.nightshift.storage.source.SourceInspector.InspectedFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The decisions of one batch's coordinator: a deterministic machine, free of actors, clocks,
/// threads and I/O. [Batch] runs it on a journal; a simulation runs it on what it likes.
///
/// [#decide] takes the state as the ledger tells it, a message and the time, and says what to
/// persist and what to do when that is durable. What isn't in the ledger, the leases above all, is
/// kept in this object and lost with it on purpose: the next incarnation leases anew with greater
/// epochs, so an attempt of the old one can't be committed any more. After a failed journal write,
/// whose outcome is unknown, and after a crash, a new coordinator is made, and told
/// [Message.Recovered].
///
/// What waits for disks runs elsewhere and reports back with the incarnation that asked; what an
/// earlier one asked for is not listened to.
class Coordinator {

    private final BatchId batch;
    private final BatchSettings settings;
    private final String node;
    private final RandomGenerator random;
    private final Attempts attempts;

    /// The incarnation that this coordinator has persisted; 0 until it has taken charge.
    private int incarnation;

    /// How often planning or publishing has failed since this incarnation took charge.
    private int failedElsewhere;

    /// Whether something of this incarnation runs elsewhere, and will report.
    private boolean busyElsewhere;

    /// When the ledger was last looked at; null before the first tick.
    private @Nullable Moment lookedAt;

    /// @param node this node's name, `host:port`
    /// @param random for the waits between tries
    /// @param attempts new, and used by nobody else
    Coordinator(BatchId batch, BatchSettings settings, String node, RandomGenerator random, Attempts attempts) {
        this.batch = batch;
        this.settings = settings;
        this.node = node;
        this.random = random;
        this.attempts = attempts;
    }

    /// Decides what a message leads to. The next message is only given when the events of this one
    /// are durable and their [Decision.Durable] has run.
    Decision decide(BatchState state, Message message, Moment now) {
        return switch (message) {
            case Message.Asked(BatchCommand command) ->
                switch (command) {
                    case BatchCommand.Open(Submission submission) -> open(state, submission, now);
                    case BatchCommand.Wake(Submission submission) -> wake(state, submission, now);
                    case BatchCommand.Control request -> control(state, request, now);
                    case BatchCommand.Describe describe ->
                        Decision.act(new Action.Tell<>(describe.replyTo(), describe(state)));
                    case BatchCommand.RequestLease request -> attempts.lease(state, request, now);
                    case BatchCommand.Heartbeat heartbeat ->
                        heard(state, heartbeat.attempt(), now)
                                .orElseGet(() -> attempts.heartbeat(state, heartbeat, authority(state), now));
                    case BatchCommand.Commit commit ->
                        heard(state, commit.commit().attempt(batch), now)
                                .orElseGet(() -> attempts.commit(state, commit, authority(state), now));
                    case BatchCommand.GiveBack(Attempt attempt) -> attempts.giveBack(attempt, now);
                    case BatchCommand.AttemptEnded ended ->
                        attempts.ended(state, ended, now).thenIfPersisted(this::turned);
                };
            case Message.Recovered recovered -> recovered(state, now);
            case Message.Flush flush -> attempts.flush(state, now).thenIfPersisted(this::turned);
            case Message.Tick tick -> tick(state, now);
            case Message.Reported(int asked, Message.Outcome outcome) -> reported(state, asked, outcome, now);
            case Message.Again(int asked) ->
                asked == incarnation && waits(state) ? Decision.act(goOn(state)) : Decision.nothing();
        };
    }

    // The beginning, and every new beginning.

    private Decision open(BatchState state, Submission submission, Moment now) {
        return switch (state.phase()) {
            case null ->
                takeCharge(
                        state,
                        now,
                        new BatchEvent.Submitted(now.instant(), batch, submission.job(), submission.model()));
            case FAILED -> {
                if (attempts.budgetExceeded(state, state.totals()) != null) {
                    yield Decision.act(new Action.Note(
                            "{} stays failed: what is committed has too many bad rows already", List.of(batch)));
                }
                yield takeCharge(state, now, new BatchEvent.Retried(now.instant()));
            }
            // What an operator has paused isn't resumed by who runs the job again.
            case SUBMITTED, RUNNING, PAUSED, PUBLISHING -> Decision.nothing();
            case PUBLISHED, CANCELLED -> Decision.act(ended(state));
        };
    }

    private Decision wake(BatchState state, Submission submission, Moment now) {
        Phase phase = state.phase();
        if (phase == null) {
            return open(state, submission, now);
        }
        return phase.isEnd() ? Decision.act(ended(state)) : Decision.act(attempts.announce(state, now));
    }

    private Decision recovered(BatchState state, Moment now) {
        if (incarnation != 0) {
            // A message that waited for the recovery has begun already.
            return Decision.nothing();
        }
        return switch (state.phase()) {
            case SUBMITTED, RUNNING, PAUSED, PUBLISHING -> takeCharge(state, now);
            case null -> Decision.nothing();
            case FAILED -> Decision.nothing();
            case PUBLISHED, CANCELLED -> Decision.act(ended(state));
        };
    }

    /// Persists a new incarnation, then does what is next.
    Decision takeCharge(BatchState state, Moment now, BatchEvent... before) {
        List<BatchEvent> events = new ArrayList<>(List.of(before));
        events.add(new BatchEvent.TookOver(now.instant(), state.incarnation() + 1, node));
        return Decision.persist(events, (next, later) -> inCharge(next));
    }

    List<Action> inCharge(BatchState state) {
        incarnation = state.incarnation();
        failedElsewhere = 0;
        return goOn(state);
    }

    /// What is next to do, elsewhere.
    private List<Action> goOn(BatchState state) {
        attempts.end();
        Action next = switch (state.phase()) {
            case SUBMITTED -> new Action.Plan(incarnation, state.submission());
            case RUNNING -> new Action.CheckInput(incarnation, state.pinned().files());
            // Its plan is made while it is paused; the input is checked when it is resumed.
            case PAUSED -> state.plan() == null ? new Action.Plan(incarnation, state.submission()) : null;
            case PUBLISHING -> new Action.Publish(incarnation, state);
            case null, default -> throw new IllegalStateException(batch + " has nothing to go on with");
        };
        busyElsewhere = next != null;
        return next == null ? List.of() : List.of(next);
    }

    /// Whether the batch is to go on, and neither does so nor runs elsewhere.
    private boolean waits(BatchState state) {
        return state.isOpen() && state.phase() != Phase.FAILED && !busyElsewhere && !attempts.hasBegun();
    }

    // Time.

    private Decision tick(BatchState state, Moment now) {
        Decision decision = attempts.tick(state, now).thenIfPersisted(this::turned);
        if (lookedAt == null) {
            lookedAt = now;
        }
        boolean lately = now.nanos() - lookedAt.nanos() < settings.lease().toNanos();
        if (lately || !waitsForSomeone(state) || !decision.events().isEmpty()) {
            return decision;
        }
        lookedAt = now;
        return decision.with(new Action.LookAtLedger(incarnation));
    }

    /// An attempt that a later coordinator has leased: this one was replaced, and doesn't know it. It
    /// says nothing, and finds out.
    private Optional<Decision> heard(BatchState state, Attempt attempt, Moment now) {
        if (!isOfASuccessor(state, attempt)) {
            return Optional.empty();
        }
        boolean lately = lookedAt != null
                && now.nanos() - lookedAt.nanos() < settings.tick().toNanos();
        if (lately) {
            return Optional.of(Decision.nothing());
        }
        lookedAt = now;
        return Optional.of(Decision.act(new Action.LookAtLedger(incarnation)));
    }

    boolean isOfASuccessor(BatchState state, Attempt attempt) {
        return attempt.epoch().incarnation() > state.incarnation();
    }

    /// Whether nothing is written until someone asks for it. Another coordinator, that was thought
    /// dead, may have been asked, and be dead since; this one would never hear of it.
    boolean waitsForSomeone(BatchState state) {
        return state.phase() == null || state.phase() == Phase.PAUSED || state.phase() == Phase.FAILED;
    }

    // What ran elsewhere.

    private Decision reported(BatchState state, int asked, Message.Outcome outcome, Moment now) {
        if (outcome instanceof Message.Fenced(BatchCommand.Control request, String obstacle)) {
            return fenced(state, asked, request, obstacle, now);
        }
        if (outcome instanceof Message.LedgerHas(long entries)) {
            return entries > state.entries() ? Decision.act(new Action.Recover()) : Decision.nothing();
        }
        if (asked == incarnation) {
            busyElsewhere = false;
        }
        if (state.phase() == Phase.CANCELLED) {
            return Decision.act(ended(state));
        }
        if (asked != incarnation) {
            return Decision.nothing();
        }
        return switch (outcome) {
            case Message.PlanMade made -> planned(state, made, now);
            case Message.InputUnchanged unchanged ->
                (state.phase() == Phase.RUNNING || state.phase() == Phase.PAUSED) && !attempts.hasBegun()
                        ? Decision.act(begin(state, now))
                        : Decision.nothing();
            case Message.Fenced fenced -> Decision.nothing();
            case Message.LedgerHas looked -> Decision.nothing();
            case Message.Visible(Publication publication) -> visible(state, publication, now);
            case Message.Broken(Failure failure) -> broken(state, failure, now);
        };
    }

    private Decision planned(BatchState state, Message.PlanMade made, Moment now) {
        if (state.plan() != null || !Transitions.allows(phase(state), BatchEvent.Planned.class)) {
            return Decision.nothing();
        }
        List<SourceFile> files = made.files().stream().map(InspectedFile::file).toList();
        return Decision.persist(List.of(new BatchEvent.Planned(now.instant(), files, made.partitions())), this::begin);
    }

    private List<Action> begin(BatchState state, Moment now) {
        failedElsewhere = 0;
        return attempts.begin(state, incarnation, now);
    }

    private Phase phase(BatchState state) {
        if (state.phase() == null) {
            throw new IllegalStateException(batch + " was not submitted");
        }
        return state.phase();
    }

    private Decision visible(BatchState state, Publication publication, Moment now) {
        if (state.phase() != Phase.PUBLISHING) {
            return Decision.nothing();
        }
        return Decision.persist(
                List.of(new BatchEvent.Published(
                        now.instant(), publication.destination(), publication.manifestSha256())),
                (next, later) -> List.of(ended(next)));
    }

    /// A transient failure of planning or publishing is tried again like an attempt's.
    private Decision broken(BatchState state, Failure failure, Moment now) {
        RetryPolicy retry = settings.retry();
        failedElsewhere++;
        if (!failure.isPermanent() && failedElsewhere < retry.attempts()) {
            Duration backoff = retry.backoff(failedElsewhere, random);
            return Decision.act(new Action.TryAgain(incarnation, failure, backoff));
        }
        if (!Transitions.allows(phase(state), BatchEvent.Failed.class)) {
            return Decision.nothing();
        }
        return Decision.persist(List.of(new BatchEvent.Failed(now.instant(), failure)), this::turned);
    }

    // The end.

    /// Attempts may have led to the last commit, or failed the batch.
    List<Action> turned(BatchState next, Moment now) {
        return switch (next.phase()) {
            case FAILED -> {
                attempts.end();
                yield List.of(new Action.TellJobs(new JobsCommand.HasNoWork(batch)));
            }
            case PUBLISHING -> goOn(next);
            case null, default -> List.of();
        };
    }

    /// Tells the register that the batch ended; of a cancelled one, when its output is swept.
    private Action ended(BatchState state) {
        return state.phase() == Phase.CANCELLED
                ? new Action.Sweep(state.submission().job())
                : new Action.TellJobs(new JobsCommand.BatchEnded(batch, Phase.PUBLISHED));
    }

    // What is measured.

    /// How the batch is, or null if it has ended or there is none.
    BatchObserver.@Nullable Standing standing(BatchState state, Moment now) {
        Phase phase = state.phase();
        return phase == null || phase.isEnd() ? null : attempts.standing(state, phase, now);
    }

    OptionalLong sinceHeard(Attempt attempt, Moment now) {
        return attempts.sinceHeard(attempt, now);
    }

    // What operators want.

    private Decision control(BatchState state, BatchCommand.Control request, Moment now) {
        Phase phase = state.phase();
        if (phase == null) {
            return refuse(request, "there is no such batch");
        }
        return switch (Control.verdict(phase, request)) {
            case REFUSED -> toldAgain(refuse(request, Control.refusal(phase)), state);
            case HOLDS_ALREADY -> toldAgain(done(request, state), state);
            case TO_BE_DONE ->
                needsFence(state, request)
                        ? Decision.act(new Action.Fence(incarnation, state, request))
                        : meet(state, request, now);
        };
    }

    /// Who asks something of a batch that has ended may have missed it.
    private Decision toldAgain(Decision decision, BatchState state) {
        return phase(state).isEnd() ? decision.with(ended(state)) : decision;
    }

    /// Whether a publication may be under way somewhere, and the request would change what it shows.
    boolean needsFence(BatchState state, BatchCommand.Control request) {
        return Control.changesWhatIsCommitted(request) && state.phase() == Phase.FAILED && state.isComplete();
    }

    /// The batch failed while it was published, and is to be changed or given up.
    private Decision fenced(
            BatchState state, int asked, BatchCommand.Control request, @Nullable String obstacle, Moment now) {
        if (obstacle != null) {
            return refuse(request, obstacle);
        }
        return asked == incarnation && state.phase() == Phase.FAILED
                ? meet(state, request, now)
                : refuse(request, "it has changed in the meantime. Ask again");
    }

    private Decision meet(BatchState state, BatchCommand.Control request, Moment now) {
        return switch (request) {
            case BatchCommand.Pause pause ->
                Decision.persist(
                        List.of(new BatchEvent.Paused(now.instant(), pause.reason())),
                        (next, later) ->
                                List.of(new Action.TellJobs(new JobsCommand.HasNoWork(batch)), reply(request, next)));
            case BatchCommand.Resume resume ->
                Decision.persist(List.of(new BatchEvent.Resumed(now.instant())), this::resumed)
                        .thenIfPersisted((next, later) -> List.of(reply(request, next)));
            case BatchCommand.Cancel cancel -> cancel(cancel, now);
            case BatchCommand.Retry retry -> retry(state, retry, now);
            case BatchCommand.Rescore rescore -> rescore(state, rescore, now);
        };
    }

    private List<Action> resumed(BatchState next, Moment now) {
        if (next.phase() != Phase.PUBLISHING && attempts.hasBegun()) {
            return attempts.announce(next, now);
        }
        // Who isn't in charge yet will be, as soon as it hears that it has recovered, and goes on then.
        return busyElsewhere || incarnation == 0 ? List.of() : goOn(next);
    }

    private Decision cancel(BatchCommand.Cancel request, Moment now) {
        return Decision.persist(List.of(new BatchEvent.Cancelled(now.instant(), request.reason())), (next, later) -> {
            attempts.end();
            List<Action> actions = new ArrayList<>();
            actions.add(new Action.TellJobs(new JobsCommand.HasNoWork(batch)));
            actions.add(reply(request, next));
            // What runs elsewhere may make the staging folder until it has reported.
            if (!busyElsewhere) {
                actions.add(ended(next));
            }
            return actions;
        });
    }

    private Decision retry(BatchState state, BatchCommand.Retry request, Moment now) {
        BatchEvent retried = new BatchEvent.Retried(now.instant());
        if (state.phase() == Phase.FAILED) {
            String exceeded = attempts.budgetExceeded(state, state.totals());
            return exceeded == null
                    ? takeCharge(state, now, retried).thenIfPersisted((next, later) -> List.of(reply(request, next)))
                    : refuse(request, "it would fail again: " + exceeded);
        }
        if (attempts.givenUp(state, state.attemptsFailed()).isEmpty()) {
            return done(request, state);
        }
        return Decision.persist(List.of(retried), attempts::retry)
                .thenIfPersisted((next, later) -> List.of(reply(request, next)));
    }

    private Decision rescore(BatchState state, BatchCommand.Rescore request, Moment now) {
        if (state.plan() == null) {
            return refuse(request, "it is not planned yet");
        }
        int partitions = state.plan().index().partitions();
        SortedSet<Integer> chosen = new TreeSet<>(request.partitions());
        if (chosen.isEmpty() || chosen.first() < 0 || chosen.last() >= partitions) {
            return refuse(
                    request,
                    chosen.isEmpty()
                            ? "no partition was named"
                            : "it has the partitions 0 to %d, and no %d"
                                    .formatted(partitions - 1, chosen.first() < 0 ? chosen.first() : chosen.last()));
        }
        List<Integer> committed =
                chosen.stream().filter(state.winners()::contains).toList();
        if (committed.isEmpty()) {
            return done(request, state);
        }
        return Decision.persist(
                        List.of(new BatchEvent.Rescored(now.instant(), committed)),
                        (next, later) -> attempts.rescore(next, committed, later))
                .thenIfPersisted((next, later) -> List.of(reply(request, next)));
    }

    private Action reply(BatchCommand.Control request, BatchState next) {
        return new Action.Tell<>(request.replyTo(), new ControlReply.Done(batch, phase(next)));
    }

    private Decision done(BatchCommand.Control request, BatchState state) {
        return Decision.act(reply(request, state));
    }

    private Decision refuse(BatchCommand.Control request, String reason) {
        return Decision.act(new Action.Tell<ControlReply>(request.replyTo(), new ControlReply.Refused(batch, reason)));
    }

    // Tools.

    /// The greatest incarnation whose attempts this coordinator can judge: whether they have won is in
    /// the state for good. That is so of its own and of all before it, as soon as its taking charge is
    /// in the ledger, for then no other can write; and of all that were, when the batch has stopped. A
    /// coordinator that was replaced, and doesn't know it yet, can't judge the attempts of its
    /// successor, which may have won.
    int authority(BatchState state) {
        return switch (state.phase()) {
            case null -> 0;
            case SUBMITTED, RUNNING, PAUSED, PUBLISHING -> incarnation;
            case FAILED, PUBLISHED, CANCELLED -> state.incarnation();
        };
    }

    private BatchStatus describe(BatchState state) {
        BatchState.Totals totals = state.totals();
        BatchEvent.Published published = state.published();
        return new BatchStatus(
                batch,
                state.phase(),
                state.incarnation(),
                state.plan() == null ? 0 : state.plan().index().rows(),
                totals.rows() + attempts.rowsInFlight(),
                state.plan() == null ? 0 : state.plan().index().partitions(),
                state.winners().count(),
                attempts.inFlight(),
                totals.read(),
                totals.predictions(),
                totals.quarantined(),
                totals.bytes(),
                state.attemptsFailed().values().stream()
                        .mapToInt(Integer::intValue)
                        .sum(),
                state.failure(),
                published == null ? null : published.destination(),
                state.entries(),
                state.head());
    }
}
