package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.storage.destination.CommittedBatch;
import io.nightshift.storage.destination.QuarantinedRow;
import io.nightshift.storage.destination.QuarantinedRows;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine.Command;

/// `quarantine list`: the reasons, the most frequent first, each with an example.
@Command(
        name = "list",
        description = "Lists why rows of a batch are quarantined: for each reason, how many rows, and an example.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:The rows are shown, or there are none.",
            "2:There is no such batch, or its rows can't be read."
        })
final class QuarantineListCommand extends QuarantineCommand {

    private static final int LONGEST = 80;

    /// The rows of one reason.
    private record Group(QuarantinedRow example, long rows) {
        Group plus(Group other) {
            return new Group(example, rows + other.rows);
        }
    }

    @Override
    int show(CommittedBatch batch, String phase, QuarantinedRows rows) {
        Map<String, Group> byReason = new LinkedHashMap<>();
        rows.forEach(row -> {
            byReason.merge(row.reason(), new Group(row, 1), Group::plus);
            return true;
        });
        List<Group> groups = byReason.values().stream()
                .sorted(Comparator.comparingLong(Group::rows).reversed())
                .toList();
        if (asJson()) {
            JsonOutput.print(out(), json(batch, phase, rows, groups));
        } else if (groups.isEmpty()) {
            out().println("Batch %s (%s) has no quarantined rows.".formatted(batch.id(), phase));
        } else {
            print(batch, phase, rows, groups);
        }
        return ExitStatus.DONE;
    }

    private void print(CommittedBatch batch, String phase, QuarantinedRows rows, List<Group> groups) {
        out().println("Batch %s (%s) has %s quarantined rows."
                .formatted(batch.id(), phase, DisplayFormat.number(batch.quarantined())));
        out().println();
        TextTable table = new TextTable().right("ROWS").left("REASON").left("EXAMPLE");
        for (Group group : groups) {
            QuarantinedRow example = group.example();
            String detail = Objects.requireNonNullElse(
                    example.message(), example.value() == null ? "" : "value " + example.value());
            table.row(
                    DisplayFormat.number(group.rows()),
                    cell(example.reason(), LONGEST),
                    cell(place(example) + (detail.isEmpty() ? "" : ": " + detail), LONGEST));
        }
        table.print(out());
        out().println();
        out().println("They are in " + places(rows));
        out().println("Show the rows with: %s quarantine show %s%s"
                .formatted(ShellCommands.program(), batch.id(), options()));
    }

    private static ObjectNode json(CommittedBatch batch, String phase, QuarantinedRows rows, List<Group> groups) {
        ObjectNode json = JsonOutput.object();
        json.put("batch", batch.id().value());
        json.put("state", phase);
        json.put("quarantined", batch.quarantined());
        ArrayNode places = json.putArray("places");
        rows.places().forEach(places::add);
        ArrayNode reasons = json.putArray("reasons");
        for (Group group : groups) {
            ObjectNode reason = reasons.addObject();
            reason.put("reason", group.example().reason());
            reason.put("rows", group.rows());
            reason.set("example", json(group.example()));
        }
        return json;
    }
}
