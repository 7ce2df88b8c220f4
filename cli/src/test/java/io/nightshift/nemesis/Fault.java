package io.nightshift.nemesis;

import java.util.Locale;

/// What can happen to a cluster.
enum Fault {
    /// `kill -9` of a node that holds neither the batch nor the shard coordinator.
    KILL_WORKER,
    /// `kill -9` of the node that holds the batch.
    KILL_BATCH,
    /// `kill -9` of the oldest node, which holds the shard coordinator.
    KILL_SHARDS,
    /// `kill -9` of all nodes at once.
    KILL_ALL,
    /// A node stands still, and goes on as if no time had passed.
    FREEZE_3,
    FREEZE_15,
    FREEZE_60,
    /// A node and the two others don't hear of each other; all reach the database.
    PARTITION,
    /// A node hears the two others, and they don't hear it.
    ONE_WAY_PARTITION,
    /// A node doesn't reach the database.
    DATABASE_PARTITION,
    /// Packets take 200 ± 100 ms, and overtake each other.
    DELAY,
    /// A fifth of all packets is lost.
    LOSS,
    /// PostgreSQL is stopped and started.
    DATABASE_RESTART,
    /// `kill -9` of PostgreSQL.
    DATABASE_KILL,
    /// The destination's disk is full for a while.
    DISK_FULL,
    /// A node's clock is an hour ahead for a while.
    CLOCK;

    /// As it is named on the command line.
    String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
