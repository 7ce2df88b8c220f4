package io.nightshift.node;

import com.typesafe.config.Config;
import io.nightshift.coordinator.alert.AlertOutbox;
import io.nightshift.coordinator.batch.Batch;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.batch.task.BatchServices;
import io.nightshift.coordinator.batch.task.StepFaults;
import io.nightshift.coordinator.batch.task.StepRunner;
import io.nightshift.coordinator.incremental.ChangedRowPlanner;
import io.nightshift.coordinator.incremental.NewFilePlanner;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.LostBatches;
import io.nightshift.coordinator.publish.DestinationPublisher;
import io.nightshift.coordinator.publish.LedgerMeasurements;
import io.nightshift.coordinator.register.BatchArchive;
import io.nightshift.coordinator.register.BatchRegister;
import io.nightshift.coordinator.register.RegisterSettings;
import io.nightshift.node.alert.AlertChannels;
import io.nightshift.node.mlflow.MlflowWriteBack;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.StepCommand;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.changed.ChangedRowScan.EntryVisitor;
import io.nightshift.source.changed.RowSet;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;

/// Starts the coordinators of batches, the batch register and the alert outbox on a node with their role, and on
/// every other node a way to them.
final class CoordinatorStarter {

    private final NodeParts parts;
    private final Ledger ledger;
    private final NodeObserver observer;
    private final Config config;

    private CoordinatorStarter(NodeParts parts) {
        this.parts = parts;
        this.ledger = parts.given().ledger();
        this.observer = parts.given().observer();
        this.config = parts.system().settings().config().getConfig("nightshift");
    }

    /// Called once on every node.
    ///
    /// @param attempts redrive rows
    static void start(NodeParts parts, AttemptFactory attempts, AlertChannels alerts) {
        CoordinatorStarter starter = new CoordinatorStarter(parts);
        BatchServices services = starter.services(attempts);
        ActorSystem<Void> system = parts.system();
        system.systemActorOf(StepRunner.create(services, starter.ledger::state), StepCommand.ACTOR, Props.empty());
        starter.init(services, alerts);
        CoordinatedShutdown.get(system)
                .addTask(
                        CoordinatedShutdown.PhaseClusterShardingShutdownRegion(),
                        "stop-empty-regions-of-the-last-coordinator",
                        () -> {
                            if (Coordinators.isLast(system)) {
                                List.of(AlertOutbox.KEY, BatchRegister.KEY, Batch.KEY)
                                        .forEach(key -> EmptyRegion.stop(system, key.name()));
                            }
                            return CompletableFuture.completedFuture(Done.getInstance());
                        });
    }

    private void init(BatchServices services, AlertChannels alerts) {
        ClusterSharding sharding = ClusterSharding.get(parts.system());
        sharding.init(Entity.of(
                        AlertOutbox.KEY,
                        entity -> AlertOutbox.create(
                                parts.given().alerts().settings(),
                                alerts,
                                parts.entities()::tellBatch,
                                Clock.systemUTC(),
                                observer.alerts()))
                .withRole(Coordinators.ROLE));
        BatchArchive archive = ledger.archive();
        sharding.init(Entity.of(
                        BatchRegister.KEY,
                        entity -> BatchRegister.create(
                                parts.entities()::tellBatch,
                                Clock.systemUTC(),
                                new LostBatches(ledger),
                                archive,
                                parts.blocking(),
                                RegisterSettings.of(config),
                                observer.batches()))
                .withRole(Coordinators.ROLE));
        sharding.init(Entity.of(
                        Batch.KEY,
                        entity -> Batch.create(new BatchId(entity.getEntityId()), entity.getShard(), services))
                .withRole(Coordinators.ROLE));
    }

    private BatchServices services(AttemptFactory attempts) {
        return new BatchServices(
                BatchSettings.of(config.getConfig("batch")),
                inputs(),
                outputs(attempts),
                new BatchServices.Records(new LedgerMeasurements(ledger), ledger.stepRuns(), ledger::entries),
                new BatchServices.Recipients(
                        parts.entities()::tellRegister,
                        parts.entities()::tellAlerts,
                        parts.given().alerts().settings().stalledAfter(),
                        new ClusterPeers(parts.system()),
                        observer.batches()),
                new BatchServices.NodeRuntime(
                        parts.name(),
                        parts.blocking(),
                        Clock.systemUTC(),
                        System::nanoTime,
                        new CountedFaults(),
                        parts.stuck()));
    }

    private BatchServices.Inputs inputs() {
        return new BatchServices.Inputs(
                parts.sources(),
                new NewFilePlanner(
                        ledger.fileMarks(),
                        (job, model, selection) -> parts.sources().inspect(job, model, selection)),
                new ChangedRowPlanner(
                        ledger.rowMarks(), ledger.rowSets(), ledger::oldestOpen, new RowScanner(), parts.blocking()),
                parts::description);
    }

    private BatchServices.Outputs outputs(AttemptFactory attempts) {
        return new BatchServices.Outputs(
                new DestinationPublisher(parts.destinations(), ledger, parts::description),
                new QuarantineRedriver(
                        ledger,
                        parts.destinations(),
                        parts.given().duckDb(),
                        parts::description,
                        attempts::attempt,
                        Clock.systemUTC()),
                new RegistryPromoter(
                        parts.given().models().registry(),
                        new MlflowWriteBack(
                                parts.given().models().registry(), parts.given().mlflow()),
                        parts.name()));
    }

    private final class RowScanner implements ChangedRowPlanner.Scanner {
        @Override
        public void changed(Job job, List<InspectedFile> files, List<RowSet> before, EntryVisitor visitor) {
            parts.sources().changedRows(job).changed(files, before, visitor);
        }

        @Override
        public void last(List<RowSet> merged, EntryVisitor visitor) {
            parts.sources().lastRows(merged, visitor);
        }
    }

    /// Counts the failures of a coordinator's steps as node faults, because attempts need the same resources.
    private final class CountedFaults implements StepFaults {
        @Override
        public void failed(BatchId batch, Failure failure) {
            parts.faults().failed(batch, failure);
        }

        @Override
        public void succeeded(BatchId batch) {
            parts.faults().succeeded(batch);
        }
    }
}
