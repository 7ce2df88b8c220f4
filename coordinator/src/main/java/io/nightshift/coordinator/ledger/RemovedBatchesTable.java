package io.nightshift.coordinator.ledger;

import io.nightshift.protocol.batch.BatchId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The index of removed batches: the table `removed_batch` beside the journal. It says whose removal has to
/// be continued, and which batches the retention need not look at again. What counts is the ledger of each
/// batch: a row is written before the removal begins, and marked as done after it ended. See
/// docs/decisions/0038-retention.md.
///
/// A batch whose quarantined rows are scored again is there, too, until that has ended. The retention leaves it
/// alone meanwhile.
public final class RemovedBatchesTable {

    /// The most parameters of a statement.
    private static final int ASKED_TOGETHER = 500;

    /// Stands for a removal in the column `incarnation`. No coordinator gets that far.
    private static final int REMOVAL = Integer.MAX_VALUE;

    private final Ledger ledger;

    RemovedBatchesTable(Ledger ledger) {
        this.ledger = ledger;
    }

    /// Enters a batch whose removal is about to begin. May be repeated.
    public void begin(BatchId batch) {
        enter(batch, REMOVAL);
    }

    /// Enters a batch whose quarantined rows are about to be scored again.
    ///
    /// @param incarnation of the coordinator that does it
    public void beginRedrive(BatchId batch, int incarnation) {
        enter(batch, incarnation);
    }

    private void enter(BatchId batch, int incarnation) {
        int updated = update(
                "UPDATE removed_batch SET incarnation = ? WHERE batch = ? AND incarnation < ?",
                incarnation,
                batch.value(),
                incarnation);
        if (updated == 0) {
            update("""
                    INSERT INTO removed_batch(batch, done, incarnation)
                    SELECT CAST(? AS VARCHAR), FALSE, CAST(? AS INTEGER)
                    WHERE NOT EXISTS (SELECT 1 FROM removed_batch WHERE batch = ?)
                    """, batch.value(), incarnation, batch.value());
        }
    }

    /// Marks the removal of a batch as done.
    public void end(BatchId batch) {
        update("UPDATE removed_batch SET done = TRUE WHERE batch = ?", batch.value());
    }

    /// Deletes the row of a batch whose redrive has ended, unless a later incarnation has begun another redrive, or
    /// the batch's removal.
    ///
    /// @param incarnation of the coordinator that ended it
    public void endRedrive(BatchId batch, int incarnation) {
        update(
                "DELETE FROM removed_batch WHERE batch = ? AND NOT done AND incarnation <= ?",
                batch.value(),
                incarnation);
    }

    /// Deletes the row of a batch whose ledger has neither a pending redrive nor a removal. Such a row is left if a
    /// coordinator is killed before it has begun a removal, or after it has ended a redrive.
    public void forget(BatchId batch) {
        update("DELETE FROM removed_batch WHERE batch = ? AND NOT done", batch.value());
    }

    private int update(String sql, Object... parameters) {
        try (Connection connection = ledger.connect();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    /// The batches whose removal is not done, in the order of their IDs.
    public List<BatchId> pending() {
        try (Connection connection = ledger.connect();
                PreparedStatement statement =
                        connection.prepareStatement("SELECT batch FROM removed_batch WHERE NOT done ORDER BY batch");
                ResultSet rows = statement.executeQuery()) {
            List<BatchId> batches = new ArrayList<>();
            while (rows.next()) {
                batches.add(new BatchId(rows.getString(1)));
            }
            return batches;
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    /// Those of some batches that are not in the index, in their order.
    public List<BatchId> without(List<BatchId> batches) {
        Set<String> found = new HashSet<>();
        try (Connection connection = ledger.connect()) {
            for (int first = 0; first < batches.size(); first += ASKED_TOGETHER) {
                find(connection, batches.subList(first, Math.min(batches.size(), first + ASKED_TOGETHER)), found);
            }
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
        return batches.stream().filter(batch -> !found.contains(batch.value())).toList();
    }

    private static void find(Connection connection, List<BatchId> batches, Set<String> found) throws SQLException {
        String places = String.join(", ", Collections.nCopies(batches.size(), "?"));
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT batch FROM removed_batch WHERE batch IN (" + places + ")")) {
            for (int i = 0; i < batches.size(); i++) {
                statement.setString(i + 1, batches.get(i).value());
            }
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(rows.getString(1));
                }
            }
        }
    }
}
