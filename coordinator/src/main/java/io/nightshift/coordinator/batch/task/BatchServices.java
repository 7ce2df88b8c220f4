package io.nightshift.coordinator.batch.task;

import io.nightshift.coordinator.batch.decision.BatchObserver;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.incremental.ChangedRowPlanner;
import io.nightshift.coordinator.incremental.NewFilePlanner;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourceInspector;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/// The services that a batch's coordinator uses.
///
/// @param settings the section `nightshift.batch` of the configuration
/// @param inputs plan what batches read
/// @param outputs complete what batches have scored
/// @param records of the ledger
/// @param recipients of what coordinators say
/// @param runtime the threads and clocks of the node
public record BatchServices(
        BatchSettings settings,
        Inputs inputs,
        Outputs outputs,
        Records records,
        Recipients recipients,
        NodeRuntime runtime) {

    /// Plan what batches read. Called on threads of [NodeRuntime#blocking()] only.
    ///
    /// @param inspector inspects sources
    /// @param newFiles plans batches that read new files only
    /// @param changedRows plans batches that read changed rows only
    /// @param models describes a registered model
    public record Inputs(
            SourceInspector inspector,
            NewFilePlanner newFiles,
            ChangedRowPlanner changedRows,
            Function<ModelVersion, ModelDescription> models) {}

    /// Complete what batches have scored.
    ///
    /// @param publisher publishes batches
    /// @param redriver scores quarantined rows of published batches again; called on threads of
    ///     [NodeRuntime#blocking()] only
    /// @param promoter moves aliases to candidates that have passed; called on threads of
    ///     [NodeRuntime#blocking()] only
    public record Outputs(Publisher publisher, Redriver redriver, CandidatePromoter promoter) {}

    /// The records of the ledger. Called on threads of [NodeRuntime#blocking()] only.
    ///
    /// @param measurements what the checks of batches look at
    /// @param runs remembers which steps have begun and not ended
    /// @param entries counts a batch's entries in the journal
    public record Records(BatchMeasurements measurements, StepRuns runs, ToLongFunction<BatchId> entries) {}

    /// The recipients of what coordinators say.
    ///
    /// @param register sends a command to the batch register; called by any thread, never blocks
    /// @param alerts sends a command to the alert outbox; called by any thread, never blocks
    /// @param stalledAfter how long a batch may make no progress before that is an alert
    /// @param peers the other nodes, which do what this node can't
    /// @param observer is notified of what happens
    public record Recipients(
            Consumer<BatchRegisterCommand> register,
            Consumer<AlertCommand> alerts,
            Duration stalledAfter,
            BatchPeers peers,
            BatchObserver observer) {}

    /// The threads and clocks of the node.
    ///
    /// @param node this node, `host:port`
    /// @param blocking runs work that waits for disks or databases, on threads that belong to no actor dispatcher
    /// @param clock the wall clock, for the time of events
    /// @param nanos a monotonic clock, for durations: [System#nanoTime]
    /// @param faults receives the failures of steps on this node
    /// @param stuck counts the threads that hang in a step
    public record NodeRuntime(
            String node, Executor blocking, Clock clock, LongSupplier nanos, StepFaults faults, StuckThreads stuck) {}
}
