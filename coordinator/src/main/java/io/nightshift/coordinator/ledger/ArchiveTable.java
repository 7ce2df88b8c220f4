package io.nightshift.coordinator.ledger;

import io.nightshift.coordinator.register.BatchArchive;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.coordinator.register.BatchRegisterState.KeyUse;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Parameter;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.ledger.EventCodec;
import io.nightshift.protocol.register.BatchRegisterSnapshot;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The archive of ended batches: the tables `batch_archive` and `key_archive` beside the journal. A row is an
/// index: it says which batch belonged to which run, and how it ended. The entries of the batch stay in the
/// journal, where they are read by its ID. See docs/decisions/0024-register.md.
///
/// Safe for several threads. Each method opens a connection of its own, except for [#answer], which keeps
/// one: the register asks it about every submission.
public final class ArchiveTable implements BatchArchive {

    /// The conditions that all batches of a page meet.
    ///
    /// @param job the name of their job; null for all jobs
    /// @param end how they ended; null for both. Not used with a job
    /// @param before their place in the order of submission; null for the newest
    public record PageQuery(
            @Nullable String job,
            @Nullable Phase end,
            @Nullable Place before) {}

    /// A place in the order of submission: batches with a lower number are before it, and batches with the
    /// same number and a lower ID.
    public record Place(long number, BatchId batch) implements Comparable<Place> {

        static Place of(Entry entry) {
            return new Place(entry.number(), entry.batch());
        }

        @Override
        public int compareTo(Place other) {
            return number == other.number ? batch.compareTo(other.batch) : Long.compare(number, other.number);
        }
    }

    private static final String BATCHES = "INSERT INTO batch_archive(batch, number, job, run, phase, entry) ";
    private static final String KEYS = "INSERT INTO key_archive(job, submission_key, fingerprint, batch) ";

    private final Ledger ledger;
    private @Nullable Connection kept;

    ArchiveTable(Ledger ledger) {
        this.ledger = ledger;
    }

    @Override
    public long write(BatchRegisterState.Archivable rows) {
        try (Connection connection = ledger.connect()) {
            connection.setAutoCommit(false);
            write(connection, rows);
            long position;
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT MAX(\"ordering\") FROM \"event_journal\"")) {
                position = row.next() ? row.getLong(1) : 0;
            }
            connection.commit();
            return position;
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    /// Writes what is not there yet, in the transaction of a connection.
    static void write(Connection connection, BatchRegisterState.Archivable rows) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                BATCHES + "SELECT CAST(? AS VARCHAR), CAST(? AS BIGINT), CAST(? AS VARCHAR), CAST(? AS VARCHAR),"
                        + " CAST(? AS VARCHAR), ? WHERE NOT EXISTS (SELECT 1 FROM batch_archive WHERE batch = ?)")) {
            for (Entry entry : rows.batches()) {
                String batch = entry.batch().value();
                insert.setString(1, batch);
                insert.setLong(2, entry.number());
                insert.setString(3, entry.job());
                insert.setString(4, digest(entry.run()));
                insert.setString(5, entry.end().orElseThrow().toString());
                insert.setBytes(6, EventCodec.encodeArchived(entry.stored()));
                insert.setString(7, batch);
                insert.addBatch();
            }
            insert.executeBatch();
        }
        try (PreparedStatement insert = connection.prepareStatement(
                KEYS + "SELECT CAST(? AS VARCHAR), CAST(? AS VARCHAR), CAST(? AS VARCHAR), CAST(? AS VARCHAR)"
                        + " WHERE NOT EXISTS (SELECT 1 FROM key_archive WHERE job = ? AND submission_key = ?)")) {
            for (Map.Entry<BatchRegisterState.Key, KeyUse> use : rows.keys().entrySet()) {
                insert.setString(1, use.getKey().job());
                insert.setString(2, use.getKey().key());
                insert.setString(3, use.getValue().fingerprint());
                insert.setString(4, use.getValue().batch().value());
                insert.setString(5, use.getKey().job());
                insert.setString(6, use.getKey().key());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    /// Writes a snapshot of the register, in the transaction of a connection.
    ///
    /// @param number of the register's last event
    static void writeSnapshot(Connection connection, BatchRegisterState register, long number) throws SQLException {
        BatchRegisterSnapshot snapshot = register.snapshot();
        LedgerSerializer serializer = new LedgerSerializer();
        try (PreparedStatement insert = connection.prepareStatement("""
                INSERT INTO "snapshot"("persistence_id", "sequence_number", "created", "snapshot_ser_id",
                    "snapshot_ser_manifest", "snapshot_payload")
                VALUES (?, ?, ?, ?, ?, ?)
                """)) {
            insert.setString(1, Ledger.registerId().id());
            insert.setLong(2, number);
            insert.setLong(3, System.currentTimeMillis());
            insert.setInt(4, LedgerSerializer.IDENTIFIER);
            insert.setString(5, serializer.manifest(snapshot));
            insert.setBytes(6, serializer.toBinary(snapshot));
            insert.executeUpdate();
        }
    }

    /// Identifies a run in an index.
    private static String digest(RunKey run) {
        StringBuilder text = new StringBuilder(run.job());
        for (Parameter parameter : run.parameters()) {
            text.append('\0')
                    .append(parameter.name())
                    .append('\0')
                    .append(parameter.type().name())
                    .append('\0')
                    .append(parameter.value());
        }
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// Uses the connection again that the last call left. If it is broken, a new one is tried.
    @Override
    public synchronized Answer answer(Question question) {
        if (ledger.isEmbedded()) {
            // A connection costs nothing there, and one that is kept would keep the database open.
            return read(connection -> answer(connection, question));
        }
        if (kept != null) {
            try {
                return answer(kept, question);
            } catch (SQLException e) {
                close();
            }
        }
        try {
            kept = ledger.connect();
            return answer(kept, question);
        } catch (SQLException e) {
            close();
            throw Ledger.unreadable(e);
        }
    }

    @Override
    public synchronized void close() {
        if (kept != null) {
            try {
                kept.close();
            } catch (SQLException e) {
                // It was broken.
            }
            kept = null;
        }
    }

    private static Answer answer(Connection connection, Question question) throws SQLException {
        Optional<KeyUse> use = question.key() == null
                ? Optional.empty()
                : use(connection, question.run().job(), question.key());
        return new Answer(
                question,
                use.orElse(null),
                lastPublished(connection, question.run()).orElse(null),
                find(connection, question.candidate()).isPresent());
    }

    @Override
    public Optional<KeyUse> use(String job, String key) {
        return read(connection -> use(connection, job, key));
    }

    private static Optional<KeyUse> use(Connection connection, String job, String key) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT fingerprint, batch FROM key_archive WHERE job = ? AND submission_key = ?")) {
            statement.setString(1, job);
            statement.setString(2, key);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(new KeyUse(row.getString(1), new BatchId(row.getString(2))))
                        : Optional.empty();
            }
        }
    }

    /// The batch of a run that was published last, in the order of submission.
    public Optional<Entry> lastPublished(RunKey run) {
        return read(connection -> lastPublished(connection, run));
    }

    private static Optional<Entry> lastPublished(Connection connection, RunKey run) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT entry FROM batch_archive WHERE run = ? AND phase = 'published'"
                        + " ORDER BY run DESC, phase DESC, number DESC, batch DESC LIMIT 1")) {
            statement.setString(1, digest(run));
            return first(statement);
        }
    }

    /// The batch of a run that was submitted last, among the archived ones.
    Optional<Entry> last(RunKey run) {
        return read(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT entry FROM batch_archive WHERE run = ? ORDER BY number DESC, batch DESC LIMIT 1")) {
                statement.setString(1, digest(run));
                return first(statement);
            }
        });
    }

    /// An archived batch.
    public Optional<Entry> find(BatchId batch) {
        return read(connection -> find(connection, batch));
    }

    static Optional<Entry> find(Connection connection, BatchId batch) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT entry FROM batch_archive WHERE batch = ?")) {
            statement.setString(1, batch.value());
            return first(statement);
        }
    }

    private static Optional<Entry> first(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            return row.next() ? Optional.of(entry(row.getBytes(1))) : Optional.empty();
        }
    }

    private static Entry entry(byte[] stored) {
        try {
            return Entry.of(EventCodec.decodeArchived(stored));
        } catch (UncheckedIOException e) {
            throw FailureException.permanent(
                    "the archive of ended batches is damaged: %s. `nightshift ledger export` and `import` write it again from the ledger"
                            .formatted(e.getMessage()));
        }
    }

    @Override
    public List<BatchId> startingWith(String prefix, int limit) {
        return read(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT batch FROM batch_archive WHERE batch >= ? AND batch < ? ORDER BY batch LIMIT ?")) {
                statement.setString(1, prefix);
                // Above all characters of an ID.
                statement.setString(2, prefix + "~");
                statement.setInt(3, limit);
                List<BatchId> batches = new ArrayList<>();
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        batches.add(new BatchId(rows.getString(1)));
                    }
                }
                return batches;
            }
        });
    }

    /// A page of archived batches, the newest first.
    ///
    /// @param limit the most batches, at least 1
    public List<Entry> page(PageQuery query, int limit) {
        StringBuilder sql = new StringBuilder("SELECT entry FROM batch_archive WHERE TRUE");
        List<Object> values = new ArrayList<>();
        // An index that has the rows in this order, so that only those of the page are read.
        String order = "";
        if (query.job() != null) {
            sql.append(" AND job = ?");
            values.add(query.job());
            order = "job DESC, ";
        } else if (query.end() != null) {
            sql.append(" AND phase = ?");
            values.add(query.end().toString());
            order = "phase DESC, ";
        }
        Place before = query.before();
        if (before != null) {
            // The first condition alone is what an index serves.
            sql.append(" AND number <= ? AND (number < ? OR batch < ?)");
            values.add(before.number());
            values.add(before.number());
            values.add(before.batch().value());
        }
        sql.append(" ORDER BY ").append(order).append("number DESC, batch DESC LIMIT ?");
        values.add(limit);
        return read(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql.toString())) {
                for (int i = 0; i < values.size(); i++) {
                    statement.setObject(i + 1, values.get(i));
                }
                List<Entry> entries = new ArrayList<>();
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        entries.add(entry(rows.getBytes(1)));
                    }
                }
                return entries;
            }
        });
    }

    /// The published batches of a job that are not in the index of removed batches, the oldest first.
    public List<Entry> published(String job) {
        return read(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("""
                    SELECT entry FROM batch_archive a WHERE job = ? AND phase = 'published'
                        AND NOT EXISTS (SELECT 1 FROM removed_batch r WHERE r.batch = a.batch)
                    ORDER BY number, batch
                    """)) {
                statement.setString(1, job);
                List<Entry> entries = new ArrayList<>();
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        entries.add(entry(rows.getBytes(1)));
                    }
                }
                return entries;
            }
        });
    }

    @FunctionalInterface
    private interface Reading<T> {
        T read(Connection connection) throws SQLException;
    }

    private <T> T read(Reading<T> reading) {
        try (Connection connection = ledger.connect()) {
            return reading.read(connection);
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }
}
