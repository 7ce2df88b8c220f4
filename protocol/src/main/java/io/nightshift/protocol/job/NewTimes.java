package io.nightshift.protocol.job;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Restricts each batch of a job to the rows that no earlier batch has read, by the times in a column.
///
/// @param column of the source, with the time at which a row was written or changed
/// @param lateness the longest time from the time in the column until readers see the row. A batch reads no
///     row that is newer than this
/// @param timeZone a time zone of the IANA database: that of a column whose times have none
/// @param full whether the batch reads all rows, also those that an earlier batch has read
/// @param type how the column's values stand for points in time; null until the job was checked with its
///     source
/// @param pinned what the batch reads; null until the batch is opened
public record NewTimes(
        String column,
        Duration lateness,
        String timeZone,
        boolean full,
        @Nullable TimeType type,
        @Nullable Pinned pinned)
        implements Incremental {

    /// The times that a batch reads. Its job's conditions contain them already.
    ///
    /// @param source as [JobFingerprint#source(Job)]: batches with the same one divide its times among
    ///     themselves
    /// @param ranges the times, in order; none if nothing is due
    /// @param where the condition of the job file, or null
    /// @param databaseWhere the condition of the job file in the database's SQL, or null
    public record Pinned(
            String source,
            List<TimeRange> ranges,
            @Nullable String where,
            @Nullable String databaseWhere) {
        public Pinned {
            ranges = List.copyOf(ranges);
        }
    }

    /// The kinds of columns that say when a row was changed.
    public enum TimeType {
        /// A timestamp with a time zone.
        INSTANT("TIMESTAMPTZ"),
        /// A timestamp without a time zone.
        LOCAL("TIMESTAMP"),
        /// A date. All rows of a day are due when the day is over.
        DATE("DATE");

        private final String sql;

        TimeType(String sql) {
            this.sql = sql;
        }

        /// The type of a DuckDB column; empty if its values are no times.
        public static Optional<TimeType> of(String duckDbType) {
            return switch (duckDbType) {
                case "TIMESTAMP WITH TIME ZONE" -> Optional.of(INSTANT);
                case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS" -> Optional.of(LOCAL);
                case "DATE" -> Optional.of(DATE);
                default -> Optional.empty();
            };
        }
    }

    private static final DateTimeFormatter TIMESTAMP =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS", Locale.ROOT);

    /// The section of a job file, before the job is checked with its source.
    public NewTimes(String column, Duration lateness, String timeZone, boolean full) {
        this(column, lateness, timeZone, full, null, null);
    }

    /// The same with the type of the column.
    public NewTimes with(TimeType known) {
        return new NewTimes(column, lateness, timeZone, full, known, pinned);
    }

    @Override
    public NewTimes startingOver() {
        return new NewTimes(column, lateness, timeZone, true, type, pinned);
    }

    /// Pins what the batch of a job reads.
    ///
    /// @param job with this section
    /// @param ranges the times to read
    /// @return the job whose conditions let only rows of these times through
    /// @throws IllegalStateException if the job was not checked with its source
    Job pin(Job job, TimeRanges ranges) {
        if (type == null) {
            throw new IllegalStateException("the type of %s is not known".formatted(column));
        }
        Job.Source source = job.source();
        DatabaseInput database = source.input() instanceof DatabaseInput input ? input : null;
        String databaseWhere = database == null ? null : database.where();
        Pinned reading = new Pinned(JobFingerprint.source(job), ranges.ranges(), source.where(), databaseWhere);
        return job.with(
                where(
                        source,
                        and(source.where(), condition(ranges)),
                        database == null ? null : and(databaseWhere, databaseCondition(database.engine(), ranges))),
                new NewTimes(column, lateness, timeZone, full, type, reading));
    }

    /// The job as its file has it.
    Job written(Job job, Pinned reading) {
        return job.with(
                where(job.source(), reading.where(), reading.databaseWhere()),
                new NewTimes(column, lateness, timeZone, full, type, null));
    }

    /// A source with other conditions.
    private static Job.Source where(Job.Source source, @Nullable String where, @Nullable String databaseWhere) {
        Input input = source.input() instanceof DatabaseInput database
                ? new DatabaseInput(
                        database.engine(),
                        database.dataSource(),
                        database.table(),
                        database.query(),
                        database.key(),
                        databaseWhere)
                : source.input();
        return new Job.Source(
                input,
                source.id(),
                source.uniqueId(),
                source.select(),
                where,
                source.unseen(),
                source.failsIfEmpty(),
                source.onChange());
    }

    private static String and(@Nullable String where, String condition) {
        return where == null ? condition : "(%s\n) AND %s".formatted(where, condition);
    }

    private static final Pattern WITHOUT_TIME = Pattern.compile("'incremental\\.column: ((?:[^']|'')*) is NULL'");

    /// The column of a pinned condition. If a row has no time in it, the condition is neither true nor false. Null
    /// if the condition is not a pinned one.
    ///
    /// @param where the condition of a source
    public static @Nullable String timeColumn(String where) {
        Matcher column = WITHOUT_TIME.matcher(where);
        return column.find() ? column.group(1).replace("''", "'") : null;
    }

    /// A row without a time belongs to no range. The cast fails for it, which quarantines the row.
    private String condition(TimeRanges ranges) {
        String name = name();
        return "(CASE WHEN %s IS NULL THEN CAST(%s AS BOOLEAN) ELSE %s END)"
                .formatted(
                        name,
                        "'incremental.column: " + column.replace("'", "''") + " is NULL'",
                        within(name, ranges, this::literal));
    }

    /// Lets rows without a time through: [#condition] quarantines them.
    private String databaseCondition(DatabaseInput.Engine engine, TimeRanges ranges) {
        String name = name();
        // Sessions of MariaDB have ANSI quotes and UTC.
        Function<Instant, String> literal = engine == DatabaseInput.Engine.MARIADB
                ? time -> literal(time).replace("TIMESTAMPTZ ", "TIMESTAMP ").replace("+00'", "'")
                : this::literal;
        return "(%s IS NULL OR %s)".formatted(name, within(name, ranges, literal));
    }

    /// Whether some rows may have a time that a batch reads, as SQL.
    ///
    /// @param least an expression for the least time of these rows, as a text
    /// @param greatest an expression for the greatest
    /// @throws NullPointerException if nothing is pinned
    public String mayRead(String least, String greatest) {
        Pinned reading = Objects.requireNonNull(pinned);
        String sql = Objects.requireNonNull(type).sql;
        String text = reading.ranges().stream()
                // The texts may lack the nanoseconds of the times.
                .map(range -> "(%sTRY_CAST(%s AS %s) <= %s)"
                        .formatted(
                                range.after() == null
                                        ? ""
                                        : "TRY_CAST(%s AS %s) >= %s AND "
                                                .formatted(greatest, sql, literal(range.after())),
                                least,
                                sql,
                                literal(range.upTo())))
                .collect(Collectors.joining(" OR "));
        return text.isEmpty() ? "FALSE" : text;
    }

    private String name() {
        return '"' + column.replace("\"", "\"\"") + '"';
    }

    private static String within(String name, TimeRanges ranges, Function<Instant, String> literal) {
        String text = ranges.ranges().stream()
                .map(range -> "(%s%s <= %s)"
                        .formatted(
                                range.after() == null
                                        ? ""
                                        : "%s > %s AND ".formatted(name, literal.apply(range.after())),
                                name,
                                literal.apply(range.upTo())))
                .collect(Collectors.joining(" OR "));
        return text.isEmpty() ? "1 = 0" : "(" + text + ")";
    }

    /// The greatest value of the column that can't be written any more at a time, as SQL. It never decreases
    /// as time goes by: where clocks are set back, it waits until the hour has passed for the second time.
    String literal(Instant time) {
        TimeType known = type == null ? TimeType.INSTANT : type;
        return known.sql + " '"
                + switch (known) {
                    case INSTANT -> TIMESTAMP.format(time.atOffset(ZoneOffset.UTC)) + "+00";
                    case LOCAL -> TIMESTAMP.format(lastSettled(time));
                    // The day before is over.
                    case DATE -> firstOpen(time).toLocalDate().minusDays(1).toString();
                }
                + "'";
    }

    /// The last local time that does not come after an instant. If clocks are set back later, the local time to
    /// which they are set is excluded, because rows may later be written at exactly this time, too.
    private LocalDateTime lastSettled(Instant time) {
        LocalDateTime local = LocalDateTime.ofInstant(time, ZoneId.of(timeZone));
        LocalDateTime repeated = nextRepeated(time);
        // A batch reads up to this value, inclusive, and its texts have microseconds.
        return repeated != null && !local.isBefore(repeated) ? repeated.minus(1, ChronoUnit.MICROS) : local;
    }

    /// The first local time that is, or comes after, an instant.
    private LocalDateTime firstOpen(Instant time) {
        LocalDateTime local = LocalDateTime.ofInstant(time, ZoneId.of(timeZone));
        LocalDateTime repeated = nextRepeated(time);
        return repeated != null && repeated.isBefore(local) ? repeated : local;
    }

    /// The local time to which the next change of clocks sets them back; null if there is no next change, or if it
    /// sets them forward.
    private @Nullable LocalDateTime nextRepeated(Instant time) {
        ZoneOffsetTransition next = ZoneId.of(timeZone).getRules().nextTransition(time);
        return next != null && next.isOverlap() ? next.getDateTimeAfter() : null;
    }
}
