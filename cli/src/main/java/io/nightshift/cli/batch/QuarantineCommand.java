package io.nightshift.cli.batch;

import io.nightshift.api.QuarantinedRow;
import io.nightshift.client.NightshiftClient;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.gateway.BatchQuarantine;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.storage.Destinations;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.source.files.ObjectCopies;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;

/// A command that reads the quarantined rows of a batch: from its destination, or from a server.
abstract class QuarantineCommand extends QueryCommand {

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    @Override
    final int run(Ledger ledger) {
        BatchId batch = ledger.registered().resolve(wanted.name());
        Configuration given = configuration();
        ObjectCopies objects = given.objects().ofCommand(home().folder());
        FileRoots roots = given.files().ofCommand().withOwn(objects.folder().parent());
        try (DuckDbOnDemand duckDb = new DuckDbOnDemand(home().folder(), roots)) {
            Destinations destinations = new Destinations(duckDb, given.dataSources(), roots, objects);
            return show(BatchQuarantine.of(ledger, ledger.state(batch), destinations));
        }
    }

    @Override
    final int run(NightshiftClient client) {
        return show(client, wanted.name());
    }

    /// @return the exit status
    abstract int show(BatchQuarantine quarantine);

    /// @return the exit status
    abstract int show(NightshiftClient client, String batch);

    /// The place of a row, for people.
    static String place(QuarantinedRow row) {
        return "%s row %s".formatted(Path.of(row.file()).getFileName(), DisplayFormat.number(row.row()));
    }

    /// A text on one line of a table.
    static String cell(@Nullable String text, int longest) {
        String line = text == null ? "" : text.replaceAll("\\p{Cntrl}+", " ");
        return line.length() <= longest ? line : line.substring(0, longest - 1) + "…";
    }
}
