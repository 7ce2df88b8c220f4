package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.Folders;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.HttpReceiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs of the program over a table of an Iceberg catalog, compared with runs over Parquet files of the same
/// rows.
final class IcebergSourceIT {

    private static final int ROWS = 6_000;
    private static final TableIdentifier NAME = TableIdentifier.parse("ops.flights");

    @TempDir
    private Path folder;

    private CatalogSettings.Folder settings;
    private IcebergCatalogs catalogs;
    private FlightsJob plain;

    @BeforeEach
    void open() throws Exception {
        settings = new CatalogSettings.Folder("lake", folder.resolve("warehouse"));
        catalogs = new IcebergCatalogs(
                new DataSources(Map.of(), Map.of("lake", settings)), FileRoots.UNRESTRICTED, ObjectStores.none());
        plain = FlightsJob.on(
                folder.resolve("plain"), "SELECT row_number() OVER () AS id, * FROM flights LIMIT " + ROWS);
    }

    @AfterEach
    void close() {
        catalogs.close();
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

    private Table table() {
        return new BaseTable(catalogs.get("lake").find(NAME).orElseThrow(), NAME.toString());
    }

    /// Makes a table with the columns of the flights.
    private void create() throws SQLException {
        List<Types.NestedField> fields = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet columns = statement.executeQuery("DESCRIBE FROM '%s'".formatted(plain.input()))) {
            while (columns.next()) {
                fields.add(Types.NestedField.optional(
                        fields.size() + 1, columns.getString(1), type(columns.getString(2))));
            }
        }
        catalogs.get("lake")
                .create(
                        NAME,
                        new Schema(fields),
                        PartitionSpec.unpartitioned(),
                        Map.of(TableProperties.FORMAT_VERSION, "2"));
    }

    private static Type type(String duckDb) {
        return switch (duckDb) {
            case "BIGINT" -> Types.LongType.get();
            case "INTEGER", "SMALLINT", "TINYINT", "UTINYINT", "USMALLINT" -> Types.IntegerType.get();
            case "DOUBLE" -> Types.DoubleType.get();
            case "FLOAT" -> Types.FloatType.get();
            case "VARCHAR" -> Types.StringType.get();
            case "BOOLEAN" -> Types.BooleanType.get();
            case "DATE" -> Types.DateType.get();
            case "TIMESTAMP" -> Types.TimestampType.withoutZone();
            default -> throw new IllegalArgumentException(duckDb);
        };
    }

    /// Appends the rows of the plain file for which a condition holds.
    private DataFile append(String name, String where) throws Exception {
        Path file = folder.resolve("warehouse/ops/flights/data/" + name);
        Files.createDirectories(file.getParent());
        List<String> ids = new ArrayList<>();
        List<String> casts = new ArrayList<>();
        for (Types.NestedField field : table().schema().columns()) {
            ids.add("\"%s\": %d".formatted(field.name(), field.fieldId()));
            String type = field.type().typeId() == Type.TypeID.INTEGER ? "::INTEGER" : "";
            casts.add(
                    field.name().equals("note")
                            ? "'own' AS note"
                            : "\"%1$s\"%2$s AS \"%1$s\"".formatted(field.name(), type));
        }
        execute("COPY (SELECT %s FROM '%s' WHERE %s ORDER BY id) TO '%s' (FORMAT parquet, FIELD_IDS {%s})"
                .formatted(String.join(", ", casts), plain.input(), where, file, String.join(", ", ids)));
        DataFile added = DataFiles.builder(PartitionSpec.unpartitioned())
                .withPath("file://" + file)
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(Files.size(file))
                .withRecordCount(Long.parseLong(
                        query("SELECT count(*) FROM '%s'".formatted(file)).getFirst()))
                .build();
        table().newAppend().appendFile(added).commit();
        return added;
    }

    /// Deletes every seventh row of a data file by its position, and some records by their IDs.
    private void delete(DataFile data) throws Exception {
        Path positions = folder.resolve("warehouse/ops/flights/data/positions.parquet");
        execute("COPY (SELECT '%s' AS file_path, 7 * i AS pos FROM range(%d) t(i)) TO '%s' (FORMAT parquet)"
                .formatted(data.location(), (data.recordCount() + 6) / 7, positions));
        Path keys = folder.resolve("warehouse/ops/flights/data/keys.parquet");
        execute("COPY (SELECT 100 * i AS id FROM range(1000) t(i)) TO '%s' (FORMAT parquet, FIELD_IDS {id: 1})"
                .formatted(keys));
        table().newRowDelta()
                .addDeletes(FileMetadata.deleteFileBuilder(PartitionSpec.unpartitioned())
                        .ofPositionDeletes()
                        .withPath("file://" + positions)
                        .withFormat(FileFormat.PARQUET)
                        .withFileSizeInBytes(Files.size(positions))
                        .withRecordCount((data.recordCount() + 6) / 7)
                        .build())
                .addDeletes(FileMetadata.deleteFileBuilder(PartitionSpec.unpartitioned())
                        .ofEqualityDeletes(1)
                        .withPath("file://" + keys)
                        .withFormat(FileFormat.PARQUET)
                        .withFileSizeInBytes(Files.size(keys))
                        .withRecordCount(1000)
                        .build())
                .commit();
    }

    private FlightsJob job(String name, String source) throws Exception {
        FlightsJob job = FlightsJob.on(folder.resolve(name), "FROM flights LIMIT 1");
        job.edit("parquet: " + job.input(), source + "\n  id: id");
        Files.createDirectories(job.home());
        configure(job);
        return job;
    }

    private void configure(FlightsJob job) throws Exception {
        Files.writeString(
                job.home().resolve("nightshift.conf"),
                "nightshift.catalogs.lake { type = folder, warehouse = \"%s\" }".formatted(settings.warehouse()));
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
    void theRowsOfASnapshotHaveThePredictionsOfTheSameRowsInParquetFiles() throws Exception {
        create();
        DataFile first = append("a.parquet", "id <= 4000");
        table().updateSchema().addColumn("note", Types.StringType.get()).commit();
        delete(first);
        String left = "id <= 4000 AND (id - 1) % 7 <> 0 AND id % 100 <> 0 OR id > 4000 AND id <= 5500";
        Path rest = folder.resolve("rest.parquet");
        execute("COPY (SELECT * FROM '%s' WHERE %s) TO '%s' (FORMAT parquet)".formatted(plain.input(), left, rest));
        append("b.parquet", "id > 4000 AND id <= 5500");
        FlightsJob job = job("job", "iceberg: {catalog: lake, table: ops.flights}");
        FlightsJob files = job("files", "parquet: " + rest);

        assertThat(InProcess.run(
                                "plan",
                                job.file().toString(),
                                "--home",
                                job.home().toString())
                        .expect(0)
                        .out())
                .contains("table ops.flights in catalog lake: snapshot ")
                .contains("2 data files, 1 of them with deleted rows");
        long read = table().currentSnapshot().snapshotId();
        CommandResult end;
        try (HttpReceiver catalogue = new HttpReceiver()) {
            catalogue.behave(exchange -> HttpReceiver.respond(exchange, 200, ""));
            Files.writeString(
                    job.home().resolve("nightshift.conf"),
                    "\nnightshift.lineage.url = \"%s\"".formatted(catalogue.uri("/lineage")),
                    StandardOpenOption.APPEND);
            end = InProcess.run(job, "--set", "partitions.rows=1000").expect(0);
            assertThat(new ObjectMapper()
                            .readTree(catalogue.requests().getLast().body())
                            .at("/inputs/0/facets/version/datasetVersion")
                            .asText())
                    .isEqualTo(String.valueOf(read));
        }
        configure(job);
        InProcess.run(files).expect(0);

        assertThat(predictions(job))
                .isEqualTo(predictions(files))
                .hasSize(end.json().get("predictions").asInt());
        assertThat(verify(job).expect(0).out()).contains("read from it is in the output once");

        assertThat(Files.readString(job.published().getLast().resolve("_manifest.json")))
                .contains("\"snapshot\" : \"%s@%d\""
                        .formatted(table().uuid(), table().currentSnapshot().snapshotId()));

        append("c.parquet", "id > 5500");
        assertThat(verify(job).expect(0).out())
                .as("the snapshot of the batch")
                .contains("read from it is in the output once");
        assertThat(InProcess.run(job, "--new")
                        .expect(0)
                        .json()
                        .get("predictions")
                        .asInt())
                .isEqualTo(end.json().get("predictions").asInt() + 500);
    }

    /// Rows are found by their positions, which deletes and other files don't change.
    @Test
    void quarantinedRowsOfATableAreScoredAgain() throws Exception {
        create();
        DataFile first = append("a.parquet", "id <= 1000");
        delete(first);
        append("b.parquet", "id > 1000 AND id <= 1500");
        FlightsJob job = job("job", "iceberg: {catalog: lake, table: ops.flights}");
        String fixed = "  select:\n    distance: CAST(distance AS DOUBLE)\n";
        String broken = fixed.replace(
                "CAST(distance AS DOUBLE)",
                "CAST(CASE WHEN id % 50 = 3 THEN 'n/a' ELSE CAST(distance AS VARCHAR) END AS DOUBLE)");
        job.edit("  select:\n", broken);
        job.edit("max-rate: 0.001", "max-rate: 1");
        job.edit("max-rows: 100", "max-rows: 10000");
        CommandResult end = InProcess.run(job, "--set", "partitions.rows=400").expect(0);
        int bad = end.json().get("quarantined").asInt();
        int good = end.json().get("predictions").asInt();
        assertThat(bad).isPositive();
        String batch = String.valueOf(job.published().getLast().getFileName()).replace("batch=", "");
        append("c.parquet", "id > 1500 AND id <= 2000");
        Path corrected = Files.writeString(
                job.file().resolveSibling("corrected.yaml"),
                Files.readString(job.file()).replace(broken, fixed).replace("rows: 25000", "rows: 400"));

        assertThat(InProcess.run(
                                "quarantine",
                                "redrive",
                                batch,
                                "--job",
                                corrected.toString(),
                                "--home",
                                job.home().toString())
                        .expect(0)
                        .out())
                .contains("%d rows added".formatted(bad));

        assertThat(predictions(job)).hasSize(good + bad).doesNotHaveDuplicates();
        assertThat(verify(job).expect(0).out()).contains("Verified");
    }

    @Test
    void partitionsOfATableAreScoredAgainFromTheSameSnapshot() throws Exception {
        create();
        DataFile first = append("a.parquet", "id <= 1000");
        append("b.parquet", "id > 1000 AND id <= 2000");
        delete(first);
        FlightsJob job = job("job", "iceberg: {catalog: lake, table: ops.flights}");
        DelaysModel.register(job.home());
        job.edit("model: " + FlightsJob.example().resolve("flights.ubj"), "model: delays@1");
        InProcess.run(job, "--set", "partitions.rows=800").expect(0);
        List<String> before = predictions(job);
        String batch = String.valueOf(job.published().getLast().getFileName()).replace("batch=", "");
        append("c.parquet", "id > 2000 AND id <= 2500");

        CommandResult rescored = InProcess.run(
                "batch",
                "rescore",
                batch,
                "--model",
                "delays@2",
                "--partitions",
                "0",
                "--home",
                job.home().toString());

        rescored.expect(0);
        assertThat(job.published()).hasSize(2);
        List<String> after = predictions(job);
        assertThat(after).hasSameSizeAs(before).isNotEqualTo(before);
        after.removeAll(before);
        assertThat(after).as("the rows of the first partition").hasSizeBetween(1, before.size() / 2 + 100);
        assertThat(verify(job).expect(0).out()).contains("Verified");
    }

    /// The files are gone, so the output can't be compared with them. What the ledger and the manifest say
    /// still can.
    @Test
    void verifySaysThatTheSnapshotHasExpired() throws Exception {
        create();
        DataFile first = append("a.parquet", "id <= 1000");
        delete(first);
        FlightsJob job = job("job", "iceberg: {catalog: lake, table: ops.flights}");
        InProcess.run(job).expect(0);
        String snapshot = String.valueOf(table().currentSnapshot().snapshotId());
        table().newDelete().deleteFile(first).commit();
        append("b.parquet", "id > 1000 AND id <= 1500");
        table().expireSnapshots().expireOlderThan(Long.MAX_VALUE).retainLast(1).commit();

        CommandResult verified = verify(job).expect(0);

        assertThat(verified.out())
                .contains("snapshot " + snapshot)
                .contains(
                        "was expired (expire_snapshots); 0 of the 1 data files that the batch has read are still there")
                .contains("Verified without the input: ")
                .contains("Also open: snapshot.");
    }

    @Test
    void verifyFailsIfTheInputIsAnotherTableNow() throws Exception {
        create();
        append("a.parquet", "id <= 500");
        FlightsJob job = job("job", "iceberg: {catalog: lake, table: ops.flights}");
        InProcess.run(job).expect(0);
        Folders.deleteTree(folder.resolve("warehouse/ops/flights/metadata"));
        create();
        append("a.parquet", "id <= 500");

        assertThat(verify(job).expect(1).out()).contains("is another table now", "Not verified: ");
    }

    @Test
    void aTagHoldsTheSnapshotUntilTheBatchEnds() throws Exception {
        create();
        append("a.parquet", "id <= 500");
        FlightsJob job = job("job", "iceberg: {catalog: lake, table: ops.flights}");
        InProcess.run(job).expect(0);
        assertThat(table().refs()).as("after the publication").containsOnlyKeys("main");
        String source = Files.readString(job.file());

        Files.writeString(job.file(), source + "\nchecks:\n  on-fail: hold\n  rows: {min: 1000}\n");
        InProcess.run(job, "--new");
        assertThat(table().refs()).as("of a held batch").hasSize(2);
        InProcess.run("batch", "cancel", "latest", "--home", job.home().toString())
                .expect(0);
        assertThat(table().refs()).as("of a cancelled batch").containsOnlyKeys("main");

        Files.writeString(job.file(), source + "\nchecks:\n  on-fail: fail\n  rows: {min: 1000}\n");
        InProcess.run(job, "--new");
        assertThat(table().refs()).as("of a failed batch").hasSize(2);
        InProcess.run("batch", "cancel", "latest", "--home", job.home().toString())
                .expect(0);
        assertThat(table().refs()).as("of a failed batch that is cancelled").containsOnlyKeys("main");
    }

    @Test
    void initWritesAJobForATable() throws Exception {
        create();
        DataFile first = append("a.parquet", "id <= 500");
        delete(first);
        append("b.parquet", "id > 500 AND id <= 700");
        FlightsJob job = job("job", "iceberg: {catalog: lake, table: ops.flights}");
        Path written = folder.resolve("new.yaml");

        CommandResult end = InProcess.run(
                "init",
                "--data",
                "iceberg:lake/ops.flights",
                "--model",
                FlightsJob.example().resolve("flights.ubj").toString(),
                "--file",
                written.toString(),
                "--home",
                job.home().toString());

        end.expect(1);
        assertThat(end.out())
                .contains("Data   table ops.flights in catalog lake: 700 rows")
                .contains("distance");
        assertThat(Files.readString(written))
                .contains("  iceberg:\n    catalog: lake\n    table: ops.flights\n")
                .contains("  id: id\n");
        assertThat(InProcess.run(
                                "init",
                                "--data",
                                "iceberg:lake/ops.none",
                                "--model",
                                FlightsJob.example().resolve("flights.ubj").toString(),
                                "--file",
                                folder.resolve("other.yaml").toString(),
                                "--home",
                                job.home().toString())
                        .err())
                .contains("source.iceberg: there is no table ops.none in catalog lake");
    }

    /// So that a reader of the predictions finds what they were made from.
    @Test
    void aSnapshotOfPredictionsNamesTheSnapshotThatTheyWereMadeFrom() throws Exception {
        create();
        append("a.parquet", "id <= 500");
        FlightsJob job = job("job", "iceberg: {catalog: lake, table: ops.flights}");
        job.edit("destination:\n", "destination: {iceberg: {catalog: lake, table: ops.scores}}\n#");
        job.edit("  parquet: predictions", "#");
        InProcess.run(job).expect(0);

        Table scores = new BaseTable(
                catalogs.get("lake").find(TableIdentifier.parse("ops.scores")).orElseThrow(), "ops.scores");
        Map<String, String> summary = scores.currentSnapshot().summary();
        String manifest = Files.readString(folder.resolve(
                "warehouse/ops/scores/nightshift/batch=%s/_manifest.json".formatted(summary.get("nightshift.batch"))));
        assertThat(summary)
                .containsEntry(
                        "nightshift.input",
                        table().uuid() + "@" + table().currentSnapshot().snapshotId());
        for (String name : List.of("model-sha256", "ledger-head", "input-digest", "manifest-sha256")) {
            assertThat(summary.get("nightshift." + name)).as(name).matches("[0-9a-f]{64}");
        }
        assertThat(manifest)
                .contains("\"sha256\" : \"%s\"".formatted(summary.get("nightshift.model-sha256")))
                .contains("\"head\" : \"%s\"".formatted(summary.get("nightshift.ledger-head")));
        assertThat(verify(job).expect(0).out())
                .contains("names the same batch, model, input and ledger", "still has the 1 data files", "Verified: ");

        Path metadata = metadata(folder.resolve("warehouse/ops/scores/metadata"));
        String text = Files.readString(metadata);
        Files.writeString(metadata, text.replace(summary.get("nightshift.input"), table().uuid() + "@1"));
        assertThat(verify(job).expect(1).out())
                .contains("the table ops.scores says nightshift.input = %s@1, the ledger says %s"
                        .formatted(table().uuid(), summary.get("nightshift.input")));
        Files.writeString(metadata, text);

        scores.newFastAppend().set("by", "another program").commit();
        scores.refresh();
        scores.expireSnapshots()
                .expireSnapshotId(scores.currentSnapshot().parentId())
                .commit();
        assertThat(verify(job).expect(0).out())
                .contains("the table ops.scores keeps nothing of the commit that has added the batch")
                .contains("Verified, except for provenance: ");
    }

    /// The newest metadata of a table in a folder catalog.
    private static Path metadata(Path folder) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("v\\d+\\.metadata\\.json"))
                    .max(Comparator.comparing(file ->
                            Integer.valueOf(file.getFileName().toString().replaceAll("\\D", ""))))
                    .orElseThrow();
        }
    }

    @Test
    void aTableThatIsNotThereIsNamed() throws Exception {
        FlightsJob job = job("job", "iceberg: {catalog: lake, table: ops.none}");

        CommandResult refused = InProcess.run(job);

        assertThat(refused.status()).isNotZero();
        assertThat(refused.err()).contains("source.iceberg: there is no table ops.none in catalog lake");
    }
}
