package io.nightshift.destination.csv;

import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.ScoredRows;
import io.nightshift.destination.folder.FileFormat;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.job.CsvDestination.Compression;
import io.nightshift.source.BoundJob;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.duckdb.SqlStatement;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// CSV as RFC 4180 has it, in UTF-8, with a header, and a line feed at the end of each line.
///
/// A field without quotes and without characters is NULL; `""` is the empty text. Timestamps are in ISO 8601,
/// those with a time zone in UTC. Numbers have as many digits as it takes to read the same number again.
public final class CsvFormat implements FileFormat {

    /// The longest line that is read again, in bytes: the values of a quarantined row are one field. DuckDB
    /// takes a buffer of sixteen such lines unless told otherwise, which is all the memory that a
    /// verification has.
    private static final int LONGEST_LINE = 1 << 24;

    /// DuckDB keeps a buffer of each file, and a verification has 256 MiB. So lines are limited further where there
    /// are many files.
    private static final int ALL_BUFFERS = 96 << 20;

    private static final int LEAST_BUFFER = 1 << 18;

    private static final Pattern NESTED = Pattern.compile("(STRUCT|MAP|UNION)\\(.*|.*\\[\\d*]", Pattern.DOTALL);

    private final Compression compression;

    public CsvFormat(Compression compression) {
        this.compression = compression;
    }

    @Override
    public String extension() {
        return switch (compression) {
            case NONE -> ".csv";
            case GZIP -> ".csv.gz";
            case ZSTD -> ".csv.zst";
        };
    }

    private String codec() {
        return compression.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public boolean limitsColumns() {
        return true;
    }

    @Override
    public List<String> check(BoundJob job) {
        return Stream.concat(Stream.ofNullable(job.id()), job.output().stream())
                .filter(column -> NESTED.matcher(column.type()).matches())
                .map(column -> "the column %s is a %s, which a CSV file can't hold; cast it, for example to VARCHAR"
                        .formatted(column.name(), column.type()))
                .toList();
    }

    @Override
    public SqlStatement copyPredictions(ScoredRows rows, Lease lease, Path file, int blockRows) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
        List<String> columns = new ArrayList<>();
        for (PredictionColumns.Column column : rows.columns()) {
            columns.add(text(column.sql(), column.type()) + " AS " + Sql.name(column.name()));
        }
        columns.add(Sql.text(lease.model().name()) + " AS model_name");
        columns.add(lease.model().version() + " AS model_version");
        columns.add(Sql.text(lease.attempt().batch().value()) + " AS batch_id");
        columns.add(Sql.text(now.toString()) + " AS predicted_at");
        return new SqlStatement(copy(
                "SELECT %s FROM (%s)"
                        .formatted(String.join(", ", columns), rows.scored().sql()),
                file));
    }

    @Override
    public String copyQuarantine(ScoredRows rows, Path file, int blockRows) {
        BoundJob.Bound id = rows.job().id();
        String query = id == null
                ? rows.quarantined()
                : "SELECT * REPLACE (%s AS record_id) FROM (%s)"
                        .formatted(text("record_id", id.type()), rows.quarantined());
        return copy(query, file);
    }

    static String text(String sql, String type) {
        return type.startsWith("TIMESTAMP") ? iso(sql) : sql;
    }

    /// DuckDB's session is in UTC.
    private static String iso(String sql) {
        return "regexp_replace(regexp_replace(CAST(%s AS VARCHAR), '([0-9]) ([0-9])', '\\1T\\2'), '[+]00$', 'Z')"
                .formatted(sql);
    }

    @Override
    public String id(String sql) {
        return "CASE WHEN typeof(%1$s) LIKE 'TIMESTAMP%%' THEN %2$s ELSE CAST(%1$s AS VARCHAR) END"
                .formatted(sql, iso(sql));
    }

    String copy(String select, Path file) {
        return "COPY (%s) TO %s (FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '', COMPRESSION %s)"
                .formatted(select, Sql.text(file.toString()), codec());
    }

    /// By default, each warehouse reads `\N` as NULL, and Snowflake reads a backslash as an escape. Redshift does
    /// not distinguish `""` from nothing: it reads both as the empty text by default, or as NULL with `NULL AS ''`.
    @Override
    public WarehouseFormat warehouse() {
        String name = compression.name();
        return new WarehouseFormat(
                "FORMAT AS CSV IGNOREHEADER 1 NULL AS '' DATEFORMAT 'auto' TIMEFORMAT 'auto'"
                        + (compression == Compression.NONE ? "" : " " + name),
                "TYPE = CSV PARSE_HEADER = TRUE FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () COMPRESSION = "
                        + name);
    }

    /// Every field is read as the text that was written, so that no type is guessed.
    @Override
    public String read(List<Path> files) {
        int buffer = Math.clamp(ALL_BUFFERS / Math.max(1, files.size()), LEAST_BUFFER, 2 * LONGEST_LINE);
        return "read_csv(%s, all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, new_line = '\\n', comment = '', skip = 0, strict_mode = true, max_line_size = %d, buffer_size = %d, union_by_name = true, hive_partitioning = false, compression = '%s')"
                .formatted(
                        Sql.files(files.stream().map(Path::toString).toList()),
                        Math.min(LONGEST_LINE, buffer),
                        buffer,
                        codec());
    }
}
