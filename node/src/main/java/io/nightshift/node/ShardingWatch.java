package io.nightshift.node;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.ClusterSharding;
import org.apache.pekko.cluster.sharding.ShardRegion;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.pattern.Patterns;

/// Notices that the shard coordinators that a node needs don't answer, although its cluster is complete. Pekko
/// has states that no coordinator leaves by itself (see [ClusterJoiner]). A restart of the coordinator's node
/// ends them: another node takes over the coordinator, and the others register there.
///
/// The coordinators run on the oldest nodes. So an older node gives up before a younger one, which then may get
/// its answers. Not safe for several threads.
final class ShardingWatch {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /// The nodes after this one, by age, give up at the same time as this one.
    private static final int LAST_RANK = 2;

    private final ActorSystem<?> system;
    private final ClusterSharding sharding;
    private final int patience;
    private final Map<String, CompletableFuture<Boolean>> questions = new HashMap<>();
    private final Map<String, Integer> failures = new HashMap<>();

    /// @param patience the calls of [#isStuck] in a row without an answer after which the oldest node gives up; the
    ///     next node gives up after twice as many
    ShardingWatch(ActorSystem<?> system, int patience) {
        this.system = system;
        this.sharding = ClusterSharding.get(Adapter.toClassic(system));
        this.patience = patience;
    }

    /// Asks the coordinators of all the node's regions, unless an answer is still awaited. Does not wait. Counts
    /// calls, not time, so that a node that was frozen doesn't give up.
    ///
    /// @return whether the node has to give up
    boolean isStuck() {
        for (String type : sharding.getShardTypeNames()) {
            CompletableFuture<Boolean> question = questions.computeIfAbsent(type, this::ask);
            boolean isOver = question.isDone();
            failures.put(type, isOver && question.join() ? 0 : failures.getOrDefault(type, 0) + 1);
            if (isOver) {
                questions.put(type, ask(type));
            }
        }
        int most = failures.values().stream().mapToInt(Integer::intValue).max().orElse(0);
        return most > patience * (1 + Math.min(LAST_RANK, rank()));
    }

    /// Asks the region, which passes the question on to its coordinator, or names no region if it has none.
    private CompletableFuture<Boolean> ask(String type) {
        return Patterns.ask(sharding.shardRegion(type), ShardRegion.getCurrentRegionsInstance(), TIMEOUT)
                .handle((reply, problem) -> reply instanceof ShardRegion.CurrentRegions regions
                        && !regions.getRegions().isEmpty())
                .toCompletableFuture();
    }

    /// How many nodes are older.
    private int rank() {
        Cluster cluster = Cluster.get(system);
        return (int) StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
                .filter(member -> member.status().equals(MemberStatus.up()))
                .filter(member -> Member.ageOrdering().lt(member, cluster.selfMember()))
                .count();
    }
}
