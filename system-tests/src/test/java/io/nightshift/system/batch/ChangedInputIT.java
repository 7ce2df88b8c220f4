package io.nightshift.system.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.SubmitOptions;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.configuration.LocalToken;
import io.nightshift.system.http.HttpNode;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.gate.ScoringGate;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A batch whose input file changes fails, in whatever way and at whatever moment the file changes, and readers
/// see nothing of it. A gate holds the partitions at the moment. All batches share one node with two scoring
/// threads.
///
/// By default, half of the combinations run: each moment with two of the changes, and each change at two or
/// three of the moments. `-Dnightshift.changed-input.all=true` runs all, as the nightly workflow does.
@Timeout(300)
final class ChangedInputIT {

    private static final Duration SOON = Duration.ofMinutes(2);
    private static final int ROWS = 6_000;
    private static final int PADDING = 8_000;
    private static final AtomicInteger CASES = new AtomicInteger();
    private static final boolean ALL = Boolean.getBoolean("nightshift.changed-input.all");

    /// When the file changes.
    enum Moment {
        RIGHT_AFTER_THE_SUBMISSION,
        BETWEEN_PLAN_AND_FIRST_LEASE,
        DURING_AN_ATTEMPT,
        BETWEEN_TWO_PARTITIONS,
        BEFORE_THE_PUBLICATION
    }

    /// The way in which the file changes.
    enum Change {
        REPLACED,
        TRUNCATED,
        GROWN,
        SWAPPED_WITH_THE_SAME_LENGTH_AND_TIME;

        void applyTo(Path file) throws IOException, SQLException {
            Path other = file.resolveSibling("other");
            switch (this) {
                case REPLACED -> {
                    write(other, 1, 0);
                    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
                }
                case TRUNCATED -> {
                    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                        channel.truncate(channel.size() / 2);
                    }
                }
                case GROWN -> Files.write(file, Files.readAllBytes(file), StandardOpenOption.APPEND);
                case SWAPPED_WITH_THE_SAME_LENGTH_AND_TIME -> {
                    write(other, 1, PADDING);
                    write(other, 1, (int) (PADDING + Files.size(file) - Files.size(other)));
                    assertThat(other).hasSize(Files.size(file));
                    Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
                    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
                }
            }
        }
    }

    @TempDir
    private static Path folder;

    private static ScoringGate gate;
    private static HttpNode node;
    private static NightshiftClient client;

    @BeforeAll
    static void start() throws Exception {
        gate = ScoringGate.opened(folder.resolve("gate"));
        gate.attach();
        node = new HttpNode(folder.resolve("home"), HttpSettings.onLoopback(0));
        client = NightshiftClient.overHttp(node.uri(""))
                .token(LocalToken.find(folder.resolve("home")))
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        node.close();
    }

    static Stream<Arguments> cases() {
        List<Moment> moments = List.of(Moment.values());
        List<Change> changes = List.of(Change.values());
        return IntStream.range(0, moments.size())
                .boxed()
                .flatMap(moment -> IntStream.range(0, changes.size())
                        .filter(change -> ALL || (moment + change) % 2 == 1)
                        .mapToObj(change -> Arguments.of(moments.get(moment), changes.get(change))));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aChangedInputFailsTheBatchAndReadersSeeNothing(Moment moment, Change change) throws Exception {
        String name = "case-" + CASES.incrementAndGet();
        FlightsJob job = FlightsJob.on(folder.resolve(name), "SELECT * FROM flights LIMIT 1");
        write(job.input(), 0, PADDING);

        String batch = changed(job, name, moment, change);
        gate.open();

        String reason = await(batch, seen -> seen.state().equals("failed")).reason();
        assertThat(reason)
                .containsAnyOf(
                        "the input changed after " + batch + " was submitted and before it was planned",
                        "the input changed since " + batch + " was planned: " + job.input(),
                        "the input changed while " + batch + " was running: " + job.input(),
                        "a file changed while the batch was being planned: " + job.input(),
                        "source: " + job.input() + " is truncated");
        assertThat(job.published()).isEmpty();
    }

    /// Submits a job and changes its input at a moment. Returns the batch.
    private static String changed(FlightsJob job, String name, Moment moment, Change change) throws Exception {
        return switch (moment) {
            case RIGHT_AFTER_THE_SUBMISSION -> {
                gate.close();
                String batch = submit(job, name, ROWS);
                change.applyTo(job.input());
                yield batch;
            }
            case BETWEEN_PLAN_AND_FIRST_LEASE -> {
                String other = occupyTheThreads(name);
                String batch = submit(job, name, ROWS);
                await(batch, seen -> seen.partitions() == 1);
                change.applyTo(job.input());
                assertThat(inFlight(describe(batch))).isZero();
                control(other, new BatchControl.Cancel("the threads are needed"));
                yield batch;
            }
            case DURING_AN_ATTEMPT -> {
                gate.close();
                String batch = submit(job, name, ROWS);
                gate.awaitWaiting(1);
                change.applyTo(job.input());
                yield batch;
            }
            case BETWEEN_TWO_PARTITIONS -> {
                gate.close();
                gate.admit(1);
                String batch = submit(job, name, ROWS / 12);
                await(batch, seen -> seen.committed() == 1);
                control(batch, new BatchControl.Pause("the input is about to change"));
                gate.open();
                BatchDescription paused = await(batch, seen -> seen.state().equals("paused") && inFlight(seen) == 0);
                assertThat(paused.committed()).isLessThan(paused.partitions());
                change.applyTo(job.input());
                control(batch, new BatchControl.Resume());
                yield batch;
            }
            case BEFORE_THE_PUBLICATION -> {
                gate.close();
                String batch = submit(job, name, ROWS);
                gate.awaitWaiting(1);
                // A file in the place of the folder in which the output is gathered.
                Path obstacle = job.predictions().resolve(".staging/batch=" + batch + "/output-1");
                Files.createFile(obstacle);
                gate.open();
                await(batch, seen -> seen.state().equals("publishing") && seen.outage() != null);
                change.applyTo(job.input());
                // The obstacle stays: without it, an attempt to publish that began before the change may end.
                yield batch;
            }
        };
    }

    /// Starts a batch that the gate holds on both scoring threads, and that has the partition that the node leases
    /// ahead.
    private static String occupyTheThreads(String name) throws Exception {
        FlightsJob job = FlightsJob.in(folder.resolve(name + "-other"));
        gate.close();
        String batch = submit(job, "other-" + name, FlightsJob.ROWS / 4);
        await(batch, seen -> inFlight(seen) == 3);
        return batch;
    }

    private static String submit(FlightsJob job, String name, int partitionRows) throws IOException {
        String text = HttpNode.jobText(job, "job=" + name, "partitions.rows=" + partitionRows);
        return now(client.submit(text, SubmitOptions.DEFAULT)).batch();
    }

    private static BatchDescription describe(String batch) {
        return now(client.describe(batch));
    }

    private static BatchDescription await(String batch, Predicate<BatchDescription> condition) {
        return Awaitility.await()
                .atMost(SOON)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> describe(batch), condition);
    }

    private static int inFlight(BatchDescription batch) {
        return Objects.requireNonNull(batch.progress()).inFlight();
    }

    private static void control(String batch, BatchControl control) {
        now(client.control(batch, control));
    }

    private static <T> T now(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    /// Writes flights to a Parquet file.
    ///
    /// @param added to the distance of each flight
    /// @param padding the length of a text in the file's footer
    private static void write(Path file, int added, int padding) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "COPY (SELECT * REPLACE (distance + %d AS distance) FROM '%s' LIMIT %d) TO '%s' (FORMAT parquet, KV_METADATA {padding: '%s'})"
                            .formatted(
                                    added,
                                    FlightsJob.example().resolve("flights.parquet"),
                                    ROWS,
                                    file,
                                    "x".repeat(padding)));
        }
    }
}
