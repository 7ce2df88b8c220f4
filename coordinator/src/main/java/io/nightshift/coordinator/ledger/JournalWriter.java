package io.nightshift.coordinator.ledger;

import io.nightshift.coordinator.batch.Batch;
import io.nightshift.coordinator.incremental.FileKey;
import io.nightshift.coordinator.incremental.ReadFiles;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.NewFiles;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.register.BatchRegisterEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/// Fills a journal that has its tables and no entry. It follows the events of the batch register, and writes
/// the archive and a snapshot, too; and those of batches with new files, and writes what they read. Used by
/// one thread.
public final class JournalWriter implements AutoCloseable {

    private static final int INSERTED_AT_ONCE = 500;
    private static final String BATCH = Batch.KEY.name() + "|";

    private final LedgerSerializer serializer = new LedgerSerializer();
    private final String registerId = Ledger.registerId().id();
    private final Connection connection;
    private final PreparedStatement insert;

    /// The register as the entries up to now describe it, and the number of its last event.
    private BatchRegisterState register = BatchRegisterState.EMPTY;

    private long registerEvents;
    private boolean isRegisterDamaged;
    private long rows;

    /// The batches with new files that are not planned yet, by the IDs of their rows.
    private final Map<String, BatchEvent.Submitted> newFiles = new HashMap<>();

    private JournalWriter(Connection connection) throws SQLException {
        this.connection = connection;
        this.insert = connection.prepareStatement("""
                INSERT INTO "event_journal"("persistence_id", "sequence_number", "writer", "write_timestamp",
                    "adapter_manifest", "event_payload", "event_ser_id", "event_ser_manifest", "deleted")
                VALUES (?, ?, '', ?, '', ?, ?, ?, FALSE)
                """);
    }

    /// Opens a journal for writing.
    ///
    /// @throws FailureException permanent if the journal has entries
    public static JournalWriter open(Ledger ledger) throws SQLException {
        Connection connection = ledger.connect();
        try {
            requireEmpty(connection);
            connection.setAutoCommit(false);
            return new JournalWriter(connection);
        } catch (SQLException | FailureException e) {
            connection.close();
            throw e;
        }
    }

    private static void requireEmpty(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT 1 FROM \"event_journal\" LIMIT 1")) {
            if (row.next()) {
                throw FailureException.permanent(
                        "the journal has entries already. A ledger can only be imported into an empty journal");
            }
        }
    }

    /// Writes an event.
    ///
    /// @param id the persistence ID
    /// @param number of the event among those of its ID, from 1
    /// @param at when it was written
    public void write(String id, long number, Object event, Instant at) throws SQLException {
        write(new JournalRow(
                id,
                number,
                LedgerSerializer.IDENTIFIER,
                serializer.manifest(event),
                at.toEpochMilli(),
                serializer.toBinary(event)));
    }

    void write(JournalRow row) throws SQLException {
        insert.setString(1, row.id());
        insert.setLong(2, row.number());
        insert.setLong(3, row.written());
        insert.setBytes(4, row.payload());
        insert.setInt(5, row.serializer());
        insert.setString(6, row.manifest());
        insert.addBatch();
        rows++;
        if (rows % INSERTED_AT_ONCE == 0) {
            insert.executeBatch();
        }
        if (row.id().equals(registerId)) {
            follow(row);
        } else if (row.id().startsWith(BATCH)) {
            followFiles(row);
        }
    }

    /// The files that a batch of an incremental job reads, for the batches that begin after this one.
    private void followFiles(JournalRow row) throws SQLException {
        if ((row.number() > 1 && !newFiles.containsKey(row.id()))
                || !(serializer.read(row.serializer(), row.manifest(), row.payload()) instanceof LedgerEntry entry)) {
            return;
        }
        BatchEvent event = entry.event();
        if (event instanceof BatchEvent.Submitted submitted && submitted.job().incremental() instanceof NewFiles) {
            newFiles.put(row.id(), submitted);
        } else if (event instanceof BatchEvent.Planned planned) {
            BatchEvent.Submitted submitted = Objects.requireNonNull(newFiles.remove(row.id()));
            String input = planned.input() == null ? submitted.input() : planned.input();
            String source = submitted.job().incrementalSource();
            ReadFilesTable.write(
                    connection,
                    source,
                    new ReadFiles.Reading(submitted.batch(), Objects.requireNonNull(input), false),
                    FileKey.read(source, planned.files()));
        } else if (event instanceof BatchEvent.Cancelled) {
            newFiles.remove(row.id());
        }
    }

    private void follow(JournalRow row) throws SQLException {
        registerEvents = row.number();
        if (serializer.read(row.serializer(), row.manifest(), row.payload()) instanceof BatchRegisterEvent event) {
            if (event instanceof BatchRegisterEvent.Archived archived) {
                ArchiveTable.write(connection, register.archivable(archived));
            }
            register = register.apply(event);
        } else {
            isRegisterDamaged = true;
        }
    }

    /// Writes the next event of the register.
    public void write(BatchRegisterEvent event) throws SQLException {
        write(registerId, registerEvents + 1, event, event.at());
    }

    /// Writes that ended batches have left the register, if there are more than it keeps.
    public void archive(int keep, Instant at) throws SQLException {
        BatchRegisterState.Archivable rows = register.archivable(keep);
        if (!rows.isEmpty()) {
            write(rows.event(at, this.rows));
        }
    }

    /// Makes durable what was written, and frees what the database remembers of it. More may follow.
    public void commitPortion() throws SQLException {
        insert.executeBatch();
        connection.commit();
    }

    /// Writes a snapshot of the register, so that its first start need not read all its events, and makes
    /// everything durable. A register with events that can't be read gets no snapshot: it then searches for
    /// the batches that it has lost.
    public void finish() throws SQLException {
        insert.executeBatch();
        if (register.archives() > 0 && !isRegisterDamaged) {
            ArchiveTable.writeSnapshot(connection, register, registerEvents);
        }
        connection.commit();
    }

    /// Rolls back what is not durable.
    @Override
    public void close() throws SQLException {
        connection.rollback();
        connection.close();
    }
}
