package io.nightshift.node;

import com.typesafe.config.Config;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.SourceReader;
import io.nightshift.worker.ScoringSlots;
import io.nightshift.worker.Worker;
import io.nightshift.worker.WorkerServices;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.typed.ShardedDaemonProcessSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ShardedDaemonProcess;
import org.apache.pekko.cluster.typed.Cluster;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts the workers of a node, and has them finish when the node leaves.
final class WorkerStarter {

    private static final Logger LOG = LoggerFactory.getLogger(WorkerStarter.class);

    /// How much longer than its grace a worker may take to finish.
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final String ROLE = "worker";

    /// The name of the workers in Pekko. Nodes of two versions must agree on it.
    private static final String WORKERS = "worker";

    private final NodeParts parts;
    private final AttemptFactory attempts;
    private final ActorSystem<Void> system;
    private final Config config;

    private WorkerStarter(NodeParts parts, AttemptFactory attempts) {
        this.parts = parts;
        this.attempts = attempts;
        this.system = parts.system();
        this.config = system.settings().config().getConfig("nightshift.worker");
    }

    /// Called once on every node. Workers run on those with the role.
    static void start(NodeParts parts, AttemptFactory attempts) {
        WorkerStarter starter = new WorkerStarter(parts, attempts);
        ActorRef<ScoringSlots.Command> slots =
                parts.system().systemActorOf(ScoringSlots.create(parts.slots()), "scoring-slots", Props.empty());
        starter.finishAtShutdown(slots);
        starter.init(slots);
    }

    private void init(ActorRef<ScoringSlots.Command> slots) {
        WorkerServices services = services(slots);
        ShardedDaemonProcess.get(system)
                .init(
                        Worker.Command.class,
                        WORKERS,
                        Math.max(config.getInt("count"), parts.slots()),
                        number -> Worker.create(services),
                        ShardedDaemonProcessSettings.create(system).withRole(ROLE),
                        Optional.of(new Worker.Stop()));
    }

    private WorkerServices services(ActorRef<ScoringSlots.Command> slots) {
        return new WorkerServices(
                slots.narrow(),
                parts.entities()::tellRegister,
                parts.entities()::tellBatch,
                attempts::timed,
                this::fetchAhead,
                lease -> parts.destinations().of(lease.job()).remove(lease),
                parts.given().scoring(),
                WorkerServices.AttemptLimits.of(config.getDuration("stall-after")),
                config.getDuration("heartbeat"),
                config.getDuration("patience"),
                config.getDuration("grace"),
                parts.name(),
                parts.given().observer().workers(),
                parts.faults(),
                () -> UUID.randomUUID().toString());
    }

    /// The model is not asked for on the caller's thread, since it may have to be loaded.
    private void fetchAhead(Lease lease) {
        SourceReader reader = parts.sources().of(lease.job());
        if (reader.isElsewhere(lease.slices())) {
            Thread.ofVirtual().name("fetch-ahead").start(() -> {
                try {
                    reader.fetchAhead(lease.slices(), lease.job(), parts.description(lease.model()));
                } catch (FailureException e) {
                    LOG.debug("{} is not fetched ahead", lease.attempt(), e);
                }
            });
        }
    }

    private void finishAtShutdown(ActorRef<ScoringSlots.Command> slots) {
        CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
        shutdown.addTask(
                CoordinatedShutdown.PhaseServiceStop(),
                "workers-finish",
                () -> isThrownOut(shutdown)
                        ? CompletableFuture.completedFuture(Done.getInstance())
                        : AskPattern.<ScoringSlots.Command, ScoringSlots.Closed>ask(
                                        slots,
                                        ScoringSlots.Close::new,
                                        config.getDuration("grace").plus(PATIENCE),
                                        system.scheduler())
                                .thenApply(closed -> Done.getInstance()));
        shutdown.addTask(CoordinatedShutdown.PhaseBeforeServiceUnbind(), "stop-keep-alive", this::stopKeepAlive);
        if (Cluster.get(system).selfMember().hasRole(ROLE)) {
            shutdown.addTask(
                    CoordinatedShutdown.PhaseClusterShardingShutdownRegion(), "stop-empty-region-of-workers", () -> {
                        EmptyRegion.stop(system, "sharded-daemon-process-" + WORKERS);
                        return CompletableFuture.completedFuture(Done.getInstance());
                    });
        }
    }

    /// Then nobody would take what its workers finish.
    private static boolean isThrownOut(CoordinatedShutdown shutdown) {
        return shutdown.getShutdownReason()
                .filter(CoordinatedShutdown.clusterDowningReason()::equals)
                .isPresent();
    }

    /// Stops the actor by which Pekko starts the workers again and again. The other nodes have one too, and a
    /// node that leaves needs no more workers. See [EmptyRegion].
    private CompletionStage<Done> stopKeepAlive() {
        Adapter.toClassic(system)
                .actorSelection("/system/ShardedDaemonProcessKeepAlive-" + WORKERS)
                .tell(PoisonPill.getInstance(), org.apache.pekko.actor.ActorRef.noSender());
        return CompletableFuture.completedFuture(Done.getInstance());
    }
}
