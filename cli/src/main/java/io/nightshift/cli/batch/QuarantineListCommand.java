package io.nightshift.cli.batch;

import io.nightshift.api.ApiJson;
import io.nightshift.api.QuarantineReasons;
import io.nightshift.api.QuarantineReasons.ReasonCount;
import io.nightshift.api.QuarantinedRow;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.DisplayTexts;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.client.BatchReader;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine.Command;

/// `quarantine list`: the reasons, the most frequent first, each with an example.
@Command(
        name = "list",
        description =
                "Lists the reasons why rows of a batch are quarantined, with the number of rows and an example for each.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:The rows are shown, or there are none.",
            "2:There is no such batch, or its rows can't be read."
        })
final class QuarantineListCommand extends QuarantineCommand {

    private static final int LONGEST = 80;

    @Override
    int show(BatchReader reader, String batch) {
        return show(ClusterAccess.answer(reader.quarantineReasons(batch)));
    }

    private int show(QuarantineReasons quarantine) {
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(quarantine));
        } else if (quarantine.reasons().isEmpty()) {
            out().println("Batch %s (%s) has no quarantined rows.".formatted(quarantine.batch(), quarantine.state()));
        } else {
            print(quarantine);
        }
        return ExitStatus.DONE;
    }

    private void print(QuarantineReasons quarantine) {
        out().println("Batch %s (%s) has %s quarantined rows."
                .formatted(quarantine.batch(), quarantine.state(), DisplayFormat.number(quarantine.quarantined())));
        if (quarantine.counted() < quarantine.quarantined()) {
            out().println("The server counted the first %s of them."
                    .formatted(DisplayFormat.number(quarantine.counted())));
        }
        out().println();
        TextTable table = new TextTable().right("ROWS").left("REASON").left("EXAMPLE");
        for (ReasonCount reason : quarantine.reasons()) {
            QuarantinedRow example = reason.example();
            String detail = Objects.requireNonNullElse(
                    example.message(), example.value() == null ? "" : "value " + example.value());
            table.row(
                    DisplayFormat.number(reason.rows()),
                    DisplayTexts.line(reason.reason(), LONGEST),
                    DisplayTexts.line(place(example) + (detail.isEmpty() ? "" : ": " + detail), LONGEST));
        }
        table.print(out());
        out().println();
        out().println("They are in " + places(quarantine.places()));
        out().println("Show the rows with: %s quarantine show %s%s"
                .formatted(ShellCommands.program(), quarantine.batch(), options()));
    }

    /// Where the rows are, in one line.
    private static String places(List<String> places) {
        return places.size() <= 1
                ? String.join("", places)
                : "%s and %s more".formatted(places.getFirst(), DisplayFormat.number(places.size() - 1));
    }
}
