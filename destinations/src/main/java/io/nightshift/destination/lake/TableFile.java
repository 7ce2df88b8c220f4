package io.nightshift.destination.lake;

import org.jspecify.annotations.Nullable;

/// A data file that readers of a table find.
///
/// @param location as the table has it
/// @param rows how many it has, as the table says; null if the table does not say it
/// @param hasDeletes whether the table says that some of its rows are deleted
public record TableFile(String location, @Nullable Long rows, boolean hasDeletes) {}
