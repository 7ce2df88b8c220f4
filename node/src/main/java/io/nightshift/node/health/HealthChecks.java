package io.nightshift.node.health;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.jspecify.annotations.Nullable;

/// What a node says when it is asked how it is.
///
/// - *Started*: it has joined its cluster. Until then it isn't to be judged.
/// - *Live*: its actors answer, and the others haven't given it up. If not, only a new process helps.
/// - *Ready*: it is in its cluster, reaches the journal, and isn't about to leave. If not, ask another node.
///
/// Safe for several threads. No method waits.
public final class HealthChecks {

    /// How long an actor may take that has nothing else to do.
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    /// @param detail a sentence, whether it holds or not
    public record Check(String what, boolean holds, String detail) {}

    private record Ping(ActorRef<Ping> replyTo) {}

    private final ActorSystem<?> system;
    private final Cluster cluster;
    private final Supplier<@Nullable String> journalTrouble;
    private final Executor blocking;
    private final ActorRef<Ping> echo;
    private volatile boolean wasUp;

    /// @param journalTrouble why the journal can't be used, or null if it can; waits
    /// @param blocking runs what waits
    public HealthChecks(ActorSystem<?> system, Supplier<@Nullable String> journalTrouble, Executor blocking) {
        this.system = system;
        this.cluster = Cluster.get(system);
        this.journalTrouble = journalTrouble;
        this.blocking = blocking;
        this.echo = system.systemActorOf(
                Behaviors.receiveMessage(ping -> {
                    ping.replyTo().tell(ping);
                    return Behaviors.same();
                }),
                "health",
                Props.empty());
    }

    public CompletionStage<List<Check>> started() {
        return CompletableFuture.completedFuture(List.of(joined()));
    }

    public CompletionStage<List<Check>> live() {
        return AskPattern.<Ping, Ping>ask(echo, Ping::new, PATIENCE, system.scheduler())
                .handle((pong, problem) -> List.of(
                        new Check(
                                "actors",
                                problem == null,
                                problem == null
                                        ? "they answer"
                                        : "they have not answered within %d s".formatted(PATIENCE.toSeconds())),
                        standing()));
    }

    public CompletionStage<List<Check>> ready() {
        return CompletableFuture.supplyAsync(() -> List.of(member(), journal(), staying()), blocking);
    }

    private Check joined() {
        boolean isUp = isUp();
        wasUp |= isUp;
        return new Check("joined", wasUp, wasUp ? "the node has joined its cluster" : "the node is still to join");
    }

    private boolean isUp() {
        return cluster.selfMember().status().equals(MemberStatus.up());
    }

    private Check standing() {
        MemberStatus status = cluster.selfMember().status();
        boolean givenUp = status.equals(MemberStatus.down()) || isEndedByOthers();
        return new Check(
                "standing",
                !givenUp,
                givenUp ? "the other nodes have given this one up" : "nobody has given the node up");
    }

    private boolean isEndedByOthers() {
        return CoordinatedShutdown.get(system)
                .getShutdownReason()
                .filter(CoordinatedShutdown.clusterDowningReason()::equals)
                .isPresent();
    }

    private Check member() {
        boolean isUp = isUp();
        return new Check(
                "member",
                isUp,
                isUp
                        ? "the node is in its cluster"
                        : "the node is " + cluster.selfMember().status());
    }

    private Check journal() {
        String trouble = journalTrouble.get();
        return new Check("journal", trouble == null, trouble == null ? "it answers" : trouble);
    }

    private Check staying() {
        boolean leaves = CoordinatedShutdown.get(system).getShutdownReason().isPresent();
        return new Check("staying", !leaves, leaves ? "the node is leaving" : "the node stays");
    }
}
