package io.nightshift.destination;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import java.sql.Connection;

/// The predictions of published batches, read back. An optional part of [DestinationStore], whose rules about
/// threads hold here too.
public interface PredictionReader {

    /// The first predictions of a published batch, in the order of its parts or of its record ids. Reads no
    /// more of the batch than it needs to.
    ///
    /// @param published what readers see, as [Publication#destination()] says it
    /// @param limit the most rows to return, at least 1
    /// @throws FailureException if the output is gone or can't be read
    FirstRows head(BatchId batch, String published, int limit);

    /// Makes the predictions of a published batch a temporary view or table of DuckDB's. A view is read when it is
    /// used.
    ///
    /// @param published what readers see, as [Publication#destination()] says it
    /// @param duckDb the connection that gets it
    /// @param name of the view or table
    /// @throws FailureException if the output is gone, has no rows, or can't be read
    void open(BatchId batch, String published, Connection duckDb, String name);
}
