package io.nightshift.testing.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import io.nightshift.testing.HttpReceiver;
import io.nightshift.testing.HttpReceiver.Behaviour;
import io.nightshift.testing.HttpReceiver.Request;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// A tracking server on loopback that answers as MLflow's protocol files say (`model_registry.proto`,
/// `service.proto`, `mlflow_artifacts.proto`): the calls that a client needs to find and fetch a model, to move
/// an alias and to set a tag. The artifacts that it hands out are the files of a folder.
public final class MlflowServer implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String API = "/api/2.0/mlflow/";
    private static final String ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts";

    private final HttpReceiver http;
    private final Path artifacts;
    private final Map<String, Map<Integer, ObjectNode>> models = new ConcurrentHashMap<>();
    private final Map<String, Map<String, Integer>> aliases = new ConcurrentHashMap<>();
    private final Map<String, ObjectNode> runs = new ConcurrentHashMap<>();
    private final Map<String, ObjectNode> loggedModels = new ConcurrentHashMap<>();
    private final Map<String, Behaviour> disturbed = new ConcurrentHashMap<>();
    private final Map<String, Behaviour> disturbedWrites = new ConcurrentHashMap<>();
    private volatile @Nullable String authorization;
    private volatile boolean refusesWrites;

    /// @param artifacts the folder with the artifacts
    public MlflowServer(Path artifacts) throws IOException {
        this(new HttpReceiver(), artifacts);
    }

    /// A server by HTTPS.
    ///
    /// @param artifacts the folder with the artifacts
    public MlflowServer(SSLContext tls, Path artifacts) throws IOException {
        this(new HttpReceiver(tls), artifacts);
    }

    private MlflowServer(HttpReceiver http, Path artifacts) {
        this.http = http;
        this.artifacts = artifacts;
        http.behave(this::answer);
    }

    /// The address of the server.
    public URI uri() {
        return http.uri("");
    }

    /// The requests until now, with their headers.
    public List<Request> requests() {
        return http.requests();
    }

    /// Has the server ask for a user and a password.
    public void requireBasic(String user, String password) {
        authorization =
                "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /// Has the server ask for a bearer token.
    public void requireToken(String token) {
        authorization = "Bearer " + token;
    }

    /// Answers the requests whose path contains a text in another way.
    public void disturb(String path, Behaviour behaviour) {
        disturbed.put(path, behaviour);
    }

    /// Answers the requests that write, and whose path contains a text, in another way.
    public void disturbWrites(String path, Behaviour behaviour) {
        disturbedWrites.put(path, behaviour);
    }

    /// Answers all requests as usual again.
    public void calm() {
        disturbed.clear();
        disturbedWrites.clear();
    }

    /// Registers the next version of a model, which a run has logged into a folder of the artifacts.
    ///
    /// @param folder below the artifacts
    /// @return its number
    public int register(String model, String folder) {
        return register(model, "mlflow-artifacts:/" + folder, "READY");
    }

    /// Registers the next version of a model.
    ///
    /// @param source the address of its artifacts
    /// @param status such as `READY`
    /// @return its number
    public int register(String model, String source, String status) {
        Map<Integer, ObjectNode> versions = models.computeIfAbsent(model, _ -> new TreeMap<>());
        int number = versions.size() + 1;
        ObjectNode version = JSON.createObjectNode();
        version.put("name", model);
        version.put("version", String.valueOf(number));
        version.put("creation_timestamp", 1_764_547_200_000L);
        version.put("current_stage", "None");
        version.put("source", source);
        version.put("run_id", "run" + number);
        version.put("status", status);
        version.putArray("tags");
        versions.put(number, version);
        return number;
    }

    /// Moves an alias.
    public void alias(String model, String alias, int version) {
        aliases.computeIfAbsent(model, _ -> new ConcurrentHashMap<>()).put(alias, version);
    }

    /// Deletes an alias.
    public void deleteAlias(String model, String alias) {
        aliases.getOrDefault(model, Map.of()).remove(alias);
    }

    /// Has the server refuse requests that write, as for a user without the permission `EDIT`.
    ///
    /// @param refuses whether it does so
    public void refuseWrites(boolean refuses) {
        refusesWrites = refuses;
    }

    /// The version to which an alias points; null if there is no such alias.
    public @Nullable Integer aliased(String model, String alias) {
        return aliases.getOrDefault(model, Map.of()).get(alias);
    }

    /// The tags of a version.
    public Map<String, String> tags(String model, int version) {
        Map<String, String> tags = new TreeMap<>();
        version(model, String.valueOf(version))
                .path("tags")
                .forEach(tag ->
                        tags.put(tag.path("key").asText(), tag.path("value").asText()));
        return tags;
    }

    /// Adds a run.
    ///
    /// @param source the address of its artifacts
    /// @param logged the IDs of the models that it has logged, as MLflow 3 does
    public void run(String id, String source, String... logged) {
        ObjectNode run = JSON.createObjectNode();
        run.putObject("info").put("run_id", id).put("artifact_uri", source);
        ArrayNode outputs = run.putObject("outputs").putArray("model_outputs");
        Stream.of(logged).forEach(model -> outputs.addObject().put("model_id", model));
        runs.put(id, run);
    }

    /// Adds a logged model.
    ///
    /// @param source the address of its artifacts
    public void loggedModel(String id, String name, String source) {
        ObjectNode model = JSON.createObjectNode();
        model.putObject("info")
                .put("model_id", id)
                .put("name", name)
                .put("artifact_uri", source)
                .put("status", "LOGGED_MODEL_READY");
        loggedModels.put(id, model);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        boolean writes = exchange.getRequestMethod().equals("POST");
        if (isDisturbed(disturbed, path, exchange) || (writes && isDisturbed(disturbedWrites, path, exchange))) {
            return;
        }
        String required = authorization;
        if (required != null && !required.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            HttpReceiver.respond(exchange, 401, "You are not authenticated.");
            return;
        }
        try {
            if (refusesWrites && writes) {
                HttpReceiver.respond(exchange, 403, "Permission denied");
            } else if (path.startsWith(ARTIFACTS)) {
                artifact(exchange, path.substring(ARTIFACTS.length()));
            } else if (path.startsWith(API)) {
                HttpReceiver.respond(
                        exchange,
                        200,
                        call(path.substring(API.length()), exchange).toString());
            } else {
                HttpReceiver.respond(exchange, 404, "<!doctype html><title>404 Not Found</title>");
            }
        } catch (Refusal refusal) {
            ObjectNode error = JSON.createObjectNode();
            error.put("error_code", refusal.code).put("message", refusal.getMessage());
            HttpReceiver.respond(exchange, refusal.status, error.toString());
        }
    }

    /// Whether another behaviour has answered a request.
    private static boolean isDisturbed(Map<String, Behaviour> disturbed, String path, HttpExchange exchange)
            throws IOException {
        for (Map.Entry<String, Behaviour> disturbance : disturbed.entrySet()) {
            if (path.contains(disturbance.getKey())) {
                disturbance.getValue().answer(exchange);
                return true;
            }
        }
        return false;
    }

    /// An error in the form of the server.
    private static final class Refusal extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final int status;
        private final String code;

        Refusal(int status, String code, String message) {
            super(message);
            this.status = status;
            this.code = code;
        }

        static Refusal missing(String what) {
            return new Refusal(404, "RESOURCE_DOES_NOT_EXIST", what + " not found");
        }
    }

    private JsonNode call(String call, HttpExchange exchange) throws IOException {
        Map<String, String> query = query(exchange.getRequestURI());
        ObjectNode answer = JSON.createObjectNode();
        if (call.startsWith("logged-models/")) {
            return answer.set("model", found(loggedModels, call.substring("logged-models/".length()), "Logged model"));
        }
        return switch (call) {
            case "registered-models/alias" ->
                exchange.getRequestMethod().equals("POST")
                        ? moved(body(exchange), answer)
                        : answer.set("model_version", versionOf(query.get("name"), query.get("alias")));
            case "registered-models/search" -> answer.set("registered_models", JSON.createArrayNode());
            case "model-versions/get" -> answer.set("model_version", version(query.get("name"), query.get("version")));
            case "model-versions/get-download-uri" ->
                answer.put(
                        "artifact_uri",
                        version(query.get("name"), query.get("version"))
                                .path("source")
                                .asText());
            case "model-versions/set-tag" -> tagged(body(exchange), answer);
            case "runs/get" -> answer.set("run", found(runs, query.get("run_id"), "Run"));
            default -> throw new Refusal(404, "ENDPOINT_NOT_FOUND", "no endpoint " + call);
        };
    }

    private static ObjectNode found(Map<String, ObjectNode> all, @Nullable String id, String what) {
        ObjectNode found = id == null ? null : all.get(id);
        if (found == null) {
            throw Refusal.missing(what + " '" + id + "'");
        }
        return found;
    }

    private ObjectNode versionOf(@Nullable String model, @Nullable String alias) {
        if (model == null || !models.containsKey(model)) {
            throw Refusal.missing("Registered Model with name=" + model);
        }
        Integer version = alias == null ? null : aliased(model, alias);
        if (version == null) {
            throw new Refusal(400, "INVALID_PARAMETER_VALUE", "Registered model alias " + alias + " not found.");
        }
        return version(model, String.valueOf(version));
    }

    private ObjectNode version(@Nullable String model, @Nullable String version) {
        ObjectNode found = model == null || version == null
                ? null
                : models.getOrDefault(model, Map.of()).get(Integer.valueOf(version));
        if (found == null) {
            throw Refusal.missing("Model Version (name=%s, version=%s)".formatted(model, version));
        }
        return found;
    }

    private JsonNode moved(JsonNode request, ObjectNode answer) {
        String model = request.path("name").asText();
        version(model, request.path("version").asText());
        alias(model, request.path("alias").asText(), request.path("version").asInt());
        return answer;
    }

    private JsonNode tagged(JsonNode request, ObjectNode answer) {
        version(request.path("name").asText(), request.path("version").asText());
        tag(
                request.path("name").asText(),
                request.path("version").asInt(),
                request.path("key").asText(),
                request.path("value").asText());
        return answer;
    }

    /// Sets a tag of a version.
    public void tag(String model, int version, String key, String value) {
        ArrayNode tags = (ArrayNode) version(model, String.valueOf(version)).path("tags");
        for (int i = tags.size() - 1; i >= 0; i--) {
            if (tags.get(i).path("key").asText().equals(key)) {
                tags.remove(i);
            }
        }
        tags.addObject().put("key", key).put("value", value);
    }

    /// The receiver has read the body already.
    private JsonNode body(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().toString();
        String body = http.requests().reversed().stream()
                .filter(request -> request.path().equals(path))
                .findFirst()
                .map(Request::body)
                .orElse("{}");
        return JSON.readTree(body);
    }

    private static Map<String, String> query(URI uri) {
        Map<String, String> query = new LinkedHashMap<>();
        String raw = uri.getRawQuery();
        if (raw != null) {
            for (String pair : raw.split("&", -1)) {
                int equals = pair.indexOf('=');
                query.put(decoded(pair.substring(0, equals)), decoded(pair.substring(equals + 1)));
            }
        }
        return query;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private void artifact(HttpExchange exchange, String path) throws IOException {
        if (path.isEmpty()) {
            HttpReceiver.respond(
                    exchange,
                    200,
                    list(query(exchange.getRequestURI()).getOrDefault("path", ""))
                            .toString());
            return;
        }
        Path file = artifacts.resolve(path.substring(1));
        if (!Files.isRegularFile(file)) {
            throw Refusal.missing("Artifact " + path);
        }
        byte[] bytes = Files.readAllBytes(file);
        exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
        exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private ObjectNode list(String path) throws IOException {
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode files = answer.putArray("files");
        Path folder = artifacts.resolve(path);
        if (Files.isDirectory(folder)) {
            try (Stream<Path> found = Files.list(folder)) {
                for (Path file : found.sorted().toList()) {
                    ObjectNode entry = files.addObject();
                    entry.put("path", String.valueOf(file.getFileName()));
                    entry.put("is_dir", Files.isDirectory(file));
                    if (Files.isRegularFile(file)) {
                        entry.put("file_size", Files.size(file));
                    }
                }
            }
        }
        return answer;
    }

    @Override
    public void close() {
        http.close();
    }
}
