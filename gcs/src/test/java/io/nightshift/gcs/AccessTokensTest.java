package io.nightshift.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Tokens, from a server that answers as Google describes it.
class AccessTokensTest {

    @TempDir
    private Path folder;

    private final List<String> requests = new ArrayList<>();
    private final Deque<String> answers = new ArrayDeque<>();
    private HttpServer server;
    private String host;
    private Instant now = Instant.parse("2026-12-01T12:00:00Z");
    private int status = 200;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("localhost"), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        host = "localhost:" + server.getAddress().getPort();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private synchronized void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            requests.add("%s %s %s %s %s"
                    .formatted(
                            exchange.getRequestMethod(),
                            exchange.getRequestURI(),
                            exchange.getRequestHeaders().getFirst("Metadata-Flavor"),
                            exchange.getRequestHeaders().getFirst("Authorization"),
                            URLDecoder.decode(body, StandardCharsets.UTF_8)));
            byte[] text = Objects.requireNonNullElse(answers.poll(), "{}").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, text.length);
            exchange.getResponseBody().write(text);
        }
    }

    private static String token(String text) {
        return "{\"access_token\": \"%s\", \"expires_in\": 3600, \"token_type\": \"Bearer\"}".formatted(text);
    }

    private AccessTokens machine() {
        return AccessTokens.of(null, Map.of("GCE_METADATA_HOST", host, "HOME", folder.toString())::get, () -> now);
    }

    private AccessTokens of(String json) throws IOException {
        Path file = Files.writeString(folder.resolve("credentials.json"), json.replace("SERVER", "http://" + host));
        return AccessTokens.of(null, Map.of("GOOGLE_APPLICATION_CREDENTIALS", file.toString())::get, () -> now);
    }

    @Test
    void aPodHasATokenThatIsKeptUntilItsEndIsNear() {
        answers.add(token("one"));
        AccessTokens tokens = machine();

        assertThat(tokens.current()).isEqualTo("one");
        now = now.plusSeconds(3_000);
        assertThat(tokens.current()).isEqualTo("one");
        assertThat(requests)
                .containsExactly(
                        "GET /computeMetadata/v1/instance/service-accounts/default/token?scopes=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fdevstorage.read_write Google null ");

        now = now.plusSeconds(301);
        answers.add(token("two"));
        assertThat(tokens.current()).isEqualTo("two");
    }

    @Test
    void aRefusedTokenIsReplacedOnce() {
        answers.add(token("one"));
        answers.add(token("two"));
        AccessTokens tokens = machine();
        tokens.current();

        assertThat(tokens.insteadOf("one")).isEqualTo("two");
        assertThat(tokens.insteadOf("one")).as("another thread has replaced it").isEqualTo("two");
    }

    @Test
    void aUserHasARefreshToken() throws IOException {
        answers.add(token("three"));
        AccessTokens tokens = of("""
                {"type": "authorized_user", "client_id": "id", "client_secret": "secret", "refresh_token": "refresh",
                 "token_uri": "SERVER/token"}""");

        assertThat(tokens.current()).isEqualTo("three");
        assertThat(requests)
                .singleElement()
                .asString()
                .contains("POST /token")
                .contains("grant_type=refresh_token", "client_secret=secret", "refresh_token=refresh");
    }

    @Test
    void theTokenOfAnotherProviderIsExchangedAndUsedForAServiceAccount() throws IOException {
        Path subject = Files.writeString(folder.resolve("subject"), "{\"id\": \"a.b.c\"}");
        answers.add(token("federated"));
        answers.add("{\"accessToken\": \"four\", \"expireTime\": \"2026-12-01T13:00:00Z\"}");
        AccessTokens tokens = of("""
                {"type": "external_account", "audience": "//iam/pool", "token_url": "SERVER/v1/token",
                 "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                 "service_account_impersonation_url": "SERVER/v1/me:generateAccessToken",
                 "credential_source": {"file": "%s", "format": {"type": "json", "subject_token_field_name": "id"}}}""".formatted(subject));

        assertThat(tokens.current()).isEqualTo("four");
        assertThat(tokens.current()).isEqualTo("four");
        assertThat(requests).hasSize(2);
        assertThat(requests.getFirst())
                .contains(
                        "/v1/token",
                        "subject_token=a.b.c",
                        "audience=//iam/pool",
                        "scope=https://www.googleapis.com/auth/cloud-platform");
        assertThat(requests.getLast())
                .contains("/v1/me:generateAccessToken", "Bearer federated", "devstorage.read_write");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"type": "impersonated_service_account"} | has credentials of the type impersonated_service_account, which Nightshift can't use
            {"private_key": "c2VjcmV0"               | is no file of credentials of Google: it is no JSON
            {"type": "service_account", "token_uri": "SERVER/t", "client_email": "a@b"} | has no private_key. Create the file anew
            {"type": "service_account", "token_uri": "SERVER/t", "client_email": "a", "private_key": "c2VjcmV0"} | has a private_key that is no RSA key
            {"type": "external_account", "credential_source": {"url": "http://a"}} | gets its token from a URL, from AWS or from a program
            {"type": "external_account", "credential_source": {"file": "/no/such"}} | names the file /no/such, which can't be read
            """)
    void aFileThatIsOfNoUseIsNamed(String json, String message) throws IOException {
        AccessTokens tokens = of(json);

        assertThatThrownBy(tokens::current)
                .isInstanceOf(AccessTokens.Refused.class)
                .hasMessageContaining("credentials.json")
                .hasMessageContaining(message)
                .message()
                .doesNotContain("c2VjcmV0");
    }

    @Test
    void aRefusalNamesTheReasonAndTheRemedy() {
        status = 404;
        answers.add("{\"error\": \"not_found\", \"error_description\": \"no service account\"}");

        assertThatThrownBy(machine()::current)
                .isInstanceOf(AccessTokens.Refused.class)
                .hasMessage(
                        "http://%s gives no token for Google Cloud Storage (HTTP 404: no service account). Check the identity, or name a file of credentials (nightshift.stores.NAME.credentials-file or GOOGLE_APPLICATION_CREDENTIALS)"
                                .formatted(host));
    }

    @Test
    void aServerThatIsBusyIsAskedAgain() {
        status = 503;

        assertThatThrownBy(machine()::current)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("http://%s gives no token: HTTP 503".formatted(host));
    }

    @Test
    void aMachineOutsideOfGoogleIsToldWhatToDo() {
        stop();

        assertThatThrownBy(machine()::current)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("no connection. Check the identity, or name a file of credentials");
    }
}
