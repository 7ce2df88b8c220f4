package io.nightshift.mariadb;

import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.table.AttemptConnection;
import io.nightshift.destination.table.SentRows;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.job.MariadbDestination;
import io.nightshift.source.BoundJob;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSourceSettings;
import java.io.ByteArrayInputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The work of one attempt in MariaDB.
///
/// First it *claims* its partition: it writes its epoch into the partition's row of `nightshift_parts`,
/// unless a higher epoch is there, and gets a number that no other attempt of the partition has. Then, in
/// one transaction, it loads its rows under that number. Until it ends it touches no row of another
/// attempt, so a frozen attempt is in nobody's way.
///
/// Its last step locks the batch's row against publication, and its partition's row. If the batch is still
/// open, and no higher epoch has claimed the partition, it removes the rows of an earlier attempt, and
/// commits. So a partition never has committed rows of two attempts. If it freezes in this step, the server
/// closes its session after [#END].
///
/// A published batch takes no rows, except those of a supplement: its partition's row is marked as staged,
/// and the attempt loads its rows under the negative number of the batch, which no view shows.
final class MariadbAttempt extends AttemptConnection<LoadRows> {

    private static final Logger LOG = LoggerFactory.getLogger(MariadbAttempt.class);

    /// The time for which the session may be idle while it locks rows, in seconds.
    static final int END = 10;

    /// The time for which it may be idle otherwise, in seconds.
    private static final int IDLE = 28_800;

    /// The time in which the server must remove the rows of an earlier attempt.
    private static final Duration REMOVAL = Duration.ofMinutes(10);

    /// Two attempts that claim neighbouring partitions may lock the same gap of the index.
    private static final int DEADLOCK = 1213;

    private static final int DEADLOCKS = 10;

    /// The server, or the driver, does not allow LOAD DATA LOCAL.
    private static final Set<Integer> NO_LOCAL_DATA = Set.of(1148, 3948, 4166);

    private final MariadbTables tables;
    private final String node;
    private int batch;
    private int number;
    private boolean isStaged;

    /// @param node that makes the attempt, `host:port`
    MariadbAttempt(
            ConnectionPool connections,
            DataSourceSettings settings,
            MariadbDestination destination,
            Lease lease,
            String node) {
        super(connections, settings, lease);
        this.tables = MariadbTables.of(destination);
        this.node = node;
    }

    /// An epoch as a number that is ordered like it.
    static long number(Epoch epoch) {
        return ((long) epoch.incarnation() << Integer.SIZE) + epoch.lease();
    }

    @Override
    public void begin() {
        begin(used -> {});
    }

    @Override
    protected void claim() {
        Attempt attempt = lease.attempt();
        String claim =
                """
                INSERT INTO %s ("batch", "partition", "held", "claims", "node")
                SELECT r."number", ?, ?, 1, ? FROM %s AS r
                WHERE r."batch_id" = ? AND r."target" = ? AND r."cancelled_at" IS NULL AND (r."published_at" IS NULL
                    OR EXISTS (SELECT 1 FROM %s AS s WHERE s."batch" = r."number" AND s."partition" = ?
                        AND s."staged" = 1 AND s."attempt" IS NULL))
                ON DUPLICATE KEY UPDATE "claims" = "claims" + 1,
                "node" = IF(VALUES("held") >= "held", VALUES("node"), "node"), "held" = GREATEST("held", VALUES("held"))
                """.formatted(tables.sql(tables.parts()), tables.sql(tables.register()), tables.sql(tables.parts()));
        String claimed = """
                SELECT r."number", p."claims", p."staged" FROM %s AS r JOIN %s AS p ON p."batch" = r."number"
                WHERE r."batch_id" = ? AND r."target" = ? AND r."cancelled_at" IS NULL
                AND (r."published_at" IS NULL OR p."staged" = 1 AND p."attempt" IS NULL)
                AND p."partition" = ? AND p."held" = ?
                """.formatted(tables.sql(tables.register()), tables.sql(tables.parts()));
        boolean holds = asking("claiming the partition in", used -> {
            set(used, "wait_timeout", IDLE);
            try (PreparedStatement statement = used.prepareStatement(claim)) {
                statement.setInt(1, attempt.partition());
                statement.setLong(2, number(attempt.epoch()));
                statement.setString(3, node);
                statement.setString(4, attempt.batch().value());
                statement.setString(5, tables.table());
                statement.setInt(6, attempt.partition());
                repeatDeadlocks(statement);
            }
            try (PreparedStatement statement = used.prepareStatement(claimed)) {
                statement.setString(1, attempt.batch().value());
                statement.setString(2, tables.table());
                statement.setInt(3, attempt.partition());
                statement.setLong(4, number(attempt.epoch()));
                try (ResultSet row = statement.executeQuery()) {
                    if (!row.next()) {
                        return false;
                    }
                    batch = row.getInt(1);
                    number = row.getInt(2);
                    isStaged = row.getBoolean(3);
                    return true;
                }
            }
        });
        if (!holds) {
            throw refused("write to");
        }
    }

    private static void repeatDeadlocks(PreparedStatement statement) throws SQLException {
        for (int left = DEADLOCKS; ; left--) {
            try {
                statement.executeUpdate();
                return;
            } catch (SQLException e) {
                if (e.getErrorCode() != DEADLOCK || left == 0) {
                    throw e;
                }
            }
        }
    }

    private static void set(Connection used, String variable, int value) throws SQLException {
        try (Statement statement = used.createStatement()) {
            statement.execute("SET SESSION %s = %d".formatted(variable, value));
        }
    }

    @Override
    public LoadRows predictions(List<PredictionColumns.Column> written) {
        LoadBuffer time = new LoadBuffer();
        Instant now = Instant.now();
        time.putTimestamp(now.getEpochSecond() * 1_000_000 + now.getNano() / 1000);
        LoadRows.Constants constants = new LoadRows.Constants()
                .with("model_name", lease.model().name())
                .with("model_version", lease.model().version())
                .with("predicted_at", time.toString())
                .with(MariadbTables.PARTITION, lease.attempt().partition());
        List<LoadColumn> columns = MariadbColumns.predictions(written);
        return new LoadRows(tables.batches(), columns, columns.size(), constants);
    }

    /// The values, in the last column, are not digested, as in PostgreSQL.
    @Override
    public LoadRows quarantine(BoundJob job) {
        List<LoadColumn> columns = MariadbColumns.quarantine(job);
        return new LoadRows(
                tables.quarantineBatches(),
                columns,
                columns.size() - 1,
                new LoadRows.Constants()
                        .with(MariadbTables.PARTITION, lease.attempt().partition()));
    }

    @Override
    public long send(LoadRows rows, SentRows.Query<Long> query) throws SQLException {
        String sql =
                "LOAD DATA LOCAL INFILE 'nightshift' INTO TABLE %s CHARACTER SET utf8mb4 FIELDS TERMINATED BY X'09' ESCAPED BY X'5C' LINES TERMINATED BY X'0A' %s, \"%s\" = %d, \"%s\" = %d"
                        .formatted(
                                tables.sql(rows.table()),
                                rows.target(),
                                MariadbTables.BATCH,
                                rowsNumber(batch, isStaged),
                                MariadbTables.ATTEMPT,
                                number);
        try {
            return rows.into((lines, count) -> sending(used -> load(used, sql, lines, count)), query);
        } catch (SQLException e) {
            SQLException problem = rows.problem();
            if (problem != null) {
                throw failed("writing to", explained(problem));
            }
            throw e;
        }
    }

    /// With LOCAL, the server reports what it could not store as it was sent as a warning, and goes on.
    private static void load(Connection used, String sql, LoadBuffer lines, int rows) throws SQLException {
        try (Statement statement = used.createStatement()) {
            statement
                    .unwrap(org.mariadb.jdbc.Statement.class)
                    .setLocalInfileInputStream(new ByteArrayInputStream(lines.bytes(), 0, lines.length()));
            long loaded = statement.executeLargeUpdate(sql);
            SQLWarning warning = statement.getWarnings();
            if (warning != null) {
                throw new SQLException("LOAD DATA gave a warning: " + warning.getMessage(), "22000");
            }
            if (loaded != rows) {
                throw new SQLException("LOAD DATA stored %d of %d rows".formatted(loaded, rows), "22000");
            }
        }
    }

    private static SQLException explained(SQLException e) {
        return NO_LOCAL_DATA.contains(e.getErrorCode())
                ? new SQLException(
                        "%s. Set local_infile = ON on the server, and don't set allowLocalInfile=false in the data source's URL"
                                .formatted(e.getMessage()),
                        "42000",
                        e)
                : e;
    }

    @Override
    public void commit(@Nullable OutputFile predictions, @Nullable OutputFile quarantine) {
        boolean committed = asking("committing to", used -> {
            set(used, "wait_timeout", END);
            boolean mayCommit = isOpen(used) && replace(used);
            if (mayCommit) {
                record(used, predictions, quarantine);
                used.commit();
                used.setAutoCommit(true);
            } else {
                used.rollback();
            }
            set(used, "wait_timeout", IDLE);
            return mayCommit;
        });
        if (!committed) {
            throw refused("commit to");
        }
    }

    /// Keeps the batch, or its supplement, from being published, cancelled or fenced until the transaction
    /// ends.
    private boolean isOpen(Connection used) throws SQLException {
        try (PreparedStatement statement = used.prepareStatement("""
                SELECT 1 FROM %s WHERE "number" = ? AND ("published_at" IS NOT NULL) = ? AND "cancelled_at" IS NULL
                LOCK IN SHARE MODE
                """.formatted(tables.sql(tables.register())))) {
            statement.setInt(1, batch);
            statement.setBoolean(2, isStaged);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    /// Removes the rows of an earlier attempt.
    ///
    /// @return whether this attempt still holds the partition
    private boolean replace(Connection used) throws SQLException {
        int earlier;
        try (PreparedStatement statement = used.prepareStatement(
                "SELECT \"attempt\" FROM %s WHERE \"batch\" = ? AND \"partition\" = ? AND \"held\" = ? AND \"staged\" = ? FOR UPDATE"
                        .formatted(tables.sql(tables.parts())))) {
            statement.setInt(1, batch);
            statement.setInt(2, lease.attempt().partition());
            statement.setLong(3, number(lease.attempt().epoch()));
            statement.setBoolean(4, isStaged);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return false;
                }
                earlier = row.getInt(1);
                if (isStaged && !row.wasNull()) {
                    return false;
                }
            }
        }
        // The number of an attempt is 1 or more; NULL reads as 0.
        if (earlier > 0) {
            used.setNetworkTimeout(Runnable::run, (int) REMOVAL.toMillis());
            try (Statement statement = used.createStatement()) {
                for (String table : List.of(tables.batches(), tables.quarantineBatches())) {
                    long removed = statement.executeLargeUpdate("DELETE FROM %s WHERE %s"
                            .formatted(
                                    tables.sql(table),
                                    rowsOf(batch, lease.attempt().partition(), earlier)));
                    LOG.info("{} replaces {} rows of an attempt that was not committed", lease.attempt(), removed);
                }
            }
            used.setNetworkTimeout(Runnable::run, (int) TimeUnit.SECONDS.toMillis(ConnectionPool.SILENCE));
        }
        return true;
    }

    /// The number of the batch in its rows. No batch has a negative number, so no view shows staged rows.
    static int rowsNumber(int batch, boolean isStaged) {
        return isStaged ? -batch : batch;
    }

    /// The condition for the rows of an attempt.
    ///
    /// @param batch its number in the rows
    static String rowsOf(int batch, int partition, int attempt) {
        return "\"%s\" = %d AND \"%s\" = %d AND \"%s\" = %d"
                .formatted(
                        MariadbTables.BATCH, batch, MariadbTables.PARTITION, partition, MariadbTables.ATTEMPT, attempt);
    }

    private void record(Connection used, @Nullable OutputFile predictions, @Nullable OutputFile quarantine)
            throws SQLException {
        Epoch epoch = lease.attempt().epoch();
        try (PreparedStatement statement = used.prepareStatement("""
                UPDATE %s SET "incarnation" = %d, "lease" = %d, "attempt" = %d, "committed_at" = UTC_TIMESTAMP(6),
                "rows" = ?, "bytes" = ?, "sha256" = ?, "quarantined_rows" = ?, "quarantined_bytes" = ?, "quarantined_sha256" = ?
                WHERE "batch" = %d AND "partition" = %d
                """.formatted(
                        tables.sql(tables.parts()),
                        epoch.incarnation(),
                        epoch.lease(),
                        number,
                        batch,
                        lease.attempt().partition()))) {
            set(statement, 1, predictions);
            set(statement, 4, quarantine);
            statement.executeUpdate();
        }
    }
}
