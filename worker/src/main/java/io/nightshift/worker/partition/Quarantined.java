package io.nightshift.worker.partition;

import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.ScoredRows;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.source.HeldSlices;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The quarantined rows that an attempt has written.
///
/// @param file the ledger's record of them; null if there are none
/// @param reasons why the first of them are quarantined
record Quarantined(@Nullable OutputFile file, List<String> reasons) {

    static final Quarantined NONE = new Quarantined(null, List.of());

    /// How many reasons are reported.
    static final int REASONS = 3;

    /// @param query that has scored the good rows
    /// @param hasUndecided whether the job's condition failed for some rows
    /// @param count how many rows are quarantined, with those that stay in the quarantine
    static Quarantined write(AttemptRun run, AttemptRows rows, PartitionQuery query, boolean hasUndecided, long count)
            throws SQLException, IOException {
        LentConnection connection = run.connection();
        run.held().requireAllColumns();
        if (!query.isEvaluated()) {
            connection.execute(query.evaluation());
        }
        readOwnValues(connection, query, run.held());
        FailureMessages messages = new FailureMessages(connection.connection());
        if (query.careful() || hasUndecided) {
            messages.collect(query, run.control()::refuseIfCancelled);
        }
        ScoredRows bad = rows.withKept(query.rows());
        PartitionWriter output = run.parts().output();
        output.quarantine(bad, connection::execute);
        List<String> reasons = connection.texts(query.reasons(REASONS));
        return new Quarantined(run.sealing().seal(writer -> writer.quarantined(count)), reasons);
    }

    private static void readOwnValues(LentConnection connection, PartitionQuery query, HeldSlices held)
            throws SQLException {
        Positions bad = positions(connection, query);
        held.restrict(bad.least(), bad.most());
        try {
            connection.execute(query.ownValues(bad.least(), bad.most(), bad.count(), bad.listed()));
        } finally {
            held.restrict(0, Long.MAX_VALUE);
        }
    }

    private static Positions positions(LentConnection connection, PartitionQuery query) throws SQLException {
        try (Statement statement = connection.connection().createStatement();
                ResultSet row = statement.executeQuery(query.badRows())) {
            row.next();
            return new Positions(
                    row.getLong(1), row.getLong(2), row.getLong(3), Objects.requireNonNullElse(row.getString(4), "-1"));
        }
    }

    /// The positions of bad rows in their files.
    ///
    /// @param listed those of the first bad rows, as SQL
    private record Positions(long least, long most, long count, String listed) {}
}
