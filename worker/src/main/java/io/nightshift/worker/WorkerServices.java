package io.nightshift.worker;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.worker.partition.PartitionAttempt;
import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;

/// The services that a node's workers share.
///
/// @param slots the node's scoring slots
/// @param register sends a message to the batch register
/// @param batches sends a message to a batch's coordinator
/// @param attempts creates the attempt for a lease; called on a scoring thread
/// @param ahead begins to fetch what an attempt will read, if that is elsewhere; returns at once
/// @param lost removes what an attempt has written that lost its lease; called on a scoring thread
/// @param scoring the node's scoring threads
/// @param limits the times after which an attempt is cancelled, and its thread replaced
/// @param heartbeat the interval between two heartbeats of a lease's holder
/// @param patience how long to wait for an answer before the request is repeated
/// @param grace how long a stopping worker may take to finish its partition
/// @param node this node's name, `host:port`
/// @param observer of the workers
/// @param faults the node's resources that fail
/// @param nonces generates a nonce that nobody can guess, for a worker's requests
public record WorkerServices(
        ActorRef<ScoringSlots.Acquire> slots,
        Consumer<BatchRegisterCommand> register,
        BiConsumer<BatchId, BatchCommand> batches,
        Function<Lease, PartitionAttempt> attempts,
        Consumer<Lease> ahead,
        Consumer<Lease> lost,
        ScoringThreads scoring,
        AttemptLimits limits,
        Duration heartbeat,
        Duration patience,
        Duration grace,
        String node,
        WorkerObserver observer,
        NodeFaults faults,
        Supplier<String> nonces) {

    /// The times after which an attempt that stands still is cancelled, and its thread replaced.
    ///
    /// @param stallAfter how long an attempt may wait without progress before it is cancelled
    /// @param stuckAfter how long a thread may take to come back from a cancelled attempt before it is stuck
    /// @param nanos a monotonic clock, by which attempts stall: [System#nanoTime]
    public record AttemptLimits(Duration stallAfter, Duration stuckAfter, LongSupplier nanos) {

        private static final Duration STUCK_AFTER = Duration.ofSeconds(10);

        public AttemptLimits {
            if (!stallAfter.isPositive()) {
                throw new IllegalArgumentException("nightshift.worker.stall-after must be longer than 0");
            }
        }

        /// @param stallAfter `nightshift.worker.stall-after`
        public static AttemptLimits of(Duration stallAfter) {
            return new AttemptLimits(stallAfter, STUCK_AFTER, System::nanoTime);
        }
    }
}
