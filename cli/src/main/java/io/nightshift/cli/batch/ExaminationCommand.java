package io.nightshift.cli.batch;

import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.client.NightshiftClient;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.check.BatchExaminations;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.storage.Destinations;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.source.files.ObjectCopies;
import java.util.concurrent.CompletionStage;
import picocli.CommandLine.Mixin;

/// A command that examines a published batch: by itself, with the ledger, or by a server. Both answer with the same
/// records.
///
/// @param <R> the result
abstract class ExaminationCommand<R> extends QueryCommand {

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    @Override
    final int run(Ledger ledger) {
        BatchId batch = ledger.registered().resolve(wanted.name());
        Configuration given = configuration();
        ObjectCopies objects = given.objects().ofCommand(home().folder());
        FileRoots roots = given.files().ofCommand().withOwn(objects.folder().parent());
        ModelRegistry registry = registry(given);
        try (DuckDbOnDemand duckDb = new DuckDbOnDemand(home().folder(), roots, scores())) {
            Destinations destinations = new Destinations(duckDb, given.dataSources(), roots, objects);
            return show(examine(
                    new BatchExaminations(
                            ledger,
                            destinations,
                            duckDb,
                            registry,
                            objects.folder().parent(),
                            MemoryBudget.budget()),
                    batch));
        }
    }

    @Override
    final int run(NightshiftClient client) {
        R result = ClusterAccess.answer(ask(client, wanted.name()));
        answered(new ClusterAccess(client), result);
        return show(result);
    }

    /// Called with the result of a server, before it is shown.
    void answered(ClusterAccess cluster, R result) {}

    /// The registry of the models, for an examination by this command.
    ModelRegistry registry(Configuration given) {
        return given.registry().open(home().folder(), given.objects().folderIn(home().folder()));
    }

    /// Whether the examination scores rows.
    boolean scores() {
        return false;
    }

    abstract R examine(BatchExaminations examinations, BatchId batch);

    abstract CompletionStage<R> ask(NightshiftClient client, String batch);

    /// @return the exit status
    abstract int show(R result);
}
