package io.nightshift.source.lake;

import io.nightshift.source.parquet.TableColumns;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A snapshot of a table.
///
/// @param pin its identity
/// @param columns of its schema, with the table's title
/// @param made when it was made; null for a table that has none
/// @param files how many data files it has, as its summary says; -1 if that is not known
/// @param rows likewise, deleted rows included that are still in data files
/// @param keptUntil the time from which its files may be deleted, although no file of it is missing then; null if
///     nobody knows
public record LakeSnapshot(
        PinnedSnapshot pin,
        TableColumns columns,
        @Nullable Instant made,
        long files,
        long rows,
        @Nullable Instant keptUntil) {}
