package io.nightshift.cli.batch;

import io.nightshift.api.QuarantinedRow;
import io.nightshift.client.BatchReader;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;

/// A command that reads the quarantined rows of a batch: by the ledger, or from a server.
abstract class QuarantineCommand extends QueryCommand {

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    @Override
    final int run(BatchReader reader) {
        return show(reader, wanted.name());
    }

    /// @return the exit status
    abstract int show(BatchReader reader, String batch);

    /// The place of a row, for people.
    static String place(QuarantinedRow row) {
        return "%s row %s".formatted(Path.of(row.file()).getFileName(), DisplayFormat.number(row.row()));
    }
}
