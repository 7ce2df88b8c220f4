package io.nightshift.destination.folder;

import io.nightshift.destination.ScoredRows;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.storage.duckdb.SqlStatement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// A format of the files in a batch's folder, as DuckDB writes and reads it. Safe for several threads.
public interface FileFormat {

    /// Ends the names of all files, with the dot.
    String extension();

    /// Whether some types of columns can't be written; then [#check] says which.
    default boolean limitsColumns() {
        return false;
    }

    /// Why the format can't hold a job's output; empty if it can.
    default List<String> check(BoundJob job) {
        return List.of();
    }

    /// As [#check(BoundJob)], with what the format needs to know of the model.
    default List<String> check(BoundJob job, ModelDescription model) {
        return check(job);
    }

    /// The size in bytes at which another file of a partition is begun; 0 if a partition is one file.
    default long fileBytes() {
        return 0;
    }

    /// The number of rows of a file, as the file says itself. Called for formats with [#fileBytes] only.
    default long rows(Path file) throws IOException {
        throw new UnsupportedOperationException(file + " is not divided");
    }

    /// A statement that writes an attempt's good rows to a file. If it has values, it has those of the rows,
    /// too. With [#fileBytes], the rows are written to the files that [StagedPart] names.
    ///
    /// @param blockRows how many rows may be held in memory
    SqlStatement copyPredictions(ScoredRows rows, Lease lease, Path file, int blockRows);

    /// A statement that writes an attempt's quarantined rows to a file.
    String copyQuarantine(ScoredRows rows, Path file, int blockRows);

    /// The text of a record's id, by which ids of the output are compared with those of the input.
    ///
    /// @param sql an expression over the input, or over [#read]
    default String id(String sql) {
        return "CAST(" + sql + " AS VARCHAR)";
    }

    /// The format in the COPY statements of warehouses.
    ///
    /// @param redshift the format parameters of Amazon Redshift
    /// @param snowflake the options of Snowflake's `FILE_FORMAT`
    record WarehouseFormat(String redshift, String snowflake) {}

    /// The format for warehouses.
    WarehouseFormat warehouse();

    /// The rows of files, of which some may have columns that others lack: what stands after FROM.
    ///
    /// @param files at least one
    String read(List<Path> files);
}
