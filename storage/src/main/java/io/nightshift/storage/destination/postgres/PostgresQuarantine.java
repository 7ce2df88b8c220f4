package io.nightshift.storage.destination.postgres;

import io.nightshift.api.QuarantinedRow;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.Database;
import io.nightshift.storage.destination.CommittedBatch;
import io.nightshift.storage.destination.QuarantinedRows;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// The quarantined rows of a batch in a database: in the table of all published batches, in the batch's
/// staging table, or in the table that a cancelled batch leaves.
record PostgresQuarantine(CommittedBatch batch, PostgresDestination destination, DataSources dataSources)
        implements QuarantinedRows {

    /// Ends a query whose reader has what it wants.
    private static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1;

        Stopped() {
            super(null, null, false, false);
        }
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
    public List<String> places() {
        if (batch.quarantined() == 0) {
            return List.of();
        }
        try (Database database = open()) {
            return List.of("the table %s of the data source %s".formatted(table(database), destination.dataSource()));
        }
    }

    private Database open() {
        return Database.open(
                dataSources.get(destination.dataSource()),
                "%s, reading the quarantined rows of %s".formatted(batch.id(), destination),
                Duration.ZERO);
    }

    private String table(Database database) {
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
    public void forEach(Predicate<QuarantinedRow> reader) {
        if (batch.quarantined() == 0) {
            return;
        }
        boolean named = batch.job().source().id() != null;
        try (Database database = open()) {
            database.each(
                    row -> {
                        if (!reader.test(QuarantinedRows.row(row))) {
                            throw new Stopped();
                        }
                    },
                    """
                    SELECT record_file, record_row, %s, reason, value, message, "values"::text FROM %s
                    WHERE batch_partition = ANY (%s) ORDER BY batch_partition, record_file, record_row
                    """.formatted(named ? "record_id::text" : "NULL::text", table(database), partitions(batch)));
        } catch (Stopped e) {
            // No row is missing.
        }
    }
}
