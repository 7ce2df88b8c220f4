package io.nightshift.destination.postgres;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.table.TableQuarantine;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.Database;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;

/// The quarantined rows of a batch in a database: in the table of all published batches, in the batch's
/// staging table, or in the table that a cancelled batch leaves.
final class PostgresQuarantine extends TableQuarantine {

    private final PostgresDestination destination;
    private final DataSources dataSources;

    PostgresQuarantine(CommittedBatch batch, PostgresDestination destination, DataSources dataSources) {
        super(batch, destination.dataSource());
        this.destination = destination;
        this.dataSources = dataSources;
    }

    /// The committed partitions with quarantined rows, as an SQL array.
    static String partitions(CommittedBatch batch) {
        return batch.commits().stream()
                .filter(commit -> commit.quarantined() > 0)
                .map(PartitionCommit::partition)
                .map(String::valueOf)
                .collect(Collectors.joining(",", "'{", "}'::int[]"));
    }

    @Override
    protected Database open() {
        return Database.open(
                dataSources.postgresql(destination.dataSource()),
                "%s, reading the quarantined rows of %s".formatted(batch.id(), destination),
                Duration.ZERO);
    }

    @Override
    protected String table(Database database) {
        BatchTables tables = BatchTables.of(destination, batch.id());
        return Optional.of(tables.sql(tables.publishedQuarantine()))
                .filter(name -> PostgresPublisher.exists(database, name))
                .or(() -> Optional.of(tables.sql(tables.quarantineStaging()))
                        .filter(name -> PostgresPublisher.exists(database, name)))
                .or(() -> Optional.of(tables.sql(tables.keptQuarantine()))
                        .filter(name -> PostgresPublisher.exists(database, name)))
                .orElseThrow(() -> FailureException.permanent(
                        "the quarantined rows of %s are gone from %s".formatted(batch.id(), destination)));
    }

    @Override
    protected String query(Database database) {
        return """
                SELECT record_file, record_row, %s, reason, value, message, "values"::text FROM %s
                WHERE batch_partition = ANY (%s) ORDER BY batch_partition, record_file, record_row
                """.formatted(isNamed() ? "record_id::text" : "NULL::text", table(database), partitions(batch));
    }
}
