package io.nightshift.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.StoreCredentials;
import io.nightshift.storage.objectstore.StoreError;
import io.nightshift.storage.objectstore.StoreType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tokens of identities, from a server that answers as Microsoft describes it.
class IdentityTokensTest {

    private final List<String> requests = new ArrayList<>();
    private HttpServer server;
    private String address;
    private Instant now = Instant.parse("2026-12-01T12:00:00Z");
    private int status = 200;
    private String answer = "{\"access_token\": \"one\", \"expires_in\": \"3600\"}";

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("localhost"), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        address = "http://localhost:" + server.getAddress().getPort();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private synchronized void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            requests.add("%s %s %s %s %s"
                    .formatted(
                            exchange.getRequestMethod(),
                            exchange.getRequestURI(),
                            exchange.getRequestHeaders().getFirst("Metadata"),
                            exchange.getRequestHeaders().getFirst("X-IDENTITY-HEADER"),
                            new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private IdentityTokens machine() {
        return IdentityTokens.of(null, Map.of("AZURE_POD_IDENTITY_AUTHORITY_HOST", address)::get, () -> now);
    }

    @Test
    void aMachineHasATokenThatIsKeptUntilItsEndIsNear() {
        IdentityTokens tokens = machine();

        assertThat(tokens.current()).isEqualTo("one");
        now = now.plusSeconds(3_000);
        assertThat(tokens.current()).isEqualTo("one");
        assertThat(requests)
                .containsExactly(
                        "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F true null ");

        now = now.plusSeconds(301);
        answer = "{\"access_token\": \"two\", \"expires_in\": 3600}";
        assertThat(tokens.current()).isEqualTo("two");
    }

    @Test
    void anAppServiceHasATokenOfTheIdentityThatIsChosen() {
        answer = "{\"access_token\": \"three\", \"expires_on\": \"%d\"}".formatted(now.getEpochSecond() + 3_600);
        IdentityTokens tokens = IdentityTokens.of(
                "an-id",
                Map.of("IDENTITY_ENDPOINT", address + "/msi/token", "IDENTITY_HEADER", "a-secret")::get,
                () -> now);

        assertThat(tokens.current()).isEqualTo("three");
        assertThat(tokens.current()).isEqualTo("three");
        assertThat(requests)
                .containsExactly(
                        "GET /msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com%2F&client_id=an-id null a-secret ");
    }

    @Test
    void aPodSendsTheTokenOfItsFile(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("token"), "a.b.c\n");
        IdentityTokens tokens = IdentityTokens.of(
                null,
                Map.of(
                        "AZURE_FEDERATED_TOKEN_FILE",
                        file.toString(),
                        "AZURE_TENANT_ID",
                        "a-tenant",
                        "AZURE_CLIENT_ID",
                        "an-id",
                        "AZURE_AUTHORITY_HOST",
                        address + "/")::get,
                () -> now);

        assertThat(tokens.current()).isEqualTo("one");
        assertThat(requests)
                .singleElement()
                .satisfies(
                        request -> assertThat(request)
                                .startsWith("POST /a-tenant/oauth2/v2.0/token ")
                                .contains(
                                        "client_assertion=a.b.c",
                                        "client_id=an-id",
                                        "grant_type=client_credentials",
                                        "scope=https%3A%2F%2Fstorage.azure.com%2F.default",
                                        "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"));

        Files.delete(file);
        now = now.plusSeconds(3_600);
        assertThatThrownBy(tokens::current)
                .isInstanceOf(IdentityTokens.Refused.class)
                .hasMessageContaining("the token of the workload identity can't be read");
    }

    @Test
    void aRefusalLastsAndAnOutagePasses() {
        AzureErrors errors = new AzureErrors(new ObjectStoreSettings(
                "lake",
                new StoreType.Azure("flights"),
                null,
                List.of(),
                List.of(),
                new StoreCredentials.AzureIdentity(null)));
        ObjectAddress object = ObjectAddress.of("az://lake/a");
        status = 400;
        answer = "{\"error\": \"invalid_request\", \"error_description\": \"Identity not found\"}";
        assertThatThrownBy(machine()::current)
                .hasMessage(
                        address
                                + " gives no token for Azure Storage (HTTP 400: Identity not found). Check the identity, or configure account-key or sas-token")
                .isInstanceOfSatisfying(
                        RuntimeException.class,
                        e -> assertThat(errors.of(e, object, "cannot")).isInstanceOf(StoreError.Lasting.class));

        answer = "<html>";
        assertThatThrownBy(machine()::current)
                .hasMessageStartingWith(address + " gives no token for Azure Storage (HTTP 400). Check");

        status = 503;
        assertThatThrownBy(machine()::current)
                .isInstanceOfSatisfying(
                        UncheckedIOException.class,
                        e -> assertThat(errors.of(e, object, "cannot"))
                                .isEqualTo(new StoreError.Passing(address + " gives no token: HTTP 503")));
        server.stop(0);
        assertThatThrownBy(machine()::current)
                .isInstanceOfSatisfying(
                        UncheckedIOException.class,
                        e -> assertThat(errors.of(e, object, "cannot")).isInstanceOf(StoreError.Passing.class));
    }
}
