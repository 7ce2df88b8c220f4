package io.nightshift.nemesis.fault;

import java.util.Locale;

/// A fault that the nemesis can inject.
public enum Fault {
    /// `kill -9` of a node that holds neither the batch nor the shard coordinator.
    KILL_WORKER,
    /// `kill -9` of the node that holds the batch.
    KILL_BATCH,
    /// `kill -9` of the oldest node, which holds the shard coordinator.
    KILL_SHARDS,
    /// `kill -9` of all nodes at once.
    KILL_ALL,
    /// `kill -9` of the node that holds a scheduled job, of any node or of all nodes, around ticks of the
    /// job.
    KILL_TICK,
    /// SIGSTOP of a node for this many seconds, then SIGCONT.
    FREEZE_3,
    FREEZE_15,
    FREEZE_60,
    /// A node and the two others can't reach each other. All reach the database.
    PARTITION,
    /// A node receives the packets of the two others, which receive none from it.
    ONE_WAY_PARTITION,
    /// A node can't reach the database.
    DATABASE_PARTITION,
    /// Packets take 200 ± 100 ms and arrive out of order.
    DELAY,
    /// A fifth of all packets is lost.
    LOSS,
    /// PostgreSQL is stopped and started.
    DATABASE_RESTART,
    /// `kill -9` of PostgreSQL.
    DATABASE_KILL,
    /// Half of the requests to the object store fail: they are refused, or the answer is cut off or lost.
    STORE_ERRORS,
    /// The object store refuses all requests.
    STORE_DOWN,
    /// The object store answers no request.
    STORE_HANG,
    /// The object store answers late and slowly.
    STORE_SLOW,
    /// A node can't reach the object store.
    STORE_PARTITION,
    /// MariaDB or Redis, with the predictions, ends all connections and accepts none.
    DESTINATION_DOWN,
    /// The folder of the destination is gone for some seconds, for all nodes, as if its share were unmounted.
    DESTINATION_AWAY,
    /// For some seconds, all nodes see an empty folder in place of the destination's folder, like the mount point
    /// of a share that was unmounted.
    DESTINATION_EMPTY,
    /// Another program writes files or objects below the destination.
    FOREIGN_WRITER,
    /// A caller whose token has the role `submit` tries to pause, cancel and delete the running batch.
    FORBIDDEN_CALLER,
    /// A caller whose token has the role `submit` tries to move an alias of a model, by a request and by a job.
    FORBIDDEN_PROMOTION,
    /// The destination's disk is full for some seconds.
    DISK_FULL,
    /// A node's clock is an hour ahead for some seconds.
    CLOCK,
    /// The clocks of all nodes jump ahead and back between the runs of an incremental job, and during them.
    CLOCK_INCREMENT,
    /// A node does not see the input: its mount is gone.
    MISSING_MOUNT,
    /// A node that touches the input waits, as for a file server that does not answer.
    HUNG_STORAGE,
    /// Each write of a node to a disk takes a fiftieth of a second longer.
    SLOW_DISK,
    /// The file system for a node's temporary files is full.
    FULL_SCRATCH,
    /// Three callers submit the running job again and again, with one idempotency key.
    REPEATING_CALLER,
    /// All nodes are killed, and one byte of an event of another batch changes in the journal.
    DAMAGED_EVENT,
    /// The power of a single process is cut: its embedded ledger keeps what was forced, and any part of the
    /// rest.
    POWER_CUT;

    /// Whether the fault is injected into one batch of the flights example. The others have jobs of their own.
    public boolean isForOneBatch() {
        return this != KILL_TICK && this != CLOCK_INCREMENT;
    }

    /// Whether the fault sets clocks.
    boolean needsFakeClock() {
        return this == CLOCK || this == CLOCK_INCREMENT;
    }

    /// Whether the fault affects what one node sees of the file system.
    boolean needsOwnMounts() {
        return this == MISSING_MOUNT || this == FULL_SCRATCH;
    }

    /// Whether the fault is injected by strace.
    boolean needsStrace() {
        return this == HUNG_STORAGE || this == SLOW_DISK || this == POWER_CUT;
    }

    /// Whether the fault concerns the object store.
    boolean needsStorage() {
        return switch (this) {
            case STORE_ERRORS, STORE_DOWN, STORE_HANG, STORE_SLOW, STORE_PARTITION -> true;
            default -> false;
        };
    }

    /// Whether the fault concerns a server of predictions that is not the journal's.
    boolean needsDestinationServer() {
        return this == DESTINATION_DOWN;
    }

    /// Whether the fault concerns a folder that all nodes see.
    boolean needsSharedFolder() {
        return losesDestination()
                || this == DISK_FULL
                || this == POWER_CUT
                || this == MISSING_MOUNT
                || this == HUNG_STORAGE;
    }

    /// Whether no node sees the destination's folder.
    public boolean losesDestination() {
        return this == DESTINATION_AWAY || this == DESTINATION_EMPTY;
    }

    /// Whether the fault may fail the batch, so that a user retries it.
    public boolean mayFailTheBatch() {
        return losesDestination() || this == DISK_FULL;
    }

    /// Whether the destination of the batch is Parquet in each round.
    public boolean needsParquet() {
        return losesDestination()
                || this == FOREIGN_WRITER
                || this == DISK_FULL
                || this == POWER_CUT
                || !isForOneBatch();
    }

    /// Whether the batch of the round can try another version of its model. Other jobs must not move the same
    /// alias.
    public boolean permitsRollout() {
        return !losesDestination()
                && this != FOREIGN_WRITER
                && this != POWER_CUT
                && isForOneBatch()
                && this != DAMAGED_EVENT;
    }

    /// Whether the fault can be injected into a redrive.
    public boolean permitsRedrive() {
        return permitsRollout() && this != REPEATING_CALLER;
    }

    /// The name on the command line.
    public String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
