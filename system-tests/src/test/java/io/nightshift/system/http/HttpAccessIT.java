package io.nightshift.system.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.api.operation.Operations;
import io.nightshift.api.operation.Role;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.configuration.TokenSettings;
import io.nightshift.node.gateway.Token;
import io.nightshift.node.http.Endpoint;
import io.nightshift.node.http.HttpLimits;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// Access control and rate limits of the HTTP API. All tests share one node, which has a token for each role.
@Timeout(300)
final class HttpAccessIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Duration SOON = Duration.ofMinutes(2);

    /// More than any test sends on any machine. [#aClientOverItsRateIsDelayedAndOthersAreNot] has its own node.
    private static final int RATE = 1_000_000;

    private static final int WATCHES = 2;

    /// An operation of the OpenAPI document.
    ///
    /// @param role the role it needs, or null if it needs none
    private record Operation(
            String method, String path, @Nullable Role role, JsonNode description) {

        String anyPath() {
            return path.replaceAll("\\{[^}]*}", "nosuch");
        }

        HttpRequest.Builder request() {
            // A stream that has no end is not opened.
            String sent = path.equals("/dashboard/watch") ? "HEAD" : method;
            return HttpRequest.newBuilder(node.uri(anyPath())).method(sent, HttpRequest.BodyPublishers.noBody());
        }
    }

    @TempDir
    static Path folder;

    private static final Map<Role, String> TOKENS = new EnumMap<>(Role.class);
    private static Path tokensFile;
    private static HttpNode node;
    private static JsonNode document;

    @BeforeAll
    static void start() throws IOException {
        tokensFile = folder.resolve("tokens.conf");
        for (Role role : Role.values()) {
            TOKENS.put(role, Token.random());
        }
        writeTokens(TOKENS, Instant.now());
        node = node(folder.resolve("home"), RATE);
        document = JSON.readTree(node.get("/v1/openapi.json").body());
    }

    private static HttpNode node(Path home, int rate) {
        return new HttpNode(
                home,
                new HttpSettings(
                        true,
                        "127.0.0.1",
                        0,
                        null,
                        new TokenSettings(null, tokensFile),
                        new HttpLimits(1_024, rate, WATCHES, WATCHES, 100, 100, HttpLimits.Timeouts.DEFAULT)));
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    private static void writeTokens(Map<Role, String> tokens, Instant modified) throws IOException {
        StringBuilder text = new StringBuilder("tokens = [\n");
        tokens.forEach((role, token) -> text.append("  { name = \"the %s\", role = %s, sha256 = \"%s\" }\n"
                .formatted(role, role, Token.digest(token))
                .replace("the ", "the-")));
        Files.writeString(tokensFile, text.append("]\n"));
        Files.setLastModifiedTime(tokensFile, FileTime.from(modified));
    }

    private static String token(Role role) {
        return Objects.requireNonNull(TOKENS.get(role));
    }

    private static List<Operation> operations() {
        List<Operation> operations = new ArrayList<>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    if (!operation.getKey().equals("parameters")) {
                        String role =
                                operation.getValue().at("/security/0/token/0").asText("");
                        operations.add(new Operation(
                                operation.getKey().toUpperCase(Locale.ROOT),
                                path.getKey(),
                                role.isEmpty() ? null : Role.valueOf(role.toUpperCase(Locale.ROOT)),
                                operation.getValue()));
                    }
                }));
        return operations;
    }

    private static HttpResponse<String> send(HttpRequest.Builder request, String token) {
        return node.send(
                request.copy().header("Authorization", "Bearer " + token).build());
    }

    @Test
    void theDocumentHasTheRoutesWithTheirRolesAndParameters() throws IOException {
        assertThat(operations().stream().map(HttpAccessIT::line))
                .containsExactlyInAnyOrderElementsOf(
                        node.endpoints.stream().map(HttpAccessIT::line).toList());
        assertThat(node.endpoints.stream().<Object>map(Endpoint::operation))
                .containsExactlyInAnyOrderElementsOf(Operations.ALL);
    }

    private static String line(Endpoint endpoint) {
        return "%s %s %s %s"
                .formatted(
                        endpoint.operation().method(),
                        endpoint.operation().path(),
                        endpoint.operation().role(),
                        new TreeSet<>(endpoint.operation().query()));
    }

    private static String line(Operation operation) {
        TreeSet<String> parameters = new TreeSet<>();
        operation.description().path("parameters").forEach(parameter -> {
            if (parameter.get("in").asText().equals("query")) {
                parameters.add(parameter.get("name").asText());
            }
        });
        return "%s %s %s %s".formatted(operation.method(), operation.path(), operation.role(), parameters);
    }

    @Test
    void everyRouteAsksForItsRoleAndAnswersAsTheDocumentSays() throws IOException {
        String strange = Token.random();
        for (Operation operation : operations()) {
            String what = operation.method() + " " + operation.path();
            HttpResponse<String> without = node.send(operation.request().build());
            if (operation.role() == null) {
                assertThat(without.statusCode())
                        .as(what)
                        .isEqualTo(operation.path().contains("{") ? 404 : 200);
                continue;
            }
            assertThat(without.statusCode()).as(what).isEqualTo(401);
            assertThat(without.headers().firstValue("WWW-Authenticate"))
                    .as(what)
                    .isPresent();
            assertThat(send(operation.request(), strange).statusCode()).as(what).isEqualTo(401);
            for (Role role : Role.values()) {
                HttpResponse<String> response = send(operation.request(), token(role));
                if (role.covers(operation.role())) {
                    assertThat(response.statusCode()).as(what + " as " + role).isNotIn(401, 403, 405);
                    assertThat(response.body()).as(what).doesNotContain("unknown-route");
                } else {
                    assertThat(response.statusCode()).as(what + " as " + role).isEqualTo(403);
                    assertThat(response.body())
                            .contains("the role " + role, "the request needs the role " + operation.role());
                }
                assertThat(StreamSupport.stream(
                                ((Iterable<String>) () -> operation
                                                .description()
                                                .get("responses")
                                                .fieldNames())
                                        .spliterator(),
                                false))
                        .as(what + " answers with a status of the document")
                        .contains(String.valueOf(response.statusCode()));
            }
        }
    }

    @Test
    void aRevokedTokenEndsTheSessionsOfItsBrowsers() throws IOException {
        String cookie = send(
                        HttpRequest.newBuilder(node.uri("/session")).POST(HttpRequest.BodyPublishers.noBody()),
                        token(Role.READ))
                .headers()
                .firstValue("Set-Cookie")
                .orElseThrow()
                .split(";", 2)[0];
        assertThat(node.get("/v1/jobs", "Cookie", cookie).statusCode()).isEqualTo(200);
        assertThat(node.post("/v1/batches/x/pause", "", "Cookie", cookie, "Origin", "http://127.0.0.1:" + node.port)
                        .body())
                .contains("has the role read, but the request needs the role admin");

        Map<Role, String> others = new EnumMap<>(TOKENS);
        others.put(Role.READ, Token.random());
        writeTokens(others, Instant.now().plusSeconds(40));
        await().atMost(SOON).until(() -> node.get("/v1/jobs", "Cookie", cookie).statusCode() == 401);

        writeTokens(TOKENS, Instant.now().plusSeconds(50));
        await().atMost(SOON).until(() -> node.get("/v1/jobs", "Cookie", cookie).statusCode() == 200);
    }

    @Test
    void aTokenCountsFromWhenItIsInTheFileUntilItIsNot() throws IOException {
        Map<Role, String> more = new EnumMap<>(TOKENS);
        String renewed = Token.random();
        more.put(Role.READ, renewed);
        HttpRequest.Builder list = HttpRequest.newBuilder(node.uri("/v1/jobs"));
        assertThat(send(list, renewed).statusCode()).isEqualTo(401);

        writeTokens(more, Instant.now().plusSeconds(10));
        await().atMost(SOON).until(() -> send(list, renewed).statusCode() == 200);
        assertThat(send(list, token(Role.READ)).statusCode()).isEqualTo(401);

        // An invalid file leaves the previous tokens in use.
        Files.writeString(tokensFile, "tokens = [ { name = x } ");
        Files.setLastModifiedTime(tokensFile, FileTime.from(Instant.now().plusSeconds(20)));
        await().during(Duration.ofMillis(1_500))
                .atMost(SOON)
                .until(() -> send(list, renewed).statusCode() == 200);

        writeTokens(TOKENS, Instant.now().plusSeconds(30));
        await().atMost(SOON).until(() -> send(list, token(Role.READ)).statusCode() == 200);
    }

    @Test
    void aJobFileThatDeletesBatchesNeedsTheRoleOfWhoMayDeleteThem() {
        String job =
                "{job: churn, model: churn, source: {parquet: /x}, destination: {parquet: /y, retention: {keep: 1}}}";
        for (HttpRequest.Builder request : List.of(
                HttpRequest.newBuilder(node.uri("/v1/batches")).POST(HttpRequest.BodyPublishers.ofString(job)),
                HttpRequest.newBuilder(node.uri("/v1/jobs/churn")).PUT(HttpRequest.BodyPublishers.ofString(job)))) {
            request.header("Content-Type", "application/yaml");
            HttpResponse<String> refused = send(request, token(Role.SUBMIT));
            assertThat(refused.statusCode()).isEqualTo(403);
            assertThat(refused.body()).contains("destination.retention in the job file needs the role admin");
            assertThat(send(request, token(Role.ADMIN)).statusCode()).isNotEqualTo(403);
        }
    }

    @Test
    void noTokenIsEverInALogOrAnAnswer() {
        Logger root = (Logger) LoggerFactory.getLogger("ROOT");
        List<Logger> loggers = List.of(
                root, (Logger) LoggerFactory.getLogger("io.nightshift"), (Logger) LoggerFactory.getLogger("audit"));
        List<Level> before = loggers.stream().map(Logger::getLevel).toList();
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        root.addAppender(lines);
        loggers.forEach(logger -> logger.setLevel(Level.DEBUG));
        String strange = Token.random();
        try {
            StringBuilder answers = new StringBuilder();
            for (String header :
                    List.of("Bearer " + strange, "Bearer " + strange + " \"x", "Basic " + strange, strange)) {
                answers.append(node.get("/v1/batches", "Authorization", header).body());
                answers.append(node.post("/v1/batches/x/pause", "", "Authorization", header)
                        .body());
            }
            String known = token(Role.SUBMIT);
            answers.append(node.post("/v1/batches/x/pause", "", "Authorization", "Bearer " + known)
                    .body());
            assertThat(lines.list).isNotEmpty();
            assertThat(new ArrayList<>(lines.list).stream().map(ILoggingEvent::getFormattedMessage))
                    .noneMatch(line -> line.contains(strange) || line.contains(known));
            assertThat(answers.toString()).doesNotContain(strange).doesNotContain(known);
        } finally {
            root.detachAppender(lines);
            for (int i = 0; i < loggers.size(); i++) {
                loggers.get(i).setLevel(before.get(i));
            }
        }
    }

    @Test
    void aClientOverItsRateIsDelayedAndOthersAreNot() {
        int rate = 2;
        try (HttpNode slow = node(folder.resolve("slow"), rate)) {
            HttpRequest request =
                    HttpRequest.newBuilder(slow.uri("/v1/openapi.json")).build();
            HttpResponse<String> last = slow.send(request);
            for (int i = 0; i < 100 && last.statusCode() == 200; i++) {
                last = slow.send(request);
            }
            assertThat(last.statusCode()).isEqualTo(429);
            assertThat(last.headers().firstValue("Retry-After")).contains("1");
            assertThat(last.body()).contains("more than %d requests per second".formatted(rate));
            HttpRequest other = HttpRequest.newBuilder(slow.uri("/v1/jobs"))
                    .header("Authorization", "Bearer " + token(Role.ADMIN))
                    .build();
            assertThat(slow.send(other).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aBodyIsNoLargerThanConfigured() {
        HttpResponse<String> response =
                node.post("/v1/batches", " ".repeat(2_000), "Authorization", "Bearer " + token(Role.SUBMIT));
        assertThat(response.statusCode()).isEqualTo(413);
        assertThat(response.body()).contains("1,024 bytes");
    }

    @Test
    void aClientWithoutATokenIsToldWhatToDo() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(node.uri("/v1/batches")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(response.body()).contains("Authorization: Bearer nst_");
        }
    }
}
