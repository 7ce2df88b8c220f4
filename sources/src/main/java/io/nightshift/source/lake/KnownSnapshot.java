package io.nightshift.source.lake;

/// A snapshot that was resolved before, as its table knows it now.
public sealed interface KnownSnapshot {

    /// The table still has it.
    record There(LakeSnapshot snapshot) implements KnownSnapshot {}

    /// The table has it no longer.
    ///
    /// @param reason a sentence without the last full stop
    /// @param advice for batches that read it, likewise
    record Expired(String reason, String advice) implements KnownSnapshot {}

    /// The table is another one of the same name.
    ///
    /// @param reason a sentence without the last full stop
    record OtherTable(String reason) implements KnownSnapshot {}
}
