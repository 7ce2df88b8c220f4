package io.nightshift.system.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.system.serve.HomeServer;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.database.DatabaseProxy;
import io.nightshift.testing.database.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A server whose input, destination or database is away while a batch plans, scores and publishes, each time for
/// longer than a few tries take.
///
/// The backoffs are short, so that a second is a long outage. With `-Dnightshift.outage=PT1M`, each outage takes a
/// minute and the backoffs are those of the program.
///
/// A batch of one partition is stopped before each step, so that the next fault meets a certain step.
@Timeout(900)
final class OutageIT {

    private static final Duration SOON = Duration.ofMinutes(2);
    private static final Duration SHORT = Duration.ofSeconds(1);
    private static final Duration OUTAGE = Duration.parse(System.getProperty("nightshift.outage", SHORT.toString()));
    private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT);

    private static final String INPUT = "FROM flights LIMIT 100000";

    @TempDir
    static Path folder;

    private static PostgresServer postgres;
    private static DatabaseProxy proxy;
    private static PostgresJob table;
    private static HomeServer server;

    @BeforeAll
    static void start() throws IOException, SQLException {
        postgres = PostgresServer.start();
        proxy = new DatabaseProxy(postgres.port());
        table = PostgresJob.on(folder, postgres, INPUT);
        Path configuration = table.flights().home().resolve("nightshift.conf");
        PostgresServer.configure(configuration, table.database(), proxy.port());
        String settings = "\nnightshift.files { read = [\"%s\", \"%s\"], write = [\"%s\"] }\n"
                .formatted(folder, FlightsJob.example(), folder);
        if (OUTAGE.equals(SHORT)) {
            settings += "nightshift.batch.retry { min-backoff = 50ms, max-backoff = 200ms }\n";
        }
        Files.writeString(configuration, settings, StandardOpenOption.APPEND);
        server = new HomeServer(folder);
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
        proxy.close();
        postgres.close();
    }

    private static String minute(int hours) {
        return MINUTE.format(
                Clock.systemUTC().instant().plus(Duration.ofHours(hours)).atZone(ZoneOffset.UTC));
    }

    /// Submits the job to wait for its window, so that it is not planned yet.
    private static String submit(FlightsJob job) throws IOException {
        Files.writeString(
                job.file(),
                "\ntime-zone: UTC\nwindow: {from: \"%s\", to: \"%s\"}\n".formatted(minute(2), minute(3)),
                StandardOpenOption.APPEND);
        return server.command(
                        "batch", "submit", job.file().toString(), "--set", "partitions.rows=1000000", "-o", "json")
                .expect(0)
                .json()
                .get("batch")
                .asText();
    }

    private static void tell(String control, String batch) {
        server.command("batch", control, batch).expect(0);
    }

    private static JsonNode show(String batch) {
        return server.command("batch", "show", batch, "-o", "json").expect(0).json();
    }

    /// Waits until the batch has waited for the length of an outage, and says so.
    ///
    /// @param state of the batch meanwhile
    /// @param reason what the batch waits for
    private static void awaitOutage(String batch, String state, String reason) {
        await().atMost(SOON.plus(OUTAGE)).untilAsserted(() -> {
            JsonNode shown = show(batch);
            assertThat(shown.get("state").asText()).as(shown.toString()).isEqualTo(state);
            assertThat(shown.at("/outage/reason").asText()).contains(reason);
            Instant since = Instant.parse(shown.at("/outage/since").asText());
            assertThat(Clock.systemUTC().instant()).isAfter(since.plus(OUTAGE));
            assertThat(Instant.parse(shown.at("/outage/until").asText())).isAfter(since.plus(Duration.ofMinutes(10)));
        });
        CommandResult shown = server.command("batch", "show", batch).expect(0);
        assertThat(shown.out()).containsPattern("waits for +.*").contains(reason, "since ", "until ");
    }

    private static void awaitValue(String batch, String pointer, String value) {
        await().atMost(SOON.plus(OUTAGE)).untilAsserted(() -> {
            JsonNode shown = show(batch);
            assertThat(shown.at(pointer).asText()).as(shown.toString()).isEqualTo(value);
        });
    }

    /// Every row is predicted, and no attempt was used up.
    private static void check(String batch) throws IOException {
        assertThat(show(batch).at("/predictions").asInt()).isEqualTo(100_000);
        List<String> events = server.command("batch", "events", batch, "-o", "json")
                .expect(0)
                .out()
                .lines()
                .toList();
        for (String line : events) {
            JsonNode event = new ObjectMapper().readTree(line);
            if (event.get("event").asText().equals("attempt-failed")) {
                assertThat(event.has("until")).as(line).isTrue();
            }
        }
    }

    @Test
    void aDatabaseThatIsAwayIsWaitedForInEveryStep() throws Exception {
        String batch = submit(table.flights());
        proxy.goDown();
        tell("pause", batch);
        tell("ignore-window", batch);
        awaitOutage(batch, "paused", "data source db");
        proxy.goUp();
        awaitValue(batch, "/partitions", "1");

        proxy.goDown();
        tell("resume", batch);
        awaitOutage(batch, "running", "data source db");
        proxy.hold("COPY ");
        proxy.goUp();
        proxy.awaitHolding();
        tell("pause", batch);
        proxy.release();
        awaitValue(batch, "/committed", "1");

        proxy.goDown();
        tell("resume", batch);
        awaitOutage(batch, "publishing", "data source db");
        proxy.goUp();
        awaitValue(batch, "/state", "published");

        check(batch);
        assertThat(table.row("SELECT count(*) || ' ' || count(DISTINCT record_row) FROM flights"))
                .isEqualTo("100000 100000");
    }

    @Test
    void storageThatIsAwayIsWaitedForInEveryStep() throws Exception {
        FlightsJob job = FlightsJob.on(folder.resolve("files"), INPUT);
        // Too few rows, so that the batch waits for an approval before it is published.
        Files.writeString(job.file(), "\nchecks: {on-fail: hold, rows: {min: 100001}}\n", StandardOpenOption.APPEND);
        Path away = folder.resolve("away");
        String batch = submit(job);
        Files.move(job.input(), away, StandardCopyOption.ATOMIC_MOVE);
        tell("pause", batch);
        tell("ignore-window", batch);
        awaitOutage(batch, "paused", "own.parquet");
        Files.move(away, job.input(), StandardCopyOption.ATOMIC_MOVE);
        awaitValue(batch, "/partitions", "1");

        Files.move(job.input(), away, StandardCopyOption.ATOMIC_MOVE);
        tell("resume", batch);
        awaitOutage(batch, "running", "own.parquet");
        Files.move(away, job.input(), StandardCopyOption.ATOMIC_MOVE);
        awaitValue(batch, "/state", "held");

        Path staging = job.predictions().resolve(".staging");
        Files.move(staging, away, StandardCopyOption.ATOMIC_MOVE);
        server.command("batch", "approve", batch, "--reason", "the test needs no more rows")
                .expect(0);
        awaitOutage(batch, "publishing", "the staged output");
        Files.move(away, staging, StandardCopyOption.ATOMIC_MOVE);
        awaitValue(batch, "/state", "published");

        check(batch);
    }
}
