package io.nightshift.worker;

import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.ScoredRows;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;

/// A writer whose [#keep] waits, and can't be interrupted.
///
/// @param begun completes when it waits
/// @param gate lets it continue
record SlowKeep(PartitionWriter writer, CompletableFuture<Void> begun, CompletableFuture<?> gate)
        implements PartitionWriter {

    @Override
    public long predictions(ScoredRows rows, Execution scoring) throws SQLException {
        return writer.predictions(rows, scoring);
    }

    @Override
    public void quarantine(ScoredRows rows, Execution execution) throws SQLException {
        writer.quarantine(rows, execution);
    }

    @Override
    public OutputFile part(long rows) throws IOException {
        return writer.part(rows);
    }

    @Override
    public OutputFile quarantined(long rows) throws IOException {
        return writer.quarantined(rows);
    }

    @Override
    public void keep() throws IOException {
        begun.complete(null);
        gate.join();
        writer.keep();
    }

    @Override
    public void cancel() {
        writer.cancel();
    }

    @Override
    public void close() {
        writer.close();
    }
}
