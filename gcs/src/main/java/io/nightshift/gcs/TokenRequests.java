package io.nightshift.gcs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The requests that each kind of credentials of Google makes for a token.
final class TokenRequests {

    /// A file of credentials lacks something. The message continues a sentence that begins with the file.
    static final class Mistake extends Exception {
        private static final long serialVersionUID = 1L;

        Mistake(String message) {
            super(message);
        }
    }

    private static final String SCOPE = "https://www.googleapis.com/auth/devstorage.read_write";

    /// A federated token is only good for a token of a service account with this scope.
    private static final String CLOUD = "https://www.googleapis.com/auth/cloud-platform";

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration LIFE = Duration.ofHours(1);
    private static final ObjectMapper JSON = new ObjectMapper();

    private TokenRequests() {}

    /// The identity of a pod of GKE, a machine, or Cloud Run.
    static HttpRequest metadata(String host) {
        return HttpRequest.newBuilder(
                        URI.create("http://%s/computeMetadata/v1/instance/service-accounts/default/token?scopes=%s"
                                .formatted(host, encoded(SCOPE))))
                .timeout(PATIENCE)
                .header("Metadata-Flavor", "Google")
                .build();
    }

    /// The key of a service account, which signs a claim (RFC 7523).
    static HttpRequest serviceAccount(JsonNode key, Instant now) throws Mistake {
        String server = text(key, "token_uri");
        Map<String, Object> header = new LinkedHashMap<>(Map.of("alg", "RS256", "typ", "JWT"));
        if (key.path("private_key_id").isTextual()) {
            header.put("kid", key.path("private_key_id").asText());
        }
        Map<String, Object> claim = Map.of(
                "iss", text(key, "client_email"),
                "scope", SCOPE,
                "aud", server,
                "iat", now.getEpochSecond(),
                "exp", now.plus(LIFE).getEpochSecond());
        String signed = base64(json(header)) + "." + base64(json(claim));
        return form(
                server,
                Map.of(
                        "grant_type",
                        "urn:ietf:params:oauth:grant-type:jwt-bearer",
                        "assertion",
                        signed + "." + base64(signature(text(key, "private_key"), signed))));
    }

    private static byte[] signature(String pem, String text) throws Mistake {
        try {
            byte[] key = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(key)));
            signature.update(text.getBytes(StandardCharsets.UTF_8));
            return signature.sign();
        } catch (GeneralSecurityException | IllegalArgumentException _) {
            // The cause may show a part of the key.
            throw new Mistake("has a private_key that is no RSA key");
        }
    }

    /// The credentials that `gcloud auth application-default login` has written.
    static HttpRequest user(JsonNode credentials) throws Mistake {
        String server = credentials.path("token_uri").asText("https://oauth2.googleapis.com/token");
        return form(
                server,
                Map.of(
                        "grant_type", "refresh_token",
                        "client_id", text(credentials, "client_id"),
                        "client_secret", text(credentials, "client_secret"),
                        "refresh_token", text(credentials, "refresh_token")));
    }

    /// The token of another provider, from the file that the credentials name. It is read each time, since others
    /// replace it.
    static String subject(JsonNode credentials) throws Mistake {
        JsonNode source = credentials.path("credential_source");
        if (!source.path("file").isTextual()) {
            throw new Mistake(
                    "gets its token from a URL, from AWS or from a program, and Nightshift reads it only from a file (credential_source.file)");
        }
        String text;
        try {
            text = Files.readString(Path.of(source.path("file").asText())).strip();
        } catch (IOException | InvalidPathException _) {
            throw new Mistake("names the file %s, which can't be read"
                    .formatted(source.path("file").asText()));
        }
        JsonNode format = source.path("format");
        if (!format.path("type").asText("text").equals("json")) {
            return text;
        }
        try {
            return text(JSON.readTree(text), text(format, "subject_token_field_name"));
        } catch (JsonProcessingException _) {
            throw new Mistake("names the file %s, which is no JSON"
                    .formatted(source.path("file").asText()));
        }
    }

    /// Exchanges the token of another provider (RFC 8693).
    static HttpRequest exchange(JsonNode credentials, String subject) throws Mistake {
        return form(
                text(credentials, "token_url"),
                Map.of(
                        "grant_type",
                        "urn:ietf:params:oauth:grant-type:token-exchange",
                        "audience",
                        text(credentials, "audience"),
                        "scope",
                        isImpersonated(credentials) ? CLOUD : SCOPE,
                        "requested_token_type",
                        "urn:ietf:params:oauth:token-type:access_token",
                        "subject_token_type",
                        text(credentials, "subject_token_type"),
                        "subject_token",
                        subject));
    }

    private static boolean isImpersonated(JsonNode credentials) {
        return credentials.path("service_account_impersonation_url").isTextual();
    }

    /// @return null if the credentials name no service account
    static @Nullable HttpRequest impersonation(JsonNode credentials, String token) throws Mistake {
        return isImpersonated(credentials)
                ? HttpRequest.newBuilder(uri(text(credentials, "service_account_impersonation_url")))
                        .timeout(PATIENCE)
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"scope\": [\"%s\"]}".formatted(SCOPE)))
                        .build()
                : null;
    }

    private static HttpRequest form(String server, Map<String, String> fields) throws Mistake {
        return HttpRequest.newBuilder(uri(server))
                .timeout(PATIENCE)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(fields.entrySet().stream()
                        .map(field -> field.getKey() + "=" + encoded(field.getValue()))
                        .collect(Collectors.joining("&"))))
                .build();
    }

    private static URI uri(String text) throws Mistake {
        try {
            URI uri = URI.create(text);
            if (uri.getHost() != null) {
                return uri;
            }
        } catch (IllegalArgumentException _) {
            // Reported below.
        }
        throw new Mistake("names %s as a server of tokens, which is no URL".formatted(text));
    }

    private static String text(JsonNode object, String key) throws Mistake {
        JsonNode value = object.path(key);
        if (!value.isTextual() || value.asText().isBlank()) {
            throw new Mistake("has no " + key);
        }
        return value.asText();
    }

    private static byte[] json(Map<String, Object> values) {
        try {
            return JSON.writeValueAsBytes(values);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("texts and numbers are JSON", e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
