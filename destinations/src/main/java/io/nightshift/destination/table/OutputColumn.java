package io.nightshift.destination.table;

/// A column of a table of predictions.
///
/// @param type the database's name for its type, as its catalog gives it: `bigint`, `numeric(10,2)`
public record OutputColumn(String name, String type) {}
