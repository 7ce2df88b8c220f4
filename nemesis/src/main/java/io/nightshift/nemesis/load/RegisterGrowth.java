package io.nightshift.nemesis.load;

import io.nightshift.api.BatchDescription;
import io.nightshift.api.SubmitResult;
import io.nightshift.client.BatchFilter;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.SubmitOptions;
import io.nightshift.coordinator.ledger.JournalWriter;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.PostgresLedger;
import io.nightshift.nemesis.cluster.DatabaseProcess;
import io.nightshift.nemesis.cluster.NodeProcess;
import io.nightshift.nemesis.network.LoopbackNetwork;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.node.configuration.LocalToken;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobText;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.FreePort;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/// Does a long history slow a node down? Writes a journal of many ended batches of many jobs, and compares a node
/// on it with a node on an empty journal: the time from the start to the first commit, the live heap, a
/// submission, and a page of the list of batches. On H2 and on PostgreSQL. Run by `bench/register.sh`.
public final class RegisterGrowth {

    private static final double MOST = 1.20;
    private static final int STARTS = 5;
    private static final int SUBMISSIONS = 24;
    private static final int PAGES = 60;
    private static final int PAGE = 20;
    private static final long POLL_NANOS = 5_000_000;
    private static final long PATIENCE_NANOS = 120_000_000_000L;

    /// Below this, a difference is noise of the measurement.
    private static final double NOISE_MILLIS = 5;

    private static final Instant BEGIN = Instant.parse("2024-01-01T00:00:00Z");

    /// The time and memory that a node needed with a journal.
    ///
    /// @param start from the start of the process to the first commit, in milliseconds
    /// @param heap live after that, in bytes
    /// @param submission in milliseconds
    /// @param page in milliseconds
    private record Measured(double start, double heap, double submission, double page) {}

    /// A node that can be started again.
    ///
    /// @param home that has its token
    private record Subject(String name, NodeProcess node, URI address, Path home) {

        NightshiftClient client() {
            return NightshiftClient.overHttp(address)
                    .token(Objects.requireNonNull(LocalToken.find(home)))
                    .build();
        }
    }

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final Path folder;
    private final FlightsJob flights;
    private int submitted;

    private RegisterGrowth(Path folder) throws IOException, SQLException {
        this.folder = folder;
        this.flights =
                FlightsJob.on(Files.createDirectory(folder.resolve("job")), "FROM flights LIMIT " + EndedBatches.ROWS);
    }

    /// @param arguments the number of jobs, the number of batches of each, and optionally `h2` or `postgres`
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2 || arguments.length > 3) {
            System.err.println("usage: JOBS BATCHES [h2|postgres]");
            System.exit(2);
        }
        int jobs = Integer.parseInt(arguments[0]);
        int batches = Integer.parseInt(arguments[1]);
        String only = arguments.length == 3 ? arguments[2] : "";
        RegisterGrowth growth = new RegisterGrowth(Files.createTempDirectory("nightshift-register-"));
        boolean passed = true;
        if (!only.equals("postgres")) {
            passed = growth.onH2(jobs, batches);
        }
        if (!only.equals("h2")) {
            passed = growth.onPostgres(jobs, batches) && passed;
        }
        System.exit(passed ? 0 : 1);
    }

    private boolean onH2(int jobs, int batches) throws Exception {
        Path empty = home("h2-empty");
        Path filled = home("h2-filled");
        EndedBatches.inHome(filled, unforced -> fill("H2", unforced, jobs, batches));
        return compare("H2", serve(empty), serve(filled));
    }

    private Path home(String name) throws IOException {
        Path home = Files.createDirectory(folder.resolve(name));
        LocalToken.ensure(home);
        return home;
    }

    private Subject serve(Path home) throws IOException {
        int port = FreePort.any();
        return subject(home, port, List.of("serve", "--home", home.toString(), "--http-port", String.valueOf(port)));
    }

    private Subject subject(Path home, int port, List<String> arguments) {
        String name = String.valueOf(home.getFileName());
        NodeProcess node = new NodeProcess(
                SimulatedHost.A, name, List.of(), arguments, new LoopbackNetwork(), folder.resolve(name + ".log"));
        return new Subject(name, node, URI.create("http://127.0.0.1:" + port), home);
    }

    private boolean onPostgres(int jobs, int batches) throws Exception {
        try (DatabaseProcess empty =
                        DatabaseProcess.create(folder.resolve("db-empty"), new LoopbackNetwork(), FreePort.any());
                DatabaseProcess filled =
                        DatabaseProcess.create(folder.resolve("db-filled"), new LoopbackNetwork(), FreePort.any())) {
            String url = filled.url(DatabaseProcess.JOURNAL);
            PostgresLedger.migrate(ledger(url));
            fill("PostgreSQL", ledger(url + "?reWriteBatchedInserts=true"), jobs, batches);
            filled.vacuum(DatabaseProcess.JOURNAL);
            return compare("PostgreSQL", node("postgres-empty", empty), node("postgres-filled", filled));
        }
    }

    private static Ledger ledger(String url) {
        return PostgresLedger.at(new DataSourceSettings("journal", url, DatabaseProcess.OWNER, null));
    }

    private Subject node(String name, DatabaseProcess database) throws IOException {
        Path home = home(name);
        int port = FreePort.any();
        int http = FreePort.any();
        Path file = Files.writeString(folder.resolve(name + ".conf"), """
                nightshift {
                  node { hostname = "127.0.0.1", contact-points = ["127.0.0.1:%d"] }
                  journal { url = "%s", user = %s, plain-tcp = true }
                  files { read = ["/"], write = ["/"] }
                  http { enabled = true, port = %d }
                }
                """.formatted(
                        port, database.url(DatabaseProcess.JOURNAL), DatabaseProcess.OWNER, http));
        return subject(
                home,
                http,
                List.of(
                        "node",
                        "--config",
                        file.toString(),
                        "--home",
                        home.toString(),
                        "--port",
                        String.valueOf(port)));
    }

    // The journal.

    private void fill(String database, Ledger ledger, int jobs, int batches) throws SQLException, IOException {
        long begin = System.nanoTime();
        List<Job> all = new ArrayList<>();
        for (int i = 0; i < jobs; i++) {
            all.add(job("history-" + i));
        }
        long entries;
        try (JournalWriter journal = JournalWriter.open(ledger)) {
            entries = EndedBatches.write(journal, all, batches, BEGIN, 1);
            journal.finish();
        }
        out.printf(
                Locale.ROOT,
                "%s: wrote %,d ended batches of %,d jobs, %,d entries, in %.0f s%n",
                database,
                (long) jobs * batches,
                jobs,
                entries,
                (System.nanoTime() - begin) / 1e9);
    }

    private Job job(String name) throws IOException {
        return JobFile.parse(
                Files.readAllBytes(flights.file()),
                flights.file(),
                List.of("job=" + name, "destination.parquet=" + folder.resolve("predictions")));
    }

    // The measurements.

    /// Measures the two nodes in turn, so that a machine that becomes slower affects both.
    private boolean compare(String database, Subject empty, Subject filled) throws Exception {
        List<Measured> ofEmpty = new ArrayList<>();
        List<Measured> ofFilled = new ArrayList<>();
        for (int i = 0; i < STARTS; i++) {
            ofEmpty.add(measure(empty));
            ofFilled.add(measure(filled));
        }
        out.printf("%n| %s | empty journal | filled journal | ratio |%n|---|---|---|---|%n", database);
        boolean passed = row("start to the first commit, ms", ofEmpty, ofFilled, Measured::start, NOISE_MILLIS);
        passed &= row("live heap, MB", ofEmpty, ofFilled, measured -> measured.heap() / 1e6, 0);
        passed &= row("a submission, ms", ofEmpty, ofFilled, Measured::submission, NOISE_MILLIS);
        passed &= row("a page of %d batches, ms".formatted(PAGE), ofEmpty, ofFilled, Measured::page, NOISE_MILLIS);
        out.println(
                passed
                        ? "%s: a node on the filled journal is within %.0f %% of one on an empty journal."
                                .formatted(database, (MOST - 1) * 100)
                        : "%s: a node on the filled journal is slower or larger.".formatted(database));
        return passed;
    }

    @FunctionalInterface
    private interface Figure {
        double of(Measured measured);
    }

    private boolean row(String name, List<Measured> empty, List<Measured> filled, Figure figure, double noise) {
        double before = median(empty.stream().mapToDouble(figure::of).toArray());
        double after = median(filled.stream().mapToDouble(figure::of).toArray());
        out.printf(Locale.ROOT, "| %s | %.1f | %.1f | %.2f |%n", name, before, after, after / before);
        return after <= MOST * before || after - before <= noise;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private Measured measure(Subject subject) throws Exception {
        long begin = System.nanoTime();
        subject.node().start();
        try (NightshiftClient client = subject.client()) {
            String batch = firstSubmission(client, subject);
            await(client, batch, description -> description.committed() > 0);
            double start = (System.nanoTime() - begin) / 1e6;
            await(client, batch, description -> description.state().equals("published"));
            double[] submissions = new double[SUBMISSIONS];
            for (int i = 0; i < SUBMISSIONS; i++) {
                String[] opened = {""};
                submissions[i] = millis(() -> {
                    opened[0] = submit(client).batch();
                    return System.nanoTime();
                });
                await(client, opened[0], description -> description.state().equals("published"));
            }
            double[] pages = new double[PAGES];
            for (int i = 0; i < PAGES; i++) {
                pages[i] = millis(() -> {
                    client.list(new BatchFilter(null, null, PAGE, null))
                            .toCompletableFuture()
                            .join();
                    return System.nanoTime();
                });
            }
            double heap = subject.node().liveHeap().bytes();
            return new Measured(start, heap, median(submissions), median(pages));
        } finally {
            subject.node().leave();
        }
    }

    /// @param ended does something, and says when it was done
    private static double millis(LongSupplier ended) {
        long begin = System.nanoTime();
        return (ended.getAsLong() - begin) / 1e6;
    }

    private SubmitResult submit(NightshiftClient client) throws CompletionException {
        try {
            submitted++;
            String job = JobText.of(job("growth-" + submitted));
            return client.submit(job, SubmitOptions.DEFAULT)
                    .toCompletableFuture()
                    .join();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private String firstSubmission(NightshiftClient client, Subject subject) throws IOException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                return submit(client).batch();
            } catch (CompletionException notYet) {
                if (System.nanoTime() > deadline || !subject.node().isAlive()) {
                    throw new IOException(
                            "the node %s does not start; see %s"
                                    .formatted(subject.name(), subject.node().log()),
                            notYet);
                }
                LockSupport.parkNanos(POLL_NANOS);
            }
        }
    }

    @FunctionalInterface
    private interface Condition {
        boolean holds(BatchDescription description);
    }

    private static void await(NightshiftClient client, String batch, Condition condition) throws IOException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            Optional<BatchDescription> now = describe(client, batch);
            if (now.isPresent() && condition.holds(now.get())) {
                return;
            }
            boolean hasFailed = now.isPresent() && now.get().state().equals("failed");
            if (hasFailed || System.nanoTime() > deadline) {
                throw new IOException("batch %s: %s".formatted(batch, now.orElse(null)));
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private static Optional<BatchDescription> describe(NightshiftClient client, String batch) {
        try {
            return Optional.of(client.describe(batch).toCompletableFuture().join());
        } catch (CompletionException notNow) {
            return Optional.empty();
        }
    }
}
