package io.nightshift.storage.destination;

import org.jspecify.annotations.Nullable;

/// A row of the input that has no prediction.
///
/// @param file of the source
/// @param row position in that file, from 0
/// @param id the record ID, or null if the job names none or the row has none
/// @param reason the same text for all rows of one reason
/// @param value the wrong value as text, or null where the reason says all
/// @param message what the database said of an expression that failed; null if nothing did
/// @param values the row's own values, as JSON
public record QuarantinedRow(
        String file,
        long row,
        @Nullable String id,
        String reason,
        @Nullable String value,
        @Nullable String message,
        String values) {}
