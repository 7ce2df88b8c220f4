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
import io.nightshift.storage.source.SourceInspector;
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
/// @param inspector inspects sources; called on threads of `blocking` only
/// @param newFiles plans batches that read new files only; called on threads of `blocking` only
/// @param changedRows plans batches that read changed rows only; called on threads of `blocking` only
/// @param models describes a registered model; called on threads of `blocking` only
/// @param publisher publishes batches
/// @param redriver scores quarantined rows of published batches again; called on threads of `blocking` only
/// @param promoter moves aliases to candidates that have passed; called on threads of `blocking` only
/// @param measurements what the checks of batches look at; called on threads of `blocking` only
/// @param runs remembers which steps have begun and not ended; called on threads of `blocking` only
/// @param entries counts a batch's entries in the journal; called on threads of `blocking` only
/// @param register sends a command to the batch register; called by any thread, never blocks
/// @param blocking runs work that waits for disks or databases, on threads that belong to no actor dispatcher
/// @param clock the wall clock, for the time of events
/// @param nanos a monotonic clock, for durations: [System#nanoTime]
/// @param node this node, `host:port`
/// @param observer is notified of what happens
/// @param alerts sends a command to the alert outbox; called by any thread, never blocks
/// @param stalledAfter how long the batch may make no progress before that is an alert
/// @param peers the other nodes, which do what this node can't
/// @param faults receives the failures of steps on this node
/// @param stuck counts the threads that hang in a step
public record BatchServices(
        BatchSettings settings,
        SourceInspector inspector,
        NewFilePlanner newFiles,
        ChangedRowPlanner changedRows,
        Function<ModelVersion, ModelDescription> models,
        Publisher publisher,
        Redriver redriver,
        CandidatePromoter promoter,
        BatchMeasurements measurements,
        StepRuns runs,
        ToLongFunction<BatchId> entries,
        Consumer<BatchRegisterCommand> register,
        Executor blocking,
        Clock clock,
        LongSupplier nanos,
        String node,
        BatchObserver observer,
        Consumer<AlertCommand> alerts,
        Duration stalledAfter,
        BatchPeers peers,
        StepFaults faults,
        StuckThreads stuck) {}
