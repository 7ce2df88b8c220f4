package io.nightshift.mariadb;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.table.TableQuarantine;
import io.nightshift.mariadb.MariadbPublisher.Registered;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.MariadbDestination;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.Database;
import java.time.Duration;
import java.util.stream.Collectors;

/// The quarantined rows of a batch, open, published or cancelled, in the table of all batches.
final class MariadbQuarantine extends TableQuarantine {

    private final MariadbDestination destination;
    private final DataSources dataSources;
    private final MariadbTables tables;

    MariadbQuarantine(CommittedBatch batch, MariadbDestination destination, DataSources dataSources) {
        super(batch, destination.dataSource());
        this.destination = destination;
        this.dataSources = dataSources;
        this.tables = MariadbTables.of(destination);
    }

    @Override
    protected Database open() {
        return Database.open(
                dataSources.mariadb(destination.dataSource()),
                "%s, reading the quarantined rows of %s".formatted(batch.id(), destination),
                Duration.ZERO);
    }

    @Override
    protected String table(Database database) {
        number(database);
        return tables.sql(tables.quarantineBatches());
    }

    private int number(Database database) {
        return MariadbPublisher.registered(database, tables, batch.id())
                .map(Registered::number)
                .orElseThrow(() -> FailureException.permanent(
                        "the quarantined rows of %s are gone from %s".formatted(batch.id(), destination)));
    }

    @Override
    protected String query(Database database) {
        String partitions = batch.commits().stream()
                .filter(commit -> commit.quarantined() > 0)
                .map(PartitionCommit::partition)
                .map(String::valueOf)
                .collect(Collectors.joining(", "));
        return """
                SELECT "record_file", "record_row", %s, "reason", "value", "message", "%s" FROM %s
                WHERE "%s" = %d AND "%s" IN (%s) ORDER BY "%6$s", "record_file", "record_row"
                """.formatted(
                        isNamed() ? "CAST(\"record_id\" AS CHAR)" : "NULL",
                        MariadbColumns.VALUES,
                        tables.sql(tables.quarantineBatches()),
                        MariadbTables.BATCH,
                        number(database),
                        MariadbTables.PARTITION,
                        partitions);
    }
}
