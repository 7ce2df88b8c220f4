package io.nightshift.worker;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.worker.partition.PartitionAttempt;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Leases and scores one partition after another while it holds one of its node's scoring slots. The actor
/// only steers: a [PartitionAttempt] does the work on a scoring thread.
///
/// The worker repeats every request until it is answered, so a lost message costs time and nothing else.
/// While the batch register does not answer, the worker asks the batch that it leased from last. When a lease
/// is lost, the worker cancels the attempt and deletes its output. If that comes too late, the batch refuses
/// the commit. An attempt without progress is cancelled and reported as failed.
///
/// A lease has the worker run the job's SQL, so the worker accepts leases only from the coordinators that
/// it asks. They answer with the nonce of its requests, which no other program knows.
///
/// A worker that moves to another node, or whose node leaves, finishes its partition within its grace period.
/// When the period ends first, the worker releases the lease.
public final class Worker extends AbstractBehavior<Worker.Command> {

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

    /// The messages of a worker, including those that it sends itself.
    public sealed interface Command {}

    /// Lease no more partitions, and stop.
    public record Stop() implements Command {}

    private record Granted() implements Command {}

    private record GraceExpired() implements Command {}

    private record MessageReceived(WorkerMessage message) implements Command {}

    private record Scored(RunningAttempt attempt, PartitionAttempt.Result result) implements Command {}

    private record ScoringFailed(RunningAttempt attempt, Failure failure) implements Command {}

    /// A cancelled attempt has ended, or its thread is stuck.
    private record Ended(RunningAttempt attempt) implements Command {}

    private record RepeatRequest() implements Command {}

    private record SendHeartbeat() implements Command {}

    /// The state of a worker.
    private sealed interface Activity {

        /// Without a slot, or without work to do.
        record Waiting() implements Activity {}

        record FindingWork() implements Activity {}

        /// This node takes no work for a while, or a batch leases nothing to it.
        record HeldOff() implements Activity {}

        /// @param again whether this is the second request, since the answer to the first may be lost
        record Leasing(BatchId batch, boolean again) implements Activity {}

        record Scoring(WorkerMessage.Lease lease, RunningAttempt running) implements Activity {}

        /// A cancelled attempt, whose lease is gone, still has its thread.
        record Ending(RunningAttempt running) implements Activity {}

        record Committing(WorkerMessage.Lease lease, PartitionAttempt.Result result) implements Activity {}
    }

    private final WorkerServices services;
    private final TimerScheduler<Command> timers;
    private final ActorRef<WorkerMessage> self;
    private final String nonce;
    private Activity activity = new Activity.Waiting();
    private boolean stopping;
    /// The batch of the last lease; null before the first.
    private @Nullable BatchId lastBatch;
    /// The last committed attempt. Its lease may arrive again, late.
    private @Nullable Attempt lastCommitted;
    /// Whether the register did not answer the last request, for example because its node is lost.
    private boolean registerIsSilent;

    private Worker(ActorContext<Command> context, TimerScheduler<Command> timers, WorkerServices services) {
        super(context);
        this.services = services;
        this.timers = timers;
        this.nonce = services.nonces().get();
        this.self = context.messageAdapter(WorkerMessage.class, MessageReceived::new);
        services.slots()
                .tell(new ScoringSlots.Acquire(
                        context.messageAdapter(ScoringSlots.Notice.class, notice -> switch (notice) {
                            case ScoringSlots.Granted granted -> new Granted();
                            case ScoringSlots.Revoked revoked -> new Stop();
                        })));
    }

    public static Behavior<Command> create(WorkerServices services) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> new Worker(context, timers, services)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onAnyMessage(this::onCommand)
                .onSignal(PostStop.class, stopped -> {
                    if (activity instanceof Activity.Scoring scoring) {
                        cancel(scoring.running());
                    }
                    return this;
                })
                .build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Stop stop -> stop();
            case GraceExpired over -> graceExpired();
            case Granted granted -> findWork();
            case RepeatRequest again -> repeatRequest();
            case SendHeartbeat sendHeartbeat -> sendHeartbeat();
            case MessageReceived(WorkerMessage message) -> {
                switch (message) {
                    case WorkerMessage.WorkAt(BatchId batch) -> workAt(batch);
                    case WorkerMessage.Lease lease -> leased(lease);
                    case WorkerMessage.NothingToLease(BatchId batch, boolean heldOff, Duration heldOffFor) ->
                        nothingToLease(batch, heldOff, heldOffFor);
                    case WorkerMessage.Committed(Attempt attempt) -> committed(attempt);
                    case WorkerMessage.Abandon(Attempt attempt, String reason) -> abandon(attempt, reason);
                }
            }
            case Scored(RunningAttempt attempt, PartitionAttempt.Result result) -> scored(attempt, result);
            case ScoringFailed(RunningAttempt attempt, Failure failure) -> scoringFailed(attempt, failure);
            case Ended(RunningAttempt attempt) -> ended(attempt);
        }
        return stopping && activity instanceof Activity.Waiting ? Behaviors.stopped() : this;
    }

    /// Finishes the current partition and leases no more. A lease that was requested may still arrive.
    private void stop() {
        stopping = true;
        timers.startSingleTimer(new GraceExpired(), services.grace());
        if (activity instanceof Activity.FindingWork || activity instanceof Activity.HeldOff) {
            become(new Activity.Waiting());
        }
    }

    private void graceExpired() {
        switch (activity) {
            case Activity.Scoring(WorkerMessage.Lease lease, RunningAttempt running) -> {
                LOG.info("{}: lease released, since this worker stops", lease.attempt());
                cancel(running);
                release(lease, running.use());
            }
            case Activity.Committing(WorkerMessage.Lease lease, PartitionAttempt.Result result) ->
                release(lease, result.commit().use());
            case Activity.Ending ending -> {}
            case Activity.Waiting waiting -> {}
            case Activity.FindingWork finding -> {}
            case Activity.HeldOff heldOff -> {}
            case Activity.Leasing leasing -> {}
        }
        become(new Activity.Waiting());
    }

    private void release(WorkerMessage.Lease lease, @Nullable Use use) {
        services.batches().accept(lease.attempt().batch(), new BatchCommand.ReleaseLease(lease.attempt(), use));
    }

    private void findWork() {
        if (stopping) {
            become(new Activity.Waiting());
            return;
        }
        if (services.scoring().isExhausted() || !services.faults().permitsWork()) {
            become(new Activity.HeldOff());
            return;
        }
        become(new Activity.FindingWork());
        services.register().accept(new BatchRegisterCommand.FindWork(self));
        if (registerIsSilent && lastBatch != null) {
            services.batches().accept(lastBatch, new BatchCommand.RequestLease(services.node(), self, nonce));
        }
    }

    private void workAt(BatchId batch) {
        registerIsSilent = false;
        if (activity instanceof Activity.FindingWork) {
            lease(batch, false);
        }
    }

    private void lease(BatchId batch, boolean again) {
        become(new Activity.Leasing(batch, again));
        services.batches().accept(batch, new BatchCommand.RequestLease(services.node(), self, nonce));
    }

    /// @param heldOff whether this node may lease again only after a while. Until then the worker waits,
    ///     because the register would send it to the same batch at once
    /// @param heldOffFor how long this node leases nothing; null if it is not held off
    private void nothingToLease(BatchId batch, boolean heldOff, @Nullable Duration heldOffFor) {
        if (heldOffFor != null) {
            services.faults().heldOff(batch, heldOffFor);
        }
        if (activity instanceof Activity.Leasing(BatchId asked, boolean again) && asked.equals(batch)) {
            if (heldOff && !stopping) {
                become(new Activity.HeldOff());
            } else {
                findWork();
            }
        }
    }

    private void leased(WorkerMessage.Lease lease) {
        if (!nonce.equals(lease.nonce())) {
            LOG.warn("{}: lease refused: its sender is no coordinator that this worker has asked", lease.attempt());
            return;
        }
        if (isOutdated(lease.attempt())) {
            return;
        }
        // The answer to an earlier request may arrive late. It is welcome unless the worker has found other
        // work.
        if (stopping || !(activity instanceof Activity.Leasing || activity instanceof Activity.FindingWork)) {
            if (!isBusyWith(lease)) {
                release(lease, null);
            }
            if (stopping && activity instanceof Activity.Leasing) {
                become(new Activity.Waiting());
            }
            return;
        }
        lastBatch = lease.attempt().batch();
        RunningAttempt running = new RunningAttempt(
                lease,
                services.node(),
                services.attempts(),
                services.limits(),
                services.scoring().size());
        become(new Activity.Scoring(lease, running));
        timers.startTimerWithFixedDelay(SendHeartbeat.class, new SendHeartbeat(), services.heartbeat());
        getContext()
                .pipeToSelf(
                        running.result(),
                        (done, problem) -> problem == null
                                ? new Scored(running, done)
                                : new ScoringFailed(running, failure(lease, problem)));
        services.scoring().execute(running);
        services.ahead().accept(lease);
    }

    /// Whether a lease is that of a committed attempt, or an older one: the epochs of a batch's leases grow.
    private boolean isOutdated(Attempt attempt) {
        return lastCommitted != null
                && lastCommitted.batch().equals(attempt.batch())
                && attempt.epoch().compareTo(lastCommitted.epoch()) <= 0;
    }

    private boolean isBusyWith(WorkerMessage.Lease lease) {
        return switch (activity) {
            case Activity.Scoring(WorkerMessage.Lease held, RunningAttempt running) ->
                held.attempt().equals(lease.attempt());
            case Activity.Committing(WorkerMessage.Lease held, PartitionAttempt.Result result) ->
                held.attempt().equals(lease.attempt());
            case Activity.Ending ending -> false;
            case Activity.Waiting waiting -> false;
            case Activity.FindingWork finding -> false;
            case Activity.HeldOff heldOff -> false;
            case Activity.Leasing leasing -> false;
        };
    }

    private static Failure failure(WorkerMessage.Lease lease, Throwable problem) {
        Throwable cause =
                problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
        if (cause instanceof FailureException known) {
            return known.failure();
        }
        LOG.error("{}: unexpected", lease.attempt(), cause);
        String message = "%s: an unexpected error: %s".formatted(lease.attempt(), cause);
        return cause instanceof LinkageError
                ? Failure.of(FailedResource.Type.LIBRARY, String.valueOf(cause.getMessage()), message)
                : Failure.transientFailure(message);
    }

    private void scored(RunningAttempt attempt, PartitionAttempt.Result result) {
        if (activity instanceof Activity.Scoring(WorkerMessage.Lease lease, RunningAttempt running)
                && running == attempt) {
            services.faults().succeeded(lease.attempt().batch());
            observe(running, result);
            become(new Activity.Committing(lease, result));
            commit(lease, result);
        } else {
            deleteOutput(attempt.lease());
        }
    }

    private void observe(RunningAttempt running, PartitionAttempt.Result result) {
        PartitionCommit commit = result.commit();
        services.observer().read(running.unreported(commit.read()));
        services.observer().scored(commit.predictions(), commit.quarantined(), running.time());
    }

    private void commit(WorkerMessage.Lease lease, PartitionAttempt.Result result) {
        services.batches()
                .accept(lease.attempt().batch(), new BatchCommand.Commit(result.commit(), result.reasons(), self));
    }

    private void scoringFailed(RunningAttempt attempt, Failure failure) {
        if (activity instanceof Activity.Scoring(WorkerMessage.Lease lease, RunningAttempt running)
                && running == attempt) {
            reportFailure(lease, failure, running.use());
            findWork();
        }
    }

    private void reportFailure(WorkerMessage.Lease lease, Failure failure, @Nullable Use use) {
        services.faults().failed(lease.attempt().batch(), failure);
        services.batches()
                .accept(
                        lease.attempt().batch(),
                        new BatchCommand.AttemptFailed(lease.attempt(), services.node(), failure, use));
    }

    /// Cancels an attempt that has lost its lease, and waits for its thread. The worker continues when the
    /// thread has come back or is replaced.
    private void end(RunningAttempt running) {
        become(new Activity.Ending(running));
        getContext().pipeToSelf(cancel(running), (done, problem) -> new Ended(running));
    }

    private CompletionStage<?> cancel(RunningAttempt running) {
        return running.cancel(services.scoring(), services.limits().stuckAfter());
    }

    private void ended(RunningAttempt attempt) {
        if (activity instanceof Activity.Ending(RunningAttempt running) && running == attempt) {
            reportUse(running.lease(), running.use());
            findWork();
        }
    }

    private void committed(Attempt attempt) {
        if (activity instanceof Activity.Committing(WorkerMessage.Lease lease, PartitionAttempt.Result result)
                && lease.attempt().equals(attempt)) {
            lastCommitted = attempt;
            findWork();
        }
    }

    private void abandon(Attempt attempt, String reason) {
        switch (activity) {
            case Activity.Scoring(WorkerMessage.Lease lease, RunningAttempt running)
            when lease.attempt().equals(attempt) -> {
                LOG.info("{}: attempt abandoned: {}", attempt, reason);
                end(running);
            }
            case Activity.Committing(WorkerMessage.Lease lease, PartitionAttempt.Result result)
            when lease.attempt().equals(attempt) -> {
                LOG.info("{}: commit refused: {}", attempt, reason);
                reportUse(lease, result.commit().use());
                deleteOutput(lease);
                findWork();
            }
            default -> LOG.debug("{}: not the current attempt of this worker", attempt);
        }
    }

    /// Reports what an attempt has used that is thrown away.
    ///
    /// @param use null if the attempt has not begun
    private void reportUse(WorkerMessage.Lease lease, @Nullable Use use) {
        if (use != null) {
            services.batches().accept(lease.attempt().batch(), new BatchCommand.AttemptDiscarded(lease.attempt(), use));
        }
    }

    private void deleteOutput(WorkerMessage.Lease lease) {
        services.scoring().execute(() -> services.lost().accept(lease));
    }

    /// An attempt without progress loses its lease, and so does one that waits for a thread that is stuck.
    private void sendHeartbeat() {
        if (activity instanceof Activity.Scoring(WorkerMessage.Lease lease, RunningAttempt running)) {
            Failure stall = running.stall();
            if (stall != null) {
                LOG.warn("{}", stall.message());
                reportFailure(lease, stall, running.use());
                end(running);
                return;
            }
            if (!running.hasBegun() && services.scoring().isExhausted()) {
                release(lease, null);
                end(running);
                return;
            }
            long rows = running.rows();
            services.batches()
                    .accept(
                            lease.attempt().batch(),
                            new BatchCommand.Heartbeat(lease.attempt(), rows, self, running.use()));
            services.observer().read(running.unreported(rows));
        }
    }

    private void repeatRequest() {
        switch (activity) {
            case Activity.FindingWork finding -> {
                registerIsSilent = true;
                findWork();
            }
            case Activity.HeldOff heldOff -> findWork();
            case Activity.Leasing(BatchId batch, boolean again) -> {
                if (again) {
                    findWork();
                } else {
                    lease(batch, true);
                }
            }
            case Activity.Committing(WorkerMessage.Lease lease, PartitionAttempt.Result result) ->
                commit(lease, result);
            case Activity.Waiting waiting -> {}
            case Activity.Scoring scoring -> {}
            case Activity.Ending ending -> {}
        }
    }

    private void become(Activity next) {
        activity = next;
        if (!(next instanceof Activity.Scoring)) {
            timers.cancel(SendHeartbeat.class);
        }
        timers.startTimerWithFixedDelay(RepeatRequest.class, new RepeatRequest(), services.patience());
    }
}
