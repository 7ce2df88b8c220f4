package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// A worker that keeps to the protocol as the real one does: asks until it is answered, sends
/// heartbeats while it scores, deletes its output when it is told to abandon it.
final class SimulatedWorker extends SimulatedProcess {

    private static final long PATIENCE = SimulatedCoordinator.seconds(5);
    private static final long HEARTBEAT = SimulatedCoordinator.seconds(3);

    private enum Activity {
        FINDING_WORK,
        LEASING,
        SCORING,
        COMMITTING
    }

    static final Failure MISSING = Failure.of(FailedResource.Type.INPUT, "/data/a.parquet", "it does not exist");

    private final ActorRef<WorkerMessage> address;
    private final InvariantChecker checker;
    private final String node;
    private Activity activity = Activity.FINDING_WORK;

    /// Counts what it took up, so that what belongs to an earlier activity is not listened to.
    private int turn;

    /// Whether the coordinator was asked a second time.
    private boolean again;

    private @Nullable Attempt lastCommitted;
    private @Nullable Attempt attempt;
    private @Nullable PartitionCommit commit;
    private PartitionPlan.@Nullable Range rows;
    private List<Slice> slices = List.of();
    private ModelVersion model = ExampleBatch.MODEL;
    private @Nullable ModelVersion other;
    private boolean abandoned;
    private long leasedAt;

    SimulatedWorker(Simulation world, InvariantChecker checker, ActorRef<WorkerMessage> address, String node) {
        super(world);
        this.checker = checker;
        this.address = address;
        this.node = node;
        findWork();
    }

    ActorRef<WorkerMessage> address() {
        return address;
    }

    private void become(Activity next) {
        activity = next;
        turn++;
        askAgainLater(turn);
    }

    private void askAgainLater(int asked) {
        after(PATIENCE, () -> {
            if (asked != turn) {
                return;
            }
            switch (activity) {
                case FINDING_WORK -> findWork();
                case LEASING -> {
                    if (again) {
                        findWork();
                    } else {
                        lease(true);
                    }
                }
                case COMMITTING -> {
                    sendCommit();
                    askAgainLater(asked);
                }
                case SCORING -> {}
            }
        });
    }

    private void findWork() {
        become(Activity.FINDING_WORK);
        world.toRegister(new BatchRegisterCommand.FindWork(address));
    }

    private void lease(boolean again) {
        this.again = again;
        become(Activity.LEASING);
        world.toCoordinator(new BatchCommand.RequestLease(node, address, "nonce"));
    }

    void told(WorkerMessage message) {
        switch (message) {
            case WorkerMessage.WorkAt(BatchId batch) -> {
                if (activity == Activity.FINDING_WORK) {
                    lease(false);
                }
            }
            case WorkerMessage.NothingToLease(BatchId batch, boolean heldOff, Duration heldOffFor) -> {
                if (activity == Activity.LEASING && heldOff) {
                    become(Activity.FINDING_WORK);
                } else if (activity == Activity.LEASING) {
                    findWork();
                }
            }
            case WorkerMessage.Lease lease -> throw new IllegalStateException("told " + lease);
            case WorkerMessage.Committed(Attempt committed) -> {
                if (activity == Activity.COMMITTING && committed.equals(attempt)) {
                    lastCommitted = committed;
                    findWork();
                }
            }
            case WorkerMessage.Abandon(Attempt refused, String reason) -> abandon(refused);
        }
    }

    /// @param range the partition's rows
    /// @param read the rows to read
    /// @param scorer the model that scores them
    /// @param compared the model that is compared; null for none
    void leased(
            Attempt lease,
            PartitionPlan.Range range,
            List<Slice> read,
            ModelVersion scorer,
            @Nullable ModelVersion compared) {
        boolean done = lastCommitted != null && lease.epoch().compareTo(lastCommitted.epoch()) <= 0;
        if (done || (activity != Activity.LEASING && activity != Activity.FINDING_WORK)) {
            return;
        }
        attempt = lease;
        rows = range;
        slices = read;
        model = scorer;
        other = compared;
        leasedAt = world.now();
        abandoned = false;
        become(Activity.SCORING);
        beatLater(turn);
        int scoring = turn;
        if (world.happens(world.faults().workerLeaves())) {
            after(world.between(0, 5), () -> {
                if (scoring == turn) {
                    world.toCoordinator(new BatchCommand.ReleaseLease(lease, used(lease)));
                    world.replace(this);
                }
            });
        }
        boolean slow = world.happens(world.faults().slowScoring());
        after(slow ? world.between(5, 40) : world.between(0.2, 5), () -> {
            if (scoring == turn) {
                scored(lease);
            }
        });
    }

    private void beatLater(int scoring) {
        after(HEARTBEAT, () -> {
            if (scoring == turn && attempt != null) {
                world.toCoordinator(new BatchCommand.Heartbeat(attempt, 1, address, used(attempt)));
                beatLater(scoring);
            }
        });
    }

    private void scored(Attempt lease) {
        if (world.isPoisonous(lease.partition())) {
            world.replace(this);
        } else if (world.isFatal(other) && world.random().nextInt(3) > 0) {
            if (world.random().nextBoolean()) {
                world.replace(this);
            } else {
                Failure failure = Failure.transientFailure("no progress");
                world.toCoordinator(new BatchCommand.AttemptFailed(lease, node, failure, used(lease)));
                findWork();
            }
        } else if (abandoned) {
            world.toCoordinator(new BatchCommand.AttemptDiscarded(lease, used(lease)));
            findWork();
        } else if (world.isBroken(model)) {
            Failure failure = Failure.permanent("the model can't score");
            world.toCoordinator(new BatchCommand.AttemptFailed(lease, node, failure, used(lease)));
            findWork();
        } else if (world.isStorageAway()) {
            world.toCoordinator(new BatchCommand.AttemptFailed(lease, node, SimulatedCoordinator.AWAY, used(lease)));
            findWork();
        } else if (world.happens(world.faults().attemptFails())) {
            boolean broken = world.happens(world.faults().attemptBroken() * 3);
            Failure failure = broken
                    ? Failure.permanent("a column is missing")
                    : world.random().nextInt(3) == 0
                            ? MISSING
                            : world.random().nextBoolean()
                                    ? Failure.transientFailure("no memory")
                                    : Failure.of(FailedResource.Type.DATABASE, "scores", "the database restarts");
            world.toCoordinator(new BatchCommand.AttemptFailed(lease, node, failure, used(lease)));
            findWork();
        } else if (!world.source().isReadable(slices)) {
            world.toCoordinator(new BatchCommand.AttemptFailed(lease, node, SimulatedSource.CHANGED, used(lease)));
            findWork();
        } else {
            checker.scored(lease);
            commit = world.result(lease, java.util.Objects.requireNonNull(rows), model, other)
                    .withUse(used(lease), 4, 2);
            become(Activity.COMMITTING);
            sendCommit();
        }
    }

    /// What the attempt has used until now. The checker hears of it, too.
    private Use used(Attempt of) {
        long micros = (world.now() - leasedAt) / 1_000;
        Use use = new Use(micros / 2, micros, micros / 8, micros / 16, 3 * micros, micros / 4);
        checker.used(of, use);
        return use;
    }

    private void sendCommit() {
        if (commit != null) {
            world.toCoordinator(new BatchCommand.Commit(commit, List.of(), address));
        }
    }

    private void abandon(Attempt refused) {
        if (!refused.equals(attempt)) {
            return;
        }
        if (activity == Activity.SCORING) {
            abandoned = true;
        } else if (activity == Activity.COMMITTING) {
            checker.deleted(refused);
            if (commit != null && commit.use() != null) {
                world.toCoordinator(new BatchCommand.AttemptDiscarded(refused, commit.use()));
            }
            findWork();
        }
    }
}
