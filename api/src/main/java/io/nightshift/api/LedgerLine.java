package io.nightshift.api;

/// A line of an export of the ledger.
///
/// @param text a JSON object, without a line feed
public record LedgerLine(String text) {}
