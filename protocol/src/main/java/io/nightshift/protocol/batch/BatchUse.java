package io.nightshift.protocol.batch;

/// The resources that a batch has used until now on the nodes of its workers, and how much these nodes had. Numbers
/// are 0 or more.
///
/// @param committed the use of the committed attempts
/// @param discarded the use of the attempts that were thrown away: failed, abandoned, fenced or rescored
/// @param discardedAttempts how many attempts were thrown away whose use is known
/// @param active time in which partitions could be scored, in microseconds: from the plan to the last commit,
///     without pauses, outages, and times without a coordinator
/// @param capacity time of the processors of the nodes meanwhile, in microseconds
/// @param threadCapacity time of the scoring threads of the nodes meanwhile, in microseconds
/// @param nodes how many nodes have committed partitions since the last takeover
/// @param cores the processors of these nodes
/// @param threads the scoring threads of these nodes
public record BatchUse(
        Use committed,
        Use discarded,
        int discardedAttempts,
        long active,
        long capacity,
        long threadCapacity,
        int nodes,
        int cores,
        int threads) {

    /// The use of all attempts.
    public Use total() {
        return committed.plus(discarded);
    }

    /// The share of the nodes' processors that the batch has kept busy, 0 to 1; 0 if nothing was committed.
    public double busy() {
        return capacity == 0 ? 0 : Math.min(1, (double) total().processor() / capacity);
    }
}
