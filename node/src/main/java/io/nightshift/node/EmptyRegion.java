package io.nightshift.node;

import java.time.Duration;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorRefWithCell;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.sharding.ClusterSharding;

/// Stops the shard region of a node that leaves, once all its shards are gone.
///
/// Pekko's own shutdown of a region also waits until the region has delivered the messages that it keeps for
/// shards without a node. If the node is the last one, the shard coordinator never answers where such a shard
/// is. Then the region asks again and again, and the node ends only after the time limit of the phase. This
/// happens when the last node leaves right after another one, while the shards of the other are moving.
///
/// Only for regions whose messages may be lost: those of the workers, whose messages do nothing but start
/// workers, and are repeated by every node that stays; and those of the last coordinator, whose messages no
/// node can take any more.
final class EmptyRegion {

    private static final Duration POLL = Duration.ofMillis(100);

    private EmptyRegion() {}

    /// Begins to watch the region, and stops it as soon as it has no shards. Called when Pekko begins to shut
    /// the region down, so that the region gets no new shards.
    ///
    /// @param type the name of the region's entity type; the region must have been started
    static void stop(ActorSystem<?> system, String type) {
        ActorRefWithCell region = (ActorRefWithCell)
                ClusterSharding.get(Adapter.toClassic(system)).shardRegion(type);
        poll(system, region);
    }

    private static void poll(ActorSystem<?> system, ActorRefWithCell region) {
        system.scheduler()
                .scheduleOnce(
                        POLL,
                        () -> {
                            if (hasShards(region)) {
                                poll(system, region);
                            } else {
                                region.tell(PoisonPill.getInstance(), ActorRef.noSender());
                            }
                        },
                        system.executionContext());
    }

    /// The shards are the region's children. Pekko has a message that asks for the shards, too. But the
    /// region forwards it to each of them, and logs a warning for a shard that stops instead of answering.
    private static boolean hasShards(ActorRefWithCell region) {
        return !region.underlying().childrenRefs().children().isEmpty();
    }
}
