package io.nightshift.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The columns that the next batch of a job writes, compared with those of the job's newest published batch.
///
/// @param job the job's name
/// @param version of the schema of the next batch, from 1
/// @param published the newest published batch of the job at its destination; null if there is none, or it was
///     published without a schema
/// @param columns of the next batch, in the order in which they are written
/// @param compatible whether readers of the published batch find all its columns with their types; if not, the job
///     needs `destination.schema: new`
/// @param changes from the published batch to the next one: first those that break readers; empty without a
///     published batch
public record SchemaReport(
        String job,
        int version,
        @Nullable Published published,
        List<Column> columns,
        boolean compatible,
        List<Change> changes) {

    /// Keeps unmodifiable copies of the lists.
    public SchemaReport {
        columns = List.copyOf(columns);
        changes = List.copyOf(changes);
    }

    /// A published batch, and the version of its schema.
    ///
    /// @param batch the batch's full ID
    /// @param version from 1
    public record Published(String batch, int version) {}

    /// A column of the predictions.
    ///
    /// @param name its name
    /// @param type DuckDB's name for its type, such as `DOUBLE`
    public record Column(String name, String type) {}

    /// A difference between the two schemas.
    ///
    /// @param column the name of the column that differs
    /// @param change `added`, `removed` or `retyped`
    /// @param before the type that the column had; null if it is added
    /// @param after the type that it has; null if it is removed
    public record Change(
            String column,
            String change,
            @Nullable String before,
            @Nullable String after) {}
}
