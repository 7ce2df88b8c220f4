package io.nightshift.destination.parquet;

import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.ScoredRows;
import io.nightshift.destination.folder.FileFormat;
import io.nightshift.destination.folder.StagedPart;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.source.parquet.FooterRows;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.duckdb.SqlStatement;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Parquet, as the job describes it.
public final class ParquetFormat implements FileFormat {

    /// A column with more distinct values in a row group has no dictionary. DuckDB itself gives up at five
    /// times as many, after it has looked up each of them in vain: scores, and positions.
    private static final int DISTINCT = 10_000;

    /// DuckDB rounds the rows of a row group up to whole vectors.
    private static final int VECTOR = 2_048;

    private final ParquetDestination layout;
    private final @Nullable FileColumns table;

    /// Without a layout of the job's own.
    public ParquetFormat() {
        this(new ParquetDestination("/"));
    }

    /// @param layout of the files. Its folder does not matter
    public ParquetFormat(ParquetDestination layout) {
        this(layout, null);
    }

    /// @param layout of the files. Its folder does not matter
    /// @param table that the files belong to, or null if they belong to none
    public ParquetFormat(ParquetDestination layout, @Nullable FileColumns table) {
        this.layout = layout;
        this.table = table;
    }

    @Override
    public boolean limitsColumns() {
        return !layout.orderBy().isEmpty() || !layout.bloomFilters().isEmpty();
    }

    @Override
    public List<String> check(BoundJob job, ModelDescription model) {
        Set<String> names = new TreeSet<>();
        PredictionColumns.schema(job, model).forEach(column -> names.add(column.name()));
        List<String> reasons = new ArrayList<>();
        Map.of("order-by", layout.orderBy(), "bloom-filters", layout.bloomFilters())
                .forEach((key, columns) -> columns.stream()
                        .filter(column -> !names.contains(column))
                        .map(column -> unknown(key, column, names))
                        .forEach(reasons::add));
        return reasons;
    }

    private static String unknown(String key, String column, Set<String> names) {
        String near = NameSuggestion.closest(column, names);
        return "destination.parquet.%s: the output has no column %s; %s"
                .formatted(
                        key,
                        column,
                        near == null ? "it has " + String.join(", ", names) : "did you mean " + near + "?");
    }

    @Override
    public long fileBytes() {
        return layout.fileBytes() == null ? 0 : layout.fileBytes();
    }

    @Override
    public long rows(Path file) throws IOException {
        return FooterRows.of(file);
    }

    @Override
    public String extension() {
        return ".parquet";
    }

    @Override
    public SqlStatement copyPredictions(ScoredRows rows, Lease lease, Path file, int blockRows) {
        Instant now = Instant.now();
        SqlStatement.Value predictedAt =
                new SqlStatement.Value("predicted_at", now.getEpochSecond() * 1_000_000 + now.getNano() / 1000);
        List<PredictionColumns.Column> written = new ArrayList<>(rows.columns());
        written.replaceAll(column -> new PredictionColumns.Column(column.name(), sql(column, lease), column.type()));
        written.add(constant("model_name", lease.model().name()));
        written.add(new PredictionColumns.Column(
                "model_version", String.valueOf(lease.model().version()), "INTEGER"));
        written.add(constant("batch_id", lease.attempt().batch().value()));
        written.add(new PredictionColumns.Column(
                "predicted_at", "make_timestamptz(%s)".formatted(predictedAt.literal()), "TIMESTAMP WITH TIME ZONE"));
        List<String> columns = new ArrayList<>();
        FileColumns.Of fields = table == null
                ? null
                : table.of(
                        lease,
                        written.stream().map(PredictionColumns.Column::name).toList());
        for (PredictionColumns.Column column : written) {
            if (fields != null && !fields.isInFiles(column.name())) {
                continue;
            }
            String sql = fields == null ? column.sql() : fields.cast(column.name(), column.sql(), column.type());
            columns.add(sql + " AS " + Sql.name(column.name()));
        }
        SqlStatement.Value to = new SqlStatement.Value("file", file.toString());
        long most = lease.slices().stream().mapToLong(Slice::selected).sum();
        String select = "SELECT %s FROM (%s)"
                .formatted(String.join(", ", columns), rows.scored().sql());
        List<SqlStatement.Value> values = new ArrayList<>(List.of(predictedAt, to));
        values.addAll(rows.scored().values());
        long dictionary = dictionary(most, groupRows(blockRows));
        String ids = fields == null ? "" : fieldIds(fields.fieldIds());
        if (fileBytes() == 0) {
            return new SqlStatement(copy(sorted(select), to.literal(), blockRows, dictionary, ids), values);
        }
        String folder = Sql.text(String.valueOf(file.getParent()));
        return new SqlStatement(copy(sorted(select), folder, blockRows, dictionary, ids + divided(file)));
    }

    private static String fieldIds(Map<String, Integer> ids) {
        return ids.isEmpty()
                ? ""
                : ids.entrySet().stream()
                        .map(id -> Sql.text(id.getKey()) + ": " + id.getValue())
                        .collect(Collectors.joining(", ", ", FIELD_IDS {", "}"));
    }

    /// The folder has other files, which stay.
    private String divided(Path file) {
        String name = StagedPart.divided(file, "{i}");
        int end = name.lastIndexOf('.');
        return ", FILE_SIZE_BYTES %d, FILENAME_PATTERN %s, FILE_EXTENSION %s, OVERWRITE_OR_IGNORE true"
                .formatted(fileBytes(), Sql.text(name.substring(0, end)), Sql.text(name.substring(end + 1)));
    }

    /// The scores are read below the sort: a row's scores are kept only for a short while after it was scored.
    private String sorted(String select) {
        return layout.orderBy().isEmpty()
                ? select
                : "FROM (%s) ORDER BY %s"
                        .formatted(
                                select, layout.orderBy().stream().map(Sql::name).collect(Collectors.joining(", ")));
    }

    private static String sql(PredictionColumns.Column column, Lease lease) {
        boolean isOneFile = lease.slices().stream()
                        .filter(slice -> !slice.file().isLookup())
                        .count()
                == 1;
        return column.name().equals(PredictionColumns.FILE) && isOneFile
                ? constant(lease.slices().getFirst().file().path())
                : column.sql();
    }

    /// A text that is the same in all rows. In the file it is a text like any other; but since its type has
    /// one value, it is written as a dictionary without being looked up for each row.
    private static String constant(String text) {
        return "%1$s::ENUM(%1$s)".formatted(Sql.text(text));
    }

    private static PredictionColumns.Column constant(String name, String text) {
        return new PredictionColumns.Column(name, constant(text), "ENUM");
    }

    @Override
    public String copyQuarantine(ScoredRows rows, Path file, int blockRows) {
        return copy(rows.quarantined(), Sql.text(file.toString()), blockRows, DISTINCT, "");
    }

    /// The most distinct values of a dictionary for a file of some rows. DuckDB allocates and clears the
    /// table of each dictionary in advance, so a file of few rows asks for small ones; that changes no byte
    /// of the file. It is a power of two, so that partitions of nearly equal rows have the same.
    ///
    /// DuckDB writes Bloom filters of columns with a dictionary only, and has one limit for all columns. So files
    /// with Bloom filters have dictionaries that hold every row of a row group.
    ///
    /// @param rows the most rows that there are
    private long dictionary(long rows, int groupRows) {
        long most = layout.bloomFilters().isEmpty() ? DISTINCT : Math.max(DISTINCT, groupRows + VECTOR);
        return rows >= most ? most : Math.min(most, 2 * Long.highestOneBit(Math.max(1, rows)));
    }

    private int groupRows(int blockRows) {
        return layout.rowGroupRows() == null ? blockRows : Math.min(blockRows, layout.rowGroupRows());
    }

    /// @param more options, each after a comma
    private String copy(String select, String to, int blockRows, long dictionary, String more) {
        ParquetDestination.Codec codec = layout.codec();
        String compression = codec == null
                ? "zstd, COMPRESSION_LEVEL %d".formatted(layout.level() == null ? 1 : layout.level())
                : codec.text();
        return "COPY (%s) TO %s (FORMAT parquet, COMPRESSION %s, ROW_GROUP_SIZE %d, DICTIONARY_SIZE_LIMIT %d%s)"
                .formatted(select, to, compression, groupRows(blockRows), dictionary, more);
    }

    @Override
    public WarehouseFormat warehouse() {
        return new WarehouseFormat("FORMAT AS PARQUET", "TYPE = PARQUET USE_LOGICAL_TYPE = TRUE");
    }

    @Override
    public String read(List<Path> files) {
        return "read_parquet(%s, union_by_name = true, hive_partitioning = false)"
                .formatted(Sql.files(files.stream().map(Path::toString).toList()));
    }
}
