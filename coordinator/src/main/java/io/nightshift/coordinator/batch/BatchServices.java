package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.storage.source.SourceInspector;
import java.time.Clock;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/// What a batch's coordinator works with.
///
/// @param models describes a registered model
/// @param entries how many entries the ledger has of a batch; blocking
/// @param register tells the batch register; called by any thread
/// @param blocking runs what waits for disks; never the actors' own threads
/// @param node this node's name, `host:port`
/// @param observer hears what happens
public record BatchServices(
        BatchSettings settings,
        SourceInspector inspector,
        Function<ModelVersion, ModelDescription> models,
        Publisher publisher,
        ToLongFunction<BatchId> entries,
        Consumer<BatchRegisterCommand> register,
        Executor blocking,
        Clock clock,
        String node,
        BatchObserver observer) {}
