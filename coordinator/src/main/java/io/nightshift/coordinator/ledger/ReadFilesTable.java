package io.nightshift.coordinator.ledger;

import io.nightshift.coordinator.incremental.FileKey;
import io.nightshift.coordinator.incremental.ReadFiles;
import io.nightshift.protocol.batch.BatchId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/// The files of incremental jobs: the tables `file_source`, `file_reading` and `read_file` beside the
/// journal. They need about 100 bytes for each file that was ever read. See docs/decisions/0033-new-files.md.
public final class ReadFilesTable implements ReadFiles {

    /// The keys of one query.
    private static final int MOST_KEYS = 500;

    /// The rows of one insertion.
    private static final int MOST_ROWS = 10_000;

    private static final int FETCHED = 10_000;

    private final Ledger ledger;

    ReadFilesTable(Ledger ledger) {
        this.ledger = ledger;
    }

    @FunctionalInterface
    private interface Work<T> {
        T in(Connection connection) throws SQLException;
    }

    private <T> T transaction(Work<T> work) {
        try (Connection connection = ledger.connect()) {
            connection.setAutoCommit(false);
            try {
                T result = work.in(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            }
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    @Override
    public Map<FileKey, List<Reading>> find(Collection<FileKey> files) {
        return transaction(connection -> find(connection, files));
    }

    private static Map<FileKey, List<Reading>> find(Connection connection, Collection<FileKey> files)
            throws SQLException {
        Map<FileKey, List<Reading>> found = new HashMap<>();
        List<FileKey> keys = List.copyOf(files);
        for (int start = 0; start < keys.size(); start += MOST_KEYS) {
            List<FileKey> some = keys.subList(start, Math.min(keys.size(), start + MOST_KEYS));
            String sql = """
                    SELECT f.file, r.batch, r.plan, r.published FROM read_file f
                    JOIN file_reading r ON r.id = f.reading WHERE f.file IN (%s)
                    """.formatted(String.join(", ", Collections.nCopies(some.size(), "?")));
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < some.size(); i++) {
                    statement.setBytes(i + 1, some.get(i).bytes());
                }
                visit(
                        statement,
                        (file, reading) -> found.computeIfAbsent(file, first -> new ArrayList<>())
                                .add(reading));
            }
        }
        return found;
    }

    private static void visit(PreparedStatement statement, BiConsumer<FileKey, Reading> visitor) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                visitor.accept(
                        FileKey.of(rows.getBytes(1)),
                        new Reading(new BatchId(rows.getString(2)), rows.getString(3), rows.getBoolean(4)));
            }
        }
    }

    /// Visits every file of a source with each of its readings, ordered by file. Keeps none in memory.
    ///
    /// @param source as [io.nightshift.protocol.job.Job#incrementalSource()]
    public void forEach(String source, BiConsumer<FileKey, Reading> visitor) {
        transaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("""
                    SELECT f.file, r.batch, r.plan, r.published FROM read_file f
                    JOIN file_reading r ON r.id = f.reading WHERE r.source = ? ORDER BY f.file
                    """)) {
                statement.setFetchSize(FETCHED);
                statement.setString(1, source);
                visit(statement, visitor);
            }
            return true;
        });
    }

    @Override
    public boolean add(
            String source, Reading reading, Collection<FileKey> files, Predicate<Map<FileKey, List<Reading>>> mayRead) {
        return transaction(connection -> {
            lock(connection, source);
            if (!mayRead.test(find(connection, files))) {
                return false;
            }
            write(connection, source, reading, files);
            return true;
        });
    }

    /// Lets one transaction after the other add readings of a source.
    private static void lock(Connection connection, String source) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT source FROM file_source WHERE source = ? FOR UPDATE")) {
            select.setString(1, source);
            try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    return;
                }
            }
            // A transaction that inserts the same row makes this one wait and fail: the plan is made again.
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO file_source(source) VALUES (?)")) {
                insert.setString(1, source);
                insert.executeUpdate();
            }
        }
    }

    /// Writes a reading that is not there yet, in the transaction of a connection.
    static void write(Connection connection, String source, Reading reading, Collection<FileKey> files)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO file_reading(source, batch, plan, published) SELECT CAST(? AS VARCHAR),"
                        + " CAST(? AS VARCHAR), CAST(? AS VARCHAR), CAST(? AS BOOLEAN)"
                        + " WHERE NOT EXISTS (SELECT 1 FROM file_reading WHERE batch = ? AND plan = ?)")) {
            insert.setString(1, source);
            insert.setString(2, reading.batch().value());
            insert.setString(3, reading.plan());
            insert.setBoolean(4, reading.isPublished());
            insert.setString(5, reading.batch().value());
            insert.setString(6, reading.plan());
            if (insert.executeUpdate() == 0) {
                return;
            }
        }
        long id;
        try (PreparedStatement select =
                connection.prepareStatement("SELECT id FROM file_reading WHERE batch = ? AND plan = ?")) {
            select.setString(1, reading.batch().value());
            select.setString(2, reading.plan());
            try (ResultSet row = select.executeQuery()) {
                row.next();
                id = row.getLong(1);
            }
        }
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO read_file(file, reading) VALUES (?, ?)")) {
            int rows = 0;
            for (FileKey file : files) {
                insert.setBytes(1, file.bytes());
                insert.setLong(2, id);
                insert.addBatch();
                rows++;
                if (rows % MOST_ROWS == 0) {
                    insert.executeBatch();
                }
            }
            insert.executeBatch();
        }
    }

    @Override
    public void publish(Reading reading) {
        update("UPDATE file_reading SET published = TRUE WHERE batch = ? AND plan = ?", reading);
    }

    @Override
    public void remove(Reading reading) {
        // The rows of its files go with it.
        update("DELETE FROM file_reading WHERE batch = ? AND plan = ?", reading);
    }

    private void update(String sql, Reading reading) {
        transaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setString(1, reading.batch().value());
                statement.setString(2, reading.plan());
                return statement.executeUpdate();
            }
        });
    }
}
