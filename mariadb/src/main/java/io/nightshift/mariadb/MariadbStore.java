package io.nightshift.mariadb;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.DatabaseRows;
import io.nightshift.destination.FirstRows;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.Publication;
import io.nightshift.destination.QuarantinedRows;
import io.nightshift.destination.ValueLimits;
import io.nightshift.destination.server.ServerStore;
import io.nightshift.destination.table.SourceIds;
import io.nightshift.destination.table.TableWriter;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.MariadbDestination;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourceReaders;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.Database;
import io.nightshift.storage.dataset.Dataset;
import io.nightshift.storage.duckdb.DuckDb;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A destination that is a table of a MariaDB or MySQL database.
public final class MariadbStore extends ServerStore<Database, MariadbColumns> {

    private final MariadbDestination destination;
    private final DataSources dataSources;
    private final ConnectionPool connections;
    private final SourceReaders sources;
    private final SourceIds sourceIds;
    private final MariadbTables tables;

    /// @param connections for workers
    /// @param duckDb opened when first needed
    public MariadbStore(
            MariadbDestination destination,
            DataSources dataSources,
            ConnectionPool connections,
            Supplier<DuckDb> duckDb,
            SourceReaders sources) {
        super(destination, "a table");
        this.destination = destination;
        this.dataSources = dataSources;
        this.connections = connections;
        this.sources = sources;
        this.sourceIds = new SourceIds(duckDb, sources, LoadRows::digesting);
        this.tables = MariadbTables.of(destination);
    }

    private DataSourceSettings settings() {
        return dataSources.mariadb(destination.dataSource());
    }

    @Override
    protected <T> T connected(String what, Duration patience, Function<Database, T> use) {
        try (Database database = Database.open(settings(), what, patience)) {
            return use.apply(database);
        }
    }

    @Override
    protected MariadbPublisher open(BatchId batch, String what, Duration patience) {
        return new MariadbPublisher(Database.open(settings(), what, patience), destination, batch);
    }

    @Override
    public List<Dataset> datasets() {
        return List.of(
                Dataset.ofTable(dataSources.get(destination.dataSource()), destination.schema(), destination.table()));
    }

    @Override
    protected List<String> obstacles(Database database) {
        return new MariadbTargets(database, tables).reasons();
    }

    @Override
    protected List<String> obstacles(Database database, MariadbColumns columns) {
        MariadbTargets targets = new MariadbTargets(database, tables);
        return targets.reasons().isEmpty() ? targets.obstacles(columns) : List.of();
    }

    @Override
    protected MariadbColumns columns(Job job, ModelDescription model) {
        return MariadbColumns.of(sources.of(job.source()).bind(job, model), model, destination);
    }

    @Override
    public ValueLimits limits() {
        return Limits::of;
    }

    @Override
    public PartitionWriter writer(Lease lease, String node, int blockRows) {
        return new TableWriter<>(new MariadbAttempt(connections, settings(), destination, lease, node));
    }

    @Override
    public String staging(BatchId batch) {
        return tables.sql(tables.batches());
    }

    @Override
    protected List<String> published(Database database, String job) {
        return new MariadbTargets(database, tables).exists(tables.register())
                ? database.rows(
                        row -> row.getString(1),
                        "SELECT \"batch_id\" FROM %s WHERE \"job\" = ? AND \"target\" = ? AND \"published_at\" IS NOT NULL"
                                .formatted(tables.sql(tables.register())),
                        job,
                        tables.table())
                : List.of();
    }

    @Override
    public OutputProof verify(CommittedBatch batch, Phase phase, @Nullable Publication published) {
        return new MariadbProof(batch, phase, published, destination, settings(), sourceIds);
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
    protected FirstRows first(Database database, BatchId batch, int limit) {
        String select = new MariadbTargets(database, tables)
                .select(tables.batches(), "r.\"batch_id\" = ? AND r.\"target\" = ? AND r.\"published_at\" IS NOT NULL");
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

    @Override
    protected void copy(Database database, BatchId batch, Connection duckDb, String name) {
        DatabaseRows.copy(
                database,
                "SELECT * FROM %s WHERE \"batch_id\" = ?".formatted(tables.sql(tables.table())),
                batch.value(),
                duckDb,
                name);
    }

    @Override
    public QuarantinedRows quarantined(CommittedBatch batch) {
        return new MariadbQuarantine(batch, destination, dataSources);
    }
}
