package io.nightshift.coordinator.batch;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.RetryPolicy;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.source.SourceInspector.InspectedFile;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;

/// The decision logic of [ExampleBatch], and the state that its decisions lead to. For tests that compare
/// whole decisions.
public abstract class DecisionsFixture {

    public static final BatchSettings SETTINGS = new BatchSettings(
            Duration.ofSeconds(30),
            Duration.ofSeconds(1),
            new RetryPolicy(
                    2,
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(8),
                    0,
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(20)),
            Duration.ofMinutes(5),
            Duration.ofSeconds(10));
    public static final CoordinatorAction HAS_WORK =
            new CoordinatorAction.TellRegister(new BatchRegisterCommand.HasWork(ExampleBatch.BATCH));
    public static final CoordinatorAction HAS_NO_WORK =
            new CoordinatorAction.TellRegister(new BatchRegisterCommand.HasNoWork(ExampleBatch.BATCH));
    public static final Failure DISK = Failure.transientFailure("the disk is full");
    public static final Failure MISSING = Failure.of(FailedResource.Type.INPUT, "/data/a.parquet", "it does not exist");
    public static final Failure AWAY = Failure.of(FailedResource.Type.STORAGE, "/data", "the share is away");

    public final ActorRef<WorkerMessage> worker =
            TestInbox.<WorkerMessage>create().getRef();
    public final ActorRef<ControlReply> operator =
            TestInbox.<ControlReply>create().getRef();
    public final BatchDecisions decisions =
            BatchDecisions.create(ExampleBatch.BATCH, SETTINGS, "node:1", new SplittableRandom(1));
    public BatchState state = BatchState.initial(ExampleBatch.BATCH);
    public long seconds;

    /// Decides about a message, and applies the events as the journal would.
    public BatchDecision decide(CoordinatorMessage message) {
        BatchDecision decision = decisions.decide(state, message, now());
        for (BatchEvent event : decision.events()) {
            state = ExampleBatch.after(state, event);
        }
        return decision;
    }

    public DecisionTime now() {
        return new DecisionTime(Duration.ofSeconds(seconds).toNanos(), at());
    }

    public Instant at() {
        return ExampleBatch.AT.plusSeconds(seconds);
    }

    public BatchDecision decide(BatchCommand command) {
        return decide(new CoordinatorMessage.CommandReceived(command));
    }

    /// What clients see of the batch.
    public BatchDescription described() {
        BatchDecision decision =
                decide(new BatchCommand.Describe(TestInbox.<BatchStatus>create().getRef()));
        BatchStatus status =
                (BatchStatus) ((CoordinatorAction.Send<?>) decision.actions().getFirst()).message();
        return Objects.requireNonNull(status.description());
    }

    public BatchDecision report(int incarnation, CoordinatorMessage.TaskOutcome outcome) {
        return decide(new CoordinatorMessage.TaskReported(incarnation, outcome));
    }

    public BatchDecision open() {
        return decide(new BatchCommand.Open(ExampleBatch.submission(ExampleBatch.job())));
    }

    public BatchDecision plan() {
        BatchEvent.Planned planned = ExampleBatch.planned();
        List<InspectedFile> files = planned.files().stream()
                .map(file -> new InspectedFile(file, List.of()))
                .toList();
        return report(1, new CoordinatorMessage.PlanCompleted(files, planned.partitions(), ExampleBatch.INPUT));
    }

    public BatchDecision lease() {
        return decide(new BatchCommand.RequestLease(
                "node:1", TestInbox.<WorkerMessage>create().getRef(), "nonce"));
    }

    public void start() {
        open();
        plan();
    }

    public CoordinatorAction done(Phase phase) {
        return new CoordinatorAction.Send<>(operator, new ControlReply.Done(ExampleBatch.BATCH, phase));
    }

    public static Attempt attempt(int partition, int lease) {
        return new Attempt(ExampleBatch.BATCH, partition, new Epoch(1, lease));
    }
}
