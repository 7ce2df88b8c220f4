package io.nightshift.gcs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.StoreCredentials;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Tokens for Google Cloud Storage. A token is used until five minutes before its end. Safe for several threads.
///
/// The credentials are those that Google's programs find: the file that the store or
/// `GOOGLE_APPLICATION_CREDENTIALS` names, the file that `gcloud auth application-default login` has written, or
/// the identity that the metadata server gives a pod or a machine. A file is read for each token, since it may be
/// replaced.
/// See `docs/decisions/0080-google-cloud-storage.md`.
final class AccessTokens {

    /// The credentials are none, or may not have a token.
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }

    private static final String METADATA = "metadata.google.internal";
    private static final String REMEDY =
            "Check the identity, or name a file of credentials (nightshift.stores.NAME.credentials-file or GOOGLE_APPLICATION_CREDENTIALS)";
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration RESERVE = Duration.ofMinutes(5);
    private static final ObjectMapper JSON = new ObjectMapper();

    private record Token(String text, Instant end) {}

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    private final @Nullable Path file;
    private final String metadata;
    private final InstantSource clock;
    private @Nullable Token last;

    private AccessTokens(@Nullable Path file, String metadata, InstantSource clock) {
        this.file = file;
        this.metadata = metadata;
        this.clock = clock;
    }

    /// @param environment the process's variables
    /// @return null for requests without a token
    static @Nullable AccessTokens of(ObjectStoreSettings settings, Function<String, @Nullable String> environment) {
        return switch ((StoreCredentials.OfGcs) settings.credentials()) {
            case StoreCredentials.GoogleCredentials(Path named) -> of(named, environment, InstantSource.system());
            case StoreCredentials.Anonymous _ -> null;
        };
    }

    /// @param named the file of the store; null for what the environment has
    static AccessTokens of(@Nullable Path named, Function<String, @Nullable String> environment, InstantSource clock) {
        String host = Objects.requireNonNullElse(environment.apply("GCE_METADATA_HOST"), METADATA);
        return new AccessTokens(named == null ? fileOf(environment) : named, host, clock);
    }

    private static @Nullable Path fileOf(Function<String, @Nullable String> environment) {
        String application = environment.apply("GOOGLE_APPLICATION_CREDENTIALS");
        if (application != null && !application.isBlank()) {
            return Path.of(application);
        }
        String folder = environment.apply("CLOUDSDK_CONFIG");
        String home = environment.apply("HOME");
        Path known = Path.of(
                folder == null ? Objects.requireNonNullElse(home, "") + "/.config/gcloud" : folder,
                "application_default_credentials.json");
        return Files.isRegularFile(known) ? known : null;
    }

    /// @throws Refused if there are no credentials, or they may not have a token
    /// @throws UncheckedIOException if the server does not answer; another try may succeed
    synchronized String current() {
        Token token = last;
        if (token == null || clock.instant().plus(RESERVE).isAfter(token.end())) {
            token = fetch();
            last = token;
        }
        return token.text();
    }

    /// A token in place of one that the store has refused.
    synchronized String insteadOf(String refused) {
        if (last != null && last.text().equals(refused)) {
            last = null;
        }
        return current();
    }

    private Token fetch() {
        if (file == null) {
            return token(TokenRequests.metadata(metadata));
        }
        JsonNode credentials = read(file);
        String type = credentials.path("type").asText("");
        try {
            return switch (type) {
                case "service_account" -> token(TokenRequests.serviceAccount(credentials, clock.instant()));
                case "authorized_user" -> token(TokenRequests.user(credentials));
                case "external_account" -> external(credentials);
                default ->
                    throw new Refused(
                            "%s has credentials of the type %s, which Nightshift can't use. Use a key of a service account (service_account), a workload identity (external_account), or what gcloud auth application-default login writes (authorized_user)"
                                    .formatted(file, type.isEmpty() ? "that it does not name" : type));
            };
        } catch (TokenRequests.Mistake e) {
            throw new Refused("%s %s. %s".formatted(file, e.getMessage(), "Create the file anew"));
        }
    }

    private static JsonNode read(Path file) {
        try {
            return JSON.readTree(Files.readAllBytes(file));
        } catch (JsonProcessingException _) {
            // The cause would show a part of a key.
            throw new Refused("%s is no file of credentials of Google: it is no JSON".formatted(file));
        } catch (IOException e) {
            throw new Refused("the credentials in %s can't be read (%s). Check the path and the permissions"
                    .formatted(file, e.getClass().getSimpleName()));
        }
    }

    /// The token of another provider is exchanged, and then used for a service account, if the file names one.
    private Token external(JsonNode credentials) throws TokenRequests.Mistake {
        Token federated = token(TokenRequests.exchange(credentials, TokenRequests.subject(credentials)));
        HttpRequest impersonation = TokenRequests.impersonation(credentials, federated.text());
        return impersonation == null ? federated : token(impersonation);
    }

    private Token token(HttpRequest request) {
        String server = request.uri().getScheme() + "://" + request.uri().getAuthority();
        try {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            int status = answer.statusCode();
            if (status == 429 || status >= 500) {
                throw new IOException("HTTP " + status);
            }
            Token token = tokenOf(json(answer.body()));
            if (status != 200 || token == null) {
                throw refused(server, status, json(answer.body()));
            }
            return token;
        } catch (UnknownHostException | java.net.ConnectException e) {
            throw noToken(server, "no connection. " + REMEDY, e);
        } catch (IOException e) {
            throw noToken(server, e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw noToken(server, "the request was interrupted", e);
        }
    }

    private static UncheckedIOException noToken(String server, String reason, Exception cause) {
        return new UncheckedIOException(new IOException("%s gives no token: %s".formatted(server, reason), cause));
    }

    /// @return an empty value if the text is no JSON, as of a proxy
    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException _) {
            return MissingNode.getInstance();
        }
    }

    /// The answer of a token server, or of the server that gives tokens for service accounts.
    private @Nullable Token tokenOf(JsonNode body) {
        if (body.path("access_token").isTextual()) {
            return new Token(
                    body.path("access_token").asText(),
                    clock.instant().plusSeconds(body.path("expires_in").asLong(0)));
        }
        if (body.path("accessToken").isTextual()) {
            return new Token(
                    body.path("accessToken").asText(),
                    Instant.parse(body.path("expireTime").asText()));
        }
        return null;
    }

    private static Refused refused(String server, int status, JsonNode body) {
        String reason = body.path("error_description")
                .asText(body.path("error").path("message").asText(""));
        String first = reason.lines().findFirst().orElse("");
        return new Refused("%s gives no token for Google Cloud Storage (HTTP %d%s). %s"
                .formatted(server, status, first.isEmpty() ? "" : ": " + first, REMEDY));
    }
}
