package io.nightshift.mariadb;

import io.nightshift.destination.ReuseFailure;
import io.nightshift.mariadb.MariadbPublisher.Registered;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.MariadbDestination;
import io.nightshift.storage.database.Database;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Copies parts of a published batch as rows of another batch, inside the server. The digest of a row does not
/// depend on its batch, so the copy has the digest of the original.
///
/// For each part, it *claims* the partition as an attempt does ([MariadbAttempt]), and copies in the same
/// transaction. So a copy never replaces that of a later coordinator or the rows of an attempt. The server ends
/// the session of a coordinator that is frozen in the middle.
final class MariadbPartCopier {

    private final MariadbDestination destination;
    private final Database database;
    private final MariadbTables tables;
    private final BatchId published;
    private final BatchId batch;

    /// @param published whose parts are copied
    /// @param batch that is open
    MariadbPartCopier(MariadbDestination destination, Database database, BatchId published, BatchId batch) {
        this.destination = destination;
        this.database = database;
        this.tables = MariadbTables.of(destination);
        this.published = published;
        this.batch = batch;
    }

    /// Copies what is not there yet.
    ///
    /// @param parts with their epochs in the batch
    void copy(List<PartitionCommit> parts) {
        Registered from = MariadbPublisher.registered(database, tables, published)
                .filter(registered -> registered.manifest() != null)
                .orElseThrow(() -> changed("%s does not know it".formatted(tables.register())));
        Registered to = MariadbPublisher.registered(database, tables, batch)
                .orElseThrow(() -> ReuseFailure.superseded(batch, destination));
        if (!from.columns().equals(to.columns()) || !from.quarantineColumns().equals(to.quarantineColumns())) {
            throw changed("%s lists other columns for it".formatted(tables.register()));
        }
        database.run("SET SESSION wait_timeout = " + MariadbAttempt.END);
        for (PartitionCommit commit : parts) {
            database.transaction(() -> copy(from, to, commit));
        }
    }

    private FailureException changed(String found) {
        return ReuseFailure.changed(published, destination, found);
    }

    private void copy(Registered from, Registered to, PartitionCommit commit) {
        long held = MariadbAttempt.number(commit.epoch());
        // Keeps the batch from being published or cancelled until the transaction ends, as an attempt does.
        boolean isOpen = database.row(
                        row -> true,
                        "SELECT 1 FROM %s WHERE \"number\" = ? AND \"published_at\" IS NULL AND \"cancelled_at\" IS NULL LOCK IN SHARE MODE"
                                .formatted(tables.sql(tables.register())),
                        to.number())
                .isPresent();
        if (!isOpen) {
            throw ReuseFailure.superseded(batch, destination);
        }
        database.update("""
                INSERT INTO %s ("batch", "partition", "held", "claims", "node") VALUES (?, ?, ?, 1, '')
                ON DUPLICATE KEY UPDATE "claims" = "claims" + 1, "held" = GREATEST("held", VALUES("held"))
                """.formatted(tables.sql(tables.parts())), to.number(), commit.partition(), held);
        Claim claim = database.row(
                        row -> new Claim(row.getInt(1), row.getInt(2) > 0),
                        "SELECT \"claims\", \"attempt\" FROM %s WHERE \"batch\" = ? AND \"partition\" = ? AND \"held\" = ? FOR UPDATE"
                                .formatted(tables.sql(tables.parts())),
                        to.number(),
                        commit.partition(),
                        held)
                .orElseThrow(() -> ReuseFailure.superseded(batch, destination));
        if (!claim.hasRows()) {
            copyRows(from, to, commit, claim.attempt());
        }
        record(from, to, commit, claim);
    }

    /// The right to write to a partition.
    ///
    /// @param attempt a number that no other attempt of the partition has
    /// @param hasRows whether an earlier coordinator has copied the part
    private record Claim(int attempt, boolean hasRows) {}

    private void copyRows(Registered from, Registered to, PartitionCommit commit, int attempt) {
        int source = database.row(
                        row -> row.getInt(1),
                        "SELECT \"attempt\" FROM %s WHERE \"batch\" = ? AND \"partition\" = ? AND \"staged\" = 0 AND \"attempt\" > 0"
                                .formatted(tables.sql(tables.parts())),
                        from.number(),
                        commit.partition())
                .orElseThrow(
                        () -> changed("%s has no partition %d of it".formatted(tables.parts(), commit.partition())));
        String rows = MariadbAttempt.rowsOf(from.number(), commit.partition(), source);
        String numbers = "%d, %d".formatted(to.number(), attempt);
        copyRows(tables.batches(), to.columns(), rows, numbers, commit, commit.part());
        copyRows(tables.quarantineBatches(), to.quarantineColumns(), rows, numbers, commit, commit.quarantine());
    }

    private void copyRows(
            String table,
            List<String> columns,
            String rows,
            String numbers,
            PartitionCommit commit,
            @Nullable OutputFile committed) {
        long expected = committed == null ? 0 : committed.rows();
        long copied = expected == 0
                ? 0
                : database.update(
                        "INSERT INTO %1$s (\"%2$s\", \"%3$s\", \"%4$s\", %5$s) SELECT %6$s, \"%4$s\", %5$s FROM %1$s WHERE %7$s"
                                .formatted(
                                        tables.sql(table),
                                        MariadbTables.BATCH,
                                        MariadbTables.ATTEMPT,
                                        MariadbTables.ROW,
                                        MariadbTables.list(columns),
                                        numbers,
                                        rows));
        if (copied != expected) {
            throw changed("partition %d has %d rows in %s, the ledger says %d"
                    .formatted(commit.partition(), copied, table, expected));
        }
    }

    /// Copies the record of the published part, and compares it with the ledger.
    private void record(Registered from, Registered to, PartitionCommit commit, Claim claim) {
        database.update(
                """
                UPDATE %1$s AS part JOIN %1$s AS source ON source."batch" = ? AND source."partition" = part."partition"
                SET part."incarnation" = ?, part."lease" = ?, part."attempt" = IF(?, part."attempt", ?),
                    part."committed_at" = UTC_TIMESTAMP(6), part."node" = source."node",
                    part."rows" = source."rows", part."bytes" = source."bytes", part."sha256" = source."sha256",
                    part."quarantined_rows" = source."quarantined_rows",
                    part."quarantined_bytes" = source."quarantined_bytes",
                    part."quarantined_sha256" = source."quarantined_sha256"
                WHERE part."batch" = ? AND part."partition" = ?
                """.formatted(tables.sql(tables.parts())),
                from.number(),
                commit.epoch().incarnation(),
                commit.epoch().lease(),
                claim.hasRows(),
                claim.attempt(),
                to.number(),
                commit.partition());
        String expected = String.valueOf(MariadbPublisher.parts(List.of(commit)).get(commit.partition()));
        String is = MariadbPublisher.parts(database, tables, to, "\"partition\" = " + commit.partition())
                .getOrDefault(commit.partition(), "nothing");
        if (!expected.equals(is)) {
            throw changed("for partition %d, %s says %s, the ledger %s"
                    .formatted(commit.partition(), tables.parts(), is, expected));
        }
    }
}
