package io.nightshift.coordinator.ledger;

import io.nightshift.coordinator.incremental.PlannedRows;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.changed.ChangedRowScan.EntryVisitor;
import io.nightshift.source.changed.RowSet;
import io.nightshift.source.changed.RowSets;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The rows of jobs that score changed rows only: the tables `row_set` and `row_set_block` beside the journal. They
/// need 16 bytes for each row that a batch has scored. See docs/decisions/0041-changed-rows.md.
public final class RowSetsTable implements PlannedRows, RowSets {

    /// The bytes of a block: H2 holds 1 MB in a value.
    private static final int BLOCK = 1 << 19;

    private final Ledger ledger;

    RowSetsTable(Ledger ledger) {
        this.ledger = ledger;
    }

    @Override
    public List<Stored> find(String source) {
        try (Connection connection = ledger.connect();
                PreparedStatement select = connection.prepareStatement(
                        "SELECT batch, digest, entries, merged, compared, published FROM row_set WHERE source = ?")) {
            select.setString(1, source);
            List<Stored> found = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    List<Member> compared = members(row.getString(5));
                    found.add(new Stored(
                            new RowSet(
                                    new BatchId(row.getString(1)),
                                    row.getString(2),
                                    row.getLong(3),
                                    compared.isEmpty() || row.getBoolean(4)),
                            compared,
                            row.getBoolean(6)));
                }
            }
            return found;
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    private static List<Member> members(String text) {
        return text.lines()
                .map(line -> line.split(" ", 2))
                .map(parts -> new Member(new BatchId(parts[0]), parts[1]))
                .toList();
    }

    private static String text(List<Member> compared) {
        return compared.stream()
                .map(member -> member.batch().value() + " " + member.digest())
                .collect(Collectors.joining("\n"));
    }

    private static List<Member> names(List<RowSet> sets) {
        return sets.stream().map(Member::of).toList();
    }

    @Override
    public RowSet add(String source, BatchId batch, List<RowSet> compared, Consumer<EntryVisitor> entries) {
        return add(source, batch, compared, false, entries);
    }

    @Override
    public RowSet merge(String source, List<RowSet> merged, Consumer<EntryVisitor> entries) {
        return add(source, merged.getLast().batch(), merged, true, entries);
    }

    private RowSet add(
            String source, BatchId batch, List<RowSet> compared, boolean merged, Consumer<EntryVisitor> entries) {
        try (Writing writing = new Writing(source, batch, text(names(compared)), merged)) {
            try {
                entries.accept(writing::entry);
            } catch (Unwritten e) {
                throw e.cause;
            }
            return writing.finish();
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    /// Carries the database's exception through a visitor.
    private static final class Unwritten extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final SQLException cause;

        Unwritten(SQLException cause) {
            super(cause);
            this.cause = cause;
        }
    }

    /// One transaction, which begins with the first full block: the source is read before.
    private final class Writing implements AutoCloseable {
        private final String source;
        private final BatchId batch;
        private final String compared;
        private final boolean merged;
        private final ByteBuffer block = ByteBuffer.allocate(BLOCK);
        private final MessageDigest digest;
        private @Nullable Connection connection;
        private long id;
        private int blocks;
        private long rows;

        Writing(String source, BatchId batch, String compared, boolean merged) {
            this.source = source;
            this.batch = batch;
            this.compared = compared;
            this.merged = merged;
            this.digest = digest(compared);
        }

        void entry(long key, long fingerprint) {
            block.putLong(key).putLong(fingerprint);
            rows++;
            if (!block.hasRemaining()) {
                try {
                    write(connection());
                } catch (SQLException e) {
                    throw new Unwritten(e);
                }
            }
        }

        private Connection connection() throws SQLException {
            Connection open = connection;
            if (open == null) {
                open = ledger.connect();
                connection = open;
                open.setAutoCommit(false);
                try (PreparedStatement insert = open.prepareStatement(
                        "INSERT INTO row_set(source, batch, digest, entries, merged, compared, published)"
                                + " VALUES (?, ?, ?, 0, ?, ?, ?)",
                        new String[] {"id"})) {
                    insert.setString(1, source);
                    insert.setString(2, batch.value());
                    // Nobody sees it before it has its digest.
                    insert.setString(3, UUID.randomUUID().toString());
                    insert.setBoolean(4, merged);
                    insert.setString(5, compared);
                    insert.setBoolean(6, merged);
                    insert.executeUpdate();
                    try (ResultSet key = insert.getGeneratedKeys()) {
                        key.next();
                        id = key.getLong(1);
                    }
                }
            }
            return open;
        }

        private void write(Connection open) throws SQLException {
            byte[] bytes = Arrays.copyOf(block.array(), block.position());
            block.clear();
            digest.update(bytes);
            try (PreparedStatement insert =
                    open.prepareStatement("INSERT INTO row_set_block(row_set, number, entries) VALUES (?, ?, ?)")) {
                insert.setLong(1, id);
                insert.setInt(2, blocks);
                insert.setBytes(3, bytes);
                insert.executeUpdate();
            }
            blocks++;
        }

        RowSet finish() throws SQLException {
            Connection open = connection();
            if (block.position() > 0) {
                write(open);
            }
            RowSet set = new RowSet(batch, RowSetsTable.text(digest), rows, merged || compared.isEmpty());
            if (isThere(open, set)) {
                open.rollback();
                return set;
            }
            try (PreparedStatement update =
                    open.prepareStatement("UPDATE row_set SET digest = ?, entries = ? WHERE id = ?")) {
                update.setString(1, set.digest());
                update.setLong(2, rows);
                update.setLong(3, id);
                update.executeUpdate();
            }
            open.commit();
            return set;
        }

        private static boolean isThere(Connection open, RowSet set) throws SQLException {
            try (PreparedStatement select =
                    open.prepareStatement("SELECT 1 FROM row_set WHERE batch = ? AND digest = ?")) {
                select.setString(1, set.batch().value());
                select.setString(2, set.digest());
                try (ResultSet row = select.executeQuery()) {
                    return row.next();
                }
            }
        }

        @Override
        public void close() throws SQLException {
            if (connection != null) {
                connection.rollback();
                connection.close();
            }
        }
    }

    private static MessageDigest digest(String compared) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((compared + "\n").getBytes(StandardCharsets.UTF_8));
            return digest;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static String text(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest()).substring(0, SourceFile.TAG_DIGITS);
    }

    /// Computes the digest of a set from what is stored.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException as [#read]
    public String digest(Stored stored) {
        MessageDigest digest = digest(text(stored.compared()));
        try {
            read(stored.set(), digest::update);
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
        return text(digest);
    }

    /// The digest that a set would have.
    ///
    /// @param compared the sets that its rows are compared with; without one, its batch reads all rows
    /// @param entries visits the entries, ordered by key
    public static String digest(List<RowSet> compared, Consumer<EntryVisitor> entries) {
        MessageDigest digest = digest(text(names(compared)));
        ByteBuffer entry = ByteBuffer.allocate(RowSet.ENTRY_BYTES);
        entries.accept((key, fingerprint) -> {
            digest.update(entry.clear().putLong(key).putLong(fingerprint).flip());
        });
        return text(digest);
    }

    /// Reads a block at a time, so that no more than one is in memory.
    @Override
    public void read(RowSet set, BlockVisitor visitor) throws SQLException {
        try (Connection connection = connect()) {
            long id = id(connection, set);
            long blocks = (set.rows() * RowSet.ENTRY_BYTES + BLOCK - 1) / BLOCK;
            for (long i = 0; i < blocks; i++) {
                visitor.block(block(connection, id, i, set));
            }
        }
    }

    private Connection connect() {
        try {
            return ledger.connect();
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    private static long id(Connection connection, RowSet set) {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT id FROM row_set WHERE batch = ? AND digest = ?")) {
            select.setString(1, set.batch().value());
            select.setString(2, set.digest());
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    throw RowSets.missing(set);
                }
                return row.getLong(1);
            }
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    private static byte[] block(Connection connection, long id, long number, RowSet set) {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT entries FROM row_set_block WHERE row_set = ? AND number = ?")) {
            select.setLong(1, id);
            select.setLong(2, number);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    throw RowSets.missing(set);
                }
                return row.getBytes(1);
            }
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    @Override
    public void publish(RowSet set) {
        update("UPDATE row_set SET published = TRUE WHERE batch = ? AND digest = ?", set);
    }

    @Override
    public void remove(RowSet set) {
        // Its blocks go with it.
        update("DELETE FROM row_set WHERE batch = ? AND digest = ?", set);
    }

    private void update(String sql, RowSet set) {
        try (Connection connection = ledger.connect();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, set.batch().value());
            statement.setString(2, set.digest());
            statement.executeUpdate();
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }
}
