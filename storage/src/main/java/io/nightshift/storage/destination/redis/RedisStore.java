package io.nightshift.storage.destination.redis;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.dataset.Dataset;
import io.nightshift.storage.destination.BatchRemoval;
import io.nightshift.storage.destination.CommittedBatch;
import io.nightshift.storage.destination.DestinationStore;
import io.nightshift.storage.destination.FirstRows;
import io.nightshift.storage.destination.OutputProof;
import io.nightshift.storage.destination.PartReuse;
import io.nightshift.storage.destination.PartitionWriter;
import io.nightshift.storage.destination.PredictionColumns;
import io.nightshift.storage.destination.PredictionReader;
import io.nightshift.storage.destination.Publication;
import io.nightshift.storage.destination.QuarantinedRows;
import io.nightshift.storage.destination.SupplementStore;
import io.nightshift.storage.destination.ValueLimit;
import io.nightshift.storage.destination.ValueLimits;
import io.nightshift.storage.destination.table.SourceIds;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.redis.RedisAddress;
import io.nightshift.storage.redis.RedisConnection;
import io.nightshift.storage.source.SourceReaders;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Protocol.Command;

/// A destination whose records have keys of a Redis or Valkey server.
public final class RedisStore implements DestinationStore, BatchRemoval, PartReuse, PredictionReader, SupplementStore {

    /// The time that a person's command waits for a server that can't be reached.
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final ValueLimit NO_KEY = new ValueLimit("%s IS NULL", "is NULL, which can't be a key");
    private static final ValueLimit NO_NUMBER =
            new ValueLimit("NOT isfinite(%s)", "is NaN or infinite, which JSON doesn't have");

    private final RedisDestination destination;
    private final DataSources dataSources;
    private final SourceReaders sources;
    private final SourceIds sourceIds;
    private final RedisPublisher publisher;
    private final RedisKeys keys;

    /// @param duckDb opened when first needed
    public RedisStore(
            RedisDestination destination, DataSources dataSources, Supplier<DuckDb> duckDb, SourceReaders sources) {
        this.destination = destination;
        this.dataSources = dataSources;
        this.sources = sources;
        this.sourceIds = new SourceIds(duckDb, sources, RecordRows::digesting);
        this.publisher = new RedisPublisher(destination, dataSources);
        this.keys = new RedisKeys(destination.name());
    }

    private RedisConnection open(String doing, Duration patience) {
        return RedisConnection.open(
                dataSources.redis(destination.dataSource()), doing + " " + destination, patience, () -> false);
    }

    @Override
    public List<Dataset> datasets() {
        return List.of(
                RedisAddress.of(dataSources.redis(destination.dataSource())).dataset(destination.name()));
    }

    /// A server that can't be reached now is no reason.
    @Override
    public List<String> checkPlace() {
        try (RedisConnection connection = open("checking", Duration.ZERO)) {
            return publisher.obstacles(connection).stream()
                    .map(reason -> "the destination %s can't be written: %s".formatted(destination, reason))
                    .toList();
        } catch (FailureException e) {
            return e.failure().isPermanent() ? List.of(e.failure().message()) : List.of();
        }
    }

    @Override
    public List<String> check(Job job, ModelDescription model) {
        PartitionKey key = job.partitions().key();
        if (key != null && key.folder() != null) {
            return List.of("partitions.folder: Redis has no folders; write partitions.column: " + key.folder());
        }
        List<String> reasons = new ArrayList<>(checkPlace());
        try {
            columns(job, model);
        } catch (FailureException e) {
            reasons.add(e.failure().message());
        }
        return reasons;
    }

    private List<RecordColumn> columns(Job job, ModelDescription model) {
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
        return new RedisAttempt(dataSources.redis(destination.dataSource()), destination, lease);
    }

    /// Nothing to do: the next attempt replaces the records, or they are removed with the batch.
    @Override
    public void remove(Lease lease) {}

    @Override
    public void prepare(BatchId batch, Job job, ModelDescription model) {
        publisher.prepare(batch, job, columns(job, model));
    }

    @Override
    public String staging(BatchId batch) {
        return keys.batches();
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
    public void reuse(BatchId published, BatchId batch, List<PartitionCommit> parts) {
        publisher.reuse(published, batch, parts);
    }

    @Override
    public Optional<BatchId> newest(String job) {
        try (RedisConnection connection = open("looking for the newest batch in", Duration.ZERO)) {
            return connection.texts(Command.ZRANGE, keys.published(), 0, -1).stream()
                    .filter(Objects::nonNull)
                    .filter(BatchId::isValid)
                    .map(BatchId::new)
                    .filter(batch -> batch.isOfJob(job))
                    .max(Comparator.naturalOrder());
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                throw e;
            }
            return Optional.empty();
        }
    }

    @Override
    public Optional<String> manifest(BatchId published) {
        try (RedisConnection connection = open("reading the manifest in", Duration.ZERO)) {
            return RedisBatch.find(connection, keys, published).flatMap(found -> Optional.ofNullable(found.manifest()));
        }
    }

    @Override
    public OutputProof verify(CommittedBatch batch, Phase phase, @Nullable Publication published) {
        return new RedisProof(
                batch, phase, published, destination, dataSources.redis(destination.dataSource()), sourceIds);
    }

    /// Redis counts no values. So the commands show where the records and the quarantined rows are.
    @Override
    public Query query(BatchId batch, String published, String column, boolean quarantine) {
        return quarantine
                ? new Query("redis-cli --scan --pattern", "nightshift:%s:*:quarantine:*".formatted(destination.name()))
                : new Query("redis-cli GET", keys.latest());
    }

    @Override
    public FirstRows head(BatchId batch, String published, int limit) {
        try (RedisConnection connection = open("reading the predictions in", PATIENCE)) {
            return records(connection, batch).first(limit);
        }
    }

    @Override
    public void open(BatchId batch, String published, Connection duckDb, String name) {
        try (RedisConnection connection = open("reading the predictions in", PATIENCE)) {
            records(connection, batch).copy(duckDb, name);
        }
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
