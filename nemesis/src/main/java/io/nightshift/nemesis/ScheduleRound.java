package io.nightshift.nemesis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.cluster.NodeProcess;
import io.nightshift.nemesis.fault.Fault;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.nemesis.workload.OutputFiles;
import io.nightshift.nemesis.workload.Workload;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A job that its schedule starts every ten seconds, whose nodes are killed around the ticks, and the checks after
/// it: each tick has led to one batch.
final class ScheduleRound {

    /// The time between two ticks, in seconds. It divides a minute.
    private static final int EVERY = 10;

    /// The rows of a run.
    static final int ROWS = 500;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration POLL_INTERVAL = Duration.ofSeconds(1);

    /// The states of runs that have not ended.
    private static final Set<String> OPEN = Set.of("waiting", "running");

    /// The victims are restarted after this time, which is too short for the cluster to notice each time.
    private static final Duration DOWN = Duration.ofSeconds(2);

    private final NemesisCluster cluster;
    private final FlightsJob file;
    private final OutputFiles output;
    private final String job;
    private final int kills;
    private final Random random;
    private final List<String> violations = new ArrayList<>();

    /// @param workload a job of [#ROWS] rows that no other round has
    /// @param output which no other round has
    /// @param job a name that no other round has
    /// @param kills how often it kills nodes
    ScheduleRound(NemesisCluster cluster, Workload workload, OutputFiles output, String job, int kills, Random random) {
        this.cluster = cluster;
        this.file = workload.job();
        this.output = output;
        this.job = job;
        this.kills = kills;
        this.random = random;
    }

    RoundResult run(int number, long seed) throws IOException {
        file.edit("job: flights", "job: " + job);
        file.edit("parquet: predictions", "parquet: " + output.location());
        file.edit("source:\n", "source:\n  where: date < {tick}\n");
        Files.writeString(file.file(), """
                %s
                parameters: {tick: timestamp}
                schedule: {cron: "*/%d * * * * *", parameters: {tick: "{scheduled:timestamp}"}, overlap: allow}
                """.formatted(Files.readString(file.file()), EVERY));
        long begin = System.nanoTime();
        repeat("apply", file.file().toString());
        Instant first = Instant.now();
        awaitRun();
        List<String> victims = new ArrayList<>();
        for (int kill = 0; kill < kills; kill++) {
            victims.add(killAroundTick());
        }
        Instant last = Instant.now();
        awaitRuns(first, last);
        double seconds = (System.nanoTime() - begin) / 1e9;
        repeat("pause", job);
        check(first, last);
        repeat("delete", job);
        return new RoundResult(
                number, seed, Fault.KILL_TICK, String.join(", ", victims), output.name(), seconds, null, 0, violations);
    }

    /// Runs a command for the job until a node answers.
    private void repeat(String command, String argument) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        CommandResult result = cluster.command("job", command, argument);
        while (result.status() != 0) {
            if (System.nanoTime() > deadline) {
                throw new IOException("job %s: %s".formatted(command, result.out() + result.err()));
            }
            LockSupport.parkNanos(POLL_INTERVAL.toNanos());
            result = cluster.command("job", command, argument);
        }
    }

    private void awaitRun() throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (owner() == null) {
            if (System.nanoTime() > deadline) {
                throw new IOException("no tick has started a run in " + PATIENCE);
            }
            LockSupport.parkNanos(POLL_INTERVAL.toNanos());
        }
    }

    /// The node that has logged the last run of the job, and so holds the job; null if none has.
    private @Nullable SimulatedHost owner() throws IOException {
        Map<String, SimulatedHost> lines = new TreeMap<>();
        for (SimulatedHost host : SimulatedHost.NODES) {
            Path log = cluster.nodes.get(host).log();
            if (Files.exists(log)) {
                Files.readString(log)
                        .lines()
                        .filter(line -> line.contains(" of job " + job + " is "))
                        .reduce((one, next) -> next)
                        .ifPresent(line -> lines.put(line, host));
            }
        }
        // A line begins with its time.
        return lines.isEmpty() ? null : List.copyOf(lines.values()).getLast();
    }

    /// Kills the job's node, any node or all of them shortly before or after the next tick.
    ///
    /// @return the victims, in words
    private String killAroundTick() throws IOException {
        if (!cluster.nodes.awaitUp(NemesisCluster.FORMING)) {
            throw new IOException("some nodes are not up again");
        }
        SimulatedHost owner = owner();
        SimulatedHost any = SimulatedHost.NODES.get(random.nextInt(SimulatedHost.NODES.size()));
        int choice = random.nextInt(4);
        List<SimulatedHost> victims =
                choice == 0 ? SimulatedHost.NODES : List.of(choice == 1 || owner == null ? any : owner);
        long offset = random.nextInt(-300, 700);
        long now = System.currentTimeMillis();
        long every = TimeUnit.SECONDS.toMillis(EVERY);
        long at = (now / every + 1) * every + offset;
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(at < now ? at + every - now : at - now));
        victims.parallelStream().map(cluster.nodes::get).forEach(NodeProcess::kill);
        LockSupport.parkNanos(DOWN.toNanos());
        for (SimulatedHost victim : victims) {
            cluster.nodes.get(victim).start();
        }
        String whom = choice == 0 ? "all nodes" : choice == 1 ? "a node" : "the job's node";
        return "%s %+d ms".formatted(whom, offset);
    }

    /// Waits until each tick of a time has a run that has ended, and a later tick shows that the schedule goes on.
    private void awaitRuns(Instant first, Instant last) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            Map<Instant, Boolean> ended = new TreeMap<>();
            runs().forEach(run ->
                    ended.put(tick(run), !OPEN.contains(run.get("state").asText())));
            boolean hasLater = ended.keySet().stream().anyMatch(tick -> tick.isAfter(last));
            if (hasLater && ticks(first, last).allMatch(tick -> ended.getOrDefault(tick, false))) {
                return;
            }
            LockSupport.parkNanos(POLL_INTERVAL.toNanos());
        }
    }

    private List<JsonNode> runs() throws IOException {
        return list("job", "runs", job, "--limit", "500", "-o", "json");
    }

    private static Instant tick(JsonNode run) {
        return Instant.parse(run.get("tick").asText());
    }

    private List<JsonNode> list(String group, String command, String... more) throws IOException {
        CommandResult result = cluster.command(group, command, more);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (result.status() != 0) {
            if (System.nanoTime() > deadline) {
                throw new IOException(result.out() + result.err());
            }
            LockSupport.parkNanos(POLL_INTERVAL.toNanos());
            result = cluster.command(group, command, more);
        }
        List<JsonNode> all = new ArrayList<>();
        new ObjectMapper().readTree(result.out()).forEach(all::add);
        return all;
    }

    /// Checks the runs of the paused job. The last ones may still be running.
    private void check(Instant first, Instant last) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        List<String> found = violations(first, last);
        while (!found.isEmpty() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(POLL_INTERVAL.toNanos());
            found = violations(first, last);
        }
        violations.addAll(found);
    }

    private List<String> violations(Instant first, Instant last) throws IOException {
        List<String> found = new ArrayList<>();
        Set<Instant> ticks = new HashSet<>();
        List<String> batches = new ArrayList<>();
        for (JsonNode run : runs()) {
            if (!ticks.add(tick(run))) {
                found.add("the tick %s has two runs".formatted(tick(run)));
            }
            boolean isHeld =
                    run.get("state").asText().equals("waiting") && tick(run).isAfter(last);
            if (isHeld) {
                continue;
            }
            batches.add(run.path("batch").asText());
            if (!run.get("state").asText().equals("published")
                    || run.at("/totals/predictions").asLong() != ROWS) {
                found.add("the run of the tick %s is %s".formatted(tick(run), run));
            }
        }
        ticks(first, last)
                .filter(tick -> !ticks.contains(tick))
                .forEach(tick -> found.add("the tick %s has no run".formatted(tick)));
        Set<String> ofJob = new HashSet<>();
        list("batch", "list", "--job", job, "--limit", "500", "-o", "json")
                .forEach(batch -> ofJob.add(batch.get("batch").asText()));
        if (new HashSet<>(batches).size() != batches.size() || !ofJob.equals(new HashSet<>(batches))) {
            found.add("the runs have led to the batches %s, and the job has %s".formatted(batches, ofJob));
        }
        int published = output.published().size();
        if (published != batches.size()) {
            found.add("%d batches are published for %d runs".formatted(published, batches.size()));
        }
        return found;
    }

    /// The ticks between two times.
    private static Stream<Instant> ticks(Instant first, Instant last) {
        Instant next = Instant.ofEpochSecond((first.getEpochSecond() / EVERY + 1) * EVERY);
        return Stream.iterate(next, tick -> tick.isBefore(last), tick -> tick.plusSeconds(EVERY));
    }
}
