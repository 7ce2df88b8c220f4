package io.nightshift.node;

import io.nightshift.api.RetentionReport;
import io.nightshift.api.operation.Role;
import io.nightshift.coordinator.retention.BatchRetention;
import io.nightshift.node.gateway.AuditLog;
import io.nightshift.node.gateway.Caller;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The work that a node with coordinators does at intervals: it wakes open batches and alerts, removes batches by
/// their retention, and sends lineage. Ends when the node begins to leave.
final class CoordinatorUpkeep {

    private static final Logger LOG = LoggerFactory.getLogger(CoordinatorUpkeep.class);

    private static final Duration INTERVAL = Duration.ofSeconds(5);

    /// So a node that starts has its time for batches, however many jobs the retention looks at.
    private static final Duration FIRST_SWEEP = Duration.ofMinutes(1);

    /// Less than the time limit of the first phase of a shutdown.
    private static final Duration PATIENCE_OF_ALERTS = Duration.ofSeconds(3);

    private final NodeParts parts;
    private final BatchRetention retention;
    private final @Nullable LineageReporter lineage;
    private final AtomicBoolean hasWoken = new AtomicBoolean();
    private final AtomicBoolean isSweeping = new AtomicBoolean();

    private CoordinatorUpkeep(NodeParts parts, BatchRetention retention, @Nullable LineageReporter lineage) {
        this.parts = parts;
        this.retention = retention;
        this.lineage = lineage;
    }

    /// @param lineage null if no receiver is configured
    static void start(NodeParts parts, BatchRetention retention, @Nullable LineageReporter lineage) {
        CoordinatorUpkeep upkeep = new CoordinatorUpkeep(parts, retention, lineage);
        Duration every = parts.system().settings().config().getDuration("nightshift.batch.retention.every");
        List<Cancellable> repeated = List.of(
                upkeep.repeat(INTERVAL, INTERVAL, upkeep::wake),
                upkeep.repeat(FIRST_SWEEP.compareTo(every) < 0 ? FIRST_SWEEP : every, every, upkeep::beginSweep),
                upkeep.repeat(INTERVAL, INTERVAL, upkeep::reportLineage));
        CoordinatedShutdown.get(parts.system())
                .addTask(CoordinatedShutdown.PhaseBeforeServiceUnbind(), "stop-tending", () -> {
                    repeated.forEach(Cancellable::cancel);
                    return upkeep.awaitAlerts();
                });
    }

    private Cancellable repeat(Duration first, Duration interval, Runnable step) {
        return parts.system()
                .scheduler()
                .scheduleWithFixedDelay(first, interval, step, parts.system().executionContext());
    }

    /// Starts the coordinators of open batches again when their node is lost. Not while this node leaves, since the
    /// message could arrive while the register moves, which then logs that it is dropped.
    private void wake() {
        parts.entities().tellRegister(new BatchRegisterCommand.WakeOpenBatches());
        parts.entities().tellAlerts(new AlertCommand.Wake());
        hasWoken.set(true);
    }

    /// Waits a moment until the alert outbox has what was sent to it. It may be moving, because another node has
    /// left. If the shard region of this node stopped while it holds the message, it would wait for its time limit.
    private CompletionStage<Done> awaitAlerts() {
        return hasWoken.get()
                ? parts.entities()
                        .askAlerts(replyTo -> new AlertCommand.ListIncidents(true, 0, 1, replyTo))
                        .handle((reply, problem) -> Done.done())
                        .toCompletableFuture()
                        .completeOnTimeout(Done.done(), PATIENCE_OF_ALERTS.toMillis(), TimeUnit.MILLISECONDS)
                : CompletableFuture.completedFuture(Done.done());
    }

    private void beginSweep() {
        if (Coordinators.isOldest(parts.system()) && isSweeping.compareAndSet(false, true)) {
            parts.blocking().execute(this::sweep);
        }
    }

    private void sweep() {
        try {
            retention.sweep().forEach(this::audit);
        } catch (FailureException e) {
            LOG.warn("the retention removes nothing now, and looks again later: {}", e.getMessage());
        } finally {
            isSweeping.set(false);
        }
    }

    private void audit(BatchRetention.Begun begun) {
        RetentionReport.Expired expired = begun.expired();
        AuditLog.log(
                new Caller(Objects.requireNonNullElse(begun.by(), Node.LOCAL), Role.ADMIN, parts.name()),
                "delete",
                expired.batch(),
                "done",
                "retention of job %s, %s".formatted(expired.job(), expired.retention()));
    }

    private void reportLineage() {
        if (lineage != null && Coordinators.isOldest(parts.system())) {
            lineage.report();
        }
    }
}
