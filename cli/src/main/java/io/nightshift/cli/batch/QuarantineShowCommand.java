package io.nightshift.cli.batch;

import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.destination.CommittedBatch;
import io.nightshift.storage.destination.QuarantinedRow;
import io.nightshift.storage.destination.QuarantinedRows;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `quarantine show`: the rows themselves.
@Command(
        name = "show",
        description = "Shows quarantined rows of a batch: file, row, record ID, reason, wrong value, and the words of"
                + " the database.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:The rows are shown, or there are none.",
            "2:There is no such batch, or its rows can't be read."
        })
final class QuarantineShowCommand extends QuarantineCommand {

    private static final int LONGEST = 60;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            description = "The most rows to show (default: ${DEFAULT-VALUE}); 0 shows all.")
    private long limit;

    @Option(
            names = "--reason",
            paramLabel = "TEXT",
            description = "Only rows whose reason contains the text, without regard to case.")
    private @Nullable String reason;

    @Override
    int show(CommittedBatch batch, String phase, QuarantinedRows rows) {
        if (limit < 0) {
            throw FailureException.permanent("--limit: the number %d; expected 0 or more".formatted(limit));
        }
        List<QuarantinedRow> shown = new ArrayList<>();
        long[] count = {0};
        rows.forEach(row -> {
            if (!matches(row)) {
                return true;
            }
            if (limit > 0 && count[0] == limit) {
                count[0]++;
                return false;
            }
            count[0]++;
            if (asJson()) {
                JsonOutput.print(out(), json(row));
            } else {
                shown.add(row);
            }
            return true;
        });
        if (!asJson()) {
            print(batch, phase, shown, limit > 0 && count[0] > limit);
        }
        return ExitStatus.DONE;
    }

    private boolean matches(QuarantinedRow row) {
        return reason == null || row.reason().toLowerCase(Locale.ROOT).contains(reason.toLowerCase(Locale.ROOT));
    }

    private void print(CommittedBatch batch, String phase, List<QuarantinedRow> shown, boolean more) {
        if (shown.isEmpty()) {
            out().println("Batch %s (%s) has no quarantined rows%s."
                    .formatted(batch.id(), phase, reason == null ? "" : " of this reason"));
            return;
        }
        boolean named = batch.job().source().id() != null;
        TextTable table = new TextTable().left("FILE AND ROW");
        if (named) {
            table = table.left("ID");
        }
        table = table.left("REASON").left("VALUE").left("MESSAGE");
        for (QuarantinedRow row : shown) {
            List<String> cells = new ArrayList<>();
            cells.add(place(row));
            if (named) {
                cells.add(cell(row.id(), LONGEST));
            }
            cells.add(cell(row.reason(), LONGEST));
            cells.add(cell(row.value(), LONGEST));
            cells.add(cell(row.message(), 2 * LONGEST));
            table.row(cells.toArray(String[]::new));
        }
        table.print(out());
        if (more) {
            out().println();
            out().println("The batch has %s quarantined rows; --limit shows more."
                    .formatted(DisplayFormat.number(batch.quarantined())));
        }
    }
}
