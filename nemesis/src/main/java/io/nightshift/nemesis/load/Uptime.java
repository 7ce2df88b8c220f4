package io.nightshift.nemesis.load;

import io.nightshift.api.BatchDescription;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.SubmitOptions;
import io.nightshift.nemesis.cluster.HeapHistogram;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.cluster.NodeLaunchOptions;
import io.nightshift.nemesis.cluster.TestEnvironment;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobText;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.FreePort;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;

/// Runs many small batches through one node without a restart, and checks that the last ones are as fast as
/// the first, and that ended batches leave memory. A quarter of the jobs each has checks, a lookup, an incremental
/// source and a partition key. Run by `bench/uptime.sh`.
final class Uptime {

    private static final String USAGE = "usage: BATCHES [CALLERS] [--no-stopwatch]";

    /// Batches that are open at the same time, and of one line of the report.
    private static final int ROUND = 500;

    /// Submissions that a caller has in flight.
    private static final int SUBMISSIONS = 16;

    private static final int ROWS = 1_000;
    private static final long POLL_NANOS = 20_000_000;
    private static final double MOST_SLOWER = 1.10;

    /// The bytes that the register and its copies may keep of an ended batch.
    private static final int BYTES_PER_BATCH = 2_048;

    /// The heap varies by about this much between two collections.
    private static final long HEAP_NOISE = 16 << 20;

    /// The batches that may still be in memory after a round, since they ended a moment ago. Callers ask for
    /// batches of the last round, which brings these back.
    private static final int MOST_BATCHES = 50;

    private static final String BATCH_CLASS = "io.nightshift.coordinator.batch.BatchDecisions";

    private record Measured(int batches, double seconds, double processorSeconds, long heapBytes, long entities) {}

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final NemesisCluster cluster;
    private final NightshiftClient client;
    private final List<String> jobs;
    private final int callers;
    private final AtomicReferenceArray<String> latest = new AtomicReferenceArray<>(ROUND);
    private volatile boolean ended;

    private Uptime(NemesisCluster cluster, NightshiftClient client, List<String> jobs, int callers) {
        this.cluster = cluster;
        this.client = client;
        this.jobs = List.copyOf(jobs);
        this.callers = callers;
    }

    /// @param arguments the number of batches, the number of callers that poll and watch, and whether to
    ///     check the memory only
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 1 || arguments.length > 3) {
            System.err.println(USAGE);
            System.exit(2);
        }
        boolean timed = !List.of(arguments).contains("--no-stopwatch");
        int batches = Integer.parseInt(arguments[0]);
        int callers = arguments.length > 1 && !arguments[1].startsWith("-") ? Integer.parseInt(arguments[1]) : 0;
        Path folder = Files.createTempDirectory("nightshift-uptime-");
        try (TestEnvironment environment = TestEnvironment.create(folder, true, new Random(0))) {
            System.exit(run(environment, folder, batches, callers, timed) ? 0 : 1);
        }
    }

    /// Runs the batches, and prints a table.
    ///
    /// @param callers that poll and watch the batches meanwhile
    /// @param timed whether batches that become slower are a failure
    /// @return whether ended batches left memory, and whether the last batches were as fast as the first
    static boolean run(TestEnvironment environment, Path folder, int batches, int callers, boolean timed)
            throws Exception {
        FlightsJob flights = FlightsJob.on(Files.createDirectory(folder.resolve("job")), "FROM flights LIMIT " + ROWS);
        int port = FreePort.any();
        NodeLaunchOptions options = new NodeLaunchOptions(
                "nightshift.http { enabled = true, port = %d }".formatted(port),
                List.of(),
                Map.of(SimulatedHost.A, Runtime.getRuntime().availableProcessors()),
                Map.of());
        NemesisCluster cluster = environment.cluster(options, List.of(SimulatedHost.A));
        List<String> jobs = new ArrayList<>();
        Path lookup = Files.writeString(folder.resolve("airports.csv"), "origin,runways\nATL,5\nORD,8\n");
        List<String> features = List.of(
                "checks={rows: {min: 0}, nulls: {distance: 100%}}",
                "source.join=[{csv: %s, on: [origin], columns: [runways]}]".formatted(lookup),
                "incremental={column: date, lateness: 1h}",
                "partitions={by: origin, count: 2}");
        for (int i = 0; i < ROUND; i++) {
            jobs.add(JobText.of(JobFile.parse(
                    Files.readAllBytes(flights.file()),
                    flights.file(),
                    List.of(
                            "job=uptime-" + i,
                            "destination.parquet=" + folder.resolve("predictions"),
                            features.get(i % features.size())))));
        }
        try (NightshiftClient client = NightshiftClient.overHttp(URI.create("http://127.0.0.1:" + port))
                .token(cluster.token())
                .build()) {
            return new Uptime(cluster, client, jobs, callers).run(batches, timed);
        }
    }

    private boolean run(int batches, boolean timed) throws Exception {
        out.printf(
                "%n| batches | seconds | processor seconds | live heap, MB | batches in memory |%n|---|---|---|---|---|%n");
        List<Measured> rounds = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        try {
            for (int done = 0; done < batches; done += ROUND) {
                rounds.add(round(Math.min(ROUND, batches - done), done));
                print(rounds.getLast());
                if (done == 0) {
                    for (int i = 0; i < callers; i++) {
                        threads.add(Thread.ofVirtual().start(this::pollAndWatch));
                    }
                }
            }
        } finally {
            ended = true;
            threads.forEach(Thread::interrupt);
        }
        return verdict(rounds, timed);
    }

    private void print(Measured measured) {
        out.printf(
                Locale.ROOT,
                "| %,d | %.1f | %.1f | %.1f | %d |%n",
                measured.batches(),
                measured.seconds(),
                measured.processorSeconds(),
                measured.heapBytes() / 1e6,
                measured.entities());
    }

    private Measured round(int batches, int before) throws Exception {
        long begin = System.nanoTime();
        Duration used = processorTime();
        Semaphore submissions = new Semaphore(SUBMISSIONS);
        List<CompletableFuture<Void>> submitted = new ArrayList<>();
        for (int i = 0; i < batches; i++) {
            int place = i;
            submissions.acquire();
            submitted.add(client.submit(jobs.get(place), SubmitOptions.DEFAULT.withFresh())
                    .toCompletableFuture()
                    .whenComplete((result, problem) -> submissions.release())
                    .thenAccept(result -> latest.set(place, result.batch())));
        }
        CompletableFuture.allOf(submitted.toArray(CompletableFuture<?>[]::new)).join();
        for (int i = 0; i < batches; i++) {
            awaitPublished(latest.get(i));
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        return memory(before + batches, seconds, processorTime().minus(used).toMillis() / 1e3);
    }

    private int mostBatches() {
        return callers == 0 ? MOST_BATCHES : MOST_BATCHES + ROUND;
    }

    private Duration processorTime() {
        return cluster.nodes.get(SimulatedHost.A).processorTime();
    }

    private void awaitPublished(String batch) throws IOException {
        while (true) {
            BatchDescription now = client.describe(batch).toCompletableFuture().join();
            if (now.state().equals("published")) {
                return;
            }
            if (now.isSettled()) {
                throw new IOException("batch %s is %s: %s".formatted(batch, now.state(), now.reason()));
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /// The node's live heap, as soon as the ended batches have left memory, or after a minute.
    private Measured memory(int batches, double seconds, double processorSeconds) throws IOException {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (true) {
            HeapHistogram heap = cluster.nodes.get(SimulatedHost.A).liveHeap();
            long entities = heap.instances(BATCH_CLASS);
            if (entities <= mostBatches() || System.nanoTime() > deadline) {
                return new Measured(batches, seconds, processorSeconds, heap.bytes(), entities);
            }
            LockSupport.parkNanos(1_000_000_000);
        }
    }

    /// A caller: asks for the status of batches, new and old, and watches one now and then.
    private void pollAndWatch() {
        while (!ended) {
            String batch = latest.get(ThreadLocalRandom.current().nextInt(ROUND));
            if (batch != null) {
                try {
                    client.describe(batch).toCompletableFuture().join();
                    if (ThreadLocalRandom.current().nextInt(50) == 0) {
                        client.watch(batch, progress -> {})
                                .toCompletableFuture()
                                .join();
                    }
                } catch (RuntimeException e) {
                    if (!ended) {
                        System.err.println("a caller of " + batch + ": " + e);
                    }
                }
            }
            LockSupport.parkNanos(10 * POLL_NANOS);
        }
    }

    /// The first round warms the node up; the second is the one to compare with.
    private boolean verdict(List<Measured> rounds, boolean timed) {
        Measured first = rounds.get(Math.min(1, rounds.size() - 1));
        Measured last = rounds.getLast();
        boolean passed = true;
        if (timed && last.seconds() > MOST_SLOWER * first.seconds()) {
            out.printf(
                    Locale.ROOT,
                    "The last %d batches took %.1f s, the first after the warm-up %.1f s: more than %.0f %% longer.%n",
                    ROUND,
                    last.seconds(),
                    first.seconds(),
                    (MOST_SLOWER - 1) * 100);
            passed = false;
        }
        long most = first.heapBytes() + (long) (last.batches() - first.batches()) * BYTES_PER_BATCH + HEAP_NOISE;
        if (last.heapBytes() > most) {
            out.printf(
                    Locale.ROOT,
                    "The live heap grew from %.1f to %.1f MB; at most %.1f MB were expected.%n",
                    first.heapBytes() / 1e6,
                    last.heapBytes() / 1e6,
                    most / 1e6);
            passed = false;
        }
        if (last.entities() > mostBatches()) {
            out.printf("%d ended batches are still in memory.%n", last.entities());
            passed = false;
        }
        if (passed) {
            out.println("The last batches were as fast as the first, and ended batches left memory.");
        }
        return passed;
    }
}
