package io.nightshift.storage.destination.postgres;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.Database;
import io.nightshift.storage.dataset.Dataset;
import io.nightshift.storage.destination.BatchRemoval;
import io.nightshift.storage.destination.CommittedBatch;
import io.nightshift.storage.destination.DatabaseRows;
import io.nightshift.storage.destination.DestinationStore;
import io.nightshift.storage.destination.FirstRows;
import io.nightshift.storage.destination.OutputProof;
import io.nightshift.storage.destination.PartReuse;
import io.nightshift.storage.destination.PartitionWriter;
import io.nightshift.storage.destination.PredictionReader;
import io.nightshift.storage.destination.Publication;
import io.nightshift.storage.destination.QuarantinedRows;
import io.nightshift.storage.destination.SupplementStore;
import io.nightshift.storage.destination.TextLimit;
import io.nightshift.storage.destination.table.SourceIds;
import io.nightshift.storage.destination.table.TableWriter;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.source.SourceReaders;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A destination that is a table of a PostgreSQL database.
public final class PostgresStore
        implements DestinationStore, BatchRemoval, PartReuse, PredictionReader, SupplementStore {

    private static final TextLimit NO_NUL =
            new TextLimit("contains(CAST(%s AS VARCHAR), chr(0))", "holds a NUL character, which a database can't");

    /// The time that a person's command waits for a database that can't be reached.
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /// The names of no batch: those of a table are the same for all.
    private static final BatchId ANY = new BatchId("any");

    private final PostgresDestination destination;
    private final DataSources dataSources;
    private final ConnectionPool connections;
    private final SourceReaders sources;
    private final SourceIds sourceIds;
    private final PostgresPublisher publisher;

    /// @param connections for workers
    /// @param duckDb opened when first needed
    public PostgresStore(
            PostgresDestination destination,
            DataSources dataSources,
            ConnectionPool connections,
            Supplier<DuckDb> duckDb,
            SourceReaders sources) {
        this.destination = destination;
        this.dataSources = dataSources;
        this.connections = connections;
        this.sources = sources;
        this.sourceIds = new SourceIds(duckDb, sources, CopyRows::digesting);
        this.publisher = new PostgresPublisher(destination, dataSources);
    }

    @Override
    public List<Dataset> datasets() {
        return List.of(
                Dataset.ofTable(dataSources.get(destination.dataSource()), destination.schema(), destination.table()));
    }

    @Override
    public List<String> checkPlace() {
        return looking(this::obstacles);
    }

    private List<String> obstacles(Database database) {
        return obstacle(database)
                .map(reason -> List.of("the destination %s can't be written: %s".formatted(destination, reason)))
                .orElse(List.of());
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

    /// Without waiting for a database that is down.
    private Database open() {
        return Database.open(
                dataSources.postgresql(destination.dataSource()), "the destination " + destination, Duration.ZERO);
    }

    /// A database that can't be reached now is no reason.
    private List<String> looking(Function<Database, List<String>> look) {
        try (Database database = open()) {
            return look.apply(database);
        } catch (FailureException e) {
            return e.failure().isPermanent() ? List.of(e.failure().message()) : List.of();
        }
    }

    @Override
    public List<String> check(Job job, ModelDescription model) {
        PartitionKey key = job.partitions().key();
        if (key != null && key.folder() != null) {
            return List.of("partitions.folder: a table has no folders; write partitions.column: " + key.folder());
        }
        PostgresColumns columns;
        try {
            columns = columns(job, model);
        } catch (FailureException e) {
            List<String> reasons = new ArrayList<>(checkPlace());
            reasons.add(e.failure().message());
            return reasons;
        }
        return looking(database -> {
            List<String> reasons = new ArrayList<>(obstacles(database));
            reasons.addAll(new TargetTables(database, BatchTables.of(destination, ANY))
                    .obstacles(columns.predictions(), columns.quarantine()));
            return reasons;
        });
    }

    private PostgresColumns columns(Job job, ModelDescription model) {
        return PostgresColumns.of(sources.of(job.source()).bind(job, model), model, destination);
    }

    @Override
    public @Nullable TextLimit textLimit() {
        return NO_NUL;
    }

    @Override
    public PartitionWriter writer(Lease lease, String node, int blockRows) {
        return new TableWriter<>(new AttemptTransaction(
                connections, dataSources.postgresql(destination.dataSource()), destination, lease, node));
    }

    /// Nothing to do: the next attempt replaces the rows, or they are removed with the batch's staging table.
    @Override
    public void remove(Lease lease) {}

    @Override
    public void prepare(BatchId batch, Job job, ModelDescription model) {
        publisher.prepare(batch, job, columns(job, model));
    }

    @Override
    public String staging(BatchId batch) {
        return publisher.staging(batch);
    }

    @Override
    public Publication publish(CommittedBatch batch, Runnable before) {
        return publisher.publish(batch, before);
    }

    @Override
    public Optional<Publication> fence(BatchId batch, int incarnation) {
        return publisher.fence(batch, incarnation);
    }

    @Override
    public void keepQuarantine(CommittedBatch batch) {
        publisher.keepQuarantine(batch);
    }

    @Override
    public void discard(BatchId batch) {
        publisher.discard(batch);
    }

    @Override
    public void unpublish(BatchId batch) {
        publisher.unpublish(batch);
    }

    @Override
    public void delete(BatchId batch) {
        publisher.delete(batch);
    }

    @Override
    public void prepareSupplement(CommittedBatch batch, Job job, ModelDescription model) {
        publisher.prepareSupplement(batch);
    }

    @Override
    public Optional<Publication> withdrawSupplement(CommittedBatch batch) {
        return publisher.withdrawSupplement(batch);
    }

    @Override
    public void discardSupplement(BatchId batch, int incarnation) {
        publisher.discardSupplement(batch, incarnation);
    }

    @Override
    public Publication publishSupplement(CommittedBatch batch) {
        return publisher.publishSupplement(batch);
    }

    @Override
    public void reuse(BatchId published, BatchId batch, List<PartitionCommit> parts) {
        publisher.reuse(published, batch, parts);
    }

    @Override
    public Optional<BatchId> newest(String job) {
        BatchTables tables = BatchTables.of(destination, ANY);
        try (Database database = open()) {
            return PostgresPublisher.exists(database, tables.sql(tables.register()))
                    ? database
                            .rows(
                                    row -> row.getString(1),
                                    "SELECT batch_id FROM %s WHERE job = ? AND target = ? AND published_at IS NOT NULL"
                                            .formatted(tables.sql(tables.register())),
                                    job,
                                    tables.table())
                            .stream()
                            .filter(BatchId::isValid)
                            .map(BatchId::new)
                            .filter(batch -> batch.isOfJob(job))
                            .max(Comparator.naturalOrder())
                    : Optional.empty();
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                throw e;
            }
            return Optional.empty();
        }
    }

    @Override
    public Optional<String> manifest(BatchId published) {
        try (Database database = open()) {
            return PostgresPublisher.manifest(database, BatchTables.of(destination, published), published);
        }
    }

    @Override
    public OutputProof verify(CommittedBatch batch, Phase phase, @Nullable Publication published) {
        return new PostgresProof(
                batch, phase, published, destination, dataSources.postgresql(destination.dataSource()), sourceIds);
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
    public FirstRows head(BatchId batch, String published, int limit) {
        BatchTables tables = BatchTables.of(destination, batch);
        try (Database database = Database.open(
                dataSources.postgresql(destination.dataSource()), "the predictions in " + destination, PATIENCE)) {
            return database.query(
                    FirstRows::read,
                    // Either the record ids, or file and row: the columns that are indexed.
                    "SELECT * FROM %s WHERE batch_id = ? ORDER BY %s LIMIT ?"
                            .formatted(tables.sql(tables.table()), identity(database, tables)),
                    batch.value(),
                    limit);
        }
    }

    @Override
    public void open(BatchId batch, String published, Connection connection, String name) {
        BatchTables tables = BatchTables.of(destination, batch);
        try (Database database = Database.open(
                dataSources.postgresql(destination.dataSource()), "the predictions in " + destination, PATIENCE)) {
            DatabaseRows.copy(
                    database,
                    "SELECT * FROM %s WHERE batch_id = ?".formatted(tables.sql(tables.table())),
                    batch.value(),
                    connection,
                    name);
        }
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
