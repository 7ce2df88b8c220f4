package io.nightshift.redis.destination;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.FirstRows;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.Publication;
import io.nightshift.destination.QuarantinedRows;
import io.nightshift.destination.ValueLimit;
import io.nightshift.destination.ValueLimits;
import io.nightshift.destination.server.ServerStore;
import io.nightshift.destination.table.SourceIds;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.redis.RedisConnection;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourceReaders;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.RedisAddress;
import io.nightshift.storage.dataset.Dataset;
import io.nightshift.storage.duckdb.DuckDb;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Protocol.Command;

/// A destination whose records have keys of a Redis or Valkey server.
public final class RedisStore extends ServerStore<RedisConnection, List<RecordColumn>> {

    private static final ValueLimit NO_KEY = new ValueLimit("%s IS NULL", "is NULL, which can't be a key");
    private static final ValueLimit NO_NUMBER =
            new ValueLimit("NOT isfinite(%s)", "is NaN or infinite, which JSON doesn't have");

    private final RedisDestination destination;
    private final DataSources dataSources;
    private final SourceReaders sources;
    private final SourceIds sourceIds;
    private final RedisKeys keys;

    /// @param duckDb opened when first needed
    public RedisStore(
            RedisDestination destination, DataSources dataSources, Supplier<DuckDb> duckDb, SourceReaders sources) {
        super(destination, "Redis");
        this.destination = destination;
        this.dataSources = dataSources;
        this.sources = sources;
        this.sourceIds = new SourceIds(duckDb, sources, RecordRows::digesting);
        this.keys = new RedisKeys(destination.name());
    }

    private DataSourceSettings settings() {
        return dataSources.redis(destination.dataSource());
    }

    private RedisConnection connect(String what, Duration patience) {
        return RedisConnection.open(settings(), what, patience, () -> false);
    }

    @Override
    protected <T> T connected(String what, Duration patience, Function<RedisConnection, T> use) {
        try (RedisConnection connection = connect(what, patience)) {
            return use.apply(connection);
        }
    }

    @Override
    protected RedisPublisher open(BatchId batch, String what, Duration patience) {
        return new RedisPublisher(connect(what, patience), destination, batch);
    }

    @Override
    public List<Dataset> datasets() {
        RedisAddress server = RedisAddress.of(settings());
        return List.of(new Dataset(
                "redis://%s:%d".formatted(server.host(), server.port()), server.database() + "." + destination.name()));
    }

    @Override
    protected List<String> obstacles(RedisConnection connection) {
        return RedisPublisher.obstacles(connection, keys);
    }

    @Override
    protected List<String> obstacles(RedisConnection connection, List<RecordColumn> columns) {
        return List.of();
    }

    @Override
    protected List<RecordColumn> columns(Job job, ModelDescription model) {
        return RecordColumn.predictions(
                PredictionColumns.of(sources.of(job.source()).bind(job, model), model));
    }

    @Override
    public ValueLimits limits() {
        return (type, isId) -> {
            if (isId) {
                return NO_KEY;
            }
            boolean isFraction = type.equals("FLOAT") || type.equals("DOUBLE");
            return isFraction && destination.format() == RedisDestination.Format.JSON ? NO_NUMBER : null;
        };
    }

    @Override
    public PartitionWriter writer(Lease lease, String node, int blockRows) {
        return new RedisAttempt(settings(), destination, lease);
    }

    @Override
    public String staging(BatchId batch) {
        return keys.batches();
    }

    @Override
    protected List<String> published(RedisConnection connection, String job) {
        return connection.texts(Command.ZRANGE, keys.published(), 0, -1).stream()
                .filter(Objects::nonNull)
                .toList();
    }

    @Override
    public OutputProof verify(CommittedBatch batch, Phase phase, @Nullable Publication published) {
        return new RedisProof(batch, phase, published, destination, settings(), sourceIds);
    }

    /// Redis counts no values. So the commands show where the records and the quarantined rows are.
    @Override
    public Query query(BatchId batch, String published, String column, boolean quarantine) {
        return quarantine
                ? new Query("redis-cli --scan --pattern", "nightshift:%s:*:quarantine:*".formatted(destination.name()))
                : new Query("redis-cli GET", keys.latest());
    }

    @Override
    protected FirstRows first(RedisConnection connection, BatchId batch, int limit) {
        return records(connection, batch).first(limit);
    }

    @Override
    protected void copy(RedisConnection connection, BatchId batch, Connection duckDb, String name) {
        records(connection, batch).copy(duckDb, name);
    }

    private StoredRecords records(RedisConnection connection, BatchId batch) {
        return new StoredRecords(
                connection, RedisBatch.find(connection, keys, batch).orElse(null), batch);
    }

    @Override
    public QuarantinedRows quarantined(CommittedBatch batch) {
        return new QuarantineReader(batch, destination, dataSources);
    }
}
