package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.Flag;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.ValueType.Texts;
import io.nightshift.protocol.job.ValueType.Time;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The section `incremental` of a job file.
final class IncrementalKeys {

    static final JobKey KEY = JobKey.optional(
                    "incremental",
                    new Section(
                            List.of(
                                    JobKey.optional(
                                                    "column",
                                                    new Text(Form.COLUMN),
                                                    "The column of the source with the time at which a row was written or changed: a timestamp or a date. Each batch reads the rows whose time no earlier batch has read.",
                                                    "updated_at")
                                            .with("lateness")
                                            .from(NewTimes.class, NewTimes::column),
                                    JobKey.optional(
                                                    "lateness",
                                                    new Time(),
                                                    "The longest delay between the time in the column and the moment at which Nightshift can read the row. A batch leaves newer rows to the next one.",
                                                    "1h")
                                            .with("column")
                                            .from(NewTimes.class, NewTimes::lateness),
                                    JobKey.optional(
                                                    "time-zone",
                                                    new Text(Form.TIME_ZONE),
                                                    "The time zone of a column whose times have none.",
                                                    "Europe/Berlin")
                                            .with("column")
                                            .or("UTC")
                                            .from(NewTimes.class, NewTimes::timeZone),
                                    JobKey.optional(
                                                    "files",
                                                    new Choice(List.of("new")),
                                                    "`new`: each batch reads the files that no earlier batch has read. A file is identified by its path, its length, and its modification time or ETag.",
                                                    "new")
                                            .from(NewFiles.class, files -> "new"),
                                    JobKey.optional(
                                                    "changed",
                                                    new Texts(Form.COLUMN, 1, false),
                                                    "Columns of the source or of its lookups, or keys of `source.select`. Each batch scores the new rows, and the rows that differ in one of these columns from what the last published batch with their record ID has scored. The job needs `source.id`.",
                                                    "[plan, region, balance]")
                                            .from(ChangedRows.class, ChangedRows::columns),
                                    JobKey.optional(
                                                    "full",
                                                    new Flag(),
                                                    "Whether a new batch reads everything again. `--full` sets this key for one run. You can change it while a batch is open.",
                                                    "true")
                                            .or(false)
                                            .from(Incremental.class, Incremental::full)),
                            List.of("column", "files", "changed")),
                    "Makes the job incremental: each batch scores only what is new or has changed. Without this section, a batch scores all rows.",
                    "")
            .from(Job.class, Job::incremental)
            .withLines(Job.class, IncrementalKeys::print);

    private IncrementalKeys() {}

    private static void print(JobFingerprint print, Job job) {
        if (job.incremental() instanceof NewTimes times) {
            print.add("incremental.lateness", times.lateness());
        }
        if (job.incremental() != null) {
            print(print, job.incremental());
        }
    }

    /// Adds how rows are found that no earlier batch has read.
    static void print(JobFingerprint print, Incremental incremental) {
        switch (incremental) {
            case NewTimes times -> {
                print.add("incremental.column", times.column());
                print.add("incremental.time-zone", times.timeZone());
            }
            case NewFiles files -> print.add("incremental.files", "new");
            case ChangedRows changed -> print.add("incremental.changed", changed.columns());
        }
    }

    /// Checks that only a source of files reads new files, and that a job with changed rows has a record ID.
    static void check(JobCheck check, Mapping root) {
        Member member = root.entry("incremental");
        if (member == null || !(member.value() instanceof Mapping section)) {
            return;
        }
        Member source = root.entry("source");
        Mapping rows = JobCheck.below(root, "source");
        if (section.entry("changed") != null && rows != null && rows.entry("id") == null) {
            check.add(new Mistake(
                    member.line(),
                    "incremental.changed",
                    "changed rows without source.id",
                    "source.id, the column by which a row is found again in the next run",
                    null));
        }
        if (section.entry("files") != null && source != null && source.value() instanceof Mapping mapping) {
            Kinds.TABLES.stream()
                    .filter(kind -> mapping.entry(kind.name()) != null)
                    .map(kind -> new Mistake(
                            member.line(),
                            "incremental.files",
                            "new files with source.%s, which is not files".formatted(kind.name()),
                            "incremental.column, with a column of times",
                            null))
                    .forEach(check::add);
        }
    }

    /// The restriction of what each batch reads; null if each reads all rows.
    static @Nullable Incremental of(JobValues values) {
        if (!values.has("incremental")) {
            return null;
        }
        boolean full = values.flag("incremental.full");
        if (values.has("incremental.changed")) {
            return new ChangedRows(values.texts("incremental.changed"), full);
        }
        String column = values.textOrNull("incremental.column");
        return column == null
                ? new NewFiles(full)
                : new NewTimes(
                        column,
                        Objects.requireNonNull(values.timeOrNull("incremental.lateness")),
                        values.text("incremental.time-zone"),
                        full);
    }
}
