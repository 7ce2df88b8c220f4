package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.coordinator.batch.BatchState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.publish.CommittedBatches;
import io.nightshift.coordinator.register.BatchNameResolver;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.Destinations;
import io.nightshift.storage.destination.CommittedBatch;
import io.nightshift.storage.destination.QuarantinedRow;
import io.nightshift.storage.destination.QuarantinedRows;
import io.nightshift.storage.filesystem.FileRoots;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/// A command that reads the quarantined rows of a batch: the ledger says which attempts were committed, and
/// the destination where their rows are.
abstract class QuarantineCommand extends LedgerCommand {

    @Parameters(paramLabel = "BATCH", description = "A batch's id, the beginning of it, or latest.")
    private @Nullable String name;

    @Override
    final int run(Ledger ledger) {
        BatchId id = BatchNameResolver.resolve(ledger.register(), Objects.requireNonNull(name));
        BatchState state = ledger.state(id);
        if (state.submitted() == null) {
            throw FailureException.permanent("batch %s has not started yet".formatted(id));
        }
        CommittedBatch batch = CommittedBatches.read(ledger, state);
        Configuration given = configuration();
        FileRoots roots = given.files().ofCommand();
        try (DuckDbOnDemand duckDb = new DuckDbOnDemand(home().folder(), roots)) {
            QuarantinedRows rows = new Destinations(duckDb, given.dataSources(), roots)
                    .of(batch.job())
                    .quarantined(batch);
            return show(batch, String.valueOf(state.phase()), rows);
        }
    }

    /// @return the exit status
    abstract int show(CommittedBatch batch, String phase, QuarantinedRows rows);

    static ObjectNode json(QuarantinedRow row) {
        ObjectNode json = JsonOutput.object();
        json.put("file", row.file());
        json.put("row", row.row());
        json.put("id", row.id());
        json.put("reason", row.reason());
        json.put("value", row.value());
        json.put("message", row.message());
        json.put("values", row.values());
        return json;
    }

    /// The place of a row, for people.
    static String place(QuarantinedRow row) {
        return "%s row %s".formatted(Path.of(row.file()).getFileName(), DisplayFormat.number(row.row()));
    }

    /// Where the rows are, in one line.
    static String places(QuarantinedRows rows) {
        List<String> places = rows.places();
        return places.size() <= 1
                ? String.join("", places)
                : "%s and %s more".formatted(places.getFirst(), DisplayFormat.number(places.size() - 1));
    }

    /// A text on one line of a table.
    static String cell(@Nullable String text, int longest) {
        String line = text == null ? "" : text.replaceAll("\\p{Cntrl}+", " ");
        return line.length() <= longest ? line : line.substring(0, longest - 1) + "…";
    }
}
