package io.nightshift.coordinator.ledger;

import io.nightshift.coordinator.batch.BatchState;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.ledger.LedgerEntry;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/// Writes entries into the journal's table as the journal would, without an actor system.
public final class LedgerRows {

    private LedgerRows() {}

    /// @return the state after the events
    public static BatchState write(Ledger ledger, BatchId batch, BatchEvent... events) {
        return write(ledger, BatchState.none(batch), events);
    }

    /// @param before the state that the ledger has
    /// @return the state after the events
    public static BatchState write(Ledger ledger, BatchState before, BatchEvent... events) {
        String sql = """
                INSERT INTO "event_journal"("persistence_id", "sequence_number", "writer", "write_timestamp",
                    "adapter_manifest", "event_payload", "event_ser_id", "event_ser_manifest")
                VALUES (?, ?, '', 0, '', ?, ?, ?)
                """;
        LedgerSerializer serializer = new LedgerSerializer();
        BatchState state = before;
        try (Connection connection = DriverManager.getConnection(ledger.url(), ledger.user(), ledger.password());
                PreparedStatement insert = connection.prepareStatement(sql)) {
            for (BatchEvent event : events) {
                LedgerEntry entry = LedgerEntry.after(state.head(), event);
                state = state.apply(entry);
                insert.setString(1, "batch|" + before.batch());
                insert.setLong(2, state.entries());
                insert.setBytes(3, serializer.toBinary(entry));
                insert.setInt(4, LedgerSerializer.IDENTIFIER);
                insert.setString(5, LedgerSerializer.ENTRY);
                insert.executeUpdate();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return state;
    }
}
