package io.nightshift.node;

import io.nightshift.coordinator.alert.AlertOutbox;
import io.nightshift.coordinator.batch.Batch;
import io.nightshift.coordinator.register.BatchRegister;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;

/// Sends messages to the coordinators of batches, the batch register and the alert outbox, on whichever node they
/// run. Never blocks. An answer that doesn't come in time fails its stage. Safe for several threads.
final class ClusterEntities {

    /// The time that a program outside the cluster waits for a reply about a batch.
    static final Duration SOON = Duration.ofSeconds(3);

    private final ClusterSharding sharding;

    ClusterEntities(ActorSystem<Void> system) {
        this.sharding = ClusterSharding.get(system);
    }

    private EntityRef<BatchCommand> batch(BatchId batch) {
        return sharding.entityRefFor(Batch.KEY, batch.value());
    }

    private EntityRef<BatchRegisterCommand> register() {
        return sharding.entityRefFor(BatchRegister.KEY, BatchRegister.ID);
    }

    private EntityRef<AlertCommand> alerts() {
        return sharding.entityRefFor(AlertOutbox.KEY, AlertOutbox.ID);
    }

    void tellBatch(BatchId batch, BatchCommand command) {
        batch(batch).tell(command);
    }

    void tellRegister(BatchRegisterCommand command) {
        register().tell(command);
    }

    void tellAlerts(AlertCommand command) {
        alerts().tell(command);
    }

    <T> CompletionStage<T> askBatch(BatchId batch, Function<ActorRef<T>, BatchCommand> question) {
        return askBatch(batch, question, SOON);
    }

    <T> CompletionStage<T> askBatch(BatchId batch, Function<ActorRef<T>, BatchCommand> question, Duration patience) {
        return batch(batch).ask(question::apply, patience);
    }

    <T> CompletionStage<T> askRegister(Function<ActorRef<T>, BatchRegisterCommand> question) {
        return askRegister(question, SOON);
    }

    <T> CompletionStage<T> askRegister(Function<ActorRef<T>, BatchRegisterCommand> question, Duration patience) {
        return register().ask(question::apply, patience);
    }

    CompletionStage<AlertReply> askAlerts(Function<ActorRef<AlertReply>, AlertCommand> question) {
        return alerts().ask(question::apply, SOON);
    }
}
