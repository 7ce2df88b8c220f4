package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.ValueType.Texts;
import io.nightshift.protocol.job.ValueType.Whole;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The section `partitions` of a job file.
final class PartitionKeys {

    static final JobKey KEY = JobKey.optional(
                    "partitions",
                    new Section(List.of(
                            JobKey.optional(
                                            "rows",
                                            new Whole(1, 1_000_000_000),
                                            "The intended number of rows of a partition. Row groups that are not larger stay whole. Without this key, it is at most "
                                                    + Job.Partitions.DEFAULT_ROWS
                                                    + ", and so small that there are four partitions for each scoring thread, but at least "
                                                    + Job.Partitions.LEAST_ROWS
                                                    + "; tables of databases have partitions of "
                                                    + Job.Partitions.DEFAULT_ROWS
                                                    + " rows. With `by`, the rows of a partition value are divided further only if this key is given.",
                                            "100000")
                                    .from(
                                            Job.Partitions.class,
                                            each -> each.key() == null
                                                            || each.key().rows()
                                                    ? each.rows()
                                                    : null),
                            JobKey.optional(
                                            "by",
                                            new Text(Form.EXPRESSION),
                                            "The partition key: a column of the source, a key of `source.select`, or a DuckDB SQL expression. One of `count`, `ranges` and `every` says how its values are divided. A partition has rows of one partition value only.",
                                            "event_time")
                                    .from(Job.Partitions.class, ofKey(PartitionKey::by)),
                            JobKey.optional(
                                            "count",
                                            new Whole(2, 10_000),
                                            "The number of buckets to which a hash assigns the values of `by`.",
                                            "16")
                                    .with("by")
                                    .from(Job.Partitions.class, ofKey(PartitionKey::count)),
                            JobKey.optional(
                                            "ranges",
                                            new Texts(Form.BOUND, 1, false),
                                            "The bounds between the ranges of `by`, in ascending order. A bound belongs to the range that it begins: `[100, 200]` makes three ranges.",
                                            "[100, 200]")
                                    .with("by")
                                    .from(Job.Partitions.class, ofKey(PartitionKey::ranges)),
                            JobKey.optional(
                                            "every",
                                            new Choice(List.of("1h", "1d", "1mo")),
                                            "The length of the periods into which the times of `by` are divided.",
                                            "1d")
                                    .with("by")
                                    .from(
                                            Job.Partitions.class,
                                            ofKey(key -> key.every() == null
                                                    ? null
                                                    : key.every().text())),
                            JobKey.optional(
                                            "time-zone",
                                            new Text(Form.TIME_ZONE),
                                            "The time zone in which periods begin. A time without a time zone is taken as UTC. Without this key, it is UTC.",
                                            "Europe/Berlin")
                                    .with("every")
                                    .from(
                                            Job.Partitions.class,
                                            ofKey(key -> key.every() == null ? null : key.timeZone())),
                            JobKey.optional(
                                            "column",
                                            new Text(Form.OUTPUT_COLUMN),
                                            "The output column that holds the partition value, such as `2026-11-01`.",
                                            "day")
                                    .with("by")
                                    .from(Job.Partitions.class, ofKey(PartitionKey::column)),
                            JobKey.optional(
                                            "folder",
                                            new Text(Form.FOLDER),
                                            "The name of folders such as `dt=2026-11-01` in the batch's folder, one for each partition value. For destinations of files.",
                                            "dt")
                                    .with("by")
                                    .from(Job.Partitions.class, ofKey(PartitionKey::folder)))),
                    "How the input is divided into partitions.",
                    "")
            .from(Job.class, job -> job.partitions().chosen() ? null : job.partitions())
            .withLines(Job.class, (print, job) -> print(print, job.partitions()));

    private PartitionKeys() {}

    private static Function<Job.Partitions, @Nullable Object> ofKey(Function<PartitionKey, @Nullable Object> value) {
        return partitions -> partitions.key() == null ? null : value.apply(partitions.key());
    }

    private static void print(JobFingerprint print, Job.Partitions partitions) {
        print.add("partitions.rows", partitions.rows());
        PartitionKey key = partitions.key();
        if (key != null) {
            print.add("partitions.by", List.of(key.by(), key.rows() ? "rows" : ""));
            print.add("partitions.count", key.count());
            print.add("partitions.ranges", key.ranges());
            print.add("partitions.every", key.every());
            print.add("partitions.time-zone", key.timeZone());
            print.add("partitions.column", key.column());
            print.add("partitions.folder", key.folder());
        }
    }

    /// Checks that a partition key is divided in one way, and that its value has one name in the output.
    static void check(JobCheck check, Mapping root) {
        Member member = root.entry("partitions");
        if (member == null || !(member.value() instanceof Mapping section) || section.entry("by") == null) {
            return;
        }
        List<String> ways = Stream.of("count", "ranges", "every")
                .filter(key -> section.entry(key) != null)
                .toList();
        if (ways.size() != 1) {
            check.add(new Mistake(
                    member.line(),
                    "partitions",
                    ways.isEmpty()
                            ? "by without count, ranges or every"
                            : "the keys %s are set".formatted(String.join(" and ", ways)),
                    "by with one of count, ranges and every",
                    null));
        }
        if ("extend".equals(check.value("source.on-change"))) {
            check.add(new Mistake(
                    member.line(),
                    "partitions.by",
                    "a partition key with source.on-change: extend",
                    "on-change: fail or restart, because new files have rows of the partition values that are planned",
                    null));
        }
        if (check.value("source.join") instanceof List<?> lookups && !lookups.isEmpty()) {
            check.add(new Mistake(
                    member.line(), "partitions.by", "a partition key with source.join", "one of the two", null));
        }
        Object column = check.value("partitions.column");
        if (column instanceof String name
                && Stream.of("output.columns", "partitions.folder").anyMatch(key -> isNamed(name, check.value(key)))) {
            check.add(new Mistake(
                    member.line(),
                    "partitions.column",
                    "\"%s\", which is also in output.columns or partitions.folder".formatted(name),
                    "a name of its own",
                    null));
        }
    }

    private static boolean isNamed(String name, @Nullable Object value) {
        return value instanceof List<?> list
                ? list.stream().anyMatch(each -> name.equalsIgnoreCase(String.valueOf(each)))
                : value instanceof String text && name.equalsIgnoreCase(text);
    }

    /// @param values of the section
    static Job.Partitions of(JobValues values) {
        Integer given = values.numberOrNull("rows");
        int rows = given == null ? Job.Partitions.DEFAULT_ROWS : given;
        String by = values.textOrNull("by");
        if (by == null) {
            return given == null ? Job.Partitions.BY_DEFAULT : new Job.Partitions(rows);
        }
        String every = values.textOrNull("every");
        String timeZone = values.textOrNull("time-zone");
        return new Job.Partitions(
                rows,
                new PartitionKey(
                        by,
                        values.numberOrNull("count"),
                        values.texts("ranges"),
                        every == null ? null : PartitionKey.Every.of(every),
                        timeZone == null ? PartitionKey.UTC : timeZone,
                        given != null,
                        values.textOrNull("column"),
                        values.textOrNull("folder")));
    }
}
