package io.nightshift.destination.postgres;

import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.Publication;
import io.nightshift.destination.table.SourceIds;
import io.nightshift.destination.table.TableProof;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.Database;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A batch's rows in the staging tables, or in its published tables.
final class PostgresProof extends TableProof {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String PARTITION = "batch_partition";
    private static final String VALUES = "values";

    private final PostgresDestination destination;
    private final BatchTables tables;

    /// Connects to the database.
    ///
    /// @throws FailureException if that can't be done
    PostgresProof(
            CommittedBatch batch,
            Phase phase,
            @Nullable Publication publication,
            PostgresDestination destination,
            DataSourceSettings settings,
            SourceIds sourceIds) {
        super(batch, phase, publication, Database.open(settings, destination.toString(), PATIENCE), sourceIds);
        this.destination = destination;
        this.tables = BatchTables.of(destination, batch.id());
    }

    private boolean isPublished() {
        return phase == Phase.PUBLISHED || exists(tables.published());
    }

    private boolean exists(String name) {
        return database.rows(row -> row.getBoolean(1), "SELECT to_regclass(?) IS NOT NULL", tables.sql(name))
                .getFirst();
    }

    @Override
    public InputStream manifest() throws IOException {
        String manifest = PostgresPublisher.manifest(database, tables, batch.id())
                .orElseThrow(
                        () -> new IOException("%s has no published batch %s".formatted(tables.register(), batch.id())));
        return new ByteArrayInputStream(manifest.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void checkPlace(Check table) {
        checkRecordedPlace(table);
        if (!exists(tables.table())) {
            table.problem("%s is missing", tables.sql(tables.table()));
        }
        attached(table, tables.published(), tables.batches());
        if (batch.quarantined() > 0) {
            attached(table, tables.publishedQuarantine(), tables.quarantineBatches());
        }
        int indexes = destination.indexes().size() + 1;
        long present = database.rows(
                        row -> row.getLong(1),
                        "SELECT count(*) FROM pg_index WHERE indrelid = to_regclass(?) AND indisvalid",
                        tables.sql(tables.published()))
                .getFirst();
        if (present < indexes) {
            table.problem("%s has %d of its %d indexes", tables.sql(tables.published()), present, indexes);
        }
        table.proved("%s shows %s, with %d indexes", tables.sql(tables.table()), batch.id(), present);
    }

    private void attached(Check table, String child, String parent) {
        boolean attached = !database.rows(
                        row -> true,
                        "SELECT FROM pg_inherits WHERE inhrelid = to_regclass(?) AND inhparent = to_regclass(?)",
                        tables.sql(child),
                        tables.sql(parent))
                .isEmpty();
        if (!attached) {
            table.problem("%s is not a partition of %s", tables.sql(child), tables.sql(parent));
        }
    }

    @Override
    protected void read() {
        if (!isPublished()) {
            read(tables.staging(), columns("columns"), true);
            read(tables.quarantineStaging(), columns("quarantine_columns"), false);
            return;
        }
        read(tables.published(), columns("columns"), true);
        if (batch.quarantined() > 0) {
            read(tables.publishedQuarantine(), columns("quarantine_columns"), false);
        }
    }

    /// The columns that were written, in their order.
    private List<String> columns(String which) {
        return database
                .rows(
                        row -> Arrays.asList((String[]) row.getArray(1).getArray()),
                        "SELECT %s FROM %s WHERE batch_id = ?".formatted(which, tables.sql(tables.register())),
                        batch.id().value())
                .stream()
                .findFirst()
                .orElseThrow(() -> FailureException.permanent(
                        "%s doesn't know %s".formatted(tables.sql(tables.register()), batch.id())));
    }

    /// Streams a table's rows and digests each as the worker that wrote it did: all of its columns
    /// in their order, but for the ID of its batch and the values of quarantined rows.
    private void read(String table, List<String> written, boolean predictions) {
        List<String> columns = new ArrayList<>(written);
        columns.removeAll(List.of(BatchTables.BATCH, VALUES));
        int partition = columns.indexOf(PARTITION);
        List<Integer> ids = new ArrayList<>();
        ids().forEach(id -> ids.add(columns.indexOf(id)));
        if (partition < 0 || ids.contains(-1)) {
            throw FailureException.permanent("%s lists other columns than a batch has".formatted(tables.register()));
        }
        String select = "SELECT %s FROM %s"
                .formatted(
                        columns.stream().map(BatchTables::quoted).collect(Collectors.joining(", ")), tables.sql(table));
        try (CopiedRows rows = CopiedRows.of(database, select)) {
            while (rows.next()) {
                Found of = found(rows.number(partition));
                rows.digest(predictions ? of.predictions : of.quarantine);
                rows.digest(of.ids, ids);
            }
        }
    }

    @Override
    public boolean predictions(List<PartitionCommit> commits, PredictionVisitor visitor) {
        String column =
                PredictionColumns.checked(columns("columns"), batch.job().output());
        if (column == null) {
            return false;
        }
        database.each(
                row -> {
                    double value = row.getDouble(1);
                    visitor.prediction(row.wasNull() ? Double.NaN : value);
                },
                "SELECT %s FROM %s"
                        .formatted(
                                BatchTables.quoted(column),
                                tables.sql(isPublished() ? tables.published() : tables.staging())));
        return true;
    }

    @Override
    public List<String> repeated(List<PartitionCommit> commits, int limit) {
        boolean published = isPublished();
        String id = batch.job().source().id() == null ? "record_row, record_file" : "record_id";
        List<String> names = List.of(
                published ? tables.published() : tables.staging(),
                published ? tables.publishedQuarantine() : tables.quarantineStaging());
        String rows = names.stream()
                .filter(this::exists)
                .map(name -> "SELECT %s FROM %s".formatted(id, tables.sql(name)))
                .collect(Collectors.joining(" UNION ALL "));
        String first = batch.job().source().id() == null ? "record_row" : "record_id";
        return database.rows(row -> row.getString(1), """
                SELECT concat_ws(' ', %1$s) || ' × ' || count(*) FROM (%2$s) AS ids WHERE %3$s IS NOT NULL
                GROUP BY %1$s HAVING count(*) > 1 ORDER BY count(*) DESC, %1$s LIMIT %4$d
                """.formatted(id, rows, first, limit));
    }

    @Override
    public void checkStaging(Check staging) {
        for (String name : List.of(tables.staging(), tables.quarantineStaging())) {
            if (exists(name)) {
                staging.problem("%s was left behind", tables.sql(name));
            }
        }
        if (phase == Phase.CANCELLED && exists(tables.published())) {
            staging.problem("%s is there, though the batch was cancelled", tables.sql(tables.published()));
        }
        staging.proved("nothing is left behind in the database");
    }
}
