package io.nightshift.api;

import org.jspecify.annotations.Nullable;

/// A row of the input that has no prediction.
///
/// @param file file of the source
/// @param row position in that file, from 0
/// @param id the record ID, or null if the job names none or the row has none
/// @param reason the same text for all rows of one reason
/// @param value the wrong value as text, or null if the reason says everything
/// @param message the database's error message for an expression that failed; null if no expression failed
/// @param values the row's own values, as JSON
public record QuarantinedRow(
        String file,
        long row,
        @Nullable String id,
        String reason,
        @Nullable String value,
        @Nullable String message,
        String values) {}
