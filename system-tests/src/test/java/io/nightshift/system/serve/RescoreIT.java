package io.nightshift.system.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.registry.Provenance;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.ModelLoader;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.database.PostgresServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Partitions of a published batch are scored again with another model, and the other parts are reused, by a server
/// that is killed in the middle. The job writes files and a table of a real PostgreSQL.
@Timeout(600)
final class RescoreIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final int PARTITIONS = 8;

    /// Each partition of a thousand rows has two bad ones.
    private static final String ROWS = """
        SELECT * REPLACE (CASE row_number() OVER () % 500 WHEN 3 THEN 'n/a' ELSE CAST(distance AS VARCHAR) END AS distance),
        'r' || row_number() OVER () AS flight FROM flights LIMIT 8000\
        """;

    @TempDir
    private Path folder;

    private static PostgresServer database;

    private FlightsJob job;
    private String name;

    @BeforeAll
    static void startDatabase() throws IOException {
        database = PostgresServer.start();
    }

    @AfterAll
    static void stopDatabase() throws IOException {
        database.close();
    }

    /// The model, the same with another base score, and one that predicts a number in place of a class.
    private static void register(Path home) throws IOException {
        ModelRegistry registry = new ModelRegistry(home);
        String file = Files.readString(FlightsJob.example().resolve("flights.ubj"), StandardCharsets.ISO_8859_1);
        for (String version : List.of(
                file,
                file.replace("[1.9964166E-1]", "[2.9964166E-1]"),
                file.replace(string("binary:logistic"), string("reg:squarederror")))) {
            Path written = Files.writeString(home.resolve("model.ubj"), version, StandardCharsets.ISO_8859_1);
            Model model = new ModelLoader().load(written);
            registry.register(
                    "delays",
                    ModelFile.encode(model),
                    model.description(),
                    () -> new Provenance("model.ubj", "0".repeat(64)));
        }
    }

    /// A string in UBJSON, with its length before it.
    private static String string(String value) {
        byte[] length = ByteBuffer.allocate(8).putLong(value.length()).array();
        return new String(length, StandardCharsets.ISO_8859_1) + value;
    }

    private static String out(HomeServer server, String... command) {
        return server.command(command).expect(0).out();
    }

    private Path published(String batch) {
        return job.predictions().resolve("batch=" + batch);
    }

    /// The number of predictions of each version of the model, and of different flights.
    private String seen(String batch) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT count(*) FILTER (model_version = 1) || ' ' || count(*) FILTER (model_version = 2) || ' '
                               || count(DISTINCT record_id)
                        FROM read_parquet('%s/part-*.parquet', hive_partitioning = false)
                        """.formatted(published(batch)))) {
            row.next();
            return row.getString(1);
        }
    }

    /// As [#seen], in the table.
    private String seenInTable(String batch) throws SQLException {
        return database.row(name, """
                SELECT count(*) FILTER (WHERE model_version = 1) || ' ' || count(*) FILTER (WHERE model_version = 2) || ' '
                || count(DISTINCT record_id) FROM delays WHERE batch_id = '%s'
                """.formatted(batch));
    }

    /// The partitions whose rows are the same in the table, but for the ID of the batch.
    private List<Integer> sameInTable(String one, String other) throws SQLException {
        List<Integer> same = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            if (rowsOf(one, partition).equals(rowsOf(other, partition))) {
                same.add(partition);
            }
        }
        return same;
    }

    private List<String> rowsOf(String batch, int partition) throws SQLException {
        List<String> rows = new ArrayList<>();
        for (String table : List.of("delays_batches", "delays_quarantine_batches")) {
            rows.addAll(database.rows(name, """
                    SELECT (to_jsonb(t) - 'batch_id')::text FROM %s AS t
                    WHERE batch_id = '%s' AND batch_partition = %d ORDER BY 1
                    """.formatted(table, batch, partition)));
        }
        return rows;
    }

    /// The partitions whose files are the same, byte for byte.
    private List<Integer> same(String one, String other) {
        return IntStream.range(0, PARTITIONS)
                .filter(partition -> isSame(one, other, "part-%06d.parquet".formatted(partition))
                        && isSame(one, other, "_quarantine-%06d.parquet".formatted(partition)))
                .boxed()
                .toList();
    }

    private boolean isSame(String one, String other, String file) {
        try {
            return Files.mismatch(published(one).resolve(file), published(other).resolve(file)) == -1;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String batch(String accepted) {
        return accepted.replaceAll("(?s).*batch (delays-\\S+?)[. \\n].*", "$1").strip();
    }

    private static void awaitPublished(HomeServer server, String batch) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(server.command("batch", "show", batch, "-o", "json")
                                .expect(0)
                                .json()
                                .get("state")
                                .asText())
                        .isEqualTo("published"));
    }

    @Test
    void onlyTheNamedPartitionsAreScoredAgainHoweverTheServerEnds() throws Exception {
        job = FlightsJob.on(folder, ROWS);
        job.edit("job: flights", "job: delays");
        job.edit(FlightsJob.example().resolve("flights.ubj").toString(), "delays@1");
        job.edit("  select:\n", "  id: flight\n  select:\n    distance: CAST(distance AS INTEGER)\n");
        job.edit("max-rate: 0.001", "max-rate: 1");
        job.edit("rows: 25000", "rows: 1000");
        job.edit(
                "  parquet: predictions",
                "  several: [{parquet: predictions}, {postgres: {data-source: db, table: delays}}]");
        Path home = Files.createDirectories(folder.resolve("home"));
        name = database.create();
        database.configure(home.resolve("nightshift.conf"), name);
        register(home);
        try (HomeServer server = new HomeServer(folder)) {
            out(server, "batch", "submit", job.file().toString(), "--wait");
            String first =
                    String.valueOf(job.published().getFirst().getFileName()).replace("batch=", "");
            assertThat(seen(first)).isEqualTo("7984 0 7984");

            refusals(server, first);
            String next = batch(out(server, "batch", "rescore", first, "--model", "delays@2", "--partitions", "2,5"));
            server.kill();
            server.restart();
            assertThat(out(server, "batch", "rescore", first, "--model", "delays@2", "--partitions", "5,2"))
                    .as("the same request")
                    .contains(next);
            awaitPublished(server, next);

            assertThat(seen(next)).isEqualTo("5988 1996 7984");
            assertThat(same(first, next)).containsExactly(0, 1, 3, 4, 6, 7);
            assertThat(seenInTable(next)).isEqualTo("5988 1996 7984");
            assertThat(sameInTable(first, next)).containsExactly(0, 1, 3, 4, 6, 7);
            assertThat(seen(first)).isEqualTo("7984 0 7984");
            assertThat(out(server, "batch", "show", next))
                    .containsPattern("reused +from %s: 6 parts with [56],[0-9]{3} rows of the model sha256:[0-9a-f]{12}"
                            .formatted(first));
            assertThat(out(server, "batch", "rescore", first, "--model", "delays@2", "--partitions", "2,5"))
                    .contains("Nothing to do: batch " + next);
            assertThat(out(server, "batch", "events", next))
                    .contains("parts reused", "partitions 0 to 1, 3 to 4, 6 to 7");

            out(server, "model", "alias", "delays@1", "champion");
            out(server, "model", "promote", "delays@2");
            assertThat(out(server, "model", "rollback", "delays"))
                    .contains(next, "batch rescore BATCH --model delays@1 --where-model delays@2");
            String last =
                    batch(out(server, "batch", "rescore", next, "--model", "delays@2", "--where-model", "delays@1"));
            awaitPublished(server, last);
            assertThat(seen(last)).isEqualTo("0 7984 7984");
            assertThat(same(next, last)).containsExactly(2, 5);
            assertThat(seenInTable(last)).isEqualTo("0 7984 7984");
            assertThat(sameInTable(next, last)).containsExactly(2, 5);

            job.write("SELECT * FROM (%s) WHERE flight <> 'r7'".formatted(ROWS));
            server.command("batch", "rescore", first, "--model", "delays@2", "--partitions", "1")
                    .expect(2, "the input changed since", "own.parquet");
            out(server, "batch", "delete", first);
            await().atMost(PATIENCE).until(() -> !Files.exists(published(first)));
            server.command("batch", "rescore", first, "--model", "delays@2", "--partitions", "1")
                    .expect(2, "the parts of %s can't be reused: it is".formatted(first), "deleted by local");
            server.terminate();

            assertThat(out(server, "batch", "verify", next))
                    .contains("6 partitions are those of %s, by its ledger".formatted(first))
                    .contains("Verified without the input: %s is complete".formatted(next));
            assertThat(out(server, "batch", "verify", last)).contains("2 partitions are those of " + next);
            reportsADamagedPart(server, last);
        }
    }

    private void reportsADamagedPart(HomeServer server, String batch) throws IOException {
        Path part = published(batch).resolve("part-000002.parquet");
        byte[] content = Files.readAllBytes(part);
        content[content.length / 2] ^= 1;
        // A file of its own, since a reused part may be a link to that of the other batch.
        Files.delete(part);
        Files.write(part, content);
        assertThat(server.command("batch", "verify", batch).expect(1).out())
                .contains("part-000002.parquet was changed");
    }

    private static void refusals(HomeServer server, String batch) {
        server.command("batch", "rescore", batch, "--partitions", "1").expect(1, "published");
        server.command("batch", "rescore", batch).expect(2, "--partitions", "--model");
        server.command("batch", "rescore", batch, "--where-model", "delays@1").expect(2, "need --model");
        rescore(server, batch, "--partitions", "1", "--where-model", "delays@1").expect(2, "exclude each other");
        rescore(server, batch, "--partitions", "1,8")
                .expect(2, "there is no partition 8; the partitions of %s are 0 to 7".formatted(batch));
        rescore(server, batch, "--where-model", "delays@2")
                .expect(2, "no partition of %s was scored by the model delays@2".formatted(batch));
        rescore(server, batch, "--where-model", "sha256:" + "0".repeat(64)).expect(2, "no partition of");
        rescore(server, "delays-nosuch", "--partitions", "1").expect(2, "delays-nosuch");
        server.command("batch", "rescore", batch, "--model", "delays@9", "--partitions", "1")
                .expect(2, "delays");
        server.command("batch", "rescore", batch, "--model", "a/file.ubj", "--partitions", "1")
                .expect(2, "is a file. Register it");
        server.command("batch", "rescore", batch, "--model", "delays@3", "--partitions", "1")
                .expect(2, "column");
    }

    private static CommandResult rescore(HomeServer server, String batch, String... more) {
        return server.command(
                Stream.concat(Stream.of("batch", "rescore", batch, "--model", "delays@2"), Arrays.stream(more))
                        .toArray(String[]::new));
    }
}
