package io.nightshift.worker;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.worker.partition.PartitionAttempt;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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

/// Takes partitions one after another, when it has one of its node's scoring slots. It only steers:
/// the work is done by a [PartitionAttempt] on a scoring thread.
///
/// Every question is asked again until it is answered, so lost messages cost time, nothing else. While the
/// register of jobs doesn't answer, the worker goes on with the batch it had last. An
/// attempt whose lease is lost is cancelled and its output deleted; if that comes too late, the
/// batch refuses the commit.
///
/// A worker that is to move to another node, or whose node leaves, finishes its partition if that
/// doesn't take longer than its grace; else it gives the partition back.
public final class Worker extends AbstractBehavior<Worker.Command> {

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

    /// What a worker is told, and what it tells itself.
    public sealed interface Command {}

    /// Take no more partitions, and end.
    public record Stop() implements Command {}

    private record Granted() implements Command {}

    private record GraceIsOver() implements Command {}

    private record Told(WorkerMessage message) implements Command {}

    private record Scored(PartitionAttempt.Result result) implements Command {}

    private record Unscored(Failure failure) implements Command {}

    private record AskAgain() implements Command {}

    private record Beat() implements Command {}

    /// What the worker is doing.
    private sealed interface Activity {

        /// Not asked to work yet.
        record Waiting() implements Activity {}

        record FindingWork() implements Activity {}

        /// @param again whether the batch was asked a second time, since the first answer may have been lost
        record Leasing(BatchId batch, boolean again) implements Activity {}

        record Scoring(WorkerMessage.Lease lease, Running running) implements Activity {}

        record Committing(WorkerMessage.Lease lease, PartitionAttempt.Result result) implements Activity {}
    }

    /// An attempt, first in the queue for a scoring thread.
    private static final class Running {
        /// When a thread took it up.
        private volatile long since;
        /// Of which the observer knows.
        private long told;
        private volatile @Nullable PartitionAttempt attempt;
        private volatile boolean abandoned;

        PartitionAttempt.Result run(PartitionAttempt taken) {
            since = System.nanoTime();
            attempt = taken;
            if (abandoned) {
                taken.cancel();
            }
            return taken.run();
        }

        void abandon() {
            abandoned = true;
            PartitionAttempt started = attempt;
            if (started != null) {
                started.cancel();
            }
        }

        long rows() {
            PartitionAttempt started = attempt;
            return started == null ? 0 : started.rows();
        }
    }

    private final WorkerServices services;
    private final TimerScheduler<Command> timers;
    private final ActorRef<WorkerMessage> self;
    private Activity activity = new Activity.Waiting();
    private boolean stopping;
    /// Where it had a lease last, null before the first.
    private @Nullable BatchId lastBatch;
    /// Whose lease may come once more, late.
    private @Nullable Attempt lastCommitted;
    /// Whether the register left the last question unanswered, as while its node is lost.
    private boolean registerIsSilent;

    private Worker(ActorContext<Command> context, TimerScheduler<Command> timers, WorkerServices services) {
        super(context);
        this.services = services;
        this.timers = timers;
        this.self = context.messageAdapter(WorkerMessage.class, Told::new);
        services.slots()
                .tell(new ScoringSlots.Acquire(
                        context.messageAdapter(ScoringSlots.Notice.class, notice -> switch (notice) {
                            case ScoringSlots.Granted granted -> new Granted();
                            case ScoringSlots.Withdrawn withdrawn -> new Stop();
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
                        scoring.running().abandon();
                    }
                    return this;
                })
                .build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Stop stop -> stop();
            case GraceIsOver over -> graceIsOver();
            case Granted granted -> findWork();
            case AskAgain again -> askAgain();
            case Beat beat -> beat();
            case Told(WorkerMessage message) -> {
                switch (message) {
                    case WorkerMessage.WorkAt(BatchId batch) -> workAt(batch);
                    case WorkerMessage.Lease lease -> leased(lease);
                    case WorkerMessage.NothingToLease(BatchId batch) -> nothingToLease(batch);
                    case WorkerMessage.Committed(Attempt attempt) -> committed(attempt);
                    case WorkerMessage.Abandon(Attempt attempt, String reason) -> abandon(attempt, reason);
                }
            }
            case Scored(PartitionAttempt.Result result) -> scored(result);
            case Unscored(Failure failure) -> unscored(failure);
        }
        return stopping && activity instanceof Activity.Waiting ? Behaviors.stopped() : this;
    }

    /// Only what is under way is seen to its end; a lease that was asked for may still come.
    private void stop() {
        stopping = true;
        timers.startSingleTimer(new GraceIsOver(), services.grace());
        if (activity instanceof Activity.FindingWork) {
            become(new Activity.Waiting());
        }
    }

    private void graceIsOver() {
        switch (activity) {
            case Activity.Scoring(WorkerMessage.Lease lease, Running running) -> {
                LOG.info("{} is given back, since this worker has to end", lease.attempt());
                running.abandon();
                giveBack(lease);
            }
            case Activity.Committing(WorkerMessage.Lease lease, PartitionAttempt.Result result) -> giveBack(lease);
            case Activity.Waiting waiting -> {}
            case Activity.FindingWork finding -> {}
            case Activity.Leasing leasing -> {}
        }
        become(new Activity.Waiting());
    }

    private void giveBack(WorkerMessage.Lease lease) {
        services.batches().accept(lease.attempt().batch(), new BatchCommand.GiveBack(lease.attempt()));
    }

    private void findWork() {
        if (stopping) {
            become(new Activity.Waiting());
            return;
        }
        become(new Activity.FindingWork());
        services.jobs().accept(new JobsCommand.FindWork(self));
        if (registerIsSilent && lastBatch != null) {
            services.batches().accept(lastBatch, new BatchCommand.RequestLease(services.node(), self));
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
        services.batches().accept(batch, new BatchCommand.RequestLease(services.node(), self));
    }

    private void nothingToLease(BatchId batch) {
        if (activity instanceof Activity.Leasing(BatchId asked, boolean again) && asked.equals(batch)) {
            findWork();
        }
    }

    private void leased(WorkerMessage.Lease lease) {
        if (isDoneWith(lease.attempt())) {
            return;
        }
        // An answer may come after it was given up. If there is no other work yet, it is still good.
        if (stopping || !(activity instanceof Activity.Leasing || activity instanceof Activity.FindingWork)) {
            if (!isBusyWith(lease)) {
                giveBack(lease);
            }
            if (stopping && activity instanceof Activity.Leasing) {
                become(new Activity.Waiting());
            }
            return;
        }
        lastBatch = lease.attempt().batch();
        Running running = new Running();
        become(new Activity.Scoring(lease, running));
        timers.startTimerWithFixedDelay(Beat.class, new Beat(), services.heartbeat());
        CompletableFuture<PartitionAttempt.Result> result = CompletableFuture.supplyAsync(
                () -> running.run(services.attempts().apply(lease)), services.scoring());
        getContext()
                .pipeToSelf(
                        result,
                        (done, problem) -> problem == null ? new Scored(done) : new Unscored(failure(lease, problem)));
    }

    /// Leases that one worker gets of a batch have growing epochs.
    private boolean isDoneWith(Attempt attempt) {
        return lastCommitted != null
                && lastCommitted.batch().equals(attempt.batch())
                && attempt.epoch().compareTo(lastCommitted.epoch()) <= 0;
    }

    private boolean isBusyWith(WorkerMessage.Lease lease) {
        return switch (activity) {
            case Activity.Scoring(WorkerMessage.Lease held, Running running) ->
                held.attempt().equals(lease.attempt());
            case Activity.Committing(WorkerMessage.Lease held, PartitionAttempt.Result result) ->
                held.attempt().equals(lease.attempt());
            case Activity.Waiting waiting -> false;
            case Activity.FindingWork finding -> false;
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
        return Failure.permanent("%s: an unexpected error: %s".formatted(lease.attempt(), cause));
    }

    private void scored(PartitionAttempt.Result result) {
        if (activity instanceof Activity.Scoring(WorkerMessage.Lease lease, Running running)) {
            if (running.abandoned) {
                deleteOutput(lease);
                findWork();
                return;
            }
            observe(running, result);
            become(new Activity.Committing(lease, result));
            commit(lease, result);
        }
    }

    private void observe(Running running, PartitionAttempt.Result result) {
        PartitionCommit commit = result.commit();
        services.observer().read(commit.read() - running.told);
        services.observer()
                .scored(
                        commit.predictions(),
                        commit.quarantined(),
                        Duration.ofNanos(System.nanoTime() - running.since));
    }

    private void commit(WorkerMessage.Lease lease, PartitionAttempt.Result result) {
        services.batches()
                .accept(lease.attempt().batch(), new BatchCommand.Commit(result.commit(), result.reasons(), self));
    }

    private void unscored(Failure failure) {
        if (activity instanceof Activity.Scoring(WorkerMessage.Lease lease, Running running)) {
            if (!running.abandoned) {
                services.batches()
                        .accept(
                                lease.attempt().batch(),
                                new BatchCommand.AttemptEnded(lease.attempt(), services.node(), failure));
            }
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
            case Activity.Scoring(WorkerMessage.Lease lease, Running running)
            when lease.attempt().equals(attempt) -> {
                LOG.info("{} is abandoned: {}", attempt, reason);
                running.abandon();
            }
            case Activity.Committing(WorkerMessage.Lease lease, PartitionAttempt.Result result)
            when lease.attempt().equals(attempt) -> {
                LOG.info("{} was refused: {}", attempt, reason);
                deleteOutput(lease);
                findWork();
            }
            default -> LOG.debug("{} is not this worker's any more", attempt);
        }
    }

    private void deleteOutput(WorkerMessage.Lease lease) {
        services.scoring().execute(() -> services.lost().accept(lease));
    }

    private void beat() {
        if (activity instanceof Activity.Scoring(WorkerMessage.Lease lease, Running running)) {
            long rows = running.rows();
            services.batches().accept(lease.attempt().batch(), new BatchCommand.Heartbeat(lease.attempt(), rows, self));
            services.observer().read(rows - running.told);
            running.told = rows;
        }
    }

    private void askAgain() {
        switch (activity) {
            case Activity.FindingWork finding -> {
                registerIsSilent = true;
                findWork();
            }
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
        }
    }

    private void become(Activity next) {
        activity = next;
        if (!(next instanceof Activity.Scoring)) {
            timers.cancel(Beat.class);
        }
        timers.startTimerWithFixedDelay(AskAgain.class, new AskAgain(), services.patience());
    }
}
