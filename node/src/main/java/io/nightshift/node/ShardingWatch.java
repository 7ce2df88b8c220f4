package io.nightshift.node;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.Identify;
import org.apache.pekko.actor.RootActorPath;
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
/// On a slow node, every actor answers late. So a missing answer counts only if the sharding actors of this node
/// and of all older nodes answered promptly at the same time.
///
/// The coordinators run on the oldest nodes. So an older node gives up before a younger one, which then may get
/// its answers. Not safe for several threads.
final class ShardingWatch {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /// A node whose actors take longer to answer is slow.
    private static final Duration PROMPT = Duration.ofSeconds(2);

    /// The nodes after this one, by age, give up at the same time as this one.
    private static final int LAST_RANK = 2;

    private final ActorSystem<?> system;
    private final ClusterSharding sharding;
    private final int patience;
    private final Map<String, Question> questions = new HashMap<>();
    private final Map<String, Integer> failures = new HashMap<>();

    /// @param patience the calls of [#isStuck] in a row without an answer after which the oldest node gives up; the
    ///     next node gives up after twice as many
    ShardingWatch(ActorSystem<?> system, int patience) {
        this.system = system;
        this.sharding = ClusterSharding.get(Adapter.toClassic(system));
        this.patience = patience;
    }

    /// A question to a coordinator.
    private static final class Question {

        private final CompletableFuture<Boolean> isAnswered;
        private final CompletableFuture<Boolean> isPrompt;
        private int calls;

        private Question(CompletableFuture<Boolean> isAnswered, CompletableFuture<Boolean> isPrompt) {
            this.isAnswered = isAnswered;
            this.isPrompt = isPrompt;
        }
    }

    /// Asks the coordinators of all the node's regions, unless an answer is still awaited. Does not wait. Counts
    /// calls, not time, so that a node that was frozen doesn't give up.
    ///
    /// @return whether the node has to give up
    boolean isStuck() {
        for (String type : sharding.getShardTypeNames()) {
            Question question = questions.computeIfAbsent(type, this::ask);
            question.calls++;
            if (question.isAnswered.isDone() && question.isPrompt.isDone()) {
                if (question.isAnswered.join()) {
                    failures.put(type, 0);
                } else if (question.isPrompt.join()) {
                    failures.merge(type, question.calls, Integer::sum);
                }
                questions.put(type, ask(type));
            }
        }
        int most = failures.values().stream().mapToInt(Integer::intValue).max().orElse(0);
        return most > patience * (1 + Math.min(LAST_RANK, rank()));
    }

    /// Asks the region, which passes the question on to its coordinator, or names no region if it has none.
    private Question ask(String type) {
        CompletableFuture<Boolean> isAnswered = Patterns.ask(
                        sharding.shardRegion(type), ShardRegion.getCurrentRegionsInstance(), TIMEOUT)
                .handle((reply, problem) -> reply instanceof ShardRegion.CurrentRegions regions
                        && !regions.getRegions().isEmpty())
                .toCompletableFuture();
        CompletableFuture<Boolean> isPrompt = CompletableFuture.completedFuture(true);
        for (Address node : Stream.concat(older(), Stream.of(Cluster.get(system).selfMember()))
                .map(Member::address)
                .toList()) {
            isPrompt = isPrompt.thenCombine(isPrompt(node), Boolean::logicalAnd);
        }
        return new Question(isAnswered, isPrompt);
    }

    /// Whether the sharding actor of a node answers promptly. Every actor answers [Identify].
    private CompletionStage<Boolean> isPrompt(Address node) {
        return Patterns.ask(
                        Adapter.toClassic(system)
                                .actorSelection(RootActorPath.apply(node, "/")
                                        .$div("system")
                                        .$div("sharding")),
                        new Identify(""),
                        PROMPT)
                .handle((reply, problem) -> problem == null);
    }

    /// How many nodes are older.
    private int rank() {
        return (int) older().count();
    }

    private Stream<Member> older() {
        Cluster cluster = Cluster.get(system);
        return StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
                .filter(member -> member.status().equals(MemberStatus.up()))
                .filter(member -> Member.ageOrdering().lt(member, cluster.selfMember()));
    }
}
