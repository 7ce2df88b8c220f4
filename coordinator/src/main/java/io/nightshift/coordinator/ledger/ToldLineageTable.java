package io.nightshift.coordinator.ledger;

import io.nightshift.protocol.batch.BatchId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/// The last event of each batch that the lineage receiver has acknowledged: the table `told_lineage` next to the
/// journal. Of the ended batches, only the last one stays, since its number says which batches are new. See
/// docs/decisions/0044-lineage.md.
///
/// Safe for several threads. Every method waits for the ledger's database.
public final class ToldLineageTable {

    /// The last event that the receiver has acknowledged.
    public enum Told {
        NOTHING,
        STARTED,
        FAILED,
        ENDED
    }

    /// A row.
    ///
    /// @param number the batch's position in the order of submission
    public record ToldBatch(BatchId batch, long number, Told told) {}

    private final Ledger ledger;

    ToldLineageTable(Ledger ledger) {
        this.ledger = ledger;
    }

    /// The highest number of a batch in the table; empty while the table is.
    public OptionalLong last() {
        try (Connection connection = ledger.connect();
                PreparedStatement statement = connection.prepareStatement("SELECT MAX(number) FROM told_lineage");
                ResultSet row = statement.executeQuery()) {
            row.next();
            long last = row.getLong(1);
            return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(last);
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    /// Batches about whose end the receiver knows nothing, in the order of submission.
    ///
    /// @param limit the most rows
    public List<ToldBatch> pending(int limit) {
        try (Connection connection = ledger.connect();
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT batch, number, told FROM told_lineage WHERE told <> 'ENDED' ORDER BY number, batch LIMIT ?")) {
            statement.setInt(1, limit);
            List<ToldBatch> pending = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    pending.add(new ToldBatch(
                            new BatchId(rows.getString(1)), rows.getLong(2), Told.valueOf(rows.getString(3))));
                }
            }
            return pending;
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    /// Adds batches that are not there yet.
    public void add(List<ToldBatch> batches) {
        try (Connection connection = ledger.connect();
                PreparedStatement insert = connection.prepareStatement("""
                        INSERT INTO told_lineage(batch, number, told)
                        SELECT CAST(? AS VARCHAR), CAST(? AS BIGINT), CAST(? AS VARCHAR)
                        WHERE NOT EXISTS (SELECT 1 FROM told_lineage WHERE batch = ?)
                        """)) {
            for (ToldBatch batch : batches) {
                insert.setString(1, batch.batch().value());
                insert.setLong(2, batch.number());
                insert.setString(3, batch.told().name());
                insert.setString(4, batch.batch().value());
                insert.addBatch();
            }
            insert.executeBatch();
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    /// Records what the receiver knows now.
    public void tell(BatchId batch, Told told) {
        try (Connection connection = ledger.connect();
                PreparedStatement update =
                        connection.prepareStatement("UPDATE told_lineage SET told = ? WHERE batch = ?")) {
            update.setString(1, told.name());
            update.setString(2, batch.value());
            update.executeUpdate();
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    /// Removes the ended batches, without the last batch.
    public void prune() {
        try (Connection connection = ledger.connect();
                PreparedStatement delete = connection.prepareStatement("""
                        DELETE FROM told_lineage
                        WHERE told = 'ENDED' AND number < (SELECT MAX(number) FROM told_lineage)
                        """)) {
            delete.executeUpdate();
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }
}
