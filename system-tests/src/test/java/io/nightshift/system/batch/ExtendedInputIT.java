package io.nightshift.system.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.SubmitResult;
import io.nightshift.cli.Main;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.SubmitOptions;
import io.nightshift.coordinator.verification.Proof;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.configuration.LocalToken;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.system.http.HttpNode;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.Nightly;
import io.nightshift.testing.database.PostgresServer;
import io.nightshift.testing.gate.ScoringGate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A job that is run again while its batch is open, after files have come to its source, or have changed there:
/// `source.on-change`. Each batch is paused half-way: a gate holds its other partitions until then. All batches
/// share one node with two scoring threads.
@Timeout(600)
final class ExtendedInputIT {

    private static final Duration SOON = Duration.ofMinutes(2);
    private static final int ROWS = 3_000;
    private static final int PARTITION = 500;
    private static final int LATE = 700;

    @TempDir
    private static Path folder;

    private static ScoringGate gate;
    private static PostgresServer postgres;
    private static String database;
    private static HttpNode node;
    private static NightshiftClient client;

    @BeforeAll
    static void start() throws Exception {
        gate = ScoringGate.opened(folder.resolve("gate"));
        gate.attach();
        postgres = PostgresServer.start();
        database = postgres.create();
        DataSources dataSources = new DataSources(
                Map.of("db", new DataSourceSettings("db", postgres.url(database), PostgresServer.OWNER, null)));
        node = new HttpNode(folder.resolve("home"), HttpSettings.onLoopback(0), dataSources);
        client = NightshiftClient.overHttp(node.uri(""))
                .token(LocalToken.find(folder.resolve("home")))
                .build();
    }

    @AfterAll
    static void stop() throws Exception {
        client.close();
        node.close();
        postgres.close();
    }

    /// A job over a folder with two files, and its batch, which is paused after some partitions of the first.
    private record Half(FlightsJob job, String name, String batch) {

        /// @param edits pairs of a text of the job file and its replacement
        static Half of(String name, String... edits) throws Exception {
            FlightsJob job = FlightsJob.on(folder.resolve(name), "SELECT * FROM flights LIMIT 1");
            Files.createDirectories(job.folder().resolve("in"));
            job.edit("parquet: " + job.input(), "parquet: " + job.folder().resolve("in"));
            for (int i = 0; i < edits.length; i += 2) {
                job.edit(edits[i], edits[i + 1]);
            }
            Half half = new Half(job, name, "");
            half.write("m", 0, ROWS);
            half.write("n", ROWS, 600);
            gate.close();
            gate.admit(1);
            String batch = half.submit("fail").batch();
            await(batch, seen -> seen.committed() == 1);
            // The partitions that are leased end before the batch is paused: one for each thread, and one ahead.
            control(batch, new BatchControl.Pause("its source is about to change"));
            gate.open();
            BatchDescription paused = await(
                    batch,
                    seen -> seen.state().equals("paused")
                            && Objects.requireNonNull(seen.progress()).inFlight() == 0);
            assertThat(paused.committed()).isPositive().isLessThan(ROWS / PARTITION);
            return new Half(job, name, batch);
        }

        Path file(String file) {
            return job.folder().resolve("in/" + file + ".parquet");
        }

        /// Writes flights to a file of the source.
        void write(String file, int from, int rows) throws SQLException {
            try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                    Statement statement = connection.createStatement()) {
                statement.execute("COPY (SELECT * FROM '%s' LIMIT %d OFFSET %d) TO '%s' (FORMAT parquet)"
                        .formatted(FlightsJob.example().resolve("flights.parquet"), rows, from, file(file)));
            }
        }

        /// Runs the job again.
        SubmitResult submit(String onChange) throws IOException {
            String text = HttpNode.jobText(
                    job, "job=" + name, "partitions.rows=" + PARTITION, "source.on-change=" + onChange);
            return now(client.submit(text, SubmitOptions.DEFAULT));
        }
    }

    @Test
    void newFilesJoinTheOpenBatchAndNothingIsScoredTwice() throws Exception {
        Half half = Half.of("parquet");
        BatchDescription before = describe(half.batch());
        half.write("a", 10_000, LATE);

        assertThatThrownBy(() -> half.submit("fail"))
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining("batch " + half.batch() + " of this job is open, but its input has changed");
        SubmitResult again = half.submit("extend");
        assertThat(again.batch()).isEqualTo(half.batch());
        assertThat(again.resumed()).isTrue();
        BatchDescription grown = await(half.batch(), seen -> seen.partitions() > before.partitions());
        assertThat(grown.state()).isEqualTo("paused");
        assertThat(grown.committed()).isEqualTo(before.committed());
        assertThat(grown.rows()).isEqualTo(ROWS + 600 + LATE);
        BatchDescription published = finish(half.batch());

        assertThat(published.predictions()).isEqualTo(ROWS + 600 + LATE);
        assertEachPartitionWasCommittedOnce(half.batch(), grown.partitions());
        assertThat(rowsOf("read_parquet('%s/batch=%s/part-*.parquet')"
                        .formatted(half.job().predictions(), half.batch())))
                .isEqualTo("4300 4300");
        assertVerified(half.batch());
        assertThat(half.submit("extend").alreadyPublished()).isTrue();
        assertThat(half.job().published()).hasSize(1);
    }

    @Test
    @Nightly(shortForm = "ExtendedInputIT.newFilesJoinTheOpenBatchAndNothingIsScoredTwice")
    void aCsvDestinationHasTheRowsOfThePlanThatGrew() throws Exception {
        Half half = Half.of("csv", "  parquet: predictions", "  csv: {folder: predictions, compression: none}");
        half.write("z", 10_000, LATE);

        half.submit("extend");
        finish(half.batch());

        assertThat(rowsOf("read_csv('%s/batch=%s/part-*.csv')"
                        .formatted(half.job().predictions(), half.batch())))
                .isEqualTo("4300 4300");
        assertVerified(half.batch());
    }

    @Test
    @Nightly(shortForm = "ExtendedInputIT.newFilesJoinTheOpenBatchAndNothingIsScoredTwice")
    void aTableHasTheRowsOfThePlanThatGrew() throws Exception {
        Half half = Half.of("table", "  parquet: predictions", "  postgres: {data-source: db, table: extended}");
        half.write("z", 10_000, LATE);

        half.submit("extend");
        finish(half.batch());

        assertThat(postgres.row(
                        database, "SELECT count(*) || ' ' || count(DISTINCT (record_file, record_row)) FROM extended"))
                .isEqualTo("4300 4300");
        assertVerified(half.batch());
    }

    /// The change fails the batch. The run that follows scores the file as it is now.
    @Test
    void aChangedFileIsScoredAsItIsNowIfNoneOfItsRowsWereCommitted() throws Exception {
        Half half = Half.of("changed");
        half.write("n", 20_000, 900);
        control(half.batch(), new BatchControl.Resume());
        await(half.batch(), seen -> seen.state().equals("failed"));

        half.submit("extend");
        BatchDescription published = await(half.batch(), seen -> seen.state().equals("published"));

        assertThat(published.predictions()).isEqualTo(ROWS + 900);
        assertVerified(half.batch());
    }

    @Test
    void aChangedFileWithCommittedRowsIsRefused() throws Exception {
        Half half = Half.of("committed");
        half.write("m", 20_000, ROWS + 1);

        half.submit("extend");

        BatchDescription failed = await(half.batch(), seen -> seen.state().equals("failed"));
        assertThat(failed.reason())
                .startsWith(
                        "the input of %s can't be extended: %s has changed: ".formatted(half.batch(), half.file("m")))
                .endsWith("is committed. Put the file back as it was and run again, or start over with --new");
        assertThat(half.job().published()).isEmpty();
    }

    @Test
    void aJobThatRestartsScoresEverythingInAnotherBatch() throws Exception {
        Half half = Half.of("restarted");
        half.write("z", 10_000, LATE);

        SubmitResult again = half.submit("restart");

        assertThat(again.batch()).isNotEqualTo(half.batch());
        assertThat(again.resumed()).isFalse();
        BatchDescription published = await(again.batch(), seen -> seen.state().equals("published"));
        assertThat(published.predictions()).isEqualTo(ROWS + 600 + LATE);
        BatchDescription cancelled = describe(half.batch());
        assertThat(cancelled.state()).isEqualTo("cancelled");
        assertThat(cancelled.reason())
                .isEqualTo(
                        "replaced by a later batch: its input has changed, and the job says source.on-change: restart");
        assertThat(half.job().published()).hasSize(1);
        assertVerified(again.batch());
    }

    /// The commands on a ledger with such a batch, also after its export and import.
    @Test
    void theLedgerOfAnExtendedBatchIsSoundAndPortable() throws Exception {
        Path home = folder.resolve("other-home");
        Path copy = folder.resolve("copied-home");
        Path export = folder.resolve("ledger.export");
        String batch;
        HttpNode shared = node;
        NightshiftClient sharedClient = client;
        try (HttpNode own = new HttpNode(home, HttpSettings.onLoopback(0));
                NightshiftClient ownClient = NightshiftClient.overHttp(own.uri(""))
                        .token(LocalToken.find(home))
                        .build()) {
            node = own;
            client = ownClient;
            Half half = Half.of("ledger");
            half.write("a", 10_000, LATE);
            half.submit("extend");
            finish(half.batch());
            batch = half.batch();
        } finally {
            node = shared;
            client = sharedClient;
        }

        assertThat(command(home, "batch", "show", batch).out()).contains("4,300");
        assertThat(command(home, "batch", "events", batch).out())
                .contains("extension requested")
                .contains(
                        "adds 1 file with 700 rows, cut into 1 partition; keeps the first 7 partitions of the earlier plan");
        command(home, "batch", "verify", batch);
        command(home, "ledger", "check");
        command(home, "ledger", "export", export.toString());
        command(copy, "ledger", "import", export.toString());
        command(copy, "ledger", "check");
        assertThat(command(copy, "batch", "verify", batch).out()).contains("Each of its 4,300 input rows");
    }

    private static CommandResult command(Path home, String... arguments) {
        String[] all = java.util.Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "--home";
        all[arguments.length + 1] = home.toString();
        return CommandResult.of(Main.commandLine(all), all).expect(0);
    }

    private static BatchDescription finish(String batch) {
        control(batch, new BatchControl.Resume());
        return await(batch, seen -> seen.state().equals("published"));
    }

    private static void assertEachPartitionWasCommittedOnce(String batch, int partitions) {
        List<Integer> committed = node.events(batch).stream()
                .filter(BatchEvent.Committed.class::isInstance)
                .flatMap(event -> ((BatchEvent.Committed) event).commits().stream())
                .map(PartitionCommit::partition)
                .toList();
        assertThat(committed).doesNotHaveDuplicates().hasSize(partitions);
    }

    private static void assertVerified(String batch) {
        Proof proof = node.verify(batch);
        assertThat(proof.holds()).as("%s", proof.findings()).isTrue();
        assertThat(proof.sentence()).contains("is in the output once");
    }

    /// The number of rows, and of different ones.
    private static String rowsOf(String table) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*) || ' ' || count(DISTINCT (record_file, record_row)) FROM " + table)) {
            row.next();
            return row.getString(1);
        }
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

    private static void control(String batch, BatchControl control) {
        now(client.control(batch, control));
    }

    private static <T> T now(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
