package io.nightshift.coordinator.register;

import io.nightshift.coordinator.register.RegisterAction.Decision;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.OpenBatchLimit;
import io.nightshift.protocol.register.SubmissionTicket;
import io.nightshift.protocol.wire.WireLimits;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The decision logic of the batch register. It is deterministic, like that of a batch: it uses no actors,
/// clocks, threads or I/O, so that a simulation can run it.
///
/// The submissions of one run (a job with values of its parameters) are decided about one after the other.
/// Runs of one job do not wait for each other. If the run has an open batch, the first submission waits for
/// an answer of that batch:
///
/// - An ordinary submission asks for the batch's status, because a batch ends in its own ledger first and
/// tells the register after that.
/// - A fresh submission replaces the batch. It asks the batch to cancel itself, and opens another one only
/// when the old one can never be published any more. A batch that is being published refuses, and so the
///   submission is rejected.
///
/// A question or an answer can get lost. Then the run's next submission repeats the question.
///
/// A submission carries a [SubmissionTicket] that this register has issued a moment before. Without a valid
/// ticket nothing is opened: the caller has stopped waiting, and may have submitted again.
class RegisterDecisions {

    /// The longest time from the issue of a ticket to the register's decision about its submission. Not
    /// longer than a gateway waits for the reply.
    static final Duration TICKET_LIFETIME = Duration.ofSeconds(3);

    /// The same for a submission without a ticket, whose caller waits longer.
    static final Duration LIFETIME = Duration.ofSeconds(30);

    /// Submissions that may wait for the answers of open batches.
    private static final int MOST_WAITING = 1_000;

    /// The beginning of a schedule's keys; an instant follows.
    private static final String TICK = "tick:";

    private static final String SUBMIT_AGAIN = "Submit the job again";

    /// @param deadline in nanoseconds of the register's clock
    private record WaitingSubmission(BatchRegisterCommand.Submit submit, long deadline) {
        boolean isFresh() {
            return submit.fresh();
        }
    }

    private final RandomGenerator random;

    /// Tells the tickets of this object from those of others.
    private final long incarnation;

    /// The batches with work.
    private final WorkerShares shares;

    private final ArrayDeque<ActorRef<WorkerMessage>> freeWorkers = new ArrayDeque<>();

    /// The submissions of each run that wait for its open batch. The first is being decided about.
    private final Map<RunKey, Deque<WaitingSubmission>> waiting = new HashMap<>();

    private int waitingCount;

    /// Any number of batches may score at the same time.
    ///
    /// @param random for batch IDs
    RegisterDecisions(RandomGenerator random) {
        this(random, new WorkerShares(Integer.MAX_VALUE));
    }

    /// @param random for batch IDs
    /// @param shares new, and used by no other object
    RegisterDecisions(RandomGenerator random, WorkerShares shares) {
        this.random = random;
        this.shares = shares;
        this.incarnation = random.nextLong();
    }

    /// Decides about a message.
    ///
    /// @param nanos the time on a monotonic clock
    /// @param now the wall clock's time, for events
    Decision decide(BatchRegisterState state, RegisterMessage message, long nanos, Instant now) {
        return switch (message) {
            case RegisterMessage.CommandReceived(BatchRegisterCommand command, long number) ->
                decide(state, command, nanos, now);
            case RegisterMessage.StatusReceived(BatchStatus status) -> statusReceived(state, status, nanos, now);
            case RegisterMessage.CancelAnswered(ControlReply reply) -> cancelAnswered(state, reply, nanos, now);
            case RegisterMessage.NextSubmission(RunKey run) -> next(state, run, nanos, now);
            case RegisterMessage.LostBatchesFound(List<LostBatch> lost) -> reenter(state, lost, now);
        };
    }

    private Decision decide(BatchRegisterState state, BatchRegisterCommand command, long nanos, Instant now) {
        return switch (command) {
            case BatchRegisterCommand.AskTicket(ActorRef<SubmissionTicket> replyTo) ->
                Decision.of(new RegisterAction.Send<>(replyTo, new SubmissionTicket(incarnation, nanos)));
            case BatchRegisterCommand.Submit submit -> submit(state, submit, nanos, now);
            case BatchRegisterCommand.Find(String batch, ActorRef<BatchRegisterCommand.FindReply> replyTo) ->
                Decision.of(new RegisterAction.Send<>(replyTo, find(state, batch)));
            case BatchRegisterCommand.FindByKey(
                    String job,
                    String key,
                    String fingerprint,
                    ActorRef<BatchRegisterCommand.FindReply> replyTo) ->
                Decision.of(new RegisterAction.Send<>(replyTo, findByKey(state, job, key, fingerprint)));
            case BatchRegisterCommand.WakeOpenBatches wakeUp -> Decision.of().plus(wake(state));
            case BatchRegisterCommand.FindWork(ActorRef<WorkerMessage> worker) -> {
                freeWorkers.remove(worker);
                freeWorkers.add(worker);
                yield Decision.of().plus(assignWorkers(nanos));
            }
            case BatchRegisterCommand.HasWork(BatchId batch, long partitionMillis) -> {
                hasWork(state, batch, partitionMillis, nanos);
                yield Decision.of().plus(assignWorkers(nanos));
            }
            case BatchRegisterCommand.HasNoWork(BatchId batch) -> {
                shares.hasNoWork(batch);
                yield Decision.of();
            }
            case BatchRegisterCommand.BatchEnded(BatchId batch, Phase phase, PastRun run) -> {
                shares.hasNoWork(batch);
                yield state.hasEnded(batch)
                        ? Decision.of()
                        : Decision.persist(new BatchRegisterEvent.Ended(now, batch, phase, run));
            }
        };
    }

    /// Enters batches again whose entry was lost, and makes sure that those run that have not ended.
    private Decision reenter(BatchRegisterState state, List<LostBatch> lost, Instant now) {
        List<BatchRegisterEvent> events = new ArrayList<>();
        BatchRegisterState next = state;
        for (LostBatch batch : lost) {
            if (!state.batches().containsKey(batch.batch())) {
                BatchRegisterEvent event = new BatchRegisterEvent.Reentered(
                        now, batch.batch(), batch.openedAt(), batch.submission(), batch.phase());
                events.add(event);
                next = next.apply(event);
            }
        }
        return events.isEmpty() ? Decision.of() : new Decision(events, wake(next));
    }

    private static BatchRegisterCommand.FindReply find(BatchRegisterState state, String batch) {
        try {
            return new BatchRegisterCommand.Found(BatchNameResolver.resolve(state, batch));
        } catch (FailureException e) {
            return new BatchRegisterCommand.NotFound(e.failure().message());
        }
    }

    private static BatchRegisterCommand.FindReply findByKey(
            BatchRegisterState state, String job, String key, String fingerprint) {
        return state.use(job, key)
                .filter(use -> use.fingerprint().equals(fingerprint))
                .<BatchRegisterCommand.FindReply>map(use -> new BatchRegisterCommand.Found(use.batch()))
                .orElseGet(() -> new BatchRegisterCommand.NotFound("no submission of this job file has used the key"));
    }

    /// Makes sure that every open batch runs, and repeats messages that a crash may have lost.
    List<RegisterAction> wake(BatchRegisterState state) {
        List<RegisterAction> actions = new ArrayList<>();
        for (BatchRegisterState.Entry entry : state.unfinished()) {
            // A batch must be submitted before it can be cancelled, and its first message may have been lost.
            actions.add(new RegisterAction.TellBatch(
                    entry.batch(),
                    new BatchCommand.EnsureStarted(
                            Objects.requireNonNull(entry.submission()), state.history(entry.job()))));
            if (entry.superseded()) {
                actions.add(new RegisterAction.CancelBatch(entry.batch(), false));
            }
        }
        return actions;
    }

    /// A batch of which the register has lost the entry counts as a job of its own.
    private void hasWork(BatchRegisterState state, BatchId batch, long partitionMillis, long nanos) {
        BatchRegisterState.Entry entry = state.batches().get(batch);
        Submission submission = entry == null ? null : entry.submission();
        String job = submission == null ? batch.value() : submission.job().name();
        int priority =
                submission == null ? Job.DEFAULT_PRIORITY : submission.job().priority();
        shares.hasWork(batch, job, priority, partitionMillis, nanos);
    }

    private List<RegisterAction> assignWorkers(long nanos) {
        List<RegisterAction> actions = new ArrayList<>();
        while (!freeWorkers.isEmpty()) {
            BatchId batch = shares.next(nanos);
            if (batch == null) {
                break;
            }
            actions.add(new RegisterAction.Send<>(freeWorkers.remove(), new WorkerMessage.WorkAt(batch)));
        }
        return actions;
    }

    // Submissions.

    private Decision submit(BatchRegisterState state, BatchRegisterCommand.Submit submit, long nanos, Instant now) {
        Optional<String> refusal = WireLimits.refusal(submit.submission().job());
        if (refusal.isPresent()) {
            return reply(submit, new BatchRegisterCommand.Rejected(refusal.get()));
        }
        SubmissionTicket ticket = submit.ticket();
        if (ticket != null && !isValid(ticket, nanos)) {
            return reply(
                    submit,
                    new BatchRegisterCommand.NotNow(
                            "the submission has waited too long for the batch register. " + SUBMIT_AGAIN));
        }
        if (waitingCount >= MOST_WAITING) {
            return reply(submit, tooMany());
        }
        long deadline = deadline(ticket, nanos);
        RunKey run = RunKey.of(submit.submission().job());
        waiting.computeIfAbsent(run, first -> new ArrayDeque<>()).addLast(new WaitingSubmission(submit, deadline));
        waitingCount++;
        return next(state, run, nanos, now);
    }

    /// When the submission's caller has stopped waiting, on the register's clock.
    long deadline(@Nullable SubmissionTicket ticket, long nanos) {
        return ticket == null ? nanos + LIFETIME.toNanos() : ticket.nanos() + TICKET_LIFETIME.toNanos();
    }

    static BatchRegisterCommand.NotNow tooMany() {
        return new BatchRegisterCommand.NotNow(
                "more requests wait for the batch register than it can take. " + SUBMIT_AGAIN);
    }

    /// Whether this object has issued the ticket, and its caller still waits.
    boolean isValid(SubmissionTicket ticket, long nanos) {
        return ticket.register() == incarnation && nanos - ticket.nanos() <= TICKET_LIFETIME.toNanos();
    }

    private static Decision reply(BatchRegisterCommand.Submit submit, BatchRegisterCommand.SubmitReply reply) {
        return Decision.of(new RegisterAction.Send<>(submit.replyTo(), reply));
    }

    /// The run's first submission whose caller still waits; drops those before it. Null if there is none.
    private @Nullable WaitingSubmission first(RunKey run, long nanos) {
        Deque<WaitingSubmission> queue = waiting.get(run);
        while (queue != null && !queue.isEmpty() && queue.getFirst().deadline() - nanos < 0) {
            remove(run);
        }
        return queue == null || queue.isEmpty() ? null : queue.getFirst();
    }

    private void remove(RunKey run) {
        Deque<WaitingSubmission> queue = Objects.requireNonNull(waiting.get(run));
        queue.removeFirst();
        waitingCount--;
        if (queue.isEmpty()) {
            waiting.remove(run);
        }
    }

    /// Decides about the run's first submission, or asks the run's open batch.
    private Decision next(BatchRegisterState state, RunKey run, long nanos, Instant now) {
        WaitingSubmission first = first(run, nanos);
        if (first == null) {
            return Decision.of();
        }
        BatchRegisterCommand.Submit submit = first.submit();
        Optional<BatchRegisterState.KeyUse> before =
                submit.key() == null ? Optional.empty() : state.use(run.job(), submit.key());
        if (before.isPresent()) {
            return decided(run, reply(submit, repeated(before.get(), submit)));
        }
        Optional<BatchRegisterState.Entry> open = state.open(run);
        return open.isPresent()
                ? Decision.of(new RegisterAction.AskStatus(open.get().batch()))
                : decided(run, openBatch(state, submit, now));
    }

    /// Removes the run's first submission, about which something is decided.
    Decision decided(RunKey run, Decision decision) {
        remove(run);
        return waiting.containsKey(run) ? decision.plus(List.of(new RegisterAction.Continue(run))) : decision;
    }

    private Decision statusReceived(BatchRegisterState state, BatchStatus status, long nanos, Instant now) {
        BatchRegisterState.Entry entry = state.batches().get(status.batch());
        if (entry == null) {
            return Decision.of();
        }
        RunKey run = entry.run();
        if (status.phase() == Phase.PUBLISHED && entry.end().isEmpty()) {
            return Decision.persist(
                    new BatchRegisterEvent.Ended(
                            now,
                            status.batch(),
                            Phase.PUBLISHED,
                            status.timing() == null ? null : status.timing().run()),
                    new RegisterAction.Continue(run));
        }
        WaitingSubmission first = first(run, nanos);
        if (first == null || !isOpen(state, run, status.batch())) {
            return next(state, run, nanos, now);
        }
        if (status.phase() == Phase.CANCELLED) {
            // The register learns of the end when the batch's staged output is removed.
            return decided(run, openBatch(state, first.submit(), now));
        }
        if (status.isDamaged() && !first.isFresh()) {
            return decided(run, reply(first.submit(), new BatchRegisterCommand.Rejected(damaged(status))));
        }
        if (!first.isFresh()) {
            return decided(run, resume(state, entry, first.submit(), now));
        }
        return isAtLimit(state, first.submit())
                ? decided(run, reply(first.submit(), tooManyOpen(first.submit())))
                : replace(state, entry, first.submit(), now);
    }

    private static String damaged(BatchStatus status) {
        return "batch %s of this job can't be resumed: %s. If its output is at the destination, it was published. If not, start a new batch with --new, which closes this one"
                .formatted(
                        status.batch(), Objects.requireNonNull(status.failure()).message());
    }

    private static boolean isOpen(BatchRegisterState state, RunKey run, BatchId batch) {
        return state.open(run).filter(open -> open.batch().equals(batch)).isPresent();
    }

    /// Replaces the run's open batch: cancels it first.
    Decision replace(
            BatchRegisterState state, BatchRegisterState.Entry open, BatchRegisterCommand.Submit submit, Instant now) {
        return Decision.of(new RegisterAction.CancelBatch(open.batch(), true));
    }

    private Decision cancelAnswered(BatchRegisterState state, ControlReply reply, long nanos, Instant now) {
        BatchRegisterState.Entry entry = state.batches().get(reply.batch());
        if (entry == null) {
            return Decision.of();
        }
        RunKey run = entry.run();
        WaitingSubmission first = first(run, nanos);
        if (first == null || !first.isFresh() || !isOpen(state, run, entry.batch())) {
            return next(state, run, nanos, now);
        }
        return switch (reply) {
            case ControlReply.Done done -> decided(run, openBatch(state, first.submit(), now));
            case ControlReply.Refused(BatchId batch, String reason) ->
                decided(
                        run,
                        reply(
                                first.submit(),
                                new BatchRegisterCommand.Rejected(
                                        "batch %s of this %s can't be replaced: %s. Nothing was started. Submit again when the batch has ended"
                                                .formatted(batch, noun(run), reason))));
        };
    }

    private static String noun(RunKey run) {
        return run.parameters().isEmpty() ? "job" : "run (" + run.values() + ")";
    }

    private static BatchRegisterCommand.SubmitReply repeated(
            BatchRegisterState.KeyUse before, BatchRegisterCommand.Submit submit) {
        return before.fingerprint().equals(submit.submission().fingerprint())
                ? new BatchRegisterCommand.Accepted(before.batch(), false, true)
                : new BatchRegisterCommand.Rejected(
                        "the key %s was used for batch %s, with another job file. Use a new key for a new submission"
                                .formatted(submit.key(), before.batch()));
    }

    /// Opens a batch for a submission, whose run has no batch that can still be published.
    Decision openBatch(BatchRegisterState state, BatchRegisterCommand.Submit submit, Instant now) {
        Submission submission = due(submit);
        String job = submission.job().name();
        Optional<BatchRegisterState.Entry> same =
                state.lastPublished(RunKey.of(submission.job())).filter(entry -> entry.isEquivalentTo(submission));
        if (same.isPresent() && !submit.fresh()) {
            BatchId batch = same.get().batch();
            return keyed(
                    batch,
                    submit,
                    now,
                    new RegisterAction.Send<>(submit.replyTo(), new BatchRegisterCommand.AlreadyPublished(batch)));
        }
        if (isAtLimit(state, submit)) {
            return reply(submit, tooManyOpen(submit));
        }
        BatchId batch = newId(state, job, now);
        return Decision.persist(
                new BatchRegisterEvent.Opened(now, batch, submission, submit.key(), caller(submit)),
                new RegisterAction.TellBatch(batch, new BatchCommand.Open(submission, state.history(job))),
                new RegisterAction.Send<>(submit.replyTo(), new BatchRegisterCommand.Accepted(batch, false, false)));
    }

    /// The submission with the tick of the schedule that sent it. Its key names the tick.
    private static Submission due(BatchRegisterCommand.Submit submit) {
        String key = submit.key();
        if (key == null || !key.startsWith(TICK)) {
            return submit.submission();
        }
        try {
            return submit.submission().at(Instant.parse(key.substring(TICK.length())));
        } catch (DateTimeParseException e) {
            return submit.submission(); // a key of another caller
        }
    }

    /// Whether the caller may open no further batch. A batch of its own that the submission replaces does not
    /// count.
    private static boolean isAtLimit(BatchRegisterState state, BatchRegisterCommand.Submit submit) {
        OpenBatchLimit limit = submit.limit();
        if (limit == null) {
            return false;
        }
        boolean replacesOwn = state.open(RunKey.of(submit.submission().job()))
                .filter(open -> limit.caller().equals(open.caller()))
                .isPresent();
        return state.unfinished(limit.caller()) - (replacesOwn ? 1 : 0) >= limit.batches();
    }

    private static BatchRegisterCommand.TooManyOpen tooManyOpen(BatchRegisterCommand.Submit submit) {
        OpenBatchLimit limit = Objects.requireNonNull(submit.limit());
        return new BatchRegisterCommand.TooManyOpen(String.format(
                Locale.ROOT,
                "The caller %s has %,d open batches, which is its limit. Nothing was started. Submit the job when one of"
                        + " them has ended, or cancel one; a failed batch is open until it is cancelled.",
                limit.caller(),
                limit.batches()));
    }

    private static @Nullable String caller(BatchRegisterCommand.Submit submit) {
        OpenBatchLimit limit = submit.limit();
        return limit == null ? null : limit.caller();
    }

    private BatchId newId(BatchRegisterState state, String job, Instant now) {
        BatchId batch = BatchId.of(job, now, random.nextInt());
        while (state.batches().containsKey(batch)) {
            batch = BatchId.of(job, now, random.nextInt());
        }
        return batch;
    }

    /// Persists the submission's idempotency key, if it has one, for a batch that exists.
    private static Decision keyed(
            BatchId batch, BatchRegisterCommand.Submit submit, Instant now, RegisterAction... actions) {
        return submit.key() == null
                ? Decision.of(actions)
                : Decision.persist(
                        new BatchRegisterEvent.Keyed(
                                now, batch, submit.key(), submit.submission().fingerprint()),
                        actions);
    }

    private static Decision resume(
            BatchRegisterState state, BatchRegisterState.Entry open, BatchRegisterCommand.Submit submit, Instant now) {
        BatchId batch = open.batch();
        Optional<String> conflict = BatchRegisterState.conflict(open, submit.submission());
        if (conflict.isPresent()) {
            return reply(
                    submit,
                    new BatchRegisterCommand.Rejected(
                            "batch %s of this %s is open, but %s. Undo the change to resume it, or start a new batch with --new"
                                    .formatted(batch, noun(open.run()), conflict.get())));
        }
        return keyed(
                batch,
                submit,
                now,
                new RegisterAction.TellBatch(
                        batch, new BatchCommand.Open(submit.submission(), state.history(open.job()))),
                new RegisterAction.Send<>(submit.replyTo(), new BatchRegisterCommand.Accepted(batch, true, false)));
    }
}
