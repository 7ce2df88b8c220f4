package io.nightshift.coordinator.register;

import io.nightshift.api.BatchDescription;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.NewTimes;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.job.ThreadLimit;
import io.nightshift.protocol.job.TimeRanges;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.OpenBatchLimit;
import io.nightshift.protocol.register.ReadTimes;
import io.nightshift.protocol.register.SubmissionTicket;
import io.nightshift.protocol.wire.WireLimits;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
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
/// The register keeps only the last ended batches. The others are in the [BatchArchive], which the register asks
/// before it decides about a submission: for the submission's key, and for the run's last published batch. A
/// batch leaves the register in two steps: its row is written to the archive, then an event says that it has
/// left. A crash between the two repeats the first, which changes nothing.
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
    /// @param replaces whether it replaces the open batch, because its caller or its job says so
    private record WaitingSubmission(BatchRegisterCommand.Submit submit, long deadline, boolean replaces) {}

    /// How many ended batches, and how many keys, stay in memory.
    private final int keep;

    /// Tells the tickets of this object from those of others.
    private final long incarnation;

    /// The batches with work, and the workers.
    private final WorkerShares shares;

    private boolean hasWoken;

    /// How long the register sends no messages to a failed batch, so that its coordinator can leave memory. After
    /// this time, it asks once, because the batch may have been retried without the register's knowledge.
    private static final long FAILED_REST = Duration.ofMinutes(10).toNanos();

    /// @param nanos when the batch reported that it has failed
    private record FailedBatch(BatchDescription.Timing timing, long nanos) {}

    private final Map<BatchId, FailedBatch> failedBatches = new HashMap<>();

    /// The same without their times; unmodifiable, replaced with each change.
    private Map<BatchId, BatchDescription.Timing> failed = Map.of();

    private final ArrayDeque<ActorRef<WorkerMessage>> freeWorkers = new ArrayDeque<>();

    /// The submissions of each run that wait for its open batch. The first is being decided about.
    private final Map<RunKey, Deque<WaitingSubmission>> waiting = new HashMap<>();

    private int waitingCount;

    /// The archive's answer for the first waiting submission of each run.
    private final Map<RunKey, BatchArchive.Answer> answers = new HashMap<>();

    /// Whether rows are being written to the archive.
    private boolean isArchiving;

    /// Any number of batches may score at the same time, and all stay in memory.
    ///
    /// @param random for the number of this incarnation
    RegisterDecisions(RandomGenerator random) {
        this(random, Integer.MAX_VALUE);
    }

    /// Any number of batches may score at the same time.
    ///
    /// @param random for the number of this incarnation
    /// @param keep how many ended batches, and how many keys, stay in memory
    RegisterDecisions(RandomGenerator random, int keep) {
        this(random, new WorkerShares(Integer.MAX_VALUE), keep);
    }

    /// @param random for the number of this incarnation
    /// @param shares new, and used by no other object
    /// @param keep how many ended batches, and how many keys, stay in memory
    RegisterDecisions(RandomGenerator random, WorkerShares shares, int keep) {
        this.shares = shares;
        this.keep = keep;
        this.incarnation = random.nextLong();
    }

    /// Decides about a message.
    ///
    /// @param nanos the time on a monotonic clock
    /// @param now the wall clock's time, for events
    RegisterDecision decide(BatchRegisterState state, RegisterMessage message, long nanos, Instant now) {
        return switch (message) {
            case RegisterMessage.CommandReceived(BatchRegisterCommand command, long number) ->
                decide(state, command, nanos, now);
            case RegisterMessage.StatusReceived(BatchStatus status) -> statusReceived(state, status, nanos, now);
            case RegisterMessage.CancelAnswered(ControlReply reply) -> cancelAnswered(state, reply, nanos, now);
            case RegisterMessage.NextSubmission(RunKey run) -> next(state, run, nanos, now);
            case RegisterMessage.LostBatchesFound(List<LostBatch> lost) ->
                reenter(state, lost == null ? List.of() : lost, nanos, now);
            case RegisterMessage.ArchiveAnswered(BatchArchive.Answer answer) -> {
                RunKey run = answer.question().run();
                if (waiting.containsKey(run)) {
                    answers.put(run, answer);
                }
                yield next(state, run, nanos, now);
            }
            case RegisterMessage.ArchiveUnreadable(RunKey run, String reason) -> archiveUnreadable(run, reason, nanos);
            case RegisterMessage.ArchiveWritten(BatchRegisterState.Archivable rows, long searched) -> {
                isArchiving = false;
                yield RegisterDecision.persist(rows.event(now, searched));
            }
            case RegisterMessage.ArchiveNotWritten failed -> {
                // Tried again with the next message that wakes the open batches.
                isArchiving = false;
                yield RegisterDecision.of();
            }
            case RegisterMessage.WorkerEnded(ActorRef<WorkerMessage> worker) -> {
                shares.ended(worker);
                freeWorkers.remove(worker);
                yield RegisterDecision.of();
            }
        };
    }

    private RegisterDecision decide(BatchRegisterState state, BatchRegisterCommand command, long nanos, Instant now) {
        return switch (command) {
            case BatchRegisterCommand.AskTicket(ActorRef<SubmissionTicket> replyTo) ->
                RegisterDecision.of(new RegisterAction.Send<>(replyTo, new SubmissionTicket(incarnation, nanos)));
            case BatchRegisterCommand.Submit submit -> submit(state, submit, nanos, now);
            case BatchRegisterCommand.Find find -> find(state, find);
            case BatchRegisterCommand.FindByKey find -> findByKey(state, find);
            case BatchRegisterCommand.WakeOpenBatches wakeUp ->
                RegisterDecision.of().plus(wake(state, nanos, now)).plus(archive(state));
            case BatchRegisterCommand.FindWork(ActorRef<WorkerMessage> worker) -> {
                freeWorkers.remove(worker);
                freeWorkers.add(worker);
                shares.free(worker);
                yield RegisterDecision.of().plus(assignWorkers(nanos));
            }
            case BatchRegisterCommand.FailureChanged(BatchId batch, BatchDescription.Timing timing) -> {
                failed(batch, timing == null || state.hasEnded(batch) ? null : new FailedBatch(timing, nanos));
                yield RegisterDecision.of();
            }
            case BatchRegisterCommand.HasWork(BatchId batch, long partitionMillis) -> {
                failed(batch, null);
                hasWork(state, batch, partitionMillis, nanos);
                yield RegisterDecision.of().plus(assignWorkers(nanos));
            }
            case BatchRegisterCommand.Leased(BatchId batch, List<ActorRef<WorkerMessage>> workers) -> {
                Job job = job(state, batch);
                ThreadLimit limit = job == null ? null : job.timing().threads();
                if (job == null || limit == null) {
                    yield RegisterDecision.of();
                }
                shares.leased(batch, job.name(), limit, workers, nanos);
                yield RegisterDecision.of().plus(assignWorkers(nanos));
            }
            case BatchRegisterCommand.HasNoWork(BatchId batch) -> {
                shares.hasNoWork(batch);
                yield RegisterDecision.of();
            }
            case BatchRegisterCommand.BatchEnded ended -> {
                shares.ended(ended.batch());
                failed(ended.batch(), null);
                yield state.hasEnded(ended.batch())
                        ? RegisterDecision.of()
                        : RegisterDecision.persist(ended(state, ended, now));
            }
        };
    }

    /// The end of a batch that the register has as not ended. It also says what the batch has read, so that this
    /// counts even if the event that opened the batch is lost.
    private static BatchRegisterEvent.Ended ended(
            BatchRegisterState state, BatchRegisterCommand.BatchEnded ended, Instant now) {
        BatchRegisterState.Entry entry = state.batches().get(ended.batch());
        Submission submission = entry == null ? null : entry.submission();
        return new BatchRegisterEvent.Ended(
                now,
                ended.batch(),
                ended.phase(),
                ended.run(),
                ended.input(),
                ended.phase() == Phase.PUBLISHED && submission != null ? ReadTimes.of(submission.pinned()) : null,
                ended.model());
    }

    /// Enters batches again whose entry was lost, and makes sure that those run that have not ended.
    private RegisterDecision reenter(BatchRegisterState state, List<LostBatch> lost, long nanos, Instant now) {
        List<BatchRegisterEvent> events = new ArrayList<>();
        BatchRegisterState next = state;
        for (LostBatch batch : lost) {
            if (!state.batches().containsKey(batch.batch())) {
                BatchRegisterEvent event = new BatchRegisterEvent.Reentered(
                        now, batch.batch(), batch.openedAt(), batch.submission(), batch.phase(), batch.superseded());
                events.add(event);
                next = next.apply(event);
            }
        }
        return events.isEmpty() ? RegisterDecision.of() : new RegisterDecision(events, wake(next, nanos, now));
    }

    private static RegisterDecision find(BatchRegisterState state, BatchRegisterCommand.Find find) {
        if (find.batch().equals(BatchNameResolver.LATEST) && state.latest().isPresent()) {
            return RegisterDecision.of(new RegisterAction.Send<>(
                    find.replyTo(),
                    new BatchRegisterCommand.Found(state.latest().get())));
        }
        return RegisterDecision.of(new RegisterAction.FindInArchive(find, state));
    }

    private static RegisterDecision findByKey(BatchRegisterState state, BatchRegisterCommand.FindByKey find) {
        Optional<BatchRegisterState.KeyUse> use = state.use(find.job(), find.key());
        return use.isEmpty() && state.archives() > 0
                ? RegisterDecision.of(new RegisterAction.FindKeyInArchive(find))
                : RegisterDecision.of(new RegisterAction.Send<>(find.replyTo(), found(use, find.fingerprint())));
    }

    /// The answer to a question about a key.
    static BatchRegisterCommand.FindReply found(Optional<BatchRegisterState.KeyUse> use, String fingerprint) {
        return use.filter(first -> first.fingerprint().equals(fingerprint))
                .<BatchRegisterCommand.FindReply>map(first -> new BatchRegisterCommand.Found(first.batch()))
                .orElseGet(() -> new BatchRegisterCommand.NotFound("no submission of this job file has used the key"));
    }

    // The archive.

    /// Writes ended batches and keys to the archive if there are more than the register keeps. The actor calls
    /// this after each event.
    List<RegisterAction> archive(BatchRegisterState state) {
        if (isArchiving) {
            return List.of();
        }
        BatchRegisterState.Archivable rows = state.archivable(keep);
        if (rows.isEmpty()) {
            return List.of();
        }
        isArchiving = true;
        return List.of(new RegisterAction.WriteArchive(rows));
    }

    /// The question to the archive that must be answered before the run's first submission can be decided about;
    /// null if it is answered, or the archive is empty.
    @Nullable
    RegisterDecision ask(BatchRegisterState state, BatchRegisterCommand.Submit submit, Instant now) {
        RunKey run = RunKey.of(submit.submission().job());
        if (state.archives() == 0 || isAnswered(state, answers.get(run), submit)) {
            return null;
        }
        BatchId candidate = newId(state, run.job(), now);
        return RegisterDecision.of(new RegisterAction.AskArchive(
                new BatchArchive.Question(run, submit.key(), candidate, state.archives())));
    }

    /// Whether an answer is about this submission, and has everything that has left the register's memory.
    boolean isAnswered(
            BatchRegisterState state, BatchArchive.@Nullable Answer answer, BatchRegisterCommand.Submit submit) {
        return answer != null
                && answer.question().archives() == state.archives()
                && Objects.equals(answer.question().key(), submit.key())
                && !answer.isTaken()
                && !state.batches().containsKey(answer.question().candidate());
    }

    private RegisterDecision archiveUnreadable(RunKey run, String reason, long nanos) {
        WaitingSubmission first = first(run, nanos);
        return first == null
                ? RegisterDecision.of()
                : decided(
                        run,
                        reply(
                                first.submit(),
                                new BatchRegisterCommand.NotNow("the archive of ended batches can't be read: %s. %s"
                                        .formatted(reason, SUBMIT_AGAIN))));
    }

    /// The failed batches that are neither retried nor cancelled, with the times of their reports. Unmodifiable.
    Map<BatchId, BatchDescription.Timing> failed() {
        return failed;
    }

    /// @param now null for a batch that has not failed
    private void failed(BatchId batch, @Nullable FailedBatch now) {
        FailedBatch before = now == null ? failedBatches.remove(batch) : failedBatches.put(batch, now);
        boolean isSame =
                before == null ? now == null : now != null && before.timing().equals(now.timing());
        if (!isSame) {
            Map<BatchId, BatchDescription.Timing> timings = new HashMap<>();
            failedBatches.forEach((id, one) -> timings.put(id, one.timing()));
            failed = Map.copyOf(timings);
        }
    }

    /// Whether the register need not ask for a batch now, because the batch has failed and waits for a person. A
    /// failed batch whose deadline passes must be asked, because it reports that.
    private boolean isResting(BatchId batch, long nanos, Instant now) {
        FailedBatch failure = failedBatches.get(batch);
        if (failure == null || nanos - failure.nanos() >= FAILED_REST) {
            return false;
        }
        BatchDescription.Timing timing = failure.timing();
        return timing.deadline() == null || timing.deadlineMissed() || !now.isAfter(timing.deadline());
    }

    /// Makes sure that every open batch runs, and repeats messages that a crash may have lost.
    List<RegisterAction> wake(BatchRegisterState state, long nanos, Instant now) {
        List<RegisterAction> actions = new ArrayList<>();
        for (BatchRegisterState.Entry entry : state.unfinished()) {
            Job job = Objects.requireNonNull(entry.submission()).job();
            if (!hasWoken && job.timing().threads() != null) {
                shares.await(entry.batch(), job.name(), job.timing().threads());
            }
            if (isResting(entry.batch(), nanos, now) && !entry.superseded()) {
                continue;
            }
            // A batch must be submitted before it can be cancelled, and its first message may have been lost.
            actions.add(new RegisterAction.TellBatch(
                    entry.batch(),
                    new BatchCommand.EnsureStarted(
                            Objects.requireNonNull(entry.submission()), state.history(entry.job()))));
            if (entry.superseded()) {
                actions.add(new RegisterAction.CancelBatch(entry.batch(), false));
            }
        }
        hasWoken = true;
        return actions;
    }

    /// A batch of which the register has lost the entry counts as a job of its own.
    private void hasWork(BatchRegisterState state, BatchId batch, long partitionMillis, long nanos) {
        Job job = job(state, batch);
        String name = job == null ? batch.value() : job.name();
        int priority = job == null ? Job.DEFAULT_PRIORITY : job.priority();
        shares.hasWork(batch, name, priority, partitionMillis, nanos);
    }

    private static @Nullable Job job(BatchRegisterState state, BatchId batch) {
        BatchRegisterState.Entry entry = state.batches().get(batch);
        return entry == null || entry.submission() == null
                ? null
                : entry.submission().job();
    }

    private List<RegisterAction> assignWorkers(long nanos) {
        List<RegisterAction> actions = new ArrayList<>();
        while (!freeWorkers.isEmpty()) {
            BatchId batch = shares.next(nanos);
            if (batch == null) {
                break;
            }
            ActorRef<WorkerMessage> worker = freeWorkers.remove();
            shares.sent(worker, batch, nanos);
            actions.add(new RegisterAction.Send<>(worker, new WorkerMessage.WorkAt(batch)));
        }
        return actions;
    }

    // Submissions.

    private RegisterDecision submit(
            BatchRegisterState state, BatchRegisterCommand.Submit submit, long nanos, Instant now) {
        Optional<String> refusal = refusal(submit.submission().job());
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
        waiting.computeIfAbsent(run, first -> new ArrayDeque<>())
                .addLast(new WaitingSubmission(submit, deadline, submit.fresh()));
        waitingCount++;
        return next(state, run, nanos, now);
    }

    /// Why a job is too large, or empty.
    Optional<String> refusal(Job job) {
        return WireLimits.refusal(job);
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

    private static RegisterDecision reply(BatchRegisterCommand.Submit submit, BatchRegisterCommand.SubmitReply reply) {
        return RegisterDecision.of(new RegisterAction.Send<>(submit.replyTo(), reply));
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
        answers.remove(run);
        waitingCount--;
        if (queue.isEmpty()) {
            waiting.remove(run);
        }
    }

    /// Decides about the run's first submission, or asks the run's open batch.
    private RegisterDecision next(BatchRegisterState state, RunKey run, long nanos, Instant now) {
        WaitingSubmission first = first(run, nanos);
        if (first == null) {
            return RegisterDecision.of();
        }
        BatchRegisterCommand.Submit submit = first.submit();
        RegisterDecision question = ask(state, submit, now);
        if (question != null) {
            return question;
        }
        Optional<BatchRegisterState.KeyUse> before = use(state, run, submit.key());
        if (before.isPresent()) {
            return decided(run, reply(submit, repeated(before.get(), submit)));
        }
        Optional<BatchRegisterState.Entry> open = state.open(run);
        return open.isPresent()
                ? RegisterDecision.of(new RegisterAction.AskStatus(open.get().batch()))
                : decided(run, openBatch(state, submit, now));
    }

    /// Whether something has happened while the open batch was asked: batches have left for the archive, or a
    /// submission of another run has used the key.
    private boolean hasChanged(BatchRegisterState state, RunKey run, BatchRegisterCommand.Submit submit, Instant now) {
        return ask(state, submit, now) != null || use(state, run, submit.key()).isPresent();
    }

    /// The first use of the key of the run's first submission.
    private Optional<BatchRegisterState.KeyUse> use(BatchRegisterState state, RunKey run, @Nullable String key) {
        if (key == null) {
            return Optional.empty();
        }
        BatchArchive.Answer answer = answers.get(run);
        return state.use(run.job(), key)
                .or(() -> answer == null ? Optional.empty() : Optional.ofNullable(answer.use()));
    }

    /// The batch of a run that was published last.
    private Optional<BatchRegisterState.Entry> lastPublished(BatchRegisterState state, RunKey run) {
        Optional<BatchRegisterState.Entry> kept = state.lastPublished(run);
        BatchArchive.Answer answer = answers.get(run);
        BatchRegisterState.Entry archived = answer == null ? null : answer.published();
        return archived == null
                ? kept
                : Optional.of(kept.filter(entry -> entry.number() >= archived.number())
                        .orElse(archived));
    }

    /// Removes the run's first submission, about which something is decided.
    RegisterDecision decided(RunKey run, RegisterDecision decision) {
        remove(run);
        return waiting.containsKey(run) ? decision.plus(List.of(new RegisterAction.Continue(run))) : decision;
    }

    private RegisterDecision statusReceived(BatchRegisterState state, BatchStatus status, long nanos, Instant now) {
        BatchRegisterState.Entry entry = state.batches().get(status.batch());
        if (entry == null) {
            return RegisterDecision.of();
        }
        RunKey run = entry.run();
        if (status.phase() == Phase.PUBLISHED && entry.end().isEmpty()) {
            return RegisterDecision.persist(
                    ended(
                            state,
                            new BatchRegisterCommand.BatchEnded(
                                    status.batch(),
                                    Phase.PUBLISHED,
                                    status.run(),
                                    entry.input().equals(status.input()) ? null : status.input(),
                                    status.passed()),
                            now),
                    new RegisterAction.Continue(run));
        }
        WaitingSubmission first = first(run, nanos);
        if (first == null || !isOpen(state, run, status.batch()) || hasChanged(state, run, first.submit(), now)) {
            return next(state, run, nanos, now);
        }
        if (status.phase() == Phase.CANCELLED) {
            // The register learns of the end when the batch's staged output is removed.
            return decided(run, openBatch(state, first.submit(), now));
        }
        if (status.isDamaged() && !first.submit().fresh()) {
            return decided(run, reply(first.submit(), new BatchRegisterCommand.Rejected(damaged(status))));
        }
        boolean restarts = change(entry, status, first.submit()) == InputChange.RESTARTS;
        if (!first.submit().fresh() && !restarts) {
            return decided(run, resume(state, entry, status, first.submit(), now));
        }
        if (isAtLimit(state, first.submit())) {
            return decided(run, reply(first.submit(), tooManyOpen(first.submit())));
        }
        Deque<WaitingSubmission> queue = Objects.requireNonNull(waiting.get(run));
        queue.removeFirst();
        queue.addFirst(new WaitingSubmission(first.submit(), first.deadline(), true));
        return replace(state, entry, first.submit(), now);
    }

    /// The effect of another input on the open batch.
    InputChange change(BatchRegisterState.Entry open, BatchStatus status, BatchRegisterCommand.Submit submit) {
        return InputChange.of(open, status, submit.submission());
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
    RegisterDecision replace(
            BatchRegisterState state, BatchRegisterState.Entry open, BatchRegisterCommand.Submit submit, Instant now) {
        return RegisterDecision.of(
                submit.fresh()
                        ? new RegisterAction.CancelBatch(open.batch(), true)
                        : new RegisterAction.CancelBatch(open.batch(), InputChange.RESTART_REASON, true));
    }

    private RegisterDecision cancelAnswered(BatchRegisterState state, ControlReply reply, long nanos, Instant now) {
        BatchRegisterState.Entry entry = state.batches().get(reply.batch());
        if (entry == null) {
            return RegisterDecision.of();
        }
        RunKey run = entry.run();
        WaitingSubmission first = first(run, nanos);
        if (first == null
                || !first.replaces()
                || !isOpen(state, run, entry.batch())
                || hasChanged(state, run, first.submit(), now)) {
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
                                        Failure.transientFailure(
                                                "batch %s of this %s can't be replaced: %s. Nothing was started. Submit again when the batch has ended"
                                                        .formatted(batch, noun(run), reason)),
                                        null)));
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
    RegisterDecision openBatch(BatchRegisterState state, BatchRegisterCommand.Submit submit, Instant now) {
        Submission submission = pinned(state, due(submit), now);
        String job = submission.job().name();
        Optional<BatchRegisterState.Entry> same =
                lastPublished(state, RunKey.of(submission.job())).filter(entry -> entry.isEquivalentTo(submission));
        // The same source may have rows that were too new for the last batch of an incremental job.
        if (same.isPresent() && !submit.fresh() && submission.job().incremental() == null) {
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
        BatchArchive.Answer answer = answers.get(RunKey.of(submission.job()));
        BatchId batch =
                answer == null ? newId(state, job, now) : answer.question().candidate();
        return RegisterDecision.persist(
                new BatchRegisterEvent.Opened(now, batch, submission, submit.key(), caller(submit)),
                new RegisterAction.TellBatch(batch, new BatchCommand.Open(submission, state.history(job))),
                new RegisterAction.Send<>(submit.replyTo(), new BatchRegisterCommand.Accepted(batch, false, false)));
    }

    /// The submission with what its batch reads. The run's open batch can't be published any more, if it has one.
    private Submission pinned(BatchRegisterState state, Submission submission, Instant now) {
        Job job = submission.job();
        if (!(job.incremental() instanceof NewTimes times)) {
            return submission;
        }
        BatchId replaced =
                state.open(RunKey.of(job)).map(BatchRegisterState.Entry::batch).orElse(null);
        return submission.with(job.reading(toRead(state, job, times, replaced, now)));
    }

    /// The times that a batch reads: all that are due, without what other batches have read or will have read.
    ///
    /// @param replaced a batch that can't be published any more; null if there is none
    TimeRanges toRead(BatchRegisterState state, Job job, NewTimes times, @Nullable BatchId replaced, Instant now) {
        TimeRanges due = TimeRanges.upTo(now.minus(times.lateness()).truncatedTo(ChronoUnit.MILLIS));
        return times.full() ? due : due.minus(state.taken(job.incrementalSource(), replaced));
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

    private static BatchId newId(BatchRegisterState state, String job, Instant now) {
        BatchRegisterState.JobBatches before = state.jobs().get(job);
        return BatchId.of(job, now, before == null ? null : before.last());
    }

    /// Persists the submission's idempotency key, if it has one, for a batch that exists.
    private static RegisterDecision keyed(
            BatchId batch, BatchRegisterCommand.Submit submit, Instant now, RegisterAction... actions) {
        return submit.key() == null
                ? RegisterDecision.of(actions)
                : RegisterDecision.persist(
                        new BatchRegisterEvent.Keyed(
                                now,
                                batch,
                                submit.key(),
                                submit.submission().fingerprint(),
                                submit.submission().job().name()),
                        actions);
    }

    private static boolean isReuse(BatchRegisterState.Entry open) {
        return open.submission() != null && open.submission().reuse() != null;
    }

    /// The answer to a submission of a run whose open batch does something else, where one of the two reuses
    /// parts of a published batch.
    private static BatchRegisterCommand.Rejected reuseConflict(BatchRegisterState.Entry open, boolean isReuse) {
        String what = isReuse(open)
                ? "it scores partitions of batch %s again"
                        .formatted(Objects.requireNonNull(Objects.requireNonNull(open.submission())
                                        .reuse())
                                .batch())
                : "its partitions are scored for the first time";
        return new BatchRegisterCommand.Rejected(
                Failure.transientFailure("batch %s of this %s is open, and %s. Wait until it has ended, %s"
                        .formatted(
                                open.batch(),
                                noun(open.run()),
                                what,
                                isReuse ? "or cancel it" : "or start a new batch with --new, which cancels it")),
                null);
    }

    private RegisterDecision resume(
            BatchRegisterState state,
            BatchRegisterState.Entry open,
            BatchStatus status,
            BatchRegisterCommand.Submit submit,
            Instant now) {
        BatchId batch = open.batch();
        InputChange change = change(open, status, submit);
        if (change == InputChange.REFUSED) {
            return reply(submit, InputChange.refusal(batch, noun(open.run())));
        }
        failed(batch, null);
        Optional<String> conflict = BatchRegisterState.conflict(open, submit.submission());
        boolean isReuse = submit.submission().reuse() != null;
        if (conflict.isPresent() && (isReuse || isReuse(open))) {
            return reply(submit, reuseConflict(open, isReuse));
        }
        if (conflict.isPresent()) {
            return reply(
                    submit,
                    new BatchRegisterCommand.Rejected(
                            "batch %s of this %s is open, but %s. Undo the change to resume it, or start a new batch with --new"
                                    .formatted(batch, noun(open.run()), conflict.get())));
        }
        RegisterDecision resumed = keyed(
                batch,
                submit,
                now,
                new RegisterAction.TellBatch(
                        batch,
                        new BatchCommand.Open(
                                // If the batch has not begun, it must begin with the times that it was opened with.
                                submit.submission().job().incremental() == null
                                        ? submit.submission()
                                        : Objects.requireNonNull(open.submission()),
                                state.history(open.job()))),
                new RegisterAction.Send<>(submit.replyTo(), new BatchRegisterCommand.Accepted(batch, true, false)));
        if (change != InputChange.EXTENDS) {
            return resumed;
        }
        // Persisted, so that the register repeats it if the message is lost.
        List<BatchRegisterEvent> events = new ArrayList<>(resumed.events());
        events.add(new BatchRegisterEvent.Resubmitted(now, batch, submit.submission()));
        return new RegisterDecision(events, resumed.actions());
    }
}
