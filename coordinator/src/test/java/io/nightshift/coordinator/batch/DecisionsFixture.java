package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.storage.source.SourceInspector.InspectedFile;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;

/// The decision logic of [ExampleBatch], and the state that its decisions lead to. For tests that compare
/// whole decisions.
abstract class DecisionsFixture {

    static final BatchSettings SETTINGS = new BatchSettings(
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
    static final CoordinatorAction HAS_WORK =
            new CoordinatorAction.TellRegister(new BatchRegisterCommand.HasWork(ExampleBatch.BATCH));
    static final CoordinatorAction HAS_NO_WORK =
            new CoordinatorAction.TellRegister(new BatchRegisterCommand.HasNoWork(ExampleBatch.BATCH));
    static final Failure DISK = Failure.transientFailure("the disk is full");
    static final Failure MISSING = Failure.of(FailedResource.Type.INPUT, "/data/a.parquet", "it does not exist");
    static final Failure AWAY = Failure.of(FailedResource.Type.STORAGE, "/data", "the share is away");

    final ActorRef<WorkerMessage> worker = TestInbox.<WorkerMessage>create().getRef();
    final ActorRef<ControlReply> operator = TestInbox.<ControlReply>create().getRef();
    final BatchDecisions decisions =
            BatchDecisions.create(ExampleBatch.BATCH, SETTINGS, "node:1", new SplittableRandom(1));
    BatchState state = BatchState.initial(ExampleBatch.BATCH);
    long seconds;

    /// Decides about a message, and applies the events as the journal would.
    Decision decide(CoordinatorMessage message) {
        Decision decision = decisions.decide(state, message, now());
        for (BatchEvent event : decision.events()) {
            state = ExampleBatch.after(state, event);
        }
        return decision;
    }

    DecisionTime now() {
        return new DecisionTime(Duration.ofSeconds(seconds).toNanos(), at());
    }

    Instant at() {
        return ExampleBatch.AT.plusSeconds(seconds);
    }

    Decision decide(BatchCommand command) {
        return decide(new CoordinatorMessage.CommandReceived(command));
    }

    Decision report(int incarnation, CoordinatorMessage.TaskOutcome outcome) {
        return decide(new CoordinatorMessage.TaskReported(incarnation, outcome));
    }

    Decision open() {
        return decide(new BatchCommand.Open(ExampleBatch.submission(ExampleBatch.job())));
    }

    Decision plan() {
        BatchEvent.Planned planned = ExampleBatch.planned();
        List<InspectedFile> files = planned.files().stream()
                .map(file -> new InspectedFile(file, List.of()))
                .toList();
        return report(1, new CoordinatorMessage.PlanCompleted(files, planned.partitions(), ExampleBatch.INPUT));
    }

    Decision lease() {
        return decide(new BatchCommand.RequestLease(
                "node:1", TestInbox.<WorkerMessage>create().getRef(), "nonce"));
    }

    void start() {
        open();
        plan();
    }

    CoordinatorAction done(Phase phase) {
        return new CoordinatorAction.Send<>(operator, new ControlReply.Done(ExampleBatch.BATCH, phase));
    }

    static Attempt attempt(int partition, int lease) {
        return new Attempt(ExampleBatch.BATCH, partition, new Epoch(1, lease));
    }
}
