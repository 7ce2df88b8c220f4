package io.nightshift.protocol.plan;

import org.jspecify.annotations.Nullable;

/// The rows of the input that have one value of the job's partition key: one key's bucket, range or period.
///
/// @param condition DuckDB SQL over the source's own columns that is TRUE for the rows of the cut, and for no row
///     of another cut of the plan
/// @param value the partition value for people and folders, such as `2026-11-01`; null for the rows whose key is
///     NULL
public record Cut(String condition, @Nullable String value) {}
