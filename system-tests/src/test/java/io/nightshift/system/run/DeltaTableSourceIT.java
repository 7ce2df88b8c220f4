package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.system.http.HttpNode;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs of the program over a Delta table, compared with runs over Parquet files of the same rows.
final class DeltaTableSourceIT {

    private static final int ROWS = 6_000;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    @TempDir
    private Path folder;

    /// Of the table.
    private final String id = UUID.randomUUID().toString();

    private FlightsJob plain;
    private Path table;
    private int version;

    @BeforeEach
    void open() throws Exception {
        plain = FlightsJob.on(
                folder.resolve("plain"),
                "SELECT row_number() OVER () AS id, * REPLACE (CAST(distance AS VARCHAR) AS distance) FROM flights LIMIT "
                        + ROWS);
        table = folder.resolve("lake/flights of the day");
        Files.createDirectories(table.resolve("_delta_log"));
        create();
    }

    private static List<String> query(String sql) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            while (found.next()) {
                rows.add(found.getString(1));
            }
        }
        return rows;
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void commit(ObjectNode... actions) throws Exception {
        StringBuilder lines = new StringBuilder();
        for (ObjectNode action : actions) {
            lines.append(action).append('\n');
        }
        Path file = table.resolve(String.format(Locale.ROOT, "_delta_log/%020d.json", version++));
        Files.writeString(file, lines, StandardOpenOption.CREATE_NEW);
    }

    private static ObjectNode action(String kind, ObjectNode content) {
        return NODES.objectNode().set(kind, content);
    }

    /// Makes a table with the columns of the flights.
    private void create() throws Exception {
        ArrayNode fields = NODES.arrayNode();
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet columns = statement.executeQuery("DESCRIBE FROM '%s'".formatted(plain.input()))) {
            while (columns.next()) {
                ObjectNode field = fields.addObject()
                        .put("name", columns.getString(1))
                        .put("type", type(columns.getString(2)))
                        .put("nullable", true);
                field.set("metadata", NODES.objectNode());
            }
        }
        ObjectNode protocol = NODES.objectNode().put("minReaderVersion", 3).put("minWriterVersion", 7);
        ArrayNode features = NODES.arrayNode().add("deletionVectors").add("timestampNtz");
        protocol.set("readerFeatures", features);
        protocol.set("writerFeatures", features);
        ObjectNode schema = NODES.objectNode().put("type", "struct").set("fields", fields);
        ObjectNode metadata = NODES.objectNode().put("id", id);
        metadata.putObject("format").put("provider", "parquet").putObject("options");
        metadata.put("schemaString", schema.toString());
        metadata.putArray("partitionColumns");
        metadata.putObject("configuration");
        commit(action("protocol", protocol), action("metaData", metadata));
    }

    private static String type(String duckDb) {
        return switch (duckDb) {
            case "BIGINT" -> "long";
            case "INTEGER" -> "integer";
            case "SMALLINT" -> "short";
            case "TINYINT" -> "byte";
            case "DOUBLE" -> "double";
            case "FLOAT" -> "float";
            case "VARCHAR" -> "string";
            case "BOOLEAN" -> "boolean";
            case "DATE" -> "date";
            case "TIMESTAMP" -> "timestamp_ntz";
            default -> throw new IllegalArgumentException(duckDb);
        };
    }

    /// Appends the rows of the plain file for which a condition holds.
    private ObjectNode append(String name, String where) throws Exception {
        Path file = table.resolve(name + " 100%.parquet");
        execute("COPY (SELECT * FROM '%s' WHERE %s ORDER BY id) TO '%s' (FORMAT parquet)"
                .formatted(plain.input(), where, file));
        long rows = Long.parseLong(
                query("SELECT count(*) FROM '%s'".formatted(file)).getFirst());
        ObjectNode add = NODES.objectNode().put("path", name + "%20100%25.parquet");
        add.putObject("partitionValues");
        add.put("size", Files.size(file)).put("modificationTime", 0).put("dataChange", true);
        add.put("stats", "{\"numRecords\": %d}".formatted(rows));
        commit(action("add", add));
        return add;
    }

    /// Deletes every seventh row of a data file by a deletion vector.
    private void delete(ObjectNode add, int rows) throws Exception {
        int count = (rows + 6) / 7;
        // A bitmap for 64 bits with one for 32 bits, which has one container: an array.
        ByteBuffer bitmap = ByteBuffer.allocate(12 + 4 + 8 + 4 + 4 + 2 * count).order(ByteOrder.LITTLE_ENDIAN);
        bitmap.putInt(1_681_511_377).putLong(1).putInt(0);
        bitmap.putInt(12_346)
                .putInt(1)
                .putShort((short) 0)
                .putShort((short) (count - 1))
                .putInt(16);
        for (int i = 0; i < count; i++) {
            bitmap.putShort((short) (7 * i));
        }
        CRC32 checksum = new CRC32();
        checksum.update(bitmap.array());
        ByteBuffer file = ByteBuffer.allocate(1 + 8 + bitmap.capacity());
        file.put((byte) 1).putInt(bitmap.capacity()).put(bitmap.array()).putInt((int) checksum.getValue());
        Path vectors = table.resolve("vectors.bin");
        Files.write(vectors, file.array());
        ObjectNode with = add.deepCopy();
        with.putObject("deletionVector")
                .put("storageType", "p")
                .put("pathOrInlineDv", vectors.toUri().toString())
                .put("offset", 1)
                .put("sizeInBytes", bitmap.capacity())
                .put("cardinality", count);
        ObjectNode removed =
                NODES.objectNode().put("path", add.get("path").asText()).put("dataChange", true);
        commit(action("remove", removed), action("add", with));
    }

    private FlightsJob job(String name, String source) throws Exception {
        FlightsJob job = FlightsJob.on(folder.resolve(name), "FROM flights LIMIT 1");
        job.edit("parquet: " + job.input(), source + "\n  id: id");
        job.edit("  select:\n", "  select:\n    distance: CAST(distance AS INTEGER)\n");
        job.edit("max-rate: 0.001", "max-rate: 0.05");
        Files.createDirectories(job.home());
        return job;
    }

    private static List<String> predictions(FlightsJob job) throws Exception {
        Path batch = job.published().getLast();
        return query(
                "SELECT record_id || ' ' || prediction || ' ' || probability FROM '%s/*.parquet' ORDER BY record_id"
                        .formatted(batch));
    }

    private static CommandResult verify(FlightsJob job) {
        return InProcess.run("batch", "verify", "latest", "--home", job.home().toString());
    }

    @Test
    void theRowsOfAVersionHaveThePredictionsOfTheSameRowsInParquetFiles() throws Exception {
        ObjectNode first = append("a", "id <= 4000");
        delete(first, 4000);
        append("b", "id > 4000 AND id <= 5500");
        Path rest = folder.resolve("rest.parquet");
        execute(
                "COPY (SELECT * FROM '%s' WHERE id <= 4000 AND (id - 1) %% 7 <> 0 OR id > 4000 AND id <= 5500) TO '%s' (FORMAT parquet)"
                        .formatted(plain.input(), rest));
        FlightsJob job = job("job", "delta: " + table);
        FlightsJob files = job("files", "parquet: " + rest);

        assertThat(InProcess.run(
                                "plan",
                                job.file().toString(),
                                "--home",
                                job.home().toString())
                        .expect(0)
                        .out())
                .contains("Delta table " + table + ": version 3 of ")
                .contains("2 data files, 1 of them with deleted rows")
                .contains("kept        until ");
        CommandResult end = InProcess.run(job, "--set", "partitions.rows=1000").expect(0);
        InProcess.run(files).expect(0);

        assertThat(predictions(job))
                .isEqualTo(predictions(files))
                .hasSize(end.json().get("predictions").asInt());
        assertThat(verify(job).expect(0).out()).contains("read from it is in the output once");

        append("c", "id > 5500");
        assertThat(verify(job).expect(0).out())
                .as("the version of the batch")
                .contains("read from it is in the output once");
        assertThat(InProcess.run(job, "--new")
                        .expect(0)
                        .json()
                        .get("predictions")
                        .asInt())
                .isEqualTo(end.json().get("predictions").asInt() + 500);
        assertThat(InProcess.run(job, "--new", "--set", "source.delta={table: '%s', version: 1}".formatted(table))
                        .expect(0)
                        .json()
                        .get("predictions")
                        .asInt())
                .isEqualTo(4000);

        Files.delete(table.resolve("a 100%.parquet"));
        assertThat(verify(job).out()).contains("VACUUM");
    }

    @Test
    void quarantinedRowsAreRedrivenWithoutTheDeletedOnes() throws Exception {
        execute(
                "COPY (SELECT * REPLACE (CASE WHEN id %% 70 = 3 THEN '12 km' ELSE distance END AS distance) FROM '%1$s') TO '%1$s' (FORMAT parquet)"
                        .formatted(plain.input()));
        delete(append("a", "TRUE"), ROWS);
        FlightsJob job = job("job", "delta: " + table);
        int rows = ROWS - (ROWS + 6) / 7;
        int wrong = Integer.parseInt(
                query("SELECT count(*) FROM '%s' WHERE id %% 70 = 3 AND (id - 1) %% 7 <> 0".formatted(plain.input()))
                        .getFirst());

        try (HttpNode node = new HttpNode(job.home(), HttpSettings.onLoopback(0), new DataSources(Map.of()))) {
            run(node, job, "batch", "submit", job.file().toString(), "--wait").expect(0);
            assertThat(run(node, job, "quarantine", "list", "latest").expect(0).out())
                    .contains("has %d quarantined rows".formatted(wrong));
            assertThat(run(
                                    node,
                                    job,
                                    "quarantine",
                                    "redrive",
                                    "latest",
                                    "--job",
                                    job.file().toString(),
                                    "--set",
                                    "source.select.distance=CAST(replace(distance, ' km', '') AS INTEGER)")
                            .expect(0)
                            .out())
                    .contains("%d rows added".formatted(wrong));
        }
        assertThat(verify(job).expect(0).out())
                .contains(String.format(Locale.ROOT, "each of the %,d rows read from it is in the output once", rows));
    }

    @Test
    void partitionsOfATableAreScoredAgainFromTheSameVersion() throws Exception {
        delete(append("a", "id <= 1000"), 1000);
        append("b", "id > 1000 AND id <= 2000");
        FlightsJob job = job("job", "delta: " + table);
        DelaysModel.register(job.home());
        job.edit("model: " + FlightsJob.example().resolve("flights.ubj"), "model: delays@1");
        InProcess.run(job, "--set", "partitions.rows=800").expect(0);
        List<String> before = predictions(job);
        String batch = String.valueOf(job.published().getLast().getFileName()).replace("batch=", "");
        append("c", "id > 2000 AND id <= 2500");

        rescore(job, batch, "0").expect(0);
        assertThat(job.published()).hasSize(2);
        List<String> after = predictions(job);
        assertThat(after).hasSameSizeAs(before).isNotEqualTo(before);
        after.removeAll(before);
        assertThat(after).as("the rows of the first partition").hasSizeBetween(1, before.size() / 2 + 100);
        assertThat(verify(job).expect(0).out()).contains("Verified");

        Files.delete(table.resolve("b 100%.parquet"));
        rescore(job, batch, "1").expect(2, "is gone", "b 100%.parquet");
        assertThat(job.published()).hasSize(2);
    }

    private static CommandResult rescore(FlightsJob job, String batch, String partition) {
        return InProcess.run(
                "batch",
                "rescore",
                batch,
                "--model",
                "delays@2",
                "--partitions",
                partition,
                "--home",
                job.home().toString());
    }

    private static CommandResult run(HttpNode node, FlightsJob job, String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--server", "http://127.0.0.1:" + node.port));
        all.addAll(List.of("--home", job.home().toString()));
        return InProcess.run(all.toArray(String[]::new));
    }

    @Test
    void aTableIsALookup() throws Exception {
        append("a", "id <= 3000");
        FlightsJob job = job("job", "parquet: " + plain.input());
        job.edit(
                "  id: id\n",
                "  id: id\n  join: [{delta: {table: '%s', version: 1}, on: id, type: inner, columns: {}}]\n"
                        .formatted(table));
        append("b", "id > 3000");

        assertThat(InProcess.run(job).expect(0).json().get("predictions").asInt())
                .isEqualTo(3000);
        assertThat(verify(job).expect(0).out()).contains("Verified: ");
    }

    @Test
    void initWritesAJobForATable() throws Exception {
        append("a", "id <= 700");
        FlightsJob job = job("job", "delta: " + table);
        Path written = folder.resolve("new.yaml");

        CommandResult end = InProcess.run(
                "init",
                "--data",
                table.toString(),
                "--model",
                FlightsJob.example().resolve("flights.ubj").toString(),
                "--file",
                written.toString(),
                "--home",
                job.home().toString());

        assertThat(end.out())
                .contains("Data   Delta table " + table + ": 700 rows")
                .contains("distance");
        assertThat(Files.readString(written))
                .contains("  delta: " + table + "\n")
                .contains("  id: id\n");
    }

    /// So that a reader of the predictions finds what they were made from.
    @Test
    void aVersionOfPredictionsNamesTheVersionThatTheyWereMadeFrom() throws Exception {
        append("a", "id <= 500");
        Path scores = folder.resolve("lake/scores");
        FlightsJob job = job("job", "delta: " + table);
        job.edit("destination:\n", "destination: {delta: %s}\n#".formatted(scores));
        job.edit("  parquet: predictions", "#");
        InProcess.run(job).expect(0);

        String input = id + "@1";
        Path log = scores.resolve("_delta_log/%020d.json".formatted(1));
        assertThat(query(
                        "SELECT DISTINCT json_extract_string(json, '$.add.tags.\"nightshift.input\"') FROM read_json_objects('%s') WHERE json.add IS NOT NULL"
                                .formatted(log)))
                .containsExactly(input);
        assertThat(query(
                        "SELECT json_extract_string(json, '$.commitInfo.operationParameters.\"nightshift.input\"') FROM read_json_objects('%s') WHERE json.commitInfo IS NOT NULL"
                                .formatted(log)))
                .containsExactly(input);
        assertThat(verify(job).expect(0).out())
                .contains("names the same batch, model, input and ledger", "still has the 1 data files", "Verified: ");
        assertThat(InProcess.run(
                                "trace",
                                "delta:" + scores,
                                "--home",
                                folder.resolve("reader").toString())
                        .expect(0)
                        .out())
                .contains("delta:%s, snapshot 1, schema 0 (ID of the table: %s)".formatted(table, id));
        assertThat(InProcess.run(
                                "trace",
                                "delta:" + table,
                                "--home",
                                folder.resolve("reader").toString())
                        .expect(2)
                        .err())
                .contains("is not a table that Nightshift writes: ", "It has 1 file with 500 rows of other programs");

        String text = Files.readString(log);
        Files.writeString(log, text.replace("\"nightshift.input\":\"" + input, "\"nightshift.input\":\"" + id + "@0"));
        assertThat(verify(job).expect(1).out())
                .contains("says nightshift.input = %s@0, the ledger says %s".formatted(id, input));
        Files.writeString(log, text.replaceAll("\"tags\":\\{[^}]*},?", ""));
        assertThat(verify(job).expect(0).out())
                .contains("so it does not say any more what its rows come from")
                .contains("Verified, except for provenance: ");
    }

    @Test
    void aFolderWithoutATableIsNamed() throws Exception {
        FlightsJob job = job("job", "delta: " + folder.resolve("lake"));

        CommandResult refused = InProcess.run(job);

        assertThat(refused.status()).isNotZero();
        assertThat(refused.err()).contains("source.delta: there is no Delta table " + folder.resolve("lake"));
    }
}
