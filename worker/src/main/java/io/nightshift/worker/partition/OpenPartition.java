package io.nightshift.worker.partition;

import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourceReader.BoundSlices;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The first stage of an attempt: its rows can be read. [#score] leads to the next stage.
///
/// @param first the query to begin with, for which no row is bad
record OpenPartition(AttemptRun run, AttemptRows rows, PartitionQuery first) {

    /// Finds the columns of the slices, and the rows that are selected.
    ///
    /// @param selection the quarantined rows to score; null for all rows of the slices
    static OpenPartition open(AttemptRun run, @Nullable QuarantineSelection selection) throws SQLException {
        AttemptParts parts = run.parts();
        Lease lease = parts.lease();
        ModelDescription model = parts.model().description();
        List<BoundSlices> slices =
                parts.source().bind(run.connection().connection(), lease.slices(), lease.job(), model);
        AttemptRows rows = selection == null
                ? new AttemptRows.Partition(slices, lease.slices())
                : selection.select(
                        run.connection().connection(), slices, lease.job().source());
        return new OpenPartition(run, rows, new PartitionQuery(rows.slices(), model, false, false, parts.limits()));
    }

    /// Writes the predictions of the good rows, in several tries if some rows turn out to be bad.
    ScoredPartition score() throws SQLException {
        PartitionQuery query = first;
        while (true) {
            ScoringTry scoring = ScoringTry.of(run, query);
            try {
                return scoring.write(rows);
            } catch (SQLException e) {
                query = scoring.again(e);
                run.control().rowCounter().set(0);
                run.clock().restart();
            }
        }
    }
}
