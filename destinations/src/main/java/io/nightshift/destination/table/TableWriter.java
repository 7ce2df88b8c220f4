package io.nightshift.destination.table;

import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.ScoredRows;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/// Writes rows to the tables of a batch, in one transaction that ends with [#keep].
///
/// @param <R> the rows as the database takes them
public final class TableWriter<R extends SentRows> implements PartitionWriter {

    private final AttemptConnection<R> transaction;
    private @Nullable R predictions;
    private @Nullable R quarantine;

    public TableWriter(AttemptConnection<R> transaction) {
        this.transaction = transaction;
    }

    @Override
    public long predictions(ScoredRows rows, Execution scoring) throws SQLException {
        quarantine = null;
        transaction.begin();
        predictions = transaction.predictions(rows.columns());
        return send(predictions, rows.scored().sql(), scoring);
    }

    @Override
    public void quarantine(ScoredRows rows, Execution execution) throws SQLException {
        quarantine = transaction.quarantine(rows.job());
        send(quarantine, rows.quarantined(), execution);
    }

    private long send(R rows, String from, Execution execution) throws SQLException {
        return transaction.send(rows, () -> execution.run(rows.query(from)));
    }

    @Override
    public long sending() {
        return predictions == null ? 0 : predictions.nanos();
    }

    @Override
    public long taking() {
        return transaction.taking();
    }

    @Override
    public OutputFile part(long rows) {
        return file(rows, predictions);
    }

    @Override
    public OutputFile quarantined(long rows) {
        return file(rows, quarantine);
    }

    private static OutputFile file(long rows, @Nullable SentRows written) {
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
    public boolean hasTimeLimit() {
        return transaction.waits();
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
