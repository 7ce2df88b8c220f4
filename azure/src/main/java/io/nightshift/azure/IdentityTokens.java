package io.nightshift.azure;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Tokens for Azure Storage of the identity that Azure gives a pod or a machine. A token is used until five minutes
/// before its end. Safe for several threads.
///
/// Three ways lead to a token, the first whose variables are set: the workload identity of a pod of Kubernetes
/// (`AZURE_FEDERATED_TOKEN_FILE`), the managed identity of App Service and Container Apps (`IDENTITY_ENDPOINT`),
/// and that of a virtual machine. See `docs/decisions/0079-azure-blob.md`.
final class IdentityTokens {

    /// The identity is none, or may not have a token.
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }

    private static final String RESOURCE = "https://storage.azure.com/";
    private static final String MACHINE = "http://169.254.169.254";
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration RESERVE = Duration.ofMinutes(5);
    private static final ObjectMapper JSON = new ObjectMapper();

    private record Token(String text, Instant end) {}

    /// Makes a request for a token.
    private interface Request {
        HttpRequest make() throws IOException;
    }

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    private final Request request;
    private final InstantSource clock;
    private @Nullable Token last;

    private IdentityTokens(Request request, InstantSource clock) {
        this.request = request;
        this.clock = clock;
    }

    /// @param clientId of the identity; null for that of the environment
    /// @param environment the process's variables
    static IdentityTokens of(@Nullable String clientId, Function<String, @Nullable String> environment) {
        return of(clientId, environment, InstantSource.system());
    }

    static IdentityTokens of(
            @Nullable String clientId, Function<String, @Nullable String> environment, InstantSource clock) {
        String file = environment.apply("AZURE_FEDERATED_TOKEN_FILE");
        String tenant = environment.apply("AZURE_TENANT_ID");
        String client = clientId == null ? environment.apply("AZURE_CLIENT_ID") : clientId;
        if (file != null && tenant != null && client != null) {
            String authority = Objects.requireNonNullElse(
                    environment.apply("AZURE_AUTHORITY_HOST"), "https://login.microsoftonline.com/");
            return new IdentityTokens(() -> federated(authority, tenant, client, Path.of(file)), clock);
        }
        String endpoint = environment.apply("IDENTITY_ENDPOINT");
        String header = environment.apply("IDENTITY_HEADER");
        if (endpoint != null && header != null) {
            return new IdentityTokens(
                    () -> managed(endpoint, "2019-08-01", client)
                            .header("X-IDENTITY-HEADER", header)
                            .build(),
                    clock);
        }
        String machine = Objects.requireNonNullElse(environment.apply("AZURE_POD_IDENTITY_AUTHORITY_HOST"), MACHINE);
        return new IdentityTokens(
                () -> managed(machine.replaceFirst("/+$", "") + "/metadata/identity/oauth2/token", "2018-02-01", client)
                        .header("Metadata", "true")
                        .build(),
                clock);
    }

    private static HttpRequest.Builder managed(String endpoint, String version, @Nullable String client) {
        return HttpRequest.newBuilder(URI.create("%s?api-version=%s&resource=%s%s"
                        .formatted(
                                endpoint,
                                version,
                                encoded(RESOURCE),
                                client == null ? "" : "&client_id=" + encoded(client))))
                .timeout(PATIENCE);
    }

    /// The file is read each time, since Kubernetes replaces it.
    private static HttpRequest federated(String authority, String tenant, String client, Path file) throws IOException {
        Map<String, String> form = Map.of(
                "grant_type",
                "client_credentials",
                "client_id",
                client,
                "scope",
                RESOURCE + ".default",
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion",
                Files.readString(file).strip());
        return HttpRequest.newBuilder(
                        URI.create("%s/%s/oauth2/v2.0/token".formatted(authority.replaceFirst("/+$", ""), tenant)))
                .timeout(PATIENCE)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form.entrySet().stream()
                        .map(field -> field.getKey() + "=" + encoded(field.getValue()))
                        .collect(Collectors.joining("&"))))
                .build();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /// @throws Refused if there is no identity, or it may not have a token
    /// @throws UncheckedIOException if the server does not answer; another try may succeed
    synchronized String current() {
        Token token = last;
        if (token == null || clock.instant().plus(RESERVE).isAfter(token.end())) {
            token = fetch();
            last = token;
        }
        return token.text();
    }

    private Token fetch() {
        HttpRequest made;
        try {
            made = request.make();
        } catch (IOException e) {
            throw new Refused("the token of the workload identity can't be read: " + e.getMessage());
        }
        String server = made.uri().getScheme() + "://" + made.uri().getAuthority();
        try {
            HttpResponse<String> answer = http.send(made, HttpResponse.BodyHandlers.ofString());
            int status = answer.statusCode();
            if (status == 429 || status == 410 || status >= 500) {
                throw new IOException("%s gives no token: HTTP %d".formatted(server, status));
            }
            JsonNode body = json(answer.body());
            if (status != 200 || !body.path("access_token").isTextual()) {
                throw refused(server, status, body.path("error_description").asText(""));
            }
            return new Token(body.path("access_token").asText(), end(body));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    e.getMessage() != null && e.getMessage().startsWith(server)
                            ? e
                            : new IOException(
                                    "%s gives no token: %s"
                                            .formatted(
                                                    server,
                                                    e.getMessage() == null
                                                            ? e.getClass().getSimpleName()
                                                            : e.getMessage()),
                                    e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("the request for a token was interrupted", e));
        }
    }

    /// @return an empty value if the text is no JSON, as of a proxy
    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException _) {
            return MissingNode.getInstance();
        }
    }

    private static Refused refused(String server, int status, String reason) {
        String first = reason.lines().findFirst().orElse("");
        return new Refused(
                "%s gives no token for Azure Storage (HTTP %d%s). Check the identity, or configure account-key or sas-token"
                        .formatted(server, status, first.isEmpty() ? "" : ": " + first));
    }

    /// App Service says only when a token ends, the others how long it lasts.
    private Instant end(JsonNode body) {
        return body.has("expires_in")
                ? clock.instant().plusSeconds(body.path("expires_in").asLong())
                : Instant.ofEpochSecond(body.path("expires_on").asLong());
    }
}
