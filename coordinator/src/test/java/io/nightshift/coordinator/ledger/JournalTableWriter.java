package io.nightshift.coordinator.ledger;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.register.BatchRegister;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.register.BatchRegisterEvent;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HexFormat;

/// Writes entries into the journal's table as the journal would, without an actor system.
public final class JournalTableWriter {

    private JournalTableWriter() {}

    /// @return the state after the events
    public static BatchState write(Ledger ledger, BatchId batch, BatchEvent... events) {
        return write(ledger, BatchState.initial(batch), events);
    }

    /// @param before the state that the ledger has
    /// @return the state after the events
    public static BatchState write(Ledger ledger, BatchState before, BatchEvent... events) {
        BatchState state = before;
        for (BatchEvent event : events) {
            LedgerEntry entry = LedgerEntry.after(state.head(), event);
            state = state.apply(entry);
            write(ledger, state.batch(), state.entries(), entry);
        }
        return state;
    }

    /// Writes an event of the batch register.
    public static void write(Ledger ledger, BatchRegisterEvent event) {
        insert(
                ledger,
                BatchRegister.KEY.name() + "|" + BatchRegister.ID,
                ledger.registerEvents().size() + 1,
                event);
    }

    /// Writes what a later version might.
    ///
    /// @param before the state that the ledger has
    /// @param bytes of an event in CBOR
    public static void writeLater(Ledger ledger, BatchState before, byte[] bytes) throws GeneralSecurityException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(HexFormat.of().parseHex(before.head()));
        LedgerEntry entry = new LedgerEntry(HexFormat.of().formatHex(digest.digest(bytes)), bytes);
        write(ledger, before.batch(), before.entries() + 1, entry);
    }

    private static void write(Ledger ledger, BatchId batch, long number, LedgerEntry entry) {
        insert(ledger, "batch|" + batch, number, entry);
    }

    private static void insert(Ledger ledger, String id, long number, Object event) {
        LedgerSerializer serializer = new LedgerSerializer();
        String sql = """
                INSERT INTO "event_journal"("persistence_id", "sequence_number", "writer", "write_timestamp",
                    "adapter_manifest", "event_payload", "event_ser_id", "event_ser_manifest", "deleted")
                VALUES (?, ?, '', 0, '', ?, ?, ?, FALSE)
                """;
        try (Connection connection = DriverManager.getConnection(ledger.url(), ledger.user(), ledger.password());
                PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, id);
            insert.setLong(2, number);
            insert.setBytes(3, serializer.toBinary(event));
            insert.setInt(4, LedgerSerializer.IDENTIFIER);
            insert.setString(5, serializer.manifest(event));
            insert.executeUpdate();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
