package io.nightshift.worker.partition;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.plan.Cut;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;

/// The second stage of an attempt: the predictions of the good rows are written. [#stage] leads to the next stage.
///
/// @param scoring the try that succeeded
/// @param predictions how many were written
record ScoredPartition(AttemptRun run, AttemptRows rows, ScoringTry scoring, long predictions) {

    /// @param rows that the job lets through
    /// @param undecided those of them for which its condition failed
    private record RowCount(long rows, long undecided) {}

    /// Writes the quarantined rows, and records both outputs for the ledger.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException permanent, if the job does not allow a category that
    ///     the model does not know, or the rows are not those that were selected
    StagedPartition stage() throws SQLException, IOException {
        PartitionQuery query = scoring.query();
        RowCount count = query.filters() ? count(query) : new RowCount(rows.count(), 0);
        long read = count.rows();
        long quarantined = read + rows.kept() - predictions;
        Quarantined bad = quarantined > 0
                ? Quarantined.write(run, rows, query, count.undecided() > 0, quarantined)
                : Quarantined.NONE;
        rows.check(read, predictions, bad.reasons());
        Map<String, Long> unseen = new UnseenCategories(run, query).count(scoring.unseen(), predictions < read);
        OutputFile part = run.sealing().seal(output -> output.part(predictions));
        boolean isUsual = predictions == read && !query.isEvaluated() && rows instanceof AttemptRows.Partition;
        if (isUsual) {
            run.connection().reusable();
        }
        return new StagedPartition(run.sealing(), run.clock(), commit(part, bad, read, unseen), bad.reasons());
    }

    private RowCount count(PartitionQuery query) throws SQLException {
        return run.connection().run(statement -> {
            try (ResultSet row = statement.executeQuery(query.count())) {
                row.next();
                return new RowCount(row.getLong(1), row.getLong(2));
            }
        });
    }

    private PartitionCommit commit(OutputFile part, Quarantined bad, long read, Map<String, Long> unseen) {
        Lease lease = run.parts().lease();
        Attempt attempt = lease.attempt();
        Cut cut = rows.cut();
        return PartitionCommitBuilder.builder()
                .partition(attempt.partition())
                .epoch(attempt.epoch())
                .node(run.parts().node())
                .firstRow(lease.firstRow())
                .rows(rows.count() + rows.kept())
                .read(read + rows.kept())
                .part(part)
                .quarantine(bad.file())
                .model(lease.model().sha256())
                .unseenCategories(unseen)
                .value(cut == null ? null : cut.value())
                .statistics(
                        lease.job().checks().isEmpty() ? null : scoring.checks().statistics())
                .comparison(scoring.comparison().result())
                .build();
    }
}
