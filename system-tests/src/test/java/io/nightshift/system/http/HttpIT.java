package io.nightshift.system.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.nightshift.coordinator.registry.Provenance;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.gateway.Token;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.ModelLoader;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.gate.ScoringGate;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// The HTTP API on loopback without configured tokens. All tests share one node, and each has a job of its
/// own, whose partitions a gate holds where the batch must not end before it is controlled.
@Timeout(300)
final class HttpIT {

    private static final Duration SOON = Duration.ofMinutes(2);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;

    private static ScoringGate gate;
    private static HttpNode node;

    @BeforeAll
    static void start() throws Exception {
        gate = ScoringGate.opened(folder.resolve("gate"));
        gate.attach();
        node = new HttpNode(folder.resolve("home"), HttpSettings.onLoopback(0));
        Path file = FlightsJob.example().resolve("flights.ubj");
        Model model = new ModelLoader().load(file);
        node.registry.register(
                "flights",
                ModelFile.encode(model),
                model.description(),
                () -> new Provenance(file.toString(), "0".repeat(64)));
    }

    @AfterEach
    void openTheGate() throws IOException {
        gate.open();
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    /// The example job under another name.
    private static String job(String name, String... overrides) throws IOException {
        List<String> all = new ArrayList<>(List.of("job=" + name));
        all.addAll(List.of(overrides));
        return HttpNode.jobText(FlightsJob.in(folder.resolve(name)), all.toArray(String[]::new));
    }

    private static JsonNode json(HttpResponse<String> response) {
        try {
            return JSON.readTree(response.body());
        } catch (IOException e) {
            throw new AssertionError(response.statusCode() + " " + response.body(), e);
        }
    }

    private static JsonNode json(int status, HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return json(response);
    }

    private static String submitted(String job, String... headers) {
        return json(201, node.post("/v1/batches", job, headers)).get("batch").asText();
    }

    private static JsonNode awaitState(String batch, String state) {
        return await().atMost(SOON)
                .until(
                        () -> json(200, node.get("/v1/batches/" + batch)),
                        description -> description.get("state").asText().equals(state));
    }

    private static void problem(HttpResponse<String> response, int status, String type, String... words) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(json(response).get("type").asText()).isEqualTo("urn:nightshift:problem:" + type);
        assertThat(json(response).get("detail").asText()).contains(words);
    }

    @Test
    void aJobIsSubmittedAndSeenToItsEnd() throws IOException {
        HttpResponse<String> response = node.post("/v1/batches", job("seen"));
        JsonNode submitted = json(201, response);
        String batch = submitted.get("batch").asText();
        assertThat(response.headers().firstValue("Location")).contains("/v1/batches/" + batch);

        JsonNode description = awaitState(batch, "published");
        assertThat(description.get("predictions").asInt()
                        + description.get("quarantined").asInt())
                .isEqualTo(FlightsJob.ROWS);
        assertThat(description.get("committed").asInt()).isEqualTo(12);
        assertThat(description.get("destination").asText()).endsWith("batch=" + batch);

        JsonNode events = json(200, node.get("/v1/batches/" + batch + "/events?limit=2"));
        assertThat(events.get("events")).hasSize(2);
        assertThat(events.at("/events/0/event").asText()).isEqualTo("submitted");
        assertThat(events.get("next").asInt()).isEqualTo(2);
        JsonNode rest = json(200, node.get("/v1/batches/" + batch + "/events?after=2"));
        assertThat(rest.at("/events/0/number").asInt()).isEqualTo(3);
        assertThat(rest.get("events").size() + 2)
                .isEqualTo(description.at("/ledger/entries").asInt());
        assertThat(rest.get("next").isNull()).isTrue();

        JsonNode partitions = json(200, node.get("/v1/batches/" + batch + "/partitions?limit=5&cursor=5"));
        assertThat(partitions.get("partitions")).hasSize(5);
        assertThat(partitions.at("/partitions/0/partition").asInt()).isEqualTo(5);
        assertThat(partitions.at("/partitions/0/state").asText()).isEqualTo("committed");
        assertThat(partitions.at("/partitions/0/value").isNull()).isTrue();
        assertThat(partitions.get("next").asText()).isEqualTo("10");

        JsonNode again = json(200, node.post("/v1/batches", job("seen")));
        assertThat(again.get("already_published").asBoolean()).isTrue();
        assertThat(again.get("batch").asText()).isEqualTo(batch);
    }

    @Test
    void aPartitionHasItsValue() throws IOException {
        String batch = submitted(job("keyed", "partitions.by=origin", "partitions.ranges=[D, M]"));
        awaitState(batch, "published");

        JsonNode partitions = json(200, node.get("/v1/batches/" + batch + "/partitions"));

        assertThat(StreamSupport.stream(partitions.get("partitions").spliterator(), false)
                        .map(partition -> partition.get("value").asText())
                        .distinct())
                .containsExactly("..D", "D..M", "M..");
    }

    @Test
    void theQueryHasTheValuesOfParameters() throws IOException {
        FlightsJob flights = FlightsJob.in(folder.resolve("dated"));
        flights.edit(
                "source:\n",
                "parameters:\n  day: {type: date, default: 2001-01-03}\nsource:\n  where: date::DATE = {day}\n");
        flights.edit("parquet: predictions", "parquet: " + flights.predictions());
        flights.edit("job: flights", "job: dated");
        String job = Files.readString(flights.file());

        JsonNode first = json(201, node.post("/v1/batches?param=day=2001-01-04", job));
        JsonNode second = json(201, node.post("/v1/batches", job));

        JsonNode description = awaitState(first.get("batch").asText(), "published");
        assertThat(description.at("/parameters/day").asText()).isEqualTo("2001-01-04");
        assertThat(awaitState(second.get("batch").asText(), "published")
                        .at("/parameters/day")
                        .asText())
                .isEqualTo("2001-01-03");
        problem(node.post("/v1/batches?param=day", job), 400, "bad-request", "Send NAME=VALUE, each name once");
        problem(
                node.post("/v1/batches?param=day=1&param=day=2", job),
                400,
                "bad-request",
                "Send NAME=VALUE, each name once");
        HttpResponse<String> mistaken = node.post("/v1/batches?param=day=tomorrow", job);
        assertThat(mistaken.statusCode()).isEqualTo(422);
        assertThat(mistaken.body()).contains("tomorrow", "a date such as 2026-11-25");
    }

    @Test
    void aBatchIsControlledAndWhatItCannotDoIsRefused() throws IOException {
        gate.close("controlled");
        String batch = submitted(job("controlled", "partitions.rows=1000"));
        awaitState(batch, "running");
        JsonNode paused = json(200, node.post("/v1/batches/" + batch + "/pause", "{\"reason\": \"a \\\"reason\\\"\"}"));
        assertThat(paused.get("state").asText()).isEqualTo("paused");
        assertThat(json(200, node.get("/v1/batches/" + batch)).get("state").asText())
                .as("what was seen before doesn't count any more")
                .isEqualTo("paused");
        assertThat(json(200, node.post("/v1/batches/" + batch + "/pause", ""))
                        .get("state")
                        .asText())
                .as("twice is once")
                .isEqualTo("paused");
        assertThat(json(200, node.get("/v1/batches/" + batch + "/events")).toString())
                .contains("a \\\"reason\\\"");
        assertThat(json(200, node.post("/v1/batches/" + batch + "/resume", ""))
                        .get("state")
                        .asText())
                .isEqualTo("running");
        problem(node.post("/v1/batches/" + batch + "/rescore", "{}"), 400, "bad-request", "1 to 10,000 partitions");
        problem(
                node.post("/v1/batches/" + batch + "/rescore", "{\"partitions\": [999999]}"),
                409,
                "refused",
                "no partition 999999");
        assertThat(json(200, node.post("/v1/batches/" + batch + "/cancel", ""))
                        .get("state")
                        .asText())
                .isEqualTo("cancelled");
        problem(node.post("/v1/batches/" + batch + "/resume", ""), 409, "refused", "it is cancelled");
        problem(node.post("/v1/batches/" + batch + "/retry", ""), 409, "refused", "it is cancelled");
    }

    @Test
    void partitionsOfAPublishedBatchAreScoredAgainWithAnotherModel() throws IOException {
        String document = node.get("/v1/openapi.json").body();
        SchemaRegistry schemas = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
        String batch = submitted(job("rescored", "partitions.rows=100000"));
        awaitState(batch, "published");
        String successors = "/v1/batches/" + batch + "/successors";
        problem(node.post(successors, "{}"), 400, "bad-request", "names no model");
        problem(
                node.post(successors, "{\"model\": \"flights\", \"partitions\": [0, 999999]}"),
                422,
                "rejected",
                "there is no partition 999999; the partitions of %s are 0 to".formatted(batch));
        problem(node.post(successors, "{\"model\": \"nosuch\", \"partitions\": [0]}"), 422, "rejected", "nosuch");

        HttpResponse<String> opened =
                node.post(successors, "{\"model\": \"flights\", \"partitions\": [2]}", "Idempotency-Key", "again");
        conforms(schemas, document, "SubmitResult", opened);
        assertThat(opened.statusCode()).isEqualTo(201);
        String next = json(201, opened).get("batch").asText();
        awaitState(next, "published");

        JsonNode repeated = json(
                200,
                node.post(successors, "{\"model\": \"flights\", \"partitions\": [2]}", "Idempotency-Key", "again"));
        assertThat(repeated.get("batch").asText()).isEqualTo(next);
        assertThat(repeated.get("repeated").asBoolean()).isTrue();
        assertThat(json(200, node.post(successors, "{\"model\": \"flights@1\", \"partitions\": [2]}"))
                        .get("batch")
                        .asText())
                .isEqualTo(next);
        problem(
                node.post(successors, "{\"model\": \"flights\", \"partitions\": [1]}", "Idempotency-Key", "again"),
                422,
                "rejected",
                "the key again was used");
    }

    @Test
    void theSchemaOfAJobIsComparedWithThatOfItsNewestPublishedBatch() throws IOException {
        String document = node.get("/v1/openapi.json").body();
        SchemaRegistry schemas = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
        HttpResponse<String> first = node.post("/v1/schema", job("columns", "partitions.rows=300000"));
        conforms(schemas, document, "SchemaReport", first);
        assertThat(json(200, first).get("published").isNull()).isTrue();

        String batch = submitted(job("columns", "partitions.rows=300000"));
        awaitState(batch, "published");
        HttpResponse<String> renamed =
                node.post("/v1/schema", job("columns", "partitions.rows=300000", "output.rename.prediction=late"));
        conforms(schemas, document, "SchemaReport", renamed);
        JsonNode report = json(200, renamed);
        assertThat(report.at("/published/batch").asText()).isEqualTo(batch);
        assertThat(report.get("version").asInt()).isEqualTo(2);
        assertThat(report.get("compatible").asBoolean()).isFalse();
        assertThat(report.get("changes"))
                .extracting(change -> change.get("column").asText() + " "
                        + change.get("change").asText())
                .containsExactly("prediction removed", "late added");
        problem(node.post("/v1/schema", "job: ["), 422, "job-file", "");
        problem(node.post("/v1/schema", job("columns", "model=nosuch")), 422, "rejected", "nosuch");
    }

    @Test
    void aKeyPermanentlyIdentifiesTheSameBatch() throws IOException {
        String job = job("keyed", "partitions.rows=1000");
        String batch = submitted(job, "Idempotency-Key", "2026-11-25");
        JsonNode again = json(200, node.post("/v1/batches?new=true", job, "Idempotency-Key", "2026-11-25"));
        assertThat(again.get("batch").asText()).isEqualTo(batch);
        assertThat(again.get("repeated").asBoolean()).isTrue();
        problem(
                node.post("/v1/batches", job("keyed", "partitions.rows=2000"), "Idempotency-Key", "2026-11-25"),
                422,
                "rejected",
                "the key 2026-11-25 was used for batch " + batch);
        // From now on the second key also identifies the open batch.
        JsonNode open = json(200, node.post("/v1/batches", job, "Idempotency-Key", "other"));
        assertThat(open.get("resumed").asBoolean()).isTrue();
        json(200, node.post("/v1/batches/" + batch + "/cancel", ""));
        assertThat(json(200, node.post("/v1/batches", job, "Idempotency-Key", "other"))
                        .get("batch")
                        .asText())
                .isEqualTo(batch);
        String next = submitted(job, "Idempotency-Key", "2026-11-26");
        assertThat(next).isNotEqualTo(batch);
        json(200, node.post("/v1/batches/" + next + "/cancel", ""));
        problem(node.post("/v1/batches", job, "Idempotency-Key", "a b"), 400, "bad-request", "Idempotency-Key");
    }

    @Test
    void batchesAreListedByPages() throws IOException {
        String job = job("listed", "partitions.rows=1000");
        List<String> batches = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            batches.addFirst(json(201, node.post("/v1/batches?new=true", job))
                    .get("batch")
                    .asText());
        }
        json(200, node.post("/v1/batches/" + batches.getFirst() + "/cancel", ""));
        awaitState(batches.get(1), "cancelled");

        List<String> found = new ArrayList<>();
        JsonNode page = json(200, node.get("/v1/batches?job=listed&limit=2"));
        page.get("batches").forEach(batch -> found.add(batch.get("batch").asText()));
        assertThat(found).hasSize(2);
        page = json(
                200,
                node.get("/v1/batches?job=listed&limit=2&cursor="
                        + page.get("next").asText()));
        page.get("batches").forEach(batch -> found.add(batch.get("batch").asText()));
        assertThat(found).isEqualTo(batches);
        assertThat(page.get("next").isNull()).isTrue();

        await().atMost(SOON)
                .untilAsserted(() -> assertThat(json(200, node.get("/v1/batches?job=listed&state=cancelled"))
                                .get("batches"))
                        .hasSize(3));
        assertThat(json(200, node.get("/v1/batches?job=listed&state=running")).get("batches"))
                .isEmpty();
        JsonNode jobs = json(200, node.get("/v1/jobs"));
        assertThat(jobs.get("jobs"))
                .anyMatch(known -> known.get("job").asText().equals("listed")
                        && known.get("batches").asInt() == 3
                        && known.get("latest").asText().equals(batches.getFirst()));
    }

    @Test
    void theNodesOfTheClusterAreListed() throws IOException {
        JsonNode nodes = json(200, node.get("/v1/nodes")).get("nodes");

        assertThat(nodes).hasSize(1);
        assertThat(nodes.at("/0/state").asText()).isEqualTo("up");
        assertThat(nodes.at("/0/roles")).hasSize(2);
        assertThat(nodes.path(0).path("work").path("threads").asInt()).isPositive();
        assertThat(nodes.at("/0/faults")).isEmpty();
    }

    @Test
    void theModelsOfTheRegistryAreShown() throws IOException {
        JsonNode model = json(200, node.get("/v1/models/flights"));
        assertThat(model.at("/versions/0/format").asText()).isEqualTo("xgboost-ubjson");
        assertThat(model.at("/versions/0/features/0/name").asText()).isNotEmpty();
        assertThat(json(200, node.get("/v1/models")).get("models")).contains(model);
        problem(node.get("/v1/models/fligths"), 404, "unknown-model", "did you mean \"flights\"?");
    }

    @Test
    void problemsSayWhatToDo() throws IOException {
        problem(node.get("/v1/batches/nosuch"), 404, "unknown-batch", "there is no batch nosuch");
        problem(node.post("/v1/batches/nosuch/pause", ""), 404, "unknown-batch", "there is no batch nosuch");
        problem(node.get("/v2/batches"), 404, "unknown-route", "/v1/openapi.json");
        problem(node.get("/v1/batches/a/pause"), 405, "method-not-allowed", "Use POST");
        problem(node.get("/v1/batches?sate=running"), 400, "bad-request", "did you mean state?");
        problem(node.get("/v1/batches?state=walking"), 400, "bad-request", "state is invalid. Send one of");
        problem(
                node.get("/v1/batches?limit=1000"),
                400,
                "bad-request",
                "limit is invalid. Send a number from 1 to 100");
        problem(node.get("/v1/batches?cursor=x"), 400, "bad-request", "cursor");
        problem(
                node.post("/v1/batches?new=maybe", job("wrong")),
                400,
                "bad-request",
                "new is invalid. Send true or false");
        HttpRequest.Builder request = node.request("/v1/batches");
        problem(
                node.send(request.copy()
                        .POST(HttpRequest.BodyPublishers.ofString("job: x"))
                        .header("Content-Type", "text/plain")
                        .build()),
                415,
                "media-type",
                "application/yaml");
        problem(node.post("/v1/batches", " ".repeat(300 * 1024)), 413, "too-large", "262,144 bytes");
        problem(
                node.send(request.copy()
                        .POST(HttpRequest.BodyPublishers.fromPublisher(
                                HttpRequest.BodyPublishers.ofString(" ".repeat(300 * 1024))))
                        .header("Content-Type", "application/yaml")
                        .build()),
                413,
                "too-large",
                "262,144 bytes");
        HttpResponse<String> mistakes = node.send(request.copy()
                .POST(HttpRequest.BodyPublishers.ofString("""
                    job: wrong
                    modle: x
                    source:
                      parquet: relative.parquet
                    destination:
                      parquet: /tmp/out
                    """))
                .header("Content-Type", "application/yaml")
                .build());
        problem(mistakes, 422, "job-file", "job:4: source.parquet", "expected an absolute path", "did you mean");
        assertThat(json(mistakes).get("mistakes")).hasSize(2);
        assertThat(json(mistakes).at("/mistakes/1/line").asInt()).isEqualTo(4);
        problem(
                node.post("/v1/batches", job("wrong", "source.parquet=/no/such.parquet")),
                422,
                "rejected",
                "/no/such.parquet");
    }

    @Test
    void aJobThatCannotRunIsRefusedBeforeABatchIsOpened() throws IOException {
        problem(
                node.post("/v1/batches", job("unwritable", "destination.parquet=/dev/null/predictions")),
                422,
                "rejected",
                "the destination /dev/null/predictions can't be made: /dev/null is a file");

        assertThat(json(200, node.get("/v1/batches?job=unwritable")).get("batches"))
                .isEmpty();
    }

    @Test
    void everyRequestNeedsTheTokenOfTheHomeFolder() {
        for (String path : List.of("/v1/batches", "/v1/models", "/v1/batches/latest")) {
            HttpResponse<String> without =
                    node.send(HttpRequest.newBuilder(node.uri(path)).build());
            problem(without, 401, "unauthorized", "Authorization: Bearer nst_...", "the file token in the node's home");
            assertThat(without.headers().firstValue("WWW-Authenticate")).contains("Bearer realm=\"nightshift\"");
        }
        HttpRequest cancel = HttpRequest.newBuilder(node.uri("/v1/batches/latest/cancel"))
                .header("Authorization", "Bearer " + Token.random())
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        problem(node.send(cancel), 401, "unauthorized", "does not know the token");
    }

    @Test
    void probesAndMetricsNeedNoToken() {
        for (String path : List.of("/health/live", "/metrics", "/v1/openapi.json")) {
            assertThat(node.send(HttpRequest.newBuilder(node.uri(path)).build()).statusCode())
                    .as(path)
                    .isEqualTo(200);
        }
        problem(
                node.send(HttpRequest.newBuilder(node.uri("/metrics"))
                        .header("Origin", "https://evil.example.org")
                        .build()),
                403,
                "forbidden",
                "another site");
    }

    @Test
    void requestsFromAPageOfAnotherSiteAreRefused() {
        problem(node.get("/v1/batches", "Origin", "https://evil.example.org"), 403, "forbidden", "another site");
        problem(node.post("/v1/batches/latest/cancel", "", "Sec-Fetch-Site", "cross-site"), 403, "forbidden", "site");
        assertThat(node.get("/v1/batches", "Origin", "http://localhost:" + node.port)
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void everyChangeIsInTheAudit() throws IOException {
        Logger audit = (Logger) LoggerFactory.getLogger("audit");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        Level before = audit.getLevel();
        audit.setLevel(Level.INFO);
        lines.start();
        audit.addAppender(lines);
        try {
            String batch = submitted(job("audited", "partitions.rows=1000"), "Idempotency-Key", "k1");
            node.post("/v1/batches/" + batch + "/cancel", "{\"reason\": \"no\\nneed\"}");
            node.post("/v1/batches/" + batch + "/resume", "");
            String who = " who=local role=admin from=127.0.0.1 ";
            assertThat(new ArrayList<>(lines.list).stream().map(ILoggingEvent::getFormattedMessage))
                    .contains(
                            "action=submit subject=" + batch + " outcome=done" + who + "detail=\"key k1\"",
                            "action=cancel subject=" + batch + " outcome=done" + who + "detail=\"no need\"",
                            "action=resume subject=" + batch + " outcome=refused" + who + "detail=\"it is cancelled\"");
        } finally {
            audit.detachAppender(lines);
            audit.setLevel(before);
        }
    }

    @Test
    void answersAreAsTheDocumentSays() throws IOException {
        String document = node.get("/v1/openapi.json").body();
        SchemaRegistry schemas = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
        // A bad row, so that the batch has a quarantine.
        String job = job(
                "conforming",
                "source.select.distance=if(distance = 733, 'inf'::DOUBLE, distance)",
                "errors.max-rate=1",
                "errors.max-rows=1000000");
        gate.close("conforming");
        HttpResponse<String> submitted = node.post("/v1/batches", job);
        String batch = json(submitted).get("batch").asText();
        HttpResponse<String> running = node.get("/v1/batches/" + batch);
        HttpResponse<String> controlled = node.post("/v1/batches/" + batch + "/pause", "");
        gate.open();
        conforms(schemas, document, "SubmitResult", submitted);
        conforms(schemas, document, "BatchDescription", running);
        conforms(schemas, document, "ControlResult", controlled);
        conforms(schemas, document, "PartitionPage", node.get("/v1/batches/" + batch + "/partitions"));
        HttpResponse<String> paused = node.get("/v1/batches/" + batch);
        conforms(schemas, document, "BatchDescription", paused);
        assertThat(json(paused).at("/pause/by").asText()).isEqualTo("local");
        json(200, node.post("/v1/batches/" + batch + "/resume", ""));
        awaitState(batch, "published");
        conforms(schemas, document, "BatchDescription", node.get("/v1/batches/" + batch));
        conforms(schemas, document, "PartitionPage", node.get("/v1/batches/" + batch + "/partitions"));
        conforms(schemas, document, "EventPage", node.get("/v1/batches/" + batch + "/events"));
        HttpResponse<String> quarantine = node.get("/v1/batches/" + batch + "/quarantine");
        conforms(schemas, document, "QuarantinePage", quarantine);
        assertThat(json(quarantine).get("partitions")).isNotEmpty();
        assertThat(Path.of(json(quarantine).at("/partitions/0/file").asText())).exists();
        HttpResponse<String> reasons = node.get("/v1/batches/" + batch + "/quarantine/reasons");
        conforms(schemas, document, "QuarantineReasons", reasons);
        assertThat(json(reasons).get("counted")).isEqualTo(json(reasons).get("quarantined"));
        conforms(
                schemas, document, "QuarantinedRowPage", node.get("/v1/batches/" + batch + "/quarantine/rows?limit=1"));
        conforms(schemas, document, "BatchPage", node.get("/v1/batches"));
        conforms(schemas, document, "JobList", node.get("/v1/jobs"));
        appliedJobConforms(schemas, document);
        conforms(schemas, document, "JobList", node.get("/v1/jobs"));
        conforms(schemas, document, "NodeList", node.get("/v1/nodes"));
        conforms(schemas, document, "ModelPage", node.get("/v1/models"));
        conforms(schemas, document, "Model", node.get("/v1/models/flights"));
        conforms(schemas, document, "Problem", node.get("/v1/models/nosuch"));
        conforms(schemas, document, "Problem", node.post("/v1/batches", "{\"job\": 1}"));
    }

    @Test
    void aVersionIsPromotedAndRolledBackWithTheBatchesThatUsedIt() throws IOException {
        String document = node.get("/v1/openapi.json").body();
        SchemaRegistry schemas = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
        Model model = new ModelLoader().load(FlightsJob.example().resolve("flights.ubj"));
        byte[] file = ModelFile.encode(model);
        for (String version : List.of("1", "2")) {
            // The same model, so that a batch can use it: only its digest differs.
            byte[] own = version.equals("1") ? Arrays.copyOf(file, file.length + 1) : file;
            node.registry.register(
                    "rollout", own, model.description(), () -> new Provenance("flights.ubj", "0".repeat(64)));
        }
        String models = "/v1/models/rollout";

        HttpResponse<String> first = node.post(models + "/promote", "{\"version\": \"1\", \"expected\": 0}");
        conforms(schemas, document, "AliasChange", first);
        HttpResponse<String> second =
                node.post(models + "/promote", "{\"version\": \"2\", \"expected\": 1, \"reason\": \"fewer errors\"}");
        assertThat(json(200, second).get("moved").asBoolean()).isTrue();
        problem(
                node.post(models + "/promote", "{\"version\": \"1\", \"expected\": 1}"),
                409,
                "conflict",
                "rollout@champion is version 2, not version 1: local moved it at");
        problem(node.post(models + "/promote", "{\"version\": \"7\"}"), 404, "unknown-model", "no version 7");
        problem(node.post(models + "/promote", "{}"), 400, "bad-request", "version");
        problem(node.post(models + "/rollback", "{\"to\": 1}"), 400, "bad-request", "withdrawn");
        problem(node.post("/v1/models/nosuch/rollback", "{\"withdrawn\": 1}"), 404, "unknown-model", "nosuch");
        String batch = submitted(job("rolled-back", "model=rollout"));
        awaitState(batch, "published");

        HttpResponse<String> rollback =
                node.post(models + "/rollback", "{\"withdrawn\": 2, \"reason\": \"it drifts\"}");
        conforms(schemas, document, "RollbackResult", rollback);
        JsonNode result = json(200, rollback);
        assertThat(result.at("/change/to").asInt()).isEqualTo(1);
        assertThat(result.findValuesAsText("batch")).containsExactly(batch);
        assertThat(result.at("/batches/0/published").asBoolean()).isTrue();
        JsonNode repeated = json(200, node.post(models + "/rollback", "{\"withdrawn\": 2}"));
        assertThat(repeated.at("/change/moved").asBoolean()).isFalse();
        assertThat(repeated.get("batches")).isEqualTo(result.get("batches"));

        HttpResponse<String> history = node.get(models + "/history");
        conforms(schemas, document, "ModelHistory", history);
        assertThat(json(history).findValuesAsText("action")).containsExactly("rollback", "promote", "promote");
        assertThat(json(history).findValuesAsText("by")).containsOnly("local");
        assertThat(json(history).at("/moves/0/reason").asText()).isEqualTo("it drifts");
    }

    @Test
    void theQuarantineOfAFailedOrCancelledBatchNamesItsFiles() throws IOException {
        String batch = submitted(job(
                "failing",
                "source.select.distance=if(distance = 733, 'inf'::DOUBLE, distance)",
                "errors.max-rate=1",
                "errors.max-rows=0"));
        awaitState(batch, "failed");
        assertThat(quarantineFile(batch)).exists();

        json(200, node.post("/v1/batches/" + batch + "/cancel", ""));

        await().atMost(SOON)
                .untilAsserted(() ->
                        assertThat(quarantineFile(batch)).exists().asString().contains("/.quarantine/batch=" + batch));
    }

    @Test
    void quarantinedRowsAreReadPageByPageEachOnceWithTheirValues() throws IOException {
        String batch = submitted(job(
                "paged",
                "partitions.rows=20000",
                "source.select.distance=CASE WHEN distance = 733 THEN 'inf'::DOUBLE"
                        + " WHEN distance = 734 THEN CAST('12 km' AS DOUBLE) ELSE distance END",
                "errors.max-rate=1",
                "errors.max-rows=1000000"));
        int quarantined = awaitState(batch, "published").get("quarantined").asInt();
        String rows = "/v1/batches/" + batch + "/quarantine/rows";

        List<JsonNode> paged = rows(rows + "?limit=7");
        assertThat(paged).hasSize(quarantined).doesNotHaveDuplicates().isEqualTo(rows(rows + "?limit=1000"));
        List<JsonNode> failed = rows(rows + "?reason=CAN'T%20BE%20COMPUTED&limit=5");
        assertThat(failed).isNotEmpty().hasSizeLessThan(quarantined).allSatisfy(row -> {
            assertThat(row.get("message").asText()).contains("Could not convert string '12 km'");
            assertThat(row.get("values").asText()).contains("\"distance\"");
        });
        assertThat(rows(rows + "?reason=nosuch")).isEmpty();

        JsonNode reasons = json(200, node.get("/v1/batches/" + batch + "/quarantine/reasons"));
        assertThat(reasons.get("reasons")).hasSize(2);
        assertThat(reasons.findValues("rows").stream().mapToInt(JsonNode::asInt).sum())
                .isEqualTo(quarantined);
        assertThat(failed)
                .contains(StreamSupport.stream(reasons.get("reasons").spliterator(), false)
                        .map(reason -> reason.get("example"))
                        .filter(example -> !example.get("message").isNull())
                        .findFirst()
                        .orElseThrow());

        problem(node.get(rows + "?cursor=12"), 400, "bad-request", "The parameter cursor is invalid.");
        problem(node.get(rows + "?limit=1001"), 400, "bad-request", "Send a number from 1 to 1000.");
        Files.delete(quarantineFile(batch));
        problem(node.get(rows), 404, "unknown-quarantine", "the quarantine file", "is gone");
    }

    /// The rows of all pages.
    private static List<JsonNode> rows(String first) {
        List<JsonNode> rows = new ArrayList<>();
        JsonNode page = json(200, node.get(first));
        page.get("rows").forEach(rows::add);
        while (!page.get("next").isNull()) {
            page = json(200, node.get(first + "&cursor=" + page.get("next").asText()));
            page.get("rows").forEach(rows::add);
        }
        return rows;
    }

    private static Path quarantineFile(String batch) {
        JsonNode quarantine = json(200, node.get("/v1/batches/" + batch + "/quarantine"));
        return Path.of(quarantine.at("/partitions/0/file").asText());
    }

    /// The answers about an applied job, and that requests with a mistake are refused.
    private void appliedJobConforms(SchemaRegistry schemas, String document) throws IOException {
        // The gate holds the runs of the backfill, so that it has not ended when it is cancelled.
        gate.close("nightly");
        for (String day : List.of("2024-12-31", "2025-12-31")) {
            Files.copy(
                    FlightsJob.example().resolve("flights.parquet"),
                    folder.resolve("flights-%s.parquet".formatted(day)));
        }
        String job = """
                {job: nightly, model: flights, parameters: {day: date}, time-zone: Europe/Berlin,
                 source: {parquet: "flights-{day}.parquet", select: {
                   month: month(date), day: day(date), weekday: dayofweek(date), hour: hour(date), minute: minute(date),
                   origin_code: ascii(origin), destination_code: ascii(destination)}},
                 destination: {parquet: predictions},
                 schedule: {cron: "0 2 1 1 *", parameters: {day: "{scheduled:date - 1 day}"}}}
                """;
        HttpRequest.Builder put = node.request("/v1/jobs/nightly?folder=" + folder.toAbsolutePath())
                .header("Content-Type", "application/yaml");
        HttpResponse<String> applied = node.send(
                put.copy().PUT(HttpRequest.BodyPublishers.ofString(job)).build());
        assertThat(applied.statusCode()).as(applied.body()).isEqualTo(201);
        conforms(schemas, document, "ApplyResult", applied);
        assertThat(json(applied).at("/job/schedule").asText()).isEqualTo("at 02:00 on day 1 of the month in January");
        assertThat(json(applied).at("/job/ticks/0/parameters/day").asText()).endsWith("-12-31");
        HttpResponse<String> repeated = node.send(
                put.copy().PUT(HttpRequest.BodyPublishers.ofString(job)).build());
        assertThat(json(200, repeated).get("changed").asBoolean()).isFalse();
        problem(
                node.send(put.copy()
                        .PUT(HttpRequest.BodyPublishers.ofString(job.replace("0 2 1 1 *", "0 25 * * *")))
                        .build()),
                422,
                "job-file",
                "schedule.cron");
        conforms(schemas, document, "AppliedJob", node.get("/v1/jobs/nightly"));
        conforms(schemas, document, "AppliedJob", node.post("/v1/jobs/nightly/pause", "{\"reason\": \"holidays\"}"));
        conforms(schemas, document, "AppliedJob", node.post("/v1/jobs/nightly/resume", ""));
        problem(node.post("/v1/jobs/nightly/trigger", ""), 422, "job-file", "day");
        conforms(
                schemas,
                document,
                "JobRunPage",
                node.get("/v1/jobs/nightly/runs?missing=true&from=2026-01-01T00:00:00Z"));
        problem(node.get("/v1/jobs/nightly/runs?from=today"), 400, "bad-request", "Send a time such as");
        String range = "{\"from\": \"2024-12-01\", \"to\": \"2025-12-31\"}";
        HttpResponse<String> plan = node.post("/v1/jobs/nightly/backfills?dry-run=true", range);
        conforms(schemas, document, "BackfillPlan", plan);
        assertThat(json(200, plan).get("runs")).hasSize(2);
        problem(node.post("/v1/jobs/nightly/backfills", "{\"from\": \"2024-12-01\"}"), 400, "bad-request", "no to");
        HttpResponse<String> backfill = node.post("/v1/jobs/nightly/backfills", range);
        assertThat(backfill.statusCode()).as(backfill.body()).isEqualTo(201);
        conforms(schemas, document, "Backfill", backfill);
        String id = json(backfill).get("id").asText();
        conforms(schemas, document, "Backfill", node.get("/v1/jobs/nightly/backfills/" + id));
        conforms(schemas, document, "Backfill", node.post("/v1/jobs/nightly/backfills/" + id + "/cancel", ""));
        conforms(schemas, document, "BackfillList", node.get("/v1/jobs/nightly/backfills"));
        problem(node.get("/v1/jobs/nosuch"), 404, "unknown-job", "nosuch");
        HttpResponse<String> deleted =
                node.send(node.request("/v1/jobs/nightly").DELETE().build());
        conforms(schemas, document, "AppliedJob", deleted);
        problem(node.get("/v1/jobs/nightly"), 404, "unknown-job", "nightly");
    }

    private static void conforms(SchemaRegistry schemas, String document, String name, HttpResponse<String> answer)
            throws IOException {
        ObjectNode schema = (ObjectNode) JSON.readTree(document);
        schema.put("$ref", "#/components/schemas/" + name);
        assertThat(schemas.getSchema(schema.toString(), InputFormat.JSON).validate(answer.body(), InputFormat.JSON))
                .as("%s: %s", name, answer.body())
                .isEmpty();
    }

    @Test
    void aWatchSendsTheHistoryAndResumesWhereItWasInterrupted() throws IOException {
        String batch = submitted(job("watched"));
        List<String> lines =
                node.get("/v1/batches/" + batch + "/watch").body().lines().toList();
        List<Integer> ids = ids(lines);
        assertThat(ids).isNotEmpty().isSorted().doesNotHaveDuplicates().startsWith(1, 2);
        assertThat(lines).contains("event: submitted", "event: planned", "event: committed", "event: progress");
        assertThat(lines.stream().filter(line -> !line.isEmpty()).toList().getLast())
                .startsWith("data: ")
                .contains("\"state\":\"published\"");

        HttpResponse<String> rest = node.get("/v1/batches/" + batch + "/watch", "Last-Event-ID", "3");
        assertThat(ids(rest.body().lines().toList())).isEqualTo(ids.subList(3, ids.size()));
        HttpResponse<String> nothing =
                node.get("/v1/batches/" + batch + "/watch", "Last-Event-ID", String.valueOf(ids.getLast()));
        assertThat(nothing.statusCode())
                .as("a browser asks again for ever, but for this")
                .isEqualTo(204);
        assertThat(ids(node.get("/v1/batches/" + batch + "/watch?after=2")
                        .body()
                        .lines()
                        .toList()))
                .startsWith(3);
        problem(node.get("/v1/batches/" + batch + "/watch", "Last-Event-ID", "x"), 400, "bad-request", "Last-Event-ID");
    }

    private static List<Integer> ids(List<String> lines) {
        return lines.stream()
                .filter(line -> line.startsWith("id: "))
                .map(line -> Integer.valueOf(line.substring(4)))
                .toList();
    }

    @Test
    void thereIsAPageForPeople() throws IOException {
        String batch = submitted(job("page", "partitions.rows=1000"));
        json(200, node.post("/v1/batches/" + batch + "/cancel", "{\"reason\": \"a reason\"}"));
        HttpResponse<String> page = node.get("/");
        assertThat(page.headers().firstValue("Content-Type")).contains("text/html; charset=UTF-8");
        assertThat(page.body())
                .contains("<title>Nightshift</title>")
                .as("what batches say comes with the script's requests")
                .doesNotContain(batch, "a reason");
    }

    @Test
    void aNodeReportsItsHealthAndMetrics() throws IOException {
        for (String question : List.of("started", "live", "ready")) {
            JsonNode report = json(200, node.get("/health/" + question));
            assertThat(report.get("status").asText()).isEqualTo("up");
            assertThat(report.get("checks")).isNotEmpty();
        }
        HttpResponse<String> metrics = node.get("/metrics");
        assertThat(metrics.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
        assertThat(metrics.body())
                .contains(
                        "nightshift_queue_depth ",
                        "nightshift_records_total ",
                        "nightshift_nodes{state=\"reachable\"} 1.0");
    }
}
