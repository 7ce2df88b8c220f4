package io.nightshift.protocol.ledger;

/// Stands for an entry or event that the journal's serializer can't decode, so that its reader can report it
/// and go on. It is never written.
///
/// @param problem why it can't be decoded
public record UnreadableEntry(String problem) {}
