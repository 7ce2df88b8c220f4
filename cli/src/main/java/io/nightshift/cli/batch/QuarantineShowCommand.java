package io.nightshift.cli.batch;

import io.nightshift.api.ApiJson;
import io.nightshift.api.QuarantinedRow;
import io.nightshift.api.QuarantinedRowPage;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.DisplayTexts;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.client.BatchReader;
import io.nightshift.client.QuarantineFilter;
import io.nightshift.protocol.failure.FailureException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `quarantine show`: the rows themselves.
@Command(
        name = "show",
        description =
                "Shows quarantined rows of a batch: file, row, record ID, reason, wrong value, and the message of the database.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:The rows are shown, or there are none.",
            "2:There is no such batch, or its rows can't be read."
        })
final class QuarantineShowCommand extends QuarantineCommand {

    private static final int LONGEST = 60;

    /// The most rows that a server sends at once.
    private static final int PAGE = 1_000;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            description = "The largest number of rows to show (default: ${DEFAULT-VALUE}); 0 shows all.")
    private long limit;

    @Option(
            names = "--reason",
            paramLabel = "TEXT",
            description = "Only rows whose reason contains the text, ignoring case.")
    private @Nullable String reason;

    @Override
    int show(BatchReader reader, String batch) {
        Found found = new Found();
        QuarantineFilter filter = QuarantineFilter.ALL.ofReason(reason).atMost(PAGE);
        QuarantinedRowPage page = ClusterAccess.answer(reader.quarantinedRows(batch, filter));
        while (page.rows().stream().allMatch(found) && page.next() != null) {
            // `latest` is another one when a batch is submitted meanwhile.
            page = ClusterAccess.answer(reader.quarantinedRows(page.batch(), filter.from(page.next())));
        }
        print(found, page.batch(), page.state(), page.quarantined());
        return ExitStatus.DONE;
    }

    /// Prints rows as JSON, or keeps them for a table, up to the limit.
    private final class Found implements Predicate<QuarantinedRow> {

        private final List<QuarantinedRow> kept = new ArrayList<>();
        private long count;

        Found() {
            if (limit < 0) {
                throw FailureException.permanent("--limit must be 0 or more, not %d".formatted(limit));
            }
        }

        @Override
        public boolean test(QuarantinedRow row) {
            count++;
            if (isFull()) {
                return false;
            }
            if (asJson()) {
                JsonOutput.print(out(), ApiJson.tree(row));
            } else {
                kept.add(row);
            }
            return true;
        }

        boolean isFull() {
            return limit > 0 && count > limit;
        }
    }

    private void print(Found found, String batch, String state, long quarantined) {
        if (asJson()) {
            return;
        }
        if (found.kept.isEmpty()) {
            out().println("Batch %s (%s) has no quarantined rows%s."
                    .formatted(batch, state, reason == null ? "" : " of this reason"));
            return;
        }
        boolean named = found.kept.stream().anyMatch(row -> row.id() != null);
        TextTable table = new TextTable().left("FILE AND ROW");
        if (named) {
            table = table.left("ID");
        }
        table = table.left("REASON").left("VALUE").left("MESSAGE");
        for (QuarantinedRow row : found.kept) {
            List<String> cells = new ArrayList<>();
            cells.add(place(row));
            if (named) {
                cells.add(DisplayTexts.line(row.id(), LONGEST));
            }
            cells.add(DisplayTexts.line(row.reason(), LONGEST));
            cells.add(DisplayTexts.line(row.value(), LONGEST));
            cells.add(DisplayTexts.line(row.message(), 2 * LONGEST));
            table.row(cells.toArray(String[]::new));
        }
        table.print(out());
        if (found.isFull()) {
            out().println();
            out().println("The batch has %s quarantined rows; --limit shows more."
                    .formatted(DisplayFormat.number(quarantined)));
        }
    }
}
