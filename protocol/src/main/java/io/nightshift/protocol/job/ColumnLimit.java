package io.nightshift.protocol.job;

import org.jspecify.annotations.Nullable;

/// The limit of one column in `checks`, as the file says it.
///
/// @param most the largest share of rows, 0 to 1, or the largest index
/// @param min the smallest value in the range, or null
/// @param max the largest value in the range, or null
/// @param onFail the text of `on-fail`, or null if the column has none
record ColumnLimit(
        double most,
        @Nullable Double min,
        @Nullable Double max,
        @Nullable String onFail) {}
