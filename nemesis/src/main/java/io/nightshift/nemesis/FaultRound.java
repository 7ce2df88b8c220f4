package io.nightshift.nemesis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.nightshift.nemesis.cluster.LeaseTimeline;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.fault.Fault;
import io.nightshift.nemesis.fault.FaultInjector;
import io.nightshift.nemesis.fault.InjectedFault;
import io.nightshift.nemesis.workload.BatchOutput;
import io.nightshift.nemesis.workload.RedriveCallers;
import io.nightshift.nemesis.workload.RedriveTrial;
import io.nightshift.nemesis.workload.RolloutTrial;
import io.nightshift.nemesis.workload.Workload;
import io.nightshift.testing.CommandResult;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One batch with one fault, and the checks after it.
final class FaultRound {

    private static final Duration FIRST_COMMITS = Duration.ofSeconds(90);
    /// The time that the batch has to end after the fault is healed.
    private static final Duration ENDING = Duration.ofMinutes(5);
    /// The time that superseded attempts have to remove their output after the batch has ended.
    private static final Duration SWEEPING = Duration.ofSeconds(30);
    /// To ask a cluster by messages takes 0.2 s of processor time.
    private static final Duration POLL_INTERVAL = Duration.ofSeconds(1);
    private static final int RETRIES = 3;
    /// The longest time between a step of a rollout and the fault.
    private static final int AFTER_STEP_MILLIS = 600;
    /// The same for a redrive and for the publication of a folder, whose steps take less time.
    private static final int AFTER_QUICK_STEP_MILLIS = 150;

    /// The event that withdraws commits.
    private static final String RESCORED = "rescored";
    private static final Pattern PUBLICATION = Pattern.compile(" is being published");
    /// Found in no line.
    private static final Pattern NO_STEP = Pattern.compile("(?!)");

    private final NemesisCluster cluster;
    private final Workload workload;
    private final BatchOutput output;
    private final BatchOutput other;
    private final String expectedDigest;
    private final FaultInjector injector;
    private final Random random;
    private final List<String> violations = new ArrayList<>();

    /// @param other the output of batches next to the one that is checked
    /// @param expectedDigest the digest of the output of a run without faults
    FaultRound(
            NemesisCluster cluster,
            Workload workload,
            BatchOutput output,
            BatchOutput other,
            String expectedDigest,
            FaultInjector injector,
            Random random) {
        this.cluster = cluster;
        this.workload = workload;
        this.output = output;
        this.other = other;
        this.expectedDigest = expectedDigest;
        this.injector = injector;
        this.random = random;
    }

    /// @param redriven the step of the redrive at which the fault begins; null if the batch is not redriven
    RoundResult run(int number, long seed, Fault fault, RedriveTrial.@Nullable Step redriven)
            throws IOException, SQLException {
        output.clear();
        injector.prepare(fault, workload, other);
        RolloutTrial rollout = workload.rollout();
        JsonNode lastMove = rollout == null ? NullNode.instance : rollout.begin(cluster);
        RedriveTrial redrive = workload.redrive();
        Pattern step = redriven != null
                ? redriven.line()
                : rollout != null
                        ? drawn(rollout.steps())
                        : fault.losesDestination() && random.nextBoolean() ? PUBLICATION : NO_STEP;
        cluster.nodes.record();
        long begin = System.nanoTime();
        String batch = workload.submit(cluster, output);
        LeaseTimeline timeline = new LeaseTimeline(batch, step);
        cluster.nodes.follow(timeline);

        RedriveCallers callers = new RedriveCallers(cluster, workload, output, batch);
        if (redrive != null) {
            awaitPublication(batch, fault);
            callers.add();
        }
        if (step.equals(NO_STEP)) {
            awaitCommits(timeline, 3 + random.nextInt(workload.partitions() / 2));
        } else {
            awaitStep(timeline, step, rollout != null ? AFTER_STEP_MILLIS : AFTER_QUICK_STEP_MILLIS);
        }
        boolean isRepeated = redrive != null && random.nextBoolean();
        InjectedFault injected = injector.inject(fault, timeline, workload, output);
        cluster.nodes.read();
        timeline.markFault();
        long injectedAt = System.nanoTime();
        if (isRepeated) {
            callers.add();
        }
        BooleanSupplier goesOn = redrive == null ? () -> timeline.commitAfter(injectedAt) != null : callers::haveEnded;
        awaitHealing(injected, goesOn, injectedAt);
        injected.healing().heal();

        boolean isPublished = awaitEnd(batch, fault) && awaitEnd(callers);
        double seconds = (System.nanoTime() - begin) / 1e9;
        if (!cluster.nodes.awaitUp(NemesisCluster.FORMING)) {
            violations.add("some nodes are not up again");
        }
        List<JsonNode> events = cluster.events(batch);
        Set<Integer> withdrawn = withdrawn(events);
        violations.addAll(injector.endForeignWriter());
        if (isPublished) {
            check(batch);
            checkWork(events, withdrawn, timeline);
        }
        if (isPublished && rollout != null) {
            violations.addAll(rollout.check(cluster, batch, events, lastMove));
        }
        if (isPublished && redrive != null) {
            violations.addAll(redrive.check(cluster, batch, events, output));
        }
        violations.addAll(injector.check());
        Long recovered = redrive == null ? timeline.commitAfter(injectedAt) : callers.endedAfter(injectedAt);
        return new RoundResult(
                number,
                seed,
                fault,
                redriven == null
                        ? described(injected, step)
                        : described(injected, "%s %s".formatted(isRepeated ? "repeated redrive" : "redrive", redriven)),
                output.name(),
                seconds,
                recovered == null ? null : (recovered - injectedAt) / 1e9,
                timeline.leasedAgain(withdrawn),
                violations);
    }

    private String described(InjectedFault injected, Pattern step) {
        RolloutTrial rollout = workload.rollout();
        if (step.equals(PUBLICATION)) {
            return described(injected, "during the publication");
        }
        return rollout == null
                ? injected.victim()
                : described(
                        injected,
                        "%s after \"%s\""
                                .formatted(
                                        rollout, step.pattern().replace("$", "").strip()));
    }

    private static String described(InjectedFault injected, String trial) {
        return injected.victim().isEmpty() ? trial : injected.victim() + ", " + trial;
    }

    private Pattern drawn(List<Pattern> steps) {
        return steps.get(random.nextInt(steps.size()));
    }

    /// Waits for a step of a rollout or of a redrive, and then for a moment.
    private void awaitStep(LeaseTimeline timeline, Pattern step, int mostMillis) {
        long deadline = System.nanoTime() + FIRST_COMMITS.toNanos();
        while (!timeline.hasReached()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("no line has \"%s\" in %s".formatted(step, FIRST_COMMITS));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(mostMillis)));
    }

    private void awaitCommits(LeaseTimeline timeline, int count) {
        long deadline = System.nanoTime() + FIRST_COMMITS.toNanos();
        while (timeline.committed() < count && System.nanoTime() < deadline) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        if (timeline.committed() == 0) {
            throw new IllegalStateException("no partition is committed in " + FIRST_COMMITS);
        }
    }

    /// @param goesOn whether the work of the batch goes on
    private void awaitHealing(InjectedFault injected, BooleanSupplier goesOn, long injectedAt) {
        long deadline = injectedAt + injected.lasts().toNanos();
        while (System.nanoTime() < deadline && !(injected.untilCommit() && goesOn.getAsBoolean())) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    /// Waits for the batch to be published. A full disk or a lost destination may fail the batch; then it is
    /// retried, as a user would do.
    ///
    /// @return whether it is published
    private boolean awaitEnd(String batch, Fault fault) {
        long deadline = System.nanoTime() + ENDING.toNanos();
        int retries = fault.mayFailTheBatch() ? RETRIES : 0;
        String state = "";
        while (!state.equals("published")) {
            if (System.nanoTime() > deadline) {
                violations.add("the batch does not end; its state is " + state);
                return false;
            }
            LockSupport.parkNanos(POLL_INTERVAL.toNanos());
            JsonNode shown = cluster.show(batch);
            state = shown == null ? "unknown" : shown.get("state").asText();
            String reason = shown == null ? "" : shown.path("reason").asText();
            if (state.equals("failed") && retries-- > 0) {
                cluster.batch("retry", batch);
            } else if (state.equals("failed") || state.equals("cancelled")) {
                violations.add("the batch is %s: %s".formatted(state, reason));
                return false;
            }
        }
        return true;
    }

    /// Waits for the publication of a batch whose redrive is attacked.
    private void awaitPublication(String batch, Fault fault) {
        if (!awaitEnd(batch, fault)) {
            throw new IllegalStateException("the batch is not published before the fault: " + violations);
        }
    }

    /// Waits for the end of a redrive.
    ///
    /// @return whether it has ended
    private boolean awaitEnd(RedriveCallers callers) {
        long deadline = System.nanoTime() + ENDING.toNanos();
        while (!callers.haveEnded()) {
            if (System.nanoTime() > deadline) {
                violations.add("the redrive does not end; its caller was told: " + callers.giveUp());
                return false;
            }
            LockSupport.parkNanos(POLL_INTERVAL.toNanos());
        }
        return true;
    }

    private void check(String batch) throws IOException, SQLException {
        String leftovers = output.leftovers();
        long deadline = System.nanoTime() + SWEEPING.toNanos();
        while (!leftovers.isEmpty() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(POLL_INTERVAL.toNanos());
            leftovers = output.leftovers();
        }
        if (!leftovers.isEmpty()) {
            violations.add("staged output left behind: " + leftovers);
        }
        String others = output.otherThan(batch);
        if (!others.isEmpty()) {
            violations.add(others);
        }
        String digest = output.digest();
        if (!digest.equals(expectedDigest)) {
            violations.add("the output is %s, not %s".formatted(digest, expectedDigest));
        }
        CommandResult verified = cluster.batch("verify", batch);
        if (verified.status() != 0) {
            violations.add(
                    "verify: " + (verified.out() + verified.err()).strip().replaceAll("\\s*\n\\s*", ", "));
        }
    }

    /// The partitions whose commits were withdrawn.
    private static Set<Integer> withdrawn(List<JsonNode> events) {
        Set<Integer> withdrawn = new HashSet<>();
        events.stream()
                .filter(event -> event.path("event").asText().equals(RESCORED))
                .forEach(event -> event.get("partitions").forEach(partition -> withdrawn.add(partition.asInt())));
        return withdrawn;
    }

    private void checkWork(List<JsonNode> events, Set<Integer> withdrawn, LeaseTimeline timeline) {
        Map<Integer, Integer> commits = new HashMap<>();
        for (JsonNode event : events) {
            if (event.path("event").asText().equals(RESCORED)) {
                event.get("partitions").forEach(partition -> commits.remove(partition.asInt()));
            }
            event.path("commits")
                    .forEach(commit -> commits.merge(commit.get("partition").asInt(), 1, Integer::sum));
        }
        commits.values().removeIf(times -> times == 1);
        if (!commits.isEmpty()) {
            violations.add("partitions committed more than once: " + commits.keySet());
        }
        Set<Integer> again = timeline.leasedAfterCommit(withdrawn);
        if (!again.isEmpty()) {
            violations.add("committed before the fault and leased again: " + again);
        }
        if (timeline.leasedAgain(withdrawn) > timeline.inFlight()) {
            violations.add("%d partitions scored twice, but %d were in flight"
                    .formatted(timeline.leasedAgain(withdrawn), timeline.inFlight()));
        }
    }
}
