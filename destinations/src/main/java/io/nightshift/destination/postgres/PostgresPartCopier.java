package io.nightshift.destination.postgres;

import static io.nightshift.destination.postgres.BatchTables.literal;

import io.nightshift.destination.ReuseFailure;
import io.nightshift.destination.table.PartitionCounts;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.storage.database.Database;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Copies parts of a published batch into the staging tables of another batch, inside the server. All of a row
/// but the ID of its batch stays as it is, so the copy has the digest of the original.
///
/// It *claims* the partitions as an attempt does ([AttemptTransaction]), and copies in the same transaction. So
/// a copy never replaces that of a later coordinator or the rows of an attempt. The server ends the session of a
/// coordinator that is frozen in the middle.
final class PostgresPartCopier {

    private final PostgresDestination destination;
    private final Database database;
    private final BatchId published;
    private final BatchId batch;
    private final BatchTables from;
    private final BatchTables to;

    /// @param published whose parts are copied
    /// @param batch that is open
    PostgresPartCopier(PostgresDestination destination, Database database, BatchId published, BatchId batch) {
        this.destination = destination;
        this.database = database;
        this.published = published;
        this.batch = batch;
        this.from = BatchTables.of(destination, published);
        this.to = BatchTables.of(destination, batch);
    }

    /// Copies what is not there yet.
    ///
    /// @param parts with their epochs in the batch
    void copy(List<PartitionCommit> parts) {
        if (parts.isEmpty()) {
            return;
        }
        database.transaction(() -> {
            database.run(
                    "SET LOCAL lock_timeout = %d; SET LOCAL idle_in_transaction_session_timeout = %d; SET LOCAL application_name = %s"
                            .formatted(
                                    AttemptTransaction.CLAIM.toMillis(),
                                    AttemptTransaction.END.toMillis(),
                                    literal("nightshift " + batch)));
            Set<Integer> missing = claim(parts);
            requireSameColumns();
            List<PartitionCommit> copied = parts.stream()
                    .filter(commit -> missing.contains(commit.partition()))
                    .toList();
            copy(from.published(), to.staging(), "columns", PartitionCounts.committed(copied, PartitionCommit::part));
            copy(
                    from.publishedQuarantine(),
                    to.quarantineStaging(),
                    "quarantine_columns",
                    PartitionCounts.committed(copied, PartitionCommit::quarantine));
            record(parts);
        });
    }

    private static Integer[] partitions(List<PartitionCommit> parts) {
        return parts.stream().map(PartitionCommit::partition).toArray(Integer[]::new);
    }

    /// @return the partitions that have no rows yet. Rows that are there were copied by an earlier coordinator
    private Set<Integer> claim(List<PartitionCommit> parts) {
        Map<Integer, Boolean> claimed = new TreeMap<>();
        database.rows(
                        row -> Map.entry(row.getInt(1), row.getBoolean(2)),
                        """
                        INSERT INTO %1$s AS part (batch_id, partition, held_incarnation, held_lease, node)
                        SELECT batch_id, unnest(?::integer[]), ?, ?, '' FROM %2$s WHERE batch_id = ? AND published_at IS NULL
                        ON CONFLICT (batch_id, partition) DO UPDATE
                        SET held_incarnation = excluded.held_incarnation, held_lease = excluded.held_lease
                        WHERE (part.held_incarnation, part.held_lease) <= (excluded.held_incarnation, excluded.held_lease)
                        RETURNING partition, rows IS NOT NULL
                        """.formatted(to.sql(to.parts()), to.sql(to.register())),
                        partitions(parts),
                        parts.getFirst().epoch().incarnation(),
                        parts.getFirst().epoch().lease(),
                        batch.value())
                .forEach(part -> claimed.put(part.getKey(), part.getValue()));
        if (claimed.size() < parts.size()) {
            throw ReuseFailure.superseded(batch, destination);
        }
        claimed.values().removeIf(isThere -> isThere);
        return claimed.keySet();
    }

    /// The digests depend on the columns and on their order.
    private void requireSameColumns() {
        boolean isSame = !database.rows(
                        row -> true, """
                        SELECT FROM %1$s AS source JOIN %1$s AS target USING (columns, quarantine_columns)
                        WHERE source.batch_id = ? AND source.published_at IS NOT NULL AND target.batch_id = ?
                        """.formatted(to.sql(to.register())), published.value(), batch.value())
                .isEmpty();
        if (!isSame) {
            throw ReuseFailure.changed(
                    published,
                    destination,
                    "%s does not know it, or not with the same columns".formatted(to.register()));
        }
    }

    /// @param which column of the register lists the columns
    /// @param expected the rows of each partition
    private void copy(String source, String target, String which, Map<Integer, Long> expected) {
        if (expected.isEmpty()) {
            return;
        }
        if (!PostgresPublisher.exists(database, from.sql(source))) {
            throw ReuseFailure.changed(published, destination, "there is no table " + from.sql(source));
        }
        // The rows of a partition are next to each other, so a small index tells where they are.
        database.run("CREATE INDEX IF NOT EXISTS %s ON %s USING brin (batch_partition)"
                .formatted(BatchTables.quoted(from.indexOfPartitions(source)), from.sql(source)));
        List<String> columns = database.rows(
                        row -> Arrays.asList((String[]) row.getArray(1).getArray()),
                        "SELECT %s FROM %s WHERE batch_id = ?".formatted(which, to.sql(to.register())),
                        batch.value())
                .getFirst();
        long copied = database.update(
                "INSERT INTO %s (%s) SELECT %s FROM %s WHERE batch_partition = ANY (?)"
                        .formatted(
                                to.sql(target),
                                PostgresPublisher.list(columns),
                                columns.stream()
                                        .map(column -> column.equals(BatchTables.BATCH)
                                                ? literal(batch.value())
                                                : BatchTables.quoted(column))
                                        .collect(Collectors.joining(", ")),
                                from.sql(source)),
                (Object) expected.keySet().toArray(Integer[]::new));
        long rows = expected.values().stream().mapToLong(Long::longValue).sum();
        if (copied != rows) {
            throw ReuseFailure.changed(
                    published,
                    destination,
                    "%s has %d rows of the reused partitions, the ledger says %d"
                            .formatted(from.sql(source), copied, rows));
        }
    }

    private static String record(PartitionCommit commit) {
        OutputFile bad = commit.quarantine();
        String quarantined = bad == null ? "  " : "%d %d %s".formatted(bad.rows(), bad.bytes(), bad.sha256());
        return "%s, %s quarantined".formatted(PostgresPublisher.record(commit), quarantined);
    }

    /// Copies the records of the published parts, and compares them with the ledger.
    private void record(List<PartitionCommit> parts) {
        Map<Integer, @Nullable String> found = new HashMap<>();
        database.rows(
                        row -> Map.entry(row.getInt(1), row.getString(2)),
                        """
                        UPDATE %1$s AS part SET incarnation = part.held_incarnation, lease = part.held_lease,
                            node = source.node, committed_at = clock_timestamp(),
                            rows = source.rows, bytes = source.bytes, sha256 = source.sha256,
                            quarantined_rows = source.quarantined_rows, quarantined_bytes = source.quarantined_bytes,
                            quarantined_sha256 = source.quarantined_sha256
                        FROM %1$s AS source
                        WHERE source.batch_id = ? AND source.partition = part.partition
                            AND part.batch_id = ? AND part.partition = ANY (?)
                        RETURNING part.partition, %2$s || format(', %%s %%s %%s quarantined', part.quarantined_rows,
                            part.quarantined_bytes, part.quarantined_sha256)
                        """.formatted(to.sql(to.parts()), PostgresPublisher.RECORD),
                        published.value(),
                        batch.value(),
                        partitions(parts))
                .forEach(part -> found.put(part.getKey(), part.getValue()));
        for (PartitionCommit commit : parts) {
            String expected = record(commit);
            String is = found.getOrDefault(commit.partition(), "nothing");
            if (!expected.equals(is)) {
                throw ReuseFailure.changed(
                        published,
                        destination,
                        "for partition %d, %s says %s, the ledger %s"
                                .formatted(commit.partition(), to.parts(), is, expected));
            }
        }
    }
}
