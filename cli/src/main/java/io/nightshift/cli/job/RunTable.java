package io.nightshift.cli.job;

import io.nightshift.api.BatchDescription;
import io.nightshift.api.JobRun;
import io.nightshift.cli.output.TextTable;
import io.nightshift.cli.output.UseText;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Runs of a job for people, one line each.
final class RunTable {

    private RunTable() {}

    /// @param zone the job's time zone
    static TextTable of(List<JobRun> runs, ZoneId zone) {
        boolean hasParameters = runs.stream().anyMatch(run -> !run.parameters().isEmpty());
        boolean hasReasons = runs.stream().anyMatch(run -> run.reason() != null);
        boolean hasCosts = runs.stream().map(RunTable::cost).anyMatch(Objects::nonNull);
        TextTable table = new TextTable().left("SCHEDULED");
        if (hasParameters) {
            table.left("RUN");
        }
        table.left("CAUSE")
                .left("STATE")
                .left("STARTED")
                .left("ENDED")
                .right("DURATION")
                .right("ROWS");
        if (hasCosts) {
            table.right("COST");
        }
        table.left("BATCH");
        if (hasReasons) {
            table.left("REASON");
        }
        for (JobRun run : runs) {
            List<String> cells = new ArrayList<>();
            Instant scheduled = Objects.requireNonNullElse(run.tick(), run.dueAt());
            cells.add(JobTimes.local(scheduled, zone));
            if (hasParameters) {
                cells.add(JobTimes.parameters(run.parameters()));
            }
            cells.add(run.cause());
            cells.add(run.state());
            cells.add(JobTimes.localOrDash(run.startedAt(), zone));
            cells.add(JobTimes.localOrDash(run.endedAt(), zone));
            cells.add(JobTimes.duration(run.duration()));
            JobRun.Totals totals = run.totals();
            cells.add(totals == null ? "-" : String.format(Locale.ROOT, "%,d", totals.rows()));
            if (hasCosts) {
                BatchDescription.Cost cost = cost(run);
                cells.add(cost == null ? "-" : UseText.money(cost.total(), cost.currency()));
            }
            cells.add(run.batch() == null ? "-" : run.batch());
            if (hasReasons) {
                cells.add(run.reason() == null ? "" : run.reason());
            }
            table.row(cells.toArray(String[]::new));
        }
        return table;
    }

    private static BatchDescription.@Nullable Cost cost(JobRun run) {
        return run.totals() == null ? null : run.totals().cost();
    }
}
