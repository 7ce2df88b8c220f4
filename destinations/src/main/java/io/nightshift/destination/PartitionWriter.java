package io.nightshift.destination;

import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.storage.duckdb.SqlStatement;
import java.io.IOException;
import java.sql.SQLException;

/// Writes one attempt's rows to where no reader sees them yet.
///
/// The calls come in this order: [#predictions], again if some rows turned out to be bad; [#quarantine] if
/// there are quarantined rows; [#part] and [#quarantined]; [#keep]; and [#close] in any case.
///
/// - **Threads.** One thread makes all calls; only [#cancel] and [#hasTimeLimit] may come from any thread.
/// - **Repetition.** [#predictions] replaces what an earlier call wrote. [#close] may be repeated.
/// - **Crashes.** Until [#keep] has returned, a crash leaves nothing that a batch would publish without
///   having committed this attempt. What it leaves has the attempt's own name, or is replaced by the next
///   attempt.
public interface PartitionWriter extends AutoCloseable {

    /// Runs a statement of DuckDB's.
    @FunctionalInterface
    interface Execution {
        /// @return the number of rows that the statement wrote, or the number that it selected
        long run(String sql) throws SQLException;

        /// As [#run(String)], for a statement that writes rows and whose form may come again.
        default long run(SqlStatement statement) throws SQLException {
            return run(statement.sql());
        }
    }

    /// Writes the good rows.
    ///
    /// @return their number
    /// @throws SQLException DuckDB's
    long predictions(ScoredRows rows, Execution scoring) throws SQLException;

    /// Writes the quarantined rows.
    ///
    /// @throws SQLException DuckDB's
    void quarantine(ScoredRows rows, Execution execution) throws SQLException;

    /// The time that it took to send the predictions, in nanoseconds; 0 where DuckDB writes them itself.
    default long sending() {
        return 0;
    }

    /// The time for which the destination has taken rows until now, in nanoseconds; 0 where DuckDB writes
    /// them itself.
    default long taking() {
        return 0;
    }

    /// The ledger's record of the predictions.
    ///
    /// @param rows how many there are
    OutputFile part(long rows) throws IOException;

    /// The ledger's record of the quarantined rows.
    ///
    /// @param rows how many there are
    OutputFile quarantined(long rows) throws IOException;

    /// Makes durable what was written; from here on the attempt may be committed.
    void keep() throws IOException;

    /// Whether a call is under way that ends by a time limit of its own. May be called from any thread.
    default boolean hasTimeLimit() {
        return false;
    }

    /// Makes a call that is under way fail soon.
    void cancel();

    /// Removes what was not kept.
    @Override
    void close();
}
