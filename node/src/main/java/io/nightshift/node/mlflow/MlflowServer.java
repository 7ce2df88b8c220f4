package io.nightshift.node.mlflow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.node.mlflow.MlflowSettings.Credentials;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.tls.TlsFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// Requests to an MLflow server, by the REST interface of its protocol files.
///
/// A redirect is not followed, so the credentials reach only the server that the configuration names. A server that
/// sends nothing for the time of the settings counts as away, however much it has sent before. So does one whose
/// answer does not end in time. Every method waits for the server. Safe for several threads.
final class MlflowServer {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String API = "/api/2.0/mlflow/";
    private static final String ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts";
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    /// The most bytes of an answer other than a file.
    private static final int MOST_ANSWERED = 8 << 20;

    private static final Duration MOST_FOR_ANSWER = Duration.ofMinutes(2);
    private static final Duration MOST_FOR_FILE = Duration.ofMinutes(25);

    /// The codes by which the server says that there is no such thing.
    private static final List<String> MISSING = List.of("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE");

    /// The most bytes of an answer that refuses a request.
    private static final int MOST_REFUSED = 8 << 10;

    /// How much of an answer a failure quotes.
    private static final int MOST_QUOTED = 300;

    /// Control characters, and characters that nobody sees, such as a byte order mark.
    private static final Pattern UNSENDABLE = Pattern.compile("[\\p{Cc}\\p{Cf}]");

    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\s]+");

    private final MlflowSettings settings;
    private final Duration mostForAnswer;
    private final Duration mostForFile;
    private final String base;
    private @Nullable HttpClient client;

    MlflowServer(MlflowSettings settings) {
        this(settings, MOST_FOR_ANSWER, MOST_FOR_FILE);
    }

    /// @param mostForAnswer for so long an answer other than a file may take
    /// @param mostForFile for so long a file may take
    MlflowServer(MlflowSettings settings, Duration mostForAnswer, Duration mostForFile) {
        this.settings = settings;
        this.mostForAnswer = mostForAnswer;
        this.mostForFile = mostForFile;
        this.base = settings.url().toString().replaceFirst("/+$", "");
    }

    URI url() {
        return settings.url();
    }

    /// Asks a question of the tracking server.
    ///
    /// @param call below the server's interface, such as `model-versions/get`
    /// @param query the names and values of the question
    /// @param what the question in words, for messages
    /// @throws FailureException transient if the server is away; permanent if it refuses
    JsonNode get(String call, Map<String, String> query, String what) {
        return json(request(API + call, query).GET().build(), what);
    }

    /// Asks a question that the server may answer by saying that there is no such thing.
    ///
    /// @param call as in [#get]
    /// @param query as in [#get]
    /// @param what as in [#get]
    /// @return empty if the server says so in its own form
    /// @throws FailureException as [#get]
    Optional<JsonNode> find(String call, Map<String, String> query, String what) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BodyWriter body = new BodyWriter(Channels.newChannel(bytes), MOST_ANSWERED);
        HttpRequest request = request(API + call, query).GET().build();
        Refusal refusal = exchangeInMemory(request, body, what);
        if (refusal == null) {
            return Optional.of(answer(bytes, body, what));
        }
        if (isMissing(refusal)) {
            return Optional.empty();
        }
        throw refusal(refusal, what, Access.READ);
    }

    /// The result of a request to write.
    sealed interface Written {

        /// It is written.
        record Done() implements Written {}

        /// The server has refused it, and nothing is written.
        ///
        /// @param isFinal whether the server refuses it because there is no such model, version or alias, or
        ///     because it takes no such value. Otherwise it may be written later
        record Refused(String reason, boolean isFinal) implements Written {}

        /// There was no answer of an MLflow server, so it may be written or not.
        record Unknown(String reason) implements Written {}
    }

    /// Tells the server to write something.
    ///
    /// @param call as in [#get]
    /// @param content of the request
    /// @param what is written, in words
    Written post(String call, Map<String, String> content, String what) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BodyWriter body = new BodyWriter(Channels.newChannel(bytes), MOST_ANSWERED);
        try {
            HttpRequest request = request(API + call, Map.of())
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(content)))
                    .build();
            Refusal refusal = exchangeInMemory(request, body, what);
            if (refusal == null) {
                // Another server, such as a proxy with a page to log in, may answer with the status 200, too.
                answer(bytes, body, what);
                return new Written.Done();
            }
            String reason = String.valueOf(refusal(refusal, what, Access.WRITE).getMessage());
            boolean isRefused = refusal.status() < 500
                    || refusal.status() == 503
                    || !errorCode(refusal).isEmpty();
            return isRefused ? new Written.Refused(reason, isMissing(refusal)) : new Written.Unknown(reason);
        } catch (FailureException e) {
            return new Written.Unknown(String.valueOf(e.getMessage()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e); // a map of texts can be written
        }
    }

    /// Lists a folder of the artifacts that the server hands out itself.
    ///
    /// @param path of the folder below the artifacts of the server
    /// @param what as in [#get]
    /// @throws FailureException as [#get]
    JsonNode listArtifacts(String path, String what) {
        return json(request(ARTIFACTS, Map.of("path", path)).GET().build(), what);
    }

    /// Fetches a file of the artifacts that the server hands out itself.
    ///
    /// @param path of the file below the artifacts of the server
    /// @param target is replaced
    /// @param limit the most bytes
    /// @param what as in [#get]
    /// @return the number of bytes that the server has sent; more than the limit if it was cut there
    /// @throws FailureException as [#get]
    /// @throws IOException if the target can't be written
    long download(String path, Path target, long limit, String what) throws IOException {
        String encoded = Arrays.stream(path.split("/", -1))
                .map(MlflowServer::encoded)
                .map(segment -> segment.replace("+", "%20"))
                .collect(Collectors.joining("/", "/", ""));
        try (FileChannel channel = FileChannel.open(
                target, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            BodyWriter body = new BodyWriter(channel, limit);
            send(request(ARTIFACTS + encoded, Map.of()).GET().build(), body, mostForFile, what);
            return body.bytes();
        }
    }

    private HttpRequest.Builder request(String path, Map<String, String> query) {
        String parameters = query.entrySet().stream()
                .map(entry -> encoded(entry.getKey()) + "=" + encoded(entry.getValue()))
                .collect(Collectors.joining("&"));
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create(base + path + (parameters.isEmpty() ? "" : "?" + parameters)))
                .header("User-Agent", "Nightshift");
        return switch (settings.credentials()) {
            case Credentials.None _ -> request;
            case Credentials.Basic(var user, var password) ->
                request.header("Authorization", "Basic " + basic(user, password.read()));
            case Credentials.Token(var token) -> request.header("Authorization", "Bearer " + bearer(token.read()));
        };
    }

    /// A token that can be a header. Java's client quotes a header that it refuses, and so the token.
    private String bearer(String token) {
        if (!token.matches("[\\x21-\\x7e]+")) {
            throw FailureException.permanent(
                    "the token of the MLflow server is not one line of ASCII characters. Check " + credentialKeys());
        }
        return token;
    }

    private String basic(String user, String password) {
        if (UNSENDABLE.matcher(user + password).find() || user.contains(":")) {
            throw FailureException.permanent(
                    "the user or the password of the MLflow server has a line break or another control character, or the user has a colon. Check "
                            + credentialKeys());
        }
        return encoded(user, password);
    }

    private static String encoded(String user, String password) {
        return Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private JsonNode json(HttpRequest request, String what) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BodyWriter body = new BodyWriter(Channels.newChannel(bytes), MOST_ANSWERED);
        Refusal refusal = exchangeInMemory(request, body, what);
        if (refusal != null) {
            throw refusal(refusal, what, Access.READ);
        }
        return answer(bytes, body, what);
    }

    private JsonNode answer(ByteArrayOutputStream bytes, BodyWriter body, String what) {
        if (body.bytes() <= MOST_ANSWERED) {
            JsonNode answer = object(bytes.toString(StandardCharsets.UTF_8));
            if (answer != null) {
                return answer;
            }
        }
        throw noServer(what);
    }

    /// A JSON object; null if the text is none.
    private static @Nullable JsonNode object(String text) {
        try {
            JsonNode read = JSON.readTree(text);
            return read != null && read.isObject() ? read : null;
        } catch (JsonProcessingException _) {
            return null;
        }
    }

    /// The failure of an answer that no MLflow server gives.
    ///
    /// @param what as in [#get]
    FailureException noServer(String what) {
        return FailureException.permanent(
                "%s does not answer as an MLflow server does (%s). Check nightshift.mlflow.url".formatted(base, what));
    }

    /// An answer with another status than 200.
    private record Refusal(int status, String body) {}

    /// Whether the server says that there is no such thing. A proxy, or a server that is none of MLflow, says it in
    /// another form.
    private static boolean isMissing(Refusal refusal) {
        return MISSING.contains(errorCode(refusal));
    }

    /// The code by which an MLflow server refuses a request; empty if something else has answered.
    private static String errorCode(Refusal refusal) {
        JsonNode said = object(refusal.body());
        return said == null ? "" : said.path("error_code").asText();
    }

    private void send(HttpRequest request, BodyWriter body, Duration most, String what) throws IOException {
        Refusal refusal = exchange(request, body, most, what);
        if (refusal != null) {
            throw refusal(refusal, what, Access.READ);
        }
    }

    private @Nullable Refusal exchangeInMemory(HttpRequest request, BodyWriter body, String what) {
        try {
            return exchange(request, body, mostForAnswer, what);
        } catch (IOException e) {
            throw new IllegalStateException(e); // bytes in memory can be written
        }
    }

    /// Sends a request, and waits until its answer is written.
    ///
    /// @param most for so long the whole answer may take
    /// @return null if the status is 200
    /// @throws IOException if the target of the body can't be written
    private @Nullable Refusal exchange(HttpRequest request, BodyWriter body, Duration most, String what)
            throws IOException {
        ByteArrayOutputStream refusal = new ByteArrayOutputStream();
        BodyWriter refused = new BodyWriter(Channels.newChannel(refusal), MOST_REFUSED);
        CompletableFuture<HttpResponse<Long>> sent =
                client().sendAsync(request, info -> info.statusCode() == 200 ? body : refused);
        int status;
        try {
            status = await(sent, body, refused, most, what).statusCode();
        } catch (FailureException e) {
            IOException writeError = body.writeError();
            if (writeError != null) {
                throw writeError;
            }
            throw e;
        }
        return status == 200 ? null : new Refusal(status, refusal.toString(StandardCharsets.UTF_8));
    }

    private HttpResponse<Long> await(
            CompletableFuture<HttpResponse<Long>> sent,
            BodyWriter body,
            BodyWriter refused,
            Duration most,
            String what) {
        long end = System.nanoTime() + most.toNanos();
        long before = -1;
        while (true) {
            long left = end - System.nanoTime();
            try {
                return sent.get(Math.min(settings.patience().toNanos(), Math.max(0, left)), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                if (left <= settings.patience().toNanos()) {
                    sent.cancel(true);
                    throw away("it has not answered completely after %d s".formatted(most.toSeconds()), what, e);
                }
                long now = body.bytes() + refused.bytes();
                if (now == Math.max(0, before)) {
                    sent.cancel(true);
                    throw away(
                            "it sends nothing for %d s"
                                    .formatted(settings.patience().toSeconds()),
                            what,
                            e);
                }
                before = now;
            } catch (ExecutionException | CancellationException e) {
                throw failed(e.getCause() == null ? e : e.getCause(), what);
            } catch (InterruptedException e) {
                sent.cancel(true);
                Thread.currentThread().interrupt();
                throw away("the request was interrupted", what, e);
            }
        }
    }

    private synchronized HttpClient client() {
        HttpClient made = client;
        if (made == null) {
            HttpClient.Builder builder = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(CONNECT_TIMEOUT);
            Path ca = settings.ca();
            made = (ca == null ? builder : builder.sslContext(TlsFiles.trusting(ca))).build();
            client = made;
        }
        return made;
    }

    private FailureException failed(Throwable error, String what) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        String reason = switch (cause) {
            case SSLException tls ->
                "the TLS connection failed: %s. If no authority that Java trusts has issued its certificate, name the authority's file in nightshift.mlflow.ca"
                        .formatted(tls.getMessage());
            case ConnectException unknown when isUnknown(unknown) -> "its host name is unknown";
            case ConnectException _ -> "nothing listens at its address";
            default -> "the connection failed: " + described(cause);
        };
        return away(reason, what, cause);
    }

    private static boolean isUnknown(ConnectException refused) {
        Throwable cause = refused.getCause();
        return cause instanceof UnresolvedAddressException
                || (cause != null && cause.getCause() instanceof UnresolvedAddressException);
    }

    private static String described(Throwable cause) {
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    private FailureException away(String reason, String what, Throwable cause) {
        return new FailureException(
                Failure.of(
                        FailedResource.Type.PLACE,
                        base,
                        "the MLflow server %s can't be asked for %s: %s. Try again when it is back"
                                .formatted(base, what, reason)),
                cause);
    }

    /// The use of the server that a request makes, in words.
    ///
    /// @param node what the node does
    /// @param server what the server does
    /// @param missing what the server does without the model
    /// @param permission that the user of the server needs
    private record Access(String node, String server, String missing, String permission) {
        static final Access READ = new Access("get", "give", "has no", "READ on the model and on its experiment");
        static final Access WRITE = new Access("write", "take", "refuses to take", "EDIT on the model");
    }

    private FailureException refusal(Refusal refusal, String what, Access access) {
        int status = refusal.status();
        String said = said(refusal.body());
        String quoted = said.isEmpty() ? "" : ": " + Failure.shortened(said, MOST_QUOTED);
        if (status == 429 || status >= 500) {
            return new FailureException(Failure.of(
                    FailedResource.Type.PLACE,
                    base,
                    "the MLflow server %s does not %s %s now (status %d)%s. Try again later"
                            .formatted(base, access.server(), what, status, quoted)));
        }
        return FailureException.permanent(
                switch (status) {
                    case 401 ->
                        "the MLflow server %s refuses the credentials of this node (status 401). Check %s"
                                .formatted(base, credentialKeys());
                    case 403 ->
                        "the MLflow server %s does not permit this node to %s %s (status 403)%s. Give its user the permission %s"
                                .formatted(base, access.node(), what, quoted, access.permission());
                    case 404 ->
                        "the MLflow server %s %s %s (status 404)%s".formatted(base, access.missing(), what, quoted);
                    default ->
                        status >= 300 && status < 400
                                ? "the MLflow server %s answers with a redirect (status %d), which is not followed. Write the address that it leads to into nightshift.mlflow.url"
                                        .formatted(base, status)
                                : "the MLflow server %s refuses to %s %s (status %d)%s"
                                        .formatted(base, access.server(), what, status, quoted);
                });
    }

    private String credentialKeys() {
        return switch (settings.credentials()) {
            case Credentials.None _ ->
                "nightshift.mlflow: it needs user and password-file, or token-file, if the server has accounts";
            case Credentials.Basic _ -> "nightshift.mlflow.user and its password";
            case Credentials.Token _ -> "nightshift.mlflow.token-file or token-env";
        };
    }

    /// The server's own words, on one line and without credentials, which a server may repeat.
    private String said(String body) {
        String text = body;
        try {
            JsonNode answer = JSON.readTree(body);
            text = answer != null && answer.path("message").isTextual()
                    ? answer.path("message").textValue()
                    : body.startsWith("<") ? "" : body;
        } catch (JsonProcessingException _) {
            text = body.startsWith("<") ? "" : body;
        }
        for (String secret : secrets()) {
            text = text.replace(secret, "(secret)");
        }
        return printable(text);
    }

    /// A text of the server on one line, and without what a terminal would obey.
    static String printable(String text) {
        return UNPRINTABLE.matcher(text).replaceAll(" ").strip();
    }

    private List<String> secrets() {
        return switch (settings.credentials()) {
            case Credentials.None _ -> List.of();
            case Credentials.Basic(var user, var password) -> {
                String secret = password.read();
                yield List.of(encoded(user, secret), secret);
            }
            case Credentials.Token(var token) -> List.of(token.read());
        };
    }
}
