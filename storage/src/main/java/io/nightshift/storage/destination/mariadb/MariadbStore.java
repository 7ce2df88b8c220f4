package io.nightshift.storage.destination.mariadb;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.MariadbDestination;
import io.nightshift.protocol.job.PartitionKey;
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
import io.nightshift.storage.destination.ValueLimits;
import io.nightshift.storage.destination.table.SourceIds;
import io.nightshift.storage.destination.table.TableWriter;
import io.nightshift.storage.duckdb.DuckDb;
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

/// A destination that is a table of a MariaDB or MySQL database.
public final class MariadbStore
        implements DestinationStore, BatchRemoval, PartReuse, PredictionReader, SupplementStore {

    /// The time that a person's command waits for a database that can't be reached.
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final MariadbDestination destination;
    private final DataSources dataSources;
    private final ConnectionPool connections;
    private final SourceReaders sources;
    private final SourceIds sourceIds;
    private final MariadbPublisher publisher;
    private final MariadbTables tables;

    /// @param connections for workers
    /// @param duckDb opened when first needed
    public MariadbStore(
            MariadbDestination destination,
            DataSources dataSources,
            ConnectionPool connections,
            Supplier<DuckDb> duckDb,
            SourceReaders sources) {
        this.destination = destination;
        this.dataSources = dataSources;
        this.connections = connections;
        this.sources = sources;
        this.sourceIds = new SourceIds(duckDb, sources, LoadRows::digesting);
        this.publisher = new MariadbPublisher(destination, dataSources);
        this.tables = MariadbTables.of(destination);
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
        return new MariadbTargets(database, tables)
                .reasons().stream()
                        .map(reason -> "the destination %s can't be written: %s".formatted(destination, reason))
                        .toList();
    }

    /// A database that can't be reached now is no reason.
    private List<String> looking(Function<Database, List<String>> look) {
        try (Database database = open()) {
            return look.apply(database);
        } catch (FailureException e) {
            return e.failure().isPermanent() ? List.of(e.failure().message()) : List.of();
        }
    }

    /// Without waiting for a database that is down.
    private Database open() {
        return Database.open(
                dataSources.mariadb(destination.dataSource()), "the destination " + destination, Duration.ZERO);
    }

    @Override
    public List<String> check(Job job, ModelDescription model) {
        PartitionKey key = job.partitions().key();
        if (key != null && key.folder() != null) {
            return List.of("partitions.folder: a table has no folders; write partitions.column: " + key.folder());
        }
        MariadbColumns columns;
        try {
            columns = columns(job, model);
        } catch (FailureException e) {
            List<String> reasons = new ArrayList<>(checkPlace());
            reasons.add(e.failure().message());
            return reasons;
        }
        return looking(database -> {
            List<String> reasons = new ArrayList<>(obstacles(database));
            if (reasons.isEmpty()) {
                reasons.addAll(new MariadbTargets(database, tables).obstacles(columns));
            }
            return reasons;
        });
    }

    private MariadbColumns columns(Job job, ModelDescription model) {
        return MariadbColumns.of(sources.of(job.source()).bind(job, model), model, destination);
    }

    @Override
    public ValueLimits limits() {
        return Limits::of;
    }

    @Override
    public PartitionWriter writer(Lease lease, String node, int blockRows) {
        return new TableWriter<>(new MariadbAttempt(
                connections, dataSources.mariadb(destination.dataSource()), destination, lease, node));
    }

    /// Nothing to do: the next attempt replaces the rows, or they are removed with the batch.
    @Override
    public void remove(Lease lease) {}

    @Override
    public void prepare(BatchId batch, Job job, ModelDescription model) {
        publisher.prepare(batch, job, columns(job, model));
    }

    @Override
    public String staging(BatchId batch) {
        return tables.sql(tables.batches());
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
    public void prepareSupplement(CommittedBatch batch, Job job, ModelDescription model) {
        publisher.prepareSupplement(batch);
    }

    @Override
    public Publication publishSupplement(CommittedBatch batch) {
        return publisher.publishSupplement(batch);
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
    public void unpublish(BatchId batch) {
        publisher.unpublish(batch);
    }

    @Override
    public void delete(BatchId batch) {
        publisher.delete(batch);
    }

    @Override
    public void reuse(BatchId published, BatchId batch, List<PartitionCommit> parts) {
        publisher.reuse(published, batch, parts);
    }

    @Override
    public Optional<BatchId> newest(String job) {
        try (Database database = open()) {
            return new MariadbTargets(database, tables).exists(tables.register())
                    ? database
                            .rows(
                                    row -> row.getString(1),
                                    "SELECT \"batch_id\" FROM %s WHERE \"job\" = ? AND \"target\" = ? AND \"published_at\" IS NOT NULL"
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
            return MariadbPublisher.registered(database, tables, published)
                    .flatMap(registered -> Optional.ofNullable(registered.manifest()));
        }
    }

    @Override
    public OutputProof verify(CommittedBatch batch, Phase phase, @Nullable Publication published) {
        return new MariadbProof(
                batch, phase, published, destination, dataSources.mariadb(destination.dataSource()), sourceIds);
    }

    /// The program's own sessions take backquotes.
    @Override
    public Query query(BatchId batch, String published, String column, boolean quarantine) {
        String view = quarantine ? tables.quarantine() : tables.table();
        String schema = tables.schema() == null ? "" : "`%s`.".formatted(tables.schema());
        return new Query(
                "mariadb -e",
                "SELECT `%s`, count(*) FROM %s`%s` WHERE batch_id = '%s' GROUP BY 1"
                        .formatted(column.replace("`", "``"), schema, view, batch));
    }

    @Override
    public FirstRows head(BatchId batch, String published, int limit) {
        try (Database database = Database.open(
                dataSources.mariadb(destination.dataSource()), "the predictions in " + destination, PATIENCE)) {
            String select = new MariadbTargets(database, tables)
                    .select(
                            tables.batches(),
                            "r.\"batch_id\" = ? AND r.\"target\" = ? AND r.\"published_at\" IS NOT NULL");
            return database.query(
                    FirstRows::read,
                    "%s ORDER BY b.\"%s\", b.\"%s\", b.\"%s\", b.\"%s\" LIMIT ?"
                            .formatted(
                                    select,
                                    MariadbTables.BATCH,
                                    MariadbTables.PARTITION,
                                    MariadbTables.ATTEMPT,
                                    MariadbTables.ROW),
                    batch.value(),
                    tables.table(),
                    limit);
        }
    }

    @Override
    public void open(BatchId batch, String published, Connection connection, String name) {
        try (Database database = Database.open(
                dataSources.mariadb(destination.dataSource()), "the predictions in " + destination, PATIENCE)) {
            DatabaseRows.copy(
                    database,
                    "SELECT * FROM %s WHERE \"batch_id\" = ?".formatted(tables.sql(tables.table())),
                    batch.value(),
                    connection,
                    name);
        }
    }

    @Override
    public QuarantinedRows quarantined(CommittedBatch batch) {
        return new MariadbQuarantine(batch, destination, dataSources);
    }
}
