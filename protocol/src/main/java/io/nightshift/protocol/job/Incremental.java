package io.nightshift.protocol.job;

/// Restricts each batch of a job to what no earlier batch of the same source has read. See
/// docs/decisions/0027-incremental.md.
public sealed interface Incremental permits NewTimes, NewFiles, ChangedRows {

    /// Whether the batch reads everything, also what an earlier batch has read.
    boolean full();

    /// The same, for a batch that reads everything.
    Incremental startingOver();
}
