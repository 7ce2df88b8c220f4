package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.PublishedParquet;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.objectstore.AzureServer;
import io.nightshift.testing.objectstore.FaultProxy;
import io.nightshift.testing.objectstore.FaultProxy.Fault;
import io.nightshift.testing.objectstore.GcsServer;
import io.nightshift.testing.objectstore.S3Server;
import io.nightshift.testing.program.ProgramProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The whole program reads objects, through a proxy that disturbs.
final class ObjectStorageIT {

    private static final int FILES = 3;
    private static S3Server server;

    @TempDir
    private Path folder;

    private FaultProxy proxy;
    private FlightsJob job;

    @BeforeAll
    static void startServer() throws Exception {
        server = S3Server.start();
        server.createBucket("lake");
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void start() throws Exception {
        proxy = FaultProxy.start(server.endpoint());
        job = FlightsJob.in(folder.resolve("job"));
        for (int i = 0; i < FILES; i++) {
            put(i, 3_000);
        }
        job.edit("parquet: " + FlightsJob.example().resolve("flights.parquet"), "parquet: s3://lake/flights/*.parquet");
        Files.writeString(folder.resolve("stores.conf"), """
                nightshift.stores.test {
                  endpoint = "%s"
                  path-style = true
                  buckets = ["lake/flights"]
                  write-buckets = ["lake/scores"]
                  access-key-id = an-id
                  secret-access-key = a-secret-of-the-test
                }
                """.formatted(proxy.endpoint()));
    }

    @AfterEach
    void stop() {
        proxy.close();
    }

    private void put(int number, int rows) throws Exception {
        FlightsJob local = FlightsJob.on(
                folder.resolve("local-" + number), "FROM flights LIMIT %d OFFSET %d".formatted(rows, number * 3_000));
        Path file = Files.createDirectories(folder.resolve("files")).resolve("part-%d.parquet".formatted(number));
        Files.move(local.input(), file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        server.put("lake", "flights/" + file.getFileName(), file);
    }

    /// A digest of the predictions, whatever the folder of the files.
    private static String digest(FlightsJob of) throws Exception {
        return PublishedParquet.query("""
                SELECT count(*) || ':' || count(DISTINCT (parse_filename(record_file), record_row)) || ':'
                  || md5(string_agg(concat_ws(' ', parse_filename(record_file), record_row, prediction), '|'
                    ORDER BY parse_filename(record_file), record_row))
                FROM read_parquet('%s/batch=*/part-*.parquet', hive_partitioning = false)
                """.formatted(of.predictions()));
    }

    private CommandResult program(List<String> environment, String... arguments) throws Exception {
        List<String> prefix = new ArrayList<>(List.of("env"));
        prefix.addAll(environment);
        try (ProgramProcess process = ProgramProcess.start(folder, prefix, List.of(arguments))) {
            return process.end();
        }
    }

    private List<String> environment() {
        return List.of(
                "AWS_ACCESS_KEY_ID=an-id",
                "AWS_SECRET_ACCESS_KEY=a-secret-of-the-test",
                "AWS_REGION=eu-central-1",
                "AWS_ENDPOINT_URL_S3=" + proxy.endpoint());
    }

    private String[] configured(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of(
                "--config",
                folder.resolve("stores.conf").toString(),
                "--home",
                job.home().toString()));
        return all.toArray(String[]::new);
    }

    @Test
    void theStandardEnvironmentIsEnough() throws Exception {
        JsonNode result = program(environment(), job.run().toArray(String[]::new))
                .expect(0)
                .json();
        assertThat(result.get("rows").asInt()).isEqualTo(FILES * 3_000);

        String verified = program(
                        environment(),
                        "batch",
                        "verify",
                        result.get("batch").asText(),
                        "--home",
                        job.home().toString())
                .expect(0)
                .out();
        assertThat(verified).contains("the input is as it was");
        try (Stream<Path> copies = Files.walk(job.home().resolve("objects"))) {
            assertThat(copies.filter(Files::isRegularFile)
                            .map(file -> file.getFileName().toString()))
                    .as("copies of objects")
                    .containsOnly("lock");
        }
    }

    @Test
    void aDisturbedStoreGivesTheSamePredictions() throws Exception {
        FlightsJob local = FlightsJob.in(folder.resolve("local"));
        local.edit(
                FlightsJob.example().resolve("flights.parquet").toString(),
                folder.resolve("files").toString());
        InProcess.run(local).expect(0);
        proxy.latency(Duration.ofMillis(5))
                .often(
                        3,
                        0.3,
                        new Fault.Answer(503, "SlowDown"),
                        new Fault.Cut(700),
                        new Fault.Answer(500, "InternalError"),
                        new Fault.Shorten(5),
                        new Fault.Answer(429, "TooManyRequests"),
                        new Fault.Hang(Duration.ofMillis(5)),
                        new Fault.IgnoreRange());

        JsonNode result = program(List.of(), configured("run", job.file().toString(), "-o", "json"))
                .expect(0)
                .json();
        assertThat(result.get("rows").asInt()).isEqualTo(FILES * 3_000);
        assertThat(digest(job)).isEqualTo(digest(local)).startsWith("9000:9000:");
        assertThat(Files.readString(job.log())).doesNotContain("a-secret-of-the-test");
    }

    @Test
    void predictionsAreWrittenToAStore() throws Exception {
        job.edit("parquet: predictions", "parquet: s3://lake/scores/delays");
        JsonNode result = InProcess.run(configured("run", job.file().toString(), "-o", "json"))
                .expect(0)
                .json();
        String batch = result.get("batch").asText();
        assertThat(server.get("lake", "scores/delays/_latest-flights.json"))
                .contains("s3://lake/scores/delays/batch=%s/part-*.parquet".formatted(batch));
        assertThat(server.get("lake", "scores/delays/batch=%s/_SUCCESS".formatted(batch)))
                .isEmpty();

        assertThat(InProcess.run(configured("batch", "verify", batch)).expect(0).out())
                .contains(
                        "s3://lake/scores/delays/batch=%s holds _SUCCESS, the manifest and the committed files, and nothing else"
                                .formatted(batch));
        assertThat(InProcess.run(configured("batch", "head", batch, "-n", "3"))
                        .expect(0)
                        .out())
                .contains("prediction", "origin")
                .hasLineCount(4);

        job.edit("parquet: s3://lake/scores/delays", "csv: s3://lake/scores/csv");
        InProcess.run(configured("run", job.file().toString())).expect(0);
        assertThat(InProcess.run(configured("batch", "verify", "latest"))
                        .expect(0)
                        .out())
                .contains("s3://lake/scores/csv/batch=flights-");
    }

    /// The source, the registry and the destination, by both forms of an address.
    @Test
    void azureIsAStoreAsWell() throws Exception {
        try (AzureServer azure = AzureServer.start()) {
            azure.createContainer("lake");
            for (int i = 0; i < FILES; i++) {
                String name = "part-%d.parquet".formatted(i);
                azure.put(
                        "lake",
                        "flights/" + name,
                        Files.readAllBytes(folder.resolve("files").resolve(name)));
            }
            Files.writeString(folder.resolve("stores.conf"), """
                    nightshift.registry = "az://lake/models"
                    nightshift.stores.test {
                      type = azure
                      account = %s
                      endpoint = "%s"
                      buckets = ["lake"]
                      write-buckets = ["lake/scores"]
                      account-key = "%s"
                    }
                    """.formatted(
                            AzureServer.ACCOUNT, azure.endpoint(), AzureServer.KEY));
            String container = "abfss://lake@%s.dfs.core.windows.net".formatted(AzureServer.ACCOUNT);
            job.edit("s3://lake/flights", container + "/flights");
            job.edit("parquet: predictions", "parquet: az://lake/scores/delays");

            JsonNode result = InProcess.run(configured("run", job.file().toString(), "-o", "json"))
                    .expect(0)
                    .json();
            assertThat(result.get("rows").asInt()).isEqualTo(FILES * 3_000);
            String batch = result.get("batch").asText();
            assertThat(azure.keys("lake"))
                    .contains("scores/delays/batch=%s/_SUCCESS".formatted(batch))
                    .anyMatch(key -> key.startsWith("models/"))
                    .noneMatch(key -> key.contains("_staging/batch="));
            assertThat(InProcess.run(configured("batch", "verify", batch))
                            .expect(0)
                            .out())
                    .contains(
                            "az://lake/scores/delays/batch=%s holds _SUCCESS, the manifest and the committed files, and nothing else"
                                    .formatted(batch));
            assertThat(InProcess.run(configured("doctor", "--job", job.file().toString()))
                            .expect(0)
                            .out())
                    .contains("flights can run");
            job.edit(
                    "parquet: az://lake/scores/delays",
                    "parquet: {folder: az://lake/scores/delays, load-redshift: scores.delays}");
            InProcess.run(configured("run", job.file().toString()))
                    .expect(2, "load-redshift and load-snowflake write statements for S3 only");
            assertThat(Files.readString(job.log())).doesNotContain(AzureServer.KEY);
        }
    }

    @Test
    void googleIsAStoreAsWell() throws Exception {
        try (GcsServer google = GcsServer.start()) {
            google.createBucket("lake");
            for (int i = 0; i < FILES; i++) {
                String name = "part-%d.parquet".formatted(i);
                google.put(
                        "lake",
                        "flights/" + name,
                        Files.readAllBytes(folder.resolve("files").resolve(name)));
            }
            Files.writeString(folder.resolve("google.json"), google.keyFile());
            Files.writeString(folder.resolve("stores.conf"), """
                    nightshift.registry = "gs://lake/models"
                    nightshift.stores.test {
                      type = gcs
                      endpoint = "%s"
                      buckets = ["lake"]
                      write-buckets = ["lake/scores"]
                      credentials-file = google.json
                    }
                    """.formatted(google.endpoint()));
            job.edit("s3://lake/flights", "gs://lake/flights");
            job.edit("parquet: predictions", "parquet: gs://lake/scores/delays");

            JsonNode result = InProcess.run(configured("run", job.file().toString(), "-o", "json"))
                    .expect(0)
                    .json();
            assertThat(result.get("rows").asInt()).isEqualTo(FILES * 3_000);
            String batch = result.get("batch").asText();
            assertThat(google.list("lake", ""))
                    .contains("scores/delays/batch=%s/_SUCCESS".formatted(batch))
                    .anyMatch(key -> key.startsWith("models/"))
                    .noneMatch(key -> key.contains("_staging/batch="));
            assertThat(InProcess.run(configured("batch", "verify", batch))
                            .expect(0)
                            .out())
                    .contains("gs://lake/scores/delays/batch=%s holds _SUCCESS".formatted(batch));
            assertThat(InProcess.run(configured("doctor", "--job", job.file().toString()))
                            .expect(0)
                            .out())
                    .contains("flights can run");
            assertThat(Files.readString(job.log())).doesNotContain("PRIVATE KEY", "token-");
        }
    }

    @Test
    void newObjectsAreReadOnce() throws Exception {
        Files.writeString(job.file(), Files.readString(job.file()) + "\nincremental: {files: new}\n");
        assertThat(rows()).isEqualTo(FILES * 3_000);

        put(1, 2_999);
        assertThat(rows()).as("the replaced object").isEqualTo(2_999);
        assertThat(rows()).isZero();
        assertThat(InProcess.run(configured("batch", "verify", "latest"))
                        .expect(0)
                        .out())
                .contains("3 published batches of this source have read 4 files");
    }

    @Test
    void aLookupAndAPartitionKeyReadObjects() throws Exception {
        FlightsJob airports = FlightsJob.on(
                folder.resolve("airports"), "SELECT DISTINCT origin, 'r' || origin AS region FROM flights");
        server.put("lake", "flights/lookup/airports.parquet", airports.input());

        assertThat(rows(
                        "--set",
                        "source.join=[{parquet: s3://lake/flights/lookup/airports.parquet, on: origin, columns: [region]}]",
                        "--set",
                        "output.columns=[origin, region]"))
                .isEqualTo(FILES * 3_000);
        assertThat(PublishedParquet.query(
                        "SELECT count(*) FROM read_parquet('%s/batch=*/part-*.parquet') WHERE region = 'r' || origin"
                                .formatted(job.predictions())))
                .isEqualTo("9000");
        assertThat(rows("--set", "job=keyed", "--set", "partitions.by=origin", "--set", "partitions.ranges=[D, M]"))
                .isEqualTo(FILES * 3_000);
        assertThat(InProcess.run(configured("batch", "verify", "latest"))
                        .expect(0)
                        .out())
                .contains("each of the 9,000 rows read from it is in the output once");
    }

    private int rows(String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("run", job.file().toString(), "-o", "json"));
        arguments.addAll(List.of(options));
        return InProcess.run(configured(arguments.toArray(String[]::new)))
                .expect(0)
                .json()
                .get("rows")
                .asInt();
    }

    @Test
    void planAndDoctorTellWhatIsRead() throws Exception {
        assertThat(InProcess.run(configured("plan", job.file().toString()))
                        .expect(0)
                        .out())
                .contains("processing 9,000 rows from 3 files (s3://lake/flights/*.parquet)")
                .containsPattern("fetches     [0-9,]+ of [0-9,]+ bytes: 3 objects, 3 row groups, the columns ");
        assertThat(InProcess.run(configured("doctor", "--job", job.file().toString()))
                        .expect(0)
                        .out())
                .contains("jobs may read lake/flights, and write lake/scores")
                .contains("flights can run");
        proxy.next(new Fault.Answer(403, "InvalidAccessKeyId"));
        assertThat(InProcess.run(configured("doctor")).expect(1).out())
                .contains("store test refuses access (InvalidAccessKeyId)");
    }

    @Test
    void anObjectThatIsReplacedIsRefusedAsAChangedFileIs() throws Exception {
        ScoringGate gate = ScoringGate.closed(folder.resolve("gate"));
        try (ProgramProcess stopped = ProgramProcess.start(
                folder, gate, List.of(configured("run", job.file().toString(), "-o", "json")))) {
            assertThat(stopped.awaitLog(job.log(), Pattern.compile(" planned: "), 1))
                    .isTrue();
        }
        put(1, 2_999);
        InProcess.run(configured("run", job.file().toString(), "-o", "json"))
                .expect(
                        2,
                        "its input has changed since it was opened",
                        "s3://lake/flights/part-1.parquet has changed: its length was");
    }
}
