package io.nightshift.worker;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.worker.partition.PartitionAttempt;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;

/// What a node's workers share.
///
/// @param slots of the node
/// @param jobs tells the jobs' register
/// @param batches tells a batch's coordinator
/// @param attempts makes an attempt of a lease; called on a scoring thread
/// @param lost removes what an attempt has written that lost its lease; called on a scoring thread
/// @param scoring the node's scoring threads
/// @param heartbeat how often the holder of a lease reports
/// @param patience how long to wait for an answer before asking again
/// @param grace how long a worker that is to end may take to finish its partition
/// @param node this node's name, `host:port`
/// @param observer hears what they do
public record WorkerServices(
        ActorRef<ScoringSlots.Acquire> slots,
        Consumer<JobsCommand> jobs,
        BiConsumer<BatchId, BatchCommand> batches,
        Function<Lease, PartitionAttempt> attempts,
        Consumer<Lease> lost,
        Executor scoring,
        Duration heartbeat,
        Duration patience,
        Duration grace,
        String node,
        WorkerObserver observer) {}
