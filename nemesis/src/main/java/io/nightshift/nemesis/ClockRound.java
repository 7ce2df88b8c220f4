package io.nightshift.nemesis;

import io.nightshift.nemesis.cluster.FakeClock;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.cluster.NodeProcess;
import io.nightshift.nemesis.fault.Fault;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.nemesis.workload.OutputFiles;
import io.nightshift.nemesis.workload.VisibleRows;
import io.nightshift.nemesis.workload.Workload;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// An incremental job whose nodes have clocks that jump ahead and back between its runs and during them, and the
/// checks after them: each row is in one batch, and in none before its time has come by the latest clock.
final class ClockRound {

    /// The rows of the input. One of them is written every [#EVERY].
    private static final int ROWS = 2_400;

    private static final Duration EVERY = Duration.ofSeconds(6);
    private static final Duration LATENESS = Duration.ofSeconds(1);

    /// The range of the clocks, which contains the times of all rows. They are always ahead of this machine's
    /// clock, because certificates of the nodes are valid from now on.
    private static final Duration LEAST = Duration.ofHours(1);

    private static final Duration RANGE = EVERY.multipliedBy(ROWS);

    private static final int RUNS = 4;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration POLL_INTERVAL = Duration.ofMillis(500);

    private final NemesisCluster cluster;
    private final FlightsJob job;
    private final OutputFiles output;
    private final FakeClock clock;
    private final Instant begin;
    private final Random random;
    private final List<String> violations = new ArrayList<>();

    /// How many rows are due by the latest clock that a submission may have seen, at least and at most.
    private long dueAtLeast;

    private long dueAtMost;

    /// @param workload of [#workload], with a job that no other round has
    /// @param output which no other round has
    /// @param clock of all nodes
    /// @param begin as for the workload
    ClockRound(
            NemesisCluster cluster,
            Workload workload,
            OutputFiles output,
            FakeClock clock,
            Instant begin,
            Random random) {
        this.cluster = cluster;
        this.job = workload.job();
        this.output = output;
        this.clock = clock;
        this.begin = begin;
        this.random = random;
    }

    /// The job on rows with times.
    ///
    /// @param begin [#LEAST] before the time of the first row
    static Workload workload(Path folder, Instant begin) throws IOException, SQLException {
        Workload workload = Workload.small(folder, ROWS, """
            SELECT *, TIMESTAMPTZ '%s' + (row_number() OVER () - 1) * INTERVAL %d SECOND AS changed_at
            FROM flights LIMIT %d\
            """.formatted(begin.plus(LEAST), EVERY.toSeconds(), ROWS));
        FlightsJob job = workload.job();
        job.edit("job: flights", "job: " + folder.getFileName());
        Files.writeString(job.file(), """
            %s
            incremental: {column: changed_at, lateness: %ds}
            """.formatted(Files.readString(job.file()), LATENESS.toSeconds()));
        return workload;
    }

    RoundResult run(int number, long seed) throws IOException, SQLException {
        job.edit("parquet: predictions", "parquet: " + output.location());
        clock.setAhead(LEAST);
        for (SimulatedHost host : SimulatedHost.NODES) {
            NodeProcess node = cluster.nodes.get(host);
            node.leave();
            node.setCommandPrefix(clock.commandPrefix());
        }
        cluster.start(SimulatedHost.NODES);
        long started = System.nanoTime();
        for (int run = 0; run < RUNS; run++) {
            score(LEAST.plus(drawn()), LEAST.plus(drawn()));
        }
        score(LEAST.plus(RANGE).plus(EVERY), LEAST);
        double seconds = (System.nanoTime() - started) / 1e9;
        return new RoundResult(number, seed, Fault.CLOCK_INCREMENT, "", output.name(), seconds, null, 0, violations);
    }

    private Duration drawn() {
        return EVERY.multipliedBy(random.nextInt(1, ROWS));
    }

    /// Scores what is due at a time of the clocks.
    ///
    /// @param ahead how far the clocks are ahead when the job is submitted
    /// @param then how far they are ahead while the batch runs
    private void score(Duration ahead, Duration then) throws IOException, SQLException {
        clock.setAhead(ahead);
        Instant before = Instant.now();
        String batch = submit();
        Instant after = Instant.now();
        clock.setAhead(then);
        dueAtLeast = Math.max(dueAtLeast, due(before.plus(ahead)));
        dueAtMost = Math.max(dueAtMost, due(after.plus(ahead)));
        awaitPublication(batch);
        check(batch);
    }

    /// How many rows are due at a time.
    private long due(Instant now) {
        Duration since = Duration.between(begin.plus(LEAST), now.minus(LATENESS));
        return since.isNegative() ? 0 : Math.min(ROWS, since.dividedBy(EVERY) + 1);
    }

    /// Submits the job until a node answers.
    private String submit() throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        String key = "clock-" + random.nextLong();
        while (true) {
            CommandResult result = cluster.batch("submit", job.file().toString(), "--key", key, "-o", "json");
            if (result.status() == 0) {
                return result.json().get("batch").asText();
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("batch submit: " + result.out() + result.err());
            }
            LockSupport.parkNanos(POLL_INTERVAL.toNanos());
        }
    }

    private void awaitPublication(String batch) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        String state = "unknown";
        while (!state.equals("published")) {
            if (System.nanoTime() > deadline || state.equals("failed") || state.equals("cancelled")) {
                throw new IOException("the batch %s is %s".formatted(batch, state));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
            var shown = cluster.show(batch);
            state = shown == null ? "unknown" : shown.get("state").asText();
        }
    }

    private void check(String batch) throws IOException, SQLException {
        VisibleRows rows = output.predictedRows();
        for (long row = 0; row < ROWS; row++) {
            int times = rows.times(row);
            if (times > 1 || (times == 0 && row < dueAtLeast) || (times == 1 && row >= dueAtMost)) {
                violations.add("after the batch %s, row %d has %d predictions; between %d and %d rows were due"
                        .formatted(batch, row, times, dueAtLeast, dueAtMost));
                break;
            }
        }
        CommandResult verified = cluster.batch("verify", batch);
        if (verified.status() != 0) {
            violations.add(
                    "verify: " + (verified.out() + verified.err()).strip().replaceAll("\\s*\n\\s*", ", "));
        }
    }
}
