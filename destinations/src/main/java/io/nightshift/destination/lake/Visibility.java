package io.nightshift.destination.lake;

/// Whether readers of a table see a batch.
public enum Visibility {
    /// They have never seen it.
    ABSENT,
    /// They see it.
    VISIBLE,
    /// They have seen it, and see it no more.
    REMOVED
}
