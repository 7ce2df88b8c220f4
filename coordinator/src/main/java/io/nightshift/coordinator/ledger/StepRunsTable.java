package io.nightshift.coordinator.ledger;

import io.nightshift.coordinator.batch.task.StepRuns;
import io.nightshift.protocol.batch.BatchId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// The table `step_run` next to the journal.
final class StepRunsTable implements StepRuns {

    private final Ledger ledger;

    StepRunsTable(Ledger ledger) {
        this.ledger = ledger;
    }

    @Override
    public List<String> begin(BatchId batch, String step, String run, String node) {
        List<String> nodes = new ArrayList<>();
        try (Connection connection = ledger.connect();
                PreparedStatement select = connection.prepareStatement(
                        "SELECT node FROM step_run WHERE batch = ? AND step = ? ORDER BY node");
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO step_run(batch, step, run, node) VALUES (?, ?, ?, ?)")) {
            select.setString(1, batch.value());
            select.setString(2, step);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    nodes.add(rows.getString(1));
                }
            }
            insert.setString(1, batch.value());
            insert.setString(2, step);
            insert.setString(3, run);
            insert.setString(4, node);
            insert.executeUpdate();
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
        return nodes;
    }

    @Override
    public void end(BatchId batch, String run) {
        delete("DELETE FROM step_run WHERE batch = ? AND run = ?", batch, run);
    }

    @Override
    public void forget(BatchId batch, String step) {
        delete("DELETE FROM step_run WHERE batch = ? AND step = ?", batch, step);
    }

    private void delete(String sql, BatchId batch, String which) {
        try (Connection connection = ledger.connect();
                PreparedStatement delete = connection.prepareStatement(sql)) {
            delete.setString(1, batch.value());
            delete.setString(2, which);
            delete.executeUpdate();
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }
}
