package io.nightshift.worker.partition;

import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import java.io.IOException;
import java.sql.SQLException;

/// Where one attempt's rows go. In the order of calls: [#predictions], again if rows turned out to
/// be bad; [#quarantine] if there are bad rows; [#keep]; [#close] in any case. Used by one thread,
/// but for [#cancel].
///
/// Until `keep` has returned nothing of the attempt is there, or will be after a crash, that a
/// batch would publish without having committed the attempt.
interface PartitionOutput extends AutoCloseable {

    /// Runs a statement of DuckDB's.
    @FunctionalInterface
    interface Execution {
        /// @return the number of rows that the statement wrote, or the number that it selected
        long run(String sql) throws SQLException;
    }

    /// Writes the good rows, instead of those of an earlier call.
    ///
    /// @return their number
    /// @throws SQLException DuckDB's
    long predictions(PartitionQuery query, Execution scoring) throws SQLException;

    /// Writes the bad rows.
    ///
    /// @throws SQLException DuckDB's
    void quarantine(PartitionQuery query, Execution execution) throws SQLException;

    /// How long handing the predictions to a database took, in nanoseconds; 0 where DuckDB writes them itself.
    default long sending() {
        return 0;
    }

    /// What the ledger is to keep of the predictions.
    OutputFile part(long rows) throws IOException;

    /// What the ledger is to keep of the bad rows.
    OutputFile quarantined(long rows) throws IOException;

    /// Makes durable what was written; from here on the attempt may be committed.
    void keep() throws IOException;

    /// Makes a call that is going on fail soon. May be called from any thread.
    void cancel();

    /// Drops what wasn't kept.
    @Override
    void close();
}
