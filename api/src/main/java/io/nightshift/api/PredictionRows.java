package io.nightshift.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The first predictions of a published batch.
///
/// @param batch the batch's full ID
/// @param columns the names of the columns
/// @param rows a value for each column: a number, a truth value, a text, or null
public record PredictionRows(String batch, List<String> columns, List<List<@Nullable Object>> rows) {

    /// Keeps unmodifiable copies of the lists of columns and rows. Not compact, since a compact constructor
    /// would lose in its class file that values may be null.
    public PredictionRows(String batch, List<String> columns, List<List<@Nullable Object>> rows) {
        this.batch = batch;
        this.columns = List.copyOf(columns);
        this.rows = List.copyOf(rows);
    }
}
