package io.nightshift.worker;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.worker.partition.PartitionAttempt;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;

/// The services that a node's workers share.
///
/// @param slots the node's scoring slots
/// @param register sends a message to the batch register
/// @param batches sends a message to a batch's coordinator
/// @param attempts creates the attempt for a lease; called on a scoring thread
/// @param lost removes what an attempt has written that lost its lease; called on a scoring thread
/// @param scoring the node's scoring threads
/// @param heartbeat the interval between two heartbeats of a lease's holder
/// @param patience how long to wait for an answer before the request is repeated
/// @param grace how long a stopping worker may take to finish its partition
/// @param node this node's name, `host:port`
/// @param observer of the workers
/// @param faults the node's resources that fail
public record WorkerServices(
        ActorRef<ScoringSlots.Acquire> slots,
        Consumer<BatchRegisterCommand> register,
        BiConsumer<BatchId, BatchCommand> batches,
        Function<Lease, PartitionAttempt> attempts,
        Consumer<Lease> lost,
        Executor scoring,
        Duration heartbeat,
        Duration patience,
        Duration grace,
        String node,
        WorkerObserver observer,
        NodeFaults faults) {}
