package io.nightshift.destination.postgres;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.DatabaseRows;
import io.nightshift.destination.FirstRows;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.Publication;
import io.nightshift.destination.QuarantinedRows;
import io.nightshift.destination.ValueLimit;
import io.nightshift.destination.ValueLimits;
import io.nightshift.destination.server.ServerStore;
import io.nightshift.destination.table.SourceIds;
import io.nightshift.destination.table.TableWriter;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.source.SourceReaders;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.Database;
import io.nightshift.storage.dataset.Dataset;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A destination that is a table of a PostgreSQL database.
public final class PostgresStore extends ServerStore<Database, PostgresColumns> {

    private static final ValueLimit NO_NUL =
            new ValueLimit("contains(CAST(%s AS VARCHAR), chr(0))", "holds a NUL character, which a database can't");

    /// The names of no batch: those of a table are the same for all.
    private static final BatchId ANY = new BatchId("any");

    private final PostgresDestination destination;
    private final DataSources dataSources;
    private final ConnectionPool connections;
    private final SourceReaders sources;
    private final SourceIds sourceIds;

    /// @param connections for workers
    /// @param duckDb opened when first needed
    public PostgresStore(
            PostgresDestination destination,
            DataSources dataSources,
            ConnectionPool connections,
            Supplier<DuckDb> duckDb,
            SourceReaders sources) {
        super(destination, "a table");
        this.destination = destination;
        this.dataSources = dataSources;
        this.connections = connections;
        this.sources = sources;
        this.sourceIds = new SourceIds(duckDb, sources, CopyRows::digesting);
    }

    private DataSourceSettings settings() {
        return dataSources.postgresql(destination.dataSource());
    }

    @Override
    protected <T> T connected(String what, Duration patience, Function<Database, T> use) {
        try (Database database = Database.open(settings(), what, patience)) {
            return use.apply(database);
        }
    }

    @Override
    protected PostgresPublisher open(BatchId batch, String what, Duration patience) {
        return new PostgresPublisher(Database.open(settings(), what, patience), destination, batch);
    }

    @Override
    public List<Dataset> datasets() {
        return List.of(
                Dataset.ofTable(dataSources.get(destination.dataSource()), destination.schema(), destination.table()));
    }

    @Override
    protected List<String> obstacles(Database database) {
        return obstacle(database).stream().toList();
    }

    /// Why no batch can have a table in the schema.
    private Optional<String> obstacle(Database database) {
        String user = text(database, "SELECT current_user").orElse("of the data source");
        if (text(database, "SELECT 'standby' WHERE pg_is_in_recovery()").isPresent()) {
            return Optional.of("the server is a standby, which is read-only");
        }
        if (text(database, "SELECT current_setting('transaction_read_only')")
                .filter("on"::equals)
                .isPresent()) {
            return Optional.of(
                    "the database is read-only for the user %s (default_transaction_read_only)".formatted(user));
        }
        String schema = destination.schema() == null
                ? text(database, "SELECT current_schema()").orElse(null)
                : destination.schema();
        if (schema == null) {
            return Optional.of("the search path of the user %s names no schema".formatted(user));
        }
        if (text(database, "SELECT nspname FROM pg_namespace WHERE nspname = ?", schema)
                .isEmpty()) {
            return Optional.of("there is no schema " + schema);
        }
        boolean permitted = text(
                        database,
                        "SELECT 'yes' WHERE has_schema_privilege(?, 'CREATE') AND has_schema_privilege(?, 'USAGE')",
                        schema,
                        schema)
                .isPresent();
        return permitted
                ? Optional.empty()
                : Optional.of("permission denied for schema %1$s; run: GRANT USAGE, CREATE ON SCHEMA %1$s TO %2$s"
                        .formatted(BatchTables.quoted(schema), BatchTables.quoted(user)));
    }

    private static Optional<String> text(Database database, String sql, String... parameters) {
        return database.rows(row -> Optional.ofNullable(row.getString(1)), sql, (Object[]) parameters).stream()
                .flatMap(Optional::stream)
                .findFirst();
    }

    @Override
    protected List<String> obstacles(Database database, PostgresColumns columns) {
        return new TargetTables(database, BatchTables.of(destination, ANY))
                .obstacles(columns.predictions(), columns.quarantine());
    }

    @Override
    protected PostgresColumns columns(Job job, ModelDescription model) {
        return PostgresColumns.of(sources.of(job.source()).bind(job, model), model, destination);
    }

    @Override
    public ValueLimits limits() {
        return (type, isId) -> BoundJob.isText(type) ? NO_NUL : null;
    }

    @Override
    public PartitionWriter writer(Lease lease, String node, int blockRows) {
        return new TableWriter<>(new AttemptTransaction(connections, settings(), destination, lease, node));
    }

    @Override
    public String staging(BatchId batch) {
        BatchTables tables = BatchTables.of(destination, batch);
        return tables.sql(tables.staging());
    }

    @Override
    protected List<String> published(Database database, String job) {
        BatchTables tables = BatchTables.of(destination, ANY);
        return PostgresPublisher.exists(database, tables.sql(tables.register()))
                ? database.rows(
                        row -> row.getString(1),
                        "SELECT batch_id FROM %s WHERE job = ? AND target = ? AND published_at IS NOT NULL"
                                .formatted(tables.sql(tables.register())),
                        job,
                        tables.table())
                : List.of();
    }

    @Override
    public OutputProof verify(CommittedBatch batch, Phase phase, @Nullable Publication published) {
        return new PostgresProof(batch, phase, published, destination, settings(), sourceIds);
    }

    @Override
    public Query query(BatchId batch, String published, String column, boolean quarantine) {
        BatchTables tables = BatchTables.of(destination, batch);
        return new Query(
                "psql -c",
                "SELECT %s, count(*) FROM %s WHERE batch_id = '%s' GROUP BY 1"
                        .formatted(
                                Sql.readable(column),
                                tables.sql(quarantine ? tables.quarantine() : tables.table()),
                                batch));
    }

    @Override
    protected FirstRows first(Database database, BatchId batch, int limit) {
        BatchTables tables = BatchTables.of(destination, batch);
        return database.query(
                FirstRows::read,
                // Either the record ids, or file and row: the columns that are indexed.
                "SELECT * FROM %s WHERE batch_id = ? ORDER BY %s LIMIT ?"
                        .formatted(tables.sql(tables.table()), identity(database, tables)),
                batch.value(),
                limit);
    }

    @Override
    protected void copy(Database database, BatchId batch, Connection duckDb, String name) {
        BatchTables tables = BatchTables.of(destination, batch);
        DatabaseRows.copy(
                database,
                "SELECT * FROM %s WHERE batch_id = ?".formatted(tables.sql(tables.table())),
                batch.value(),
                duckDb,
                name);
    }

    private static String identity(Database database, BatchTables tables) {
        List<String> columns = database.rows(
                row -> row.getString(1),
                "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(?) AND attname = 'record_id'",
                tables.sql(tables.table()));
        return columns.isEmpty() ? "record_file, record_row" : "record_id";
    }

    @Override
    public QuarantinedRows quarantined(CommittedBatch batch) {
        return new PostgresQuarantine(batch, destination, dataSources);
    }
}
