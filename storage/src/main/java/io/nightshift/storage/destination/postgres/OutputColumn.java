package io.nightshift.storage.destination.postgres;

/// A column of a table of predictions.
///
/// @param type PostgreSQL's name for its type, as `format_type` gives it: `bigint`, `numeric(10,2)`
record OutputColumn(String name, String type) {}
