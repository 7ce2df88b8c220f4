package io.nightshift.protocol.plan;

/// A column of a table of predictions.
///
/// @param type PostgreSQL's name for it, as its `format_type` gives: `bigint`, `numeric(10,2)`
public record OutputColumn(String name, String type) {}
