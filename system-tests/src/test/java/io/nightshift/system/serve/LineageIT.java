package io.nightshift.system.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.system.run.InProcess;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.HttpReceiver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The lineage of batches, sent to a real HTTP server.
@Timeout(600)
final class LineageIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private Path configuration(HttpReceiver receiver) throws IOException {
        Files.writeString(folder.resolve("token"), "a-secret-token\n");
        return Files.writeString(folder.resolve("lineage.conf"), """
                nightshift.lineage { url = "%s", token-file = token, namespace = "night" }
                """.formatted(receiver.uri("/api/v1/lineage")));
    }

    private static List<JsonNode> events(HttpReceiver receiver) throws IOException {
        return receiver.requests().stream()
                .map(request -> {
                    assertThat(request.path()).isEqualTo("/api/v1/lineage");
                    assertThat(request.headers()).containsEntry("authorization", "Bearer a-secret-token");
                    try {
                        return JSON.readTree(request.body());
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
    }

    private static List<String> types(HttpReceiver receiver) throws IOException {
        return events(receiver).stream()
                .map(event -> event.get("eventType").asText())
                .toList();
    }

    @Test
    void aCatalogueHearsOfTheInputTheModelAndTheOutputOfEachRun() throws Exception {
        FlightsJob job = FlightsJob.on(folder, "FROM flights LIMIT 1000");
        // A batch from before lineage was configured.
        InProcess.run(job).expect(0);
        try (HttpReceiver receiver = new HttpReceiver()) {
            AtomicInteger requests = new AtomicInteger();
            receiver.behave(exchange ->
                    HttpReceiver.respond(exchange, requests.getAndIncrement() == 0 ? 503 : 201, "a-secret-token"));
            String conf = configuration(receiver).toString();

            CommandResult run = InProcess.run(job, "--new", "--config", conf).expect(0);

            String batch = run.json().get("batch").asText();
            assertThat(types(receiver))
                    .as("the receiver was down for the first request")
                    .containsExactly("START", "START", "COMPLETE");
            JsonNode complete = events(receiver).getLast();
            assertThat(complete.at("/run/runId").asText())
                    .isEqualTo(events(receiver).getFirst().at("/run/runId").asText());
            assertThat(complete.at("/job/namespace").asText()).isEqualTo("night");
            assertThat(complete.at("/job/name").asText()).isEqualTo("flights");
            assertThat(complete.at("/inputs/0/namespace").asText()).isEqualTo("file");
            assertThat(complete.at("/inputs/0/name").asText())
                    .isEqualTo(job.input().toString());
            assertThat(complete.at("/inputs/0/inputFacets/inputStatistics/rowCount")
                            .asInt())
                    .isEqualTo(1000);
            assertThat(complete.at("/inputs/1/name").asText())
                    .isEqualTo(FlightsJob.example().resolve("flights.ubj").toString());
            assertThat(complete.at("/inputs/1/facets/datasetType/datasetType").asText())
                    .isEqualTo("MODEL");
            assertThat(complete.at("/outputs/0/name").asText())
                    .isEqualTo(job.predictions().toString());
            assertThat(complete.at("/outputs/0/facets/version/datasetVersion").asText())
                    .isEqualTo(batch);
            assertThat(complete.at("/run/facets/nightshift_batch/batch").asText())
                    .isEqualTo(batch);
            assertThat(complete.at("/run/facets/nightshift_batch/modelSha256").asText())
                    .hasSize(64);
            assertThat(complete.get("schemaURL").asText()).contains("OpenLineage.json");

            job.edit("job: flights", "job: failing");
            job.edit("  max-rate: 0.001", "  max-rate: 0%");
            job.write("SELECT * REPLACE ('n/a' AS distance) FROM flights LIMIT 10");
            CommandResult failed = InProcess.run(
                            job, "--set", "source.select.distance=CAST(distance AS INTEGER)", "--config", conf)
                    .expect(1);
            JsonNode fail = events(receiver).getLast();
            assertThat(types(receiver).subList(3, 5)).containsExactly("START", "FAIL");
            assertThat(fail.at("/run/facets/errorMessage/message").asText()).isNotBlank();
            assertThat(failed.err()).doesNotContain("a-secret-token");
        }
    }

    @Test
    void aKilledServerTellsWhatTheCatalogueDoesNotKnow() throws Exception {
        FlightsJob job = FlightsJob.on(folder, "FROM flights LIMIT 1000");
        try (HttpReceiver receiver = new HttpReceiver()) {
            receiver.behave(exchange -> HttpReceiver.respond(exchange, 503, "not now"));
            String conf = configuration(receiver).toString();
            try (HomeServer server = new HomeServer(folder, "--config", conf)) {
                server.command("batch", "submit", job.file().toString(), "--wait")
                        .expect(0);
                await().atMost(PATIENCE).until(() -> !receiver.requests().isEmpty());
                server.kill();
                int before = receiver.requests().size();
                receiver.behave(exchange -> HttpReceiver.respond(exchange, 200, ""));
                server.restart("--config", conf);

                await().atMost(PATIENCE).until(() -> types(receiver).contains("COMPLETE"));
                // A request of the killed server can arrive after its end.
                assertThat(types(receiver).subList(before, types(receiver).size()))
                        .endsWith("START", "COMPLETE")
                        .doesNotContain("FAIL");
            }
        }
    }
}
