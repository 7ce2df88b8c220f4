package io.nightshift.worker.partition;

import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.worker.postgres.AttemptTransaction;
import io.nightshift.worker.postgres.CopyRows;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/// Rows of a batch's staging tables in PostgreSQL, written in one transaction that ends with
/// [#keep].
final class PostgresPart implements PartitionOutput {

    private final AttemptTransaction transaction;
    private @Nullable CopyRows predictions;
    private @Nullable CopyRows quarantine;

    PostgresPart(AttemptTransaction transaction) {
        this.transaction = transaction;
    }

    @Override
    public long predictions(PartitionQuery query, Execution scoring) throws SQLException {
        quarantine = null;
        transaction.begin();
        predictions = transaction.predictions(TableColumns.predictions(query.job(), query.model()));
        return send(predictions, query.scored(), scoring);
    }

    @Override
    public void quarantine(PartitionQuery query, Execution execution) throws SQLException {
        quarantine = transaction.quarantine(TableColumns.quarantine(query.job()));
        send(quarantine, query.quarantined(), execution);
    }

    private long send(CopyRows rows, String from, Execution execution) throws SQLException {
        return transaction.copy(rows, () -> execution.run(rows.query(from)));
    }

    @Override
    public long sending() {
        return predictions == null ? 0 : predictions.nanos();
    }

    @Override
    public OutputFile part(long rows) {
        return file(rows, predictions);
    }

    @Override
    public OutputFile quarantined(long rows) {
        return file(rows, quarantine);
    }

    private static OutputFile file(long rows, @Nullable CopyRows written) {
        if (written == null || written.digest().rows() != rows) {
            throw new IllegalStateException("%d rows, but %s were written"
                    .formatted(rows, written == null ? "none" : written.digest().rows()));
        }
        return new OutputFile(rows, written.bytes(), written.digest().text());
    }

    @Override
    public void keep() {
        transaction.commit(
                predictions == null ? null : file(predictions.digest().rows(), predictions),
                quarantine == null ? null : file(quarantine.digest().rows(), quarantine));
    }

    @Override
    public void cancel() {
        transaction.cancel();
    }

    @Override
    public void close() {
        transaction.close();
    }
}
