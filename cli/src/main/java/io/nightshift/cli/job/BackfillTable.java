package io.nightshift.cli.job;

import io.nightshift.api.Backfill;
import io.nightshift.cli.output.TextTable;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/// Backfills for people, one line each.
final class BackfillTable {

    private BackfillTable() {}

    static TextTable of(List<Backfill> backfills) {
        TextTable table = new TextTable()
                .left("BACKFILL")
                .left("STATE")
                .left("FROM")
                .left("TO")
                .right("RUNS")
                .right("PUBLISHED")
                .right("UNTOUCHED")
                .right("FAILED")
                .right("RUNNING")
                .right("WAITING")
                .left("STARTED");
        for (Backfill backfill : backfills) {
            table.row(
                    backfill.id(),
                    backfill.state(),
                    backfill.from(),
                    backfill.to(),
                    String.valueOf(backfill.runs()),
                    String.valueOf(backfill.published()),
                    String.valueOf(backfill.untouched()),
                    String.valueOf(backfill.failed()),
                    String.valueOf(backfill.running()),
                    String.valueOf(backfill.waiting()),
                    time(backfill.startedAt()) + " by " + backfill.startedBy());
        }
        return table;
    }

    /// UTC, to the second.
    static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
