package io.nightshift.cli.batch;

import io.nightshift.api.QuarantinedRow;
import io.nightshift.client.BatchReader;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
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

    /// A text on one line of a table.
    static String cell(@Nullable String text, int longest) {
        String line = text == null ? "" : text.replaceAll("\\p{Cntrl}+", " ");
        return line.length() <= longest ? line : line.substring(0, longest - 1) + "…";
    }
}
