package io.nightshift.protocol.ledger;

/// What the journal's serializer reads instead of an entry or event that it can't decode, so that its reader can
/// report it and go on. It is never written.
///
/// @param problem why it can't be decoded
public record UnreadableEntry(String problem) {}
