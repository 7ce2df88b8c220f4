package io.nightshift.node.health;

import io.nightshift.api.HealthReport.Check;
import io.nightshift.coordinator.batch.task.StuckThreads;
import io.nightshift.coordinator.ledger.LedgerHealth;
import io.nightshift.worker.NodeFaults;
import io.nightshift.worker.ScoringThreads;
import java.time.Duration;
import java.util.ArrayList;
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

/// The health checks of a node.
///
/// - *Started*: it has joined its cluster. Before that, a supervisor must not restart it.
/// - *Live*: its actors answer, and the cluster has not removed it. If not, it must be restarted.
/// - *Ready*: it is in its cluster, reaches the journal and the batch register, and is not leaving. If not,
///   requests go to another node.
///
/// Safe for several threads. No method waits.
public final class HealthChecks {

    /// The time in which an idle actor must answer.
    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    private static final long CACHE_NANOS = Duration.ofSeconds(1).toNanos();

    private record Ping(ActorRef<Ping> replyTo) {}

    private final ActorSystem<?> system;
    private final Cluster cluster;
    private final LedgerHealth ledger;
    private final NodeFaults faults;
    private final ScoringThreads scoring;
    private final StuckThreads stuck;
    private final Supplier<CompletionStage<?>> register;
    private final Executor blocking;
    private final ActorRef<Ping> echo;
    private volatile boolean wasUp;

    /// The last question to the register, which all checks of a second share.
    private @Nullable CompletableFuture<Check> submissions;

    private long askedAt;

    /// @param faults the node's resources that fail, for the details of a ready node
    /// @param scoring the node's scoring threads, which may be stuck
    /// @param stuck counts the threads of the node's coordinators that hang
    /// @param register asks the batch register something; fails if no answer comes in time
    /// @param blocking runs calls that may block
    public HealthChecks(
            ActorSystem<?> system,
            LedgerHealth ledger,
            Supplier<CompletionStage<?>> register,
            NodeFaults faults,
            ScoringThreads scoring,
            StuckThreads stuck,
            Executor blocking) {
        this.system = system;
        this.cluster = Cluster.get(system);
        this.ledger = ledger;
        this.register = register;
        this.faults = faults;
        this.scoring = scoring;
        this.stuck = stuck;
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
        return AskPattern.<Ping, Ping>ask(echo, Ping::new, TIMEOUT, system.scheduler())
                .handle((pong, problem) -> List.of(
                        new Check(
                                "actors",
                                problem == null,
                                problem == null
                                        ? "the actors answer"
                                        : "the actors have not answered within %d s".formatted(TIMEOUT.toSeconds())),
                        notRemoved()));
    }

    public CompletionStage<List<Check>> ready() {
        return CompletableFuture.supplyAsync(() -> List.of(member(), journal(), notLeaving(), resources()), blocking)
                .thenCompose(checks -> isUp() ? submissions().thenApply(check -> with(checks, check)) : answer(checks));
    }

    private static CompletableFuture<List<Check>> answer(List<Check> checks) {
        return CompletableFuture.completedFuture(checks);
    }

    private static List<Check> with(List<Check> checks, Check check) {
        List<Check> all = new ArrayList<>(checks);
        all.add(check);
        return List.copyOf(all);
    }

    /// Whether submissions are answered, at most a second ago. While a question is open, nobody asks another.
    private synchronized CompletableFuture<Check> submissions() {
        CompletableFuture<Check> known = submissions;
        long now = System.nanoTime();
        if (known == null || (known.isDone() && now - askedAt > CACHE_NANOS)) {
            askedAt = now;
            known = register.get()
                    .handle((reply, problem) -> new Check(
                            "submissions",
                            problem == null,
                            problem == null ? "submissions are answered" : "the batch register does not answer"))
                    .toCompletableFuture();
            submissions = known;
        }
        return known;
    }

    /// A node without some resource is still ready for requests, and for batches that do not need it.
    private Check resources() {
        List<String> problems = new ArrayList<>();
        faults.all().forEach(fault -> problems.add("since %s: %s".formatted(fault.since(), fault.reason())));
        if (scoring.stuck() > 0) {
            problems.add("scoring threads that hang in a read or a write: %d%s"
                    .formatted(scoring.stuck(), scoring.isExhausted() ? ", so the node leases nothing" : ""));
        }
        if (stuck.count() > 0) {
            problems.add("threads that hang while they inspect a submission, plan, check an input or publish: "
                    + stuck.count());
        }
        return new Check(
                "resources", true, problems.isEmpty() ? "no resource of the node fails" : String.join("; ", problems));
    }

    private Check joined() {
        boolean isUp = isUp();
        wasUp |= isUp;
        return new Check(
                "joined", wasUp, wasUp ? "the node has joined its cluster" : "the node has not joined its cluster yet");
    }

    private boolean isUp() {
        return cluster.selfMember().status().equals(MemberStatus.up());
    }

    private Check notRemoved() {
        MemberStatus status = cluster.selfMember().status();
        boolean isRemoved = status.equals(MemberStatus.down()) || isEndedByOthers();
        return new Check(
                "not-removed",
                !isRemoved,
                isRemoved ? "the cluster has removed the node" : "the cluster has not removed the node");
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
        String problem = ledger.get();
        if (problem != null) {
            return new Check("journal", false, problem);
        }
        String risk = ledger.risk();
        return new Check(
                "journal",
                true,
                risk == null
                        ? "the journal answers"
                        : "the journal answers, but a crash of its server can lose acknowledged commits: " + risk);
    }

    private Check notLeaving() {
        boolean leaves = CoordinatedShutdown.get(system).getShutdownReason().isPresent();
        return new Check("not-leaving", !leaves, leaves ? "the node is leaving" : "the node is not leaving");
    }
}
