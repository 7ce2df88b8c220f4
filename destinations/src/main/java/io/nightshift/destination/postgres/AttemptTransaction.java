package io.nightshift.destination.postgres;

import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.table.AttemptConnection;
import io.nightshift.destination.table.SentRows;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.source.BoundJob;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSourceSettings;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.copy.CopyIn;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The work of one attempt in PostgreSQL.
///
/// First it *claims* its partition: it writes its epoch into the partition's row of `nightshift_parts`, in a
/// transaction of its own, unless a higher epoch is there. Then, in one transaction, it removes the rows of
/// an earlier attempt, copies its own rows into the batch's staging tables, and writes their counts and
/// digests into the partition's row, if its claim is still the highest. So of two attempts at most the one
/// with the higher epoch can leave rows, whichever of them is frozen at whatever point; a partition never has
/// rows of both.
///
/// A process that is frozen between that last statement and the end of its transaction holds a lock that the
/// next attempt's claim waits for. The server ends such a transaction by itself: the attempt sets a time-out
/// for that before its last statement.
final class AttemptTransaction extends AttemptConnection<CopyRows> {

    private static final Logger LOG = LoggerFactory.getLogger(AttemptTransaction.class);

    /// The time for which the transaction may be idle while it locks its partition's row.
    static final Duration END = Duration.ofSeconds(10);

    /// The time to wait for a row that another attempt locks: longer than [#END].
    static final Duration CLAIM = Duration.ofSeconds(20);

    /// The time in which the server must remove the rows of an earlier attempt.
    private static final Duration REMOVAL = Duration.ofMinutes(10);

    private final String node;
    private final BatchTables tables;
    private boolean replaces;

    /// @param node that makes the attempt, `host:port`
    AttemptTransaction(
            ConnectionPool connections,
            DataSourceSettings settings,
            PostgresDestination destination,
            Lease lease,
            String node) {
        super(connections, settings, lease);
        this.node = node;
        this.tables = BatchTables.of(destination, lease.attempt().batch());
    }

    /// Removes the rows of an earlier attempt, too.
    @Override
    public void begin() {
        begin(used -> {
            if (replaces) {
                removeEarlier(used);
            }
        });
    }

    @Override
    protected void claim() {
        Attempt attempt = lease.attempt();
        // In a published batch, a partition without rows is that of a supplement under way, which may be claimed.
        String sql = """
                INSERT INTO %1$s AS part (batch_id, partition, held_incarnation, held_lease, node)
                SELECT batch_id, ?, ?, ?, ? FROM %2$s AS batch WHERE batch_id = ? AND (published_at IS NULL
                    OR EXISTS (SELECT FROM %1$s AS supplement
                        WHERE supplement.batch_id = batch.batch_id AND supplement.partition = ? AND rows IS NULL))
                ON CONFLICT (batch_id, partition) DO UPDATE
                SET held_incarnation = excluded.held_incarnation, held_lease = excluded.held_lease, node = excluded.node
                WHERE (part.held_incarnation, part.held_lease) <= (excluded.held_incarnation, excluded.held_lease)
                RETURNING rows IS NOT NULL
                """.formatted(tables.sql(tables.parts()), tables.sql(tables.register()));
        Optional<Boolean> written = asking("claiming the partition in", used -> {
            try (Statement statement = used.createStatement()) {
                statement.execute("SET lock_timeout = %d; SET application_name = %s"
                        .formatted(CLAIM.toMillis(), BatchTables.literal("nightshift " + attempt)));
            }
            try (PreparedStatement statement = used.prepareStatement(sql)) {
                statement.setInt(1, attempt.partition());
                statement.setInt(2, attempt.epoch().incarnation());
                statement.setInt(3, attempt.epoch().lease());
                statement.setString(4, node);
                statement.setString(5, attempt.batch().value());
                statement.setInt(6, attempt.partition());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? Optional.of(row.getBoolean(1)) : Optional.empty();
                }
            }
        });
        if (written.isEmpty()) {
            throw refused("write to");
        }
        replaces = written.get();
    }

    private void removeEarlier(Connection used) throws SQLException {
        used.setNetworkTimeout(Runnable::run, (int) REMOVAL.toMillis());
        try (Statement statement = used.createStatement()) {
            for (String table : List.of(tables.staging(), tables.quarantineStaging())) {
                int removed = statement.executeUpdate("DELETE FROM %s WHERE batch_partition = %d"
                        .formatted(tables.sql(table), lease.attempt().partition()));
                LOG.info("{} replaces {} rows of an attempt that was not committed", lease.attempt(), removed);
            }
        }
        used.setNetworkTimeout(Runnable::run, (int) TimeUnit.SECONDS.toMillis(ConnectionPool.SILENCE));
    }

    @Override
    public CopyRows predictions(List<PredictionColumns.Column> written) {
        List<CopyColumn> columns = PostgresColumns.predictions(written);
        Instant now = Instant.now();
        CopyRows.Constants constants = new CopyRows.Constants()
                .text("model_name", lease.model().name())
                .number("model_version", lease.model().version())
                .timestamp("predicted_at", now.getEpochSecond() * 1_000_000 + now.getNano() / 1000)
                .number("batch_partition", lease.attempt().partition())
                .batch(lease.attempt().batch());
        return new CopyRows(tables.staging(), columns, columns.size(), constants);
    }

    /// The values, in the last column, are not digested, since the server reorders the keys of JSON.
    @Override
    public CopyRows quarantine(BoundJob job) {
        List<CopyColumn> columns = PostgresColumns.quarantine(job);
        CopyRows.Constants constants = new CopyRows.Constants()
                .number("batch_partition", lease.attempt().partition())
                .batch(lease.attempt().batch());
        return new CopyRows(tables.quarantineStaging(), columns, columns.size() - 1, constants);
    }

    @Override
    public long send(CopyRows rows, SentRows.Query<Long> query) throws SQLException {
        String sql = "COPY %s (%s) FROM STDIN (FORMAT binary)"
                .formatted(
                        tables.sql(rows.table()),
                        rows.names().stream().map(BatchTables::quoted).collect(Collectors.joining(", ")));
        CopyIn copy = asking(
                "writing to", used -> ConnectionPool.driver(used).getCopyAPI().copyIn(sql));
        try {
            long selected = rows.into((bytes, length) -> write(copy, bytes, length), query);
            long copied = asking("writing to", used -> copy.endCopy());
            if (copied != selected) {
                throw new IllegalStateException("%d rows selected, %d copied".formatted(selected, copied));
            }
            return copied;
        } catch (SQLException e) {
            SQLException problem = rows.problem();
            if (problem != null) {
                throw failed("writing to", problem);
            }
            cancel(copy);
            throw e;
        }
    }

    private void write(CopyIn copy, byte[] bytes, int length) throws SQLException {
        sending(_ -> copy.writeToCopy(bytes, 0, length));
    }

    /// Ends a COPY whose query failed. The transaction's end removes what it has copied.
    private void cancel(CopyIn copy) {
        doing("writing to", used -> {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        });
    }

    @Override
    public void commit(@Nullable OutputFile predictions, @Nullable OutputFile quarantine) {
        Attempt attempt = lease.attempt();
        List<String> columns = new ArrayList<>();
        for (String kind : List.of("", "quarantined_")) {
            Stream.of("rows", "bytes", "sha256").map(kind::concat).forEach(columns::add);
        }
        String sql = """
                UPDATE %s SET incarnation = held_incarnation, lease = held_lease, committed_at = clock_timestamp(), (%s) = (?, ?, ?, ?, ?, ?)
                WHERE batch_id = ? AND partition = ? AND held_incarnation = ? AND held_lease = ?
                """.formatted(tables.sql(tables.parts()), String.join(", ", columns));
        int updated = asking("committing to", used -> {
            try (Statement statement = used.createStatement()) {
                statement.execute("SET LOCAL idle_in_transaction_session_timeout = " + END.toMillis());
            }
            try (PreparedStatement statement = used.prepareStatement(sql)) {
                set(statement, 1, predictions);
                set(statement, 4, quarantine);
                statement.setString(7, attempt.batch().value());
                statement.setInt(8, attempt.partition());
                statement.setInt(9, attempt.epoch().incarnation());
                statement.setInt(10, attempt.epoch().lease());
                return statement.executeUpdate();
            }
        });
        if (updated != 1) {
            throw refused("commit to");
        }
        doing("committing to", used -> {
            used.commit();
            used.setAutoCommit(true);
        });
    }
}
