package io.nightshift.nemesis;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Program;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// One batch, one fault in the midst of it, and what has to be true in the end.
final class Round {

    private static final Duration FIRST_COMMITS = Duration.ofSeconds(90);
    /// For the batch's end, once the fault is healed.
    private static final Duration ENDING = Duration.ofMinutes(5);
    /// For late attempts to notice that they are late, once the batch has ended.
    private static final Duration SWEEPING = Duration.ofSeconds(30);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
    private static final int RETRIES = 3;

    private final Cluster cluster;
    private final Workload workload;
    private final Output output;
    private final String undisturbed;
    private final Blows blows;
    private final Random random;
    private final List<String> violations = new ArrayList<>();

    /// @param undisturbed the digest of the output where nothing happens
    Round(Cluster cluster, Workload workload, Output output, String undisturbed, Blows blows, Random random) {
        this.cluster = cluster;
        this.workload = workload;
        this.output = output;
        this.undisturbed = undisturbed;
        this.blows = blows;
        this.random = random;
    }

    Outcome run(int number, long seed, Fault fault) throws IOException, SQLException {
        output.clear();
        blows.prepare(fault);
        long begin = System.nanoTime();
        String batch = workload.submit(cluster, output);
        Chronicle chronicle = new Chronicle(batch);
        cluster.nodes.tell(chronicle);

        awaitCommits(chronicle, 3 + random.nextInt(workload.partitions() / 2));
        Blow blow = blows.strike(fault, chronicle);
        cluster.nodes.read();
        chronicle.settle();
        long struck = System.nanoTime();
        awaitHealing(blow, chronicle, struck);
        blow.healing().heal();

        awaitEnd(batch, fault);
        double seconds = (System.nanoTime() - begin) / 1e9;
        if (!cluster.nodes.awaitUp(Cluster.FORMING)) {
            violations.add("not all nodes are up again");
        }
        check(batch, chronicle);
        Long commit = chronicle.commitAfter(struck);
        return new Outcome(
                number,
                seed,
                fault,
                blow.victim(),
                output.name(),
                seconds,
                commit == null ? null : (commit - struck) / 1e9,
                chronicle.leasedAgain(),
                violations);
    }

    private void awaitCommits(Chronicle chronicle, int count) {
        long deadline = System.nanoTime() + FIRST_COMMITS.toNanos();
        while (chronicle.committed() < count && System.nanoTime() < deadline) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        if (chronicle.committed() == 0) {
            throw new IllegalStateException("no partition is committed in " + FIRST_COMMITS);
        }
    }

    private void awaitHealing(Blow blow, Chronicle chronicle, long struck) {
        long deadline = struck + blow.lasts().toNanos();
        while (System.nanoTime() < deadline && !(blow.untilCommit() && chronicle.commitAfter(struck) != null)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    /// A full disk fails a batch, which is then told to go on, as its user would.
    private void awaitEnd(String batch, Fault fault) {
        long deadline = System.nanoTime() + ENDING.toNanos();
        int retries = fault == Fault.DISK_FULL ? RETRIES : 0;
        String state = "";
        while (!state.equals("published")) {
            if (System.nanoTime() > deadline) {
                violations.add("the batch doesn't end; it is " + state);
                return;
            }
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
            JsonNode shown = cluster.show(batch);
            state = shown == null ? "unknown" : shown.get("state").asText();
            if (state.equals("failed") && retries-- > 0) {
                cluster.batch("retry", batch);
            } else if (state.equals("failed") || state.equals("cancelled")) {
                violations.add("the batch is %s: %s"
                        .formatted(state, shown.get("reason").asText()));
                return;
            }
        }
    }

    private void check(String batch, Chronicle chronicle) throws IOException, SQLException {
        String leftovers = output.leftovers();
        long deadline = System.nanoTime() + SWEEPING.toNanos();
        while (!leftovers.isEmpty() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
            leftovers = output.leftovers();
        }
        if (!leftovers.isEmpty()) {
            violations.add("left behind: " + leftovers);
        }
        String digest = output.digest();
        if (!digest.equals(undisturbed)) {
            violations.add("the output is %s, not %s".formatted(digest, undisturbed));
        }
        Program.End verified = cluster.batch("verify", batch);
        if (verified.status() != 0) {
            violations.add(
                    "verify: " + (verified.out() + verified.err()).strip().replaceAll("\\s*\n\\s*", ", "));
        }
        checkWork(batch, chronicle);
    }

    private void checkWork(String batch, Chronicle chronicle) throws IOException {
        Map<Integer, Integer> commits = new HashMap<>();
        for (JsonNode event : cluster.events(batch)) {
            event.path("commits")
                    .forEach(commit -> commits.merge(commit.get("partition").asInt(), 1, Integer::sum));
        }
        commits.values().removeIf(times -> times == 1);
        if (!commits.isEmpty()) {
            violations.add("partitions committed more than once: " + commits.keySet());
        }
        if (!chronicle.scoredInVain().isEmpty()) {
            violations.add("committed before the fault and scored again: " + chronicle.scoredInVain());
        }
        if (chronicle.leasedAgain() > chronicle.inFlight()) {
            violations.add("%d partitions scored twice, but %d were in flight"
                    .formatted(chronicle.leasedAgain(), chronicle.inFlight()));
        }
    }
}
