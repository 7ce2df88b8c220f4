package io.nightshift.cli.job;

import io.nightshift.api.AppliedJob;
import io.nightshift.cli.output.TextTable;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobFileException;
import io.nightshift.protocol.job.JobHeader;
import io.nightshift.protocol.job.JobSchedule;
import io.nightshift.protocol.job.JobTiming;
import io.nightshift.protocol.job.JobWindow;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A table for people that says when a job runs, according to its job file.
final class JobTable {

    private JobTable() {}

    /// @param header of the job's file; null if this version can't read it
    static TextTable of(AppliedJob job, @Nullable JobHeader header) {
        TextTable table = new TextTable().left("").left("");
        table.row("job", "%s, revision %d".formatted(job.job(), job.revision()));
        if (header != null && !header.parameters().isEmpty()) {
            table.row(
                    "parameters",
                    header.parameters().stream()
                            .map(parameter ->
                                    parameter.name() + " (" + parameter.type().text() + ")")
                            .collect(Collectors.joining(", ")));
        }
        table.row("schedule", schedule(job));
        if (job.trigger() != null) {
            table.row("trigger", job.trigger());
        }
        if (header != null) {
            timing(table, header.timing());
            if (header.priority() != 5) {
                table.row("priority", String.valueOf(header.priority()));
            }
        }
        ticks(table, job);
        return table;
    }

    /// The header of an applied job's file; null if this version can't read it.
    static @Nullable JobHeader header(AppliedJob job) {
        if (job.text() == null) {
            return null;
        }
        byte[] content = job.text().getBytes(StandardCharsets.UTF_8);
        try {
            return job.folder() == null
                    ? JobFile.header(content)
                    : JobFile.header(content, Path.of(job.folder()).resolve("job.yaml"), List.of());
        } catch (JobFileException e) {
            return null;
        }
    }

    private static String schedule(AppliedJob job) {
        if (job.cron() == null) {
            return "none";
        }
        String zone = job.timeZone();
        return job.schedule() == null
                ? "%s, %s".formatted(job.cron(), zone)
                : "%s, %s (%s)".formatted(job.schedule(), zone, job.cron());
    }

    private static void timing(TextTable table, JobTiming timing) {
        JobSchedule schedule = timing.schedule();
        if (schedule != null) {
            table.row("catch-up", words(schedule.catchUp()));
            table.row("overlap", words(schedule.overlap()));
        }
        JobWindow window = timing.window();
        if (window != null) {
            table.row(
                    "window",
                    "%s to %s; outside it, batches %s"
                            .formatted(
                                    window.from(),
                                    window.to(),
                                    window.outside().name().toLowerCase(Locale.ROOT)));
        }
        if (timing.deadline() != null) {
            table.row("deadline", timing.deadline());
        }
    }

    private static String words(JobSchedule.CatchUp catchUp) {
        return switch (catchUp) {
            case ALL -> "all ticks that were missed";
            case LATEST -> "the last tick that was missed";
            case NONE -> "no tick that was missed";
        };
    }

    private static String words(JobSchedule.Overlap overlap) {
        return switch (overlap) {
            case QUEUE -> "a tick waits until the previous run has ended";
            case SKIP -> "a tick is skipped if the previous run has not ended";
            case ALLOW -> "runs may overlap";
        };
    }

    private static void ticks(TextTable table, AppliedJob job) {
        ZoneId zone = ZoneId.of(job.timeZone());
        String name = "next runs";
        for (AppliedJob.Tick tick : job.ticks()) {
            table.row(name, (JobTimes.local(tick.at(), zone) + "  " + JobTimes.parameters(tick.parameters())).strip());
            name = "";
        }
    }
}
