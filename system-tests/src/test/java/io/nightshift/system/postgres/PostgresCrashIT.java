package io.nightshift.system.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.database.PostgresServer;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Kills the program with SIGKILL while it writes to PostgreSQL, restarts it, and checks that nothing is
/// lost, repeated, visible too early or left behind. A reader queries the table throughout.
///
/// A seed determines the times of the kills, and is in the names of the tests: `-Dnightshift.crash.seed=N` repeats
/// them. The number of rounds is `-Dnightshift.crash.postgres-rounds=N`. By default, each build draws two of the
/// three kinds of times, in one round; the nightly workflow runs 12 rounds.
final class PostgresCrashIT {

    private static final long SEED = Long.getLong("nightshift.crash.seed", System.currentTimeMillis());
    private static final int ROUNDS = Integer.getInteger("nightshift.crash.postgres-rounds", 1);
    private static final int ROWS = 60_000;
    private static final int PARTITIONS = 15;

    /// A reader without a break would take a processor from the program that it watches.
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(5);

    private static final Pattern LEASED = Pattern.compile(" leased to");
    private static final Pattern COMMITTED = Pattern.compile(" committed");
    private static final Pattern PUBLISHING = Pattern.compile("is being published");

    private static PostgresServer server;

    @TempDir
    static Path folder;

    private static String undisturbed = "";

    /// The time of a kill: a delay after the log has a number of matching lines.
    private record Instant(Pattern after, int times, long micros) {

        private static final int KINDS = 3;

        static Instant draw(int kind, Random random) {
            return switch (kind % KINDS) {
                case 0 -> new Instant(LEASED, 1 + random.nextInt(PARTITIONS), random.nextInt(80_000));
                case 1 -> new Instant(COMMITTED, 1 + random.nextInt(PARTITIONS), random.nextInt(5_000));
                default -> new Instant(PUBLISHING, 1, random.nextInt(300_000));
            };
        }
    }

    @BeforeAll
    static void runUndisturbed() throws Exception {
        server = PostgresServer.start();
        PostgresJob job = job("undisturbed");
        job.runs().expect(0);
        undisturbed = job.digest();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    private static PostgresJob job(String name) throws IOException, SQLException {
        Path input = folder.resolve("own.parquet");
        PostgresJob job = PostgresJob.in(folder.resolve(name), server);
        if (!Files.exists(input)) {
            Files.move(
                    PostgresJob.on(folder.resolve("input"), server, "FROM flights LIMIT " + ROWS)
                            .flights()
                            .input(),
                    input);
        }
        job.flights().edit(FlightsJob.example().resolve("flights.parquet").toString(), input.toString());
        job.flights().edit("rows: 25000", "rows: " + ROWS / PARTITIONS);
        return job;
    }

    @TestFactory
    Stream<DynamicTest> aKilledBatchGoesOnAndEndsAsIfNothingHadHappened() {
        Random random = new Random(SEED);
        int first = random.nextInt(Instant.KINDS);
        List<DynamicTest> tests = new ArrayList<>();
        for (int round = first; round < first + ROUNDS; round++) {
            List<Instant> instants = List.of(Instant.draw(round, random), Instant.draw(round + 1, random));
            String name = "round%d".formatted(round);
            tests.add(DynamicTest.dynamicTest(
                    "%s of seed %d: killed %s".formatted(name, SEED, instants), () -> killAndResume(name, instants)));
        }
        return tests.stream();
    }

    private static void killAndResume(String name, List<Instant> instants) throws Exception {
        PostgresJob job = job(name);
        try (Reader reader = new Reader(job)) {
            for (Instant instant : instants) {
                try (ProgramProcess program = job.starts()) {
                    program.awaitLog(job.flights().log(), instant.after(), instant.times());
                    LockSupport.parkNanos(instant.micros() * 1000);
                    program.kill();
                    program.end();
                }
            }
            job.runs().expect(0);
            reader.awaitBatch();
            assertThat(reader.seen()).as("numbers of rows that a reader saw").isSubsetOf("none", "0", "" + ROWS);
        }
        assertThat(job.digest()).isEqualTo(undisturbed);
        assertThat(job.row("SELECT count(DISTINCT batch_id) FROM flights")).isEqualTo("1");
        assertThat(job.leftovers()).isEmpty();
        CommandResult.of(
                        Main.commandLine(),
                        "batch",
                        "verify",
                        "latest",
                        "--home",
                        job.flights().home().toString())
                .expect(0);
    }

    /// Counts the published rows repeatedly: in single statements, and in long transactions of the isolation
    /// level REPEATABLE READ.
    private static final class Reader implements AutoCloseable {
        private final PostgresJob job;
        private final Set<String> seen = new ConcurrentSkipListSet<>();
        private final List<Throwable> problems = new CopyOnWriteArrayList<>();
        private final List<Thread> threads;
        private volatile boolean ended;

        Reader(PostgresJob job) {
            this.job = job;
            threads = List.of(start(this::readOn), start(this::repeatRead));
        }

        private Thread start(Runnable reading) {
            return Thread.ofPlatform()
                    .uncaughtExceptionHandler((thread, problem) -> problems.add(problem))
                    .start(reading);
        }

        private void readOn() {
            while (!ended) {
                try (Connection connection = job.server().connect(job.database())) {
                    for (int i = 0; i < 20 && !ended; i++) {
                        count(connection);
                        LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
                    }
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        private void repeatRead() {
            while (!ended) {
                try (Connection connection = job.server().connect(job.database());
                        Statement statement = connection.createStatement()) {
                    statement.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
                    for (int i = 0; i < 40 && !ended; i++) {
                        LockSupport.parkNanos(50_000_000);
                        if (!count(connection)) {
                            statement.execute("ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
                        }
                    }
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        private boolean count(Connection connection) {
            try {
                seen.add(PostgresServer.rows(connection, "SELECT count(*) FROM flights")
                        .getFirst());
                return true;
            } catch (SQLException e) {
                assertThat(e.getSQLState()).as("undefined table").isEqualTo("42P01");
                seen.add("none");
                return false;
            }
        }

        Set<String> seen() {
            return seen;
        }

        void awaitBatch() {
            await().atMost(Duration.ofMinutes(2))
                    .untilAsserted(() -> assertThat(seen).contains("" + ROWS));
        }

        @Override
        public void close() {
            ended = true;
            for (Thread thread : threads) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            assertThat(problems).isEmpty();
        }
    }
}
