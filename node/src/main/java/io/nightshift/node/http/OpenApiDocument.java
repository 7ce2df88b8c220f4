package io.nightshift.node.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.ApiJson;
import io.nightshift.api.operation.Body;
import io.nightshift.api.operation.Credentials;
import io.nightshift.api.operation.Operation;
import io.nightshift.api.operation.Parameter;
import io.nightshift.api.operation.Refusal;
import io.nightshift.api.operation.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The OpenAPI document: the operations, and the schemas of `openapi-components.json`.
final class OpenApiDocument {

    private static final String SCHEMAS = "#/components/schemas/";

    private final ObjectNode document;

    private OpenApiDocument(ObjectNode document) {
        this.document = document;
    }

    static ObjectNode of(List<Operation<?>> operations) {
        OpenApiDocument open = new OpenApiDocument(components());
        ObjectNode paths = open.document.putObject("paths");
        for (Operation<?> operation : operations) {
            open.add(paths.withObjectProperty(operation.path()), operation);
        }
        return open.document;
    }

    private static ObjectNode components() {
        String name = "openapi-components.json";
        try (InputStream in = Objects.requireNonNull(OpenApiDocument.class.getResourceAsStream(name), name)) {
            return ApiJson.read(new String(in.readAllBytes(), StandardCharsets.UTF_8), ObjectNode.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void add(ObjectNode path, Operation<?> operation) {
        ObjectNode json = path.putObject(operation.method().toLowerCase(Locale.ROOT))
                .put("operationId", operation.id())
                .put("summary", operation.summary());
        if (operation.description() != null) {
            json.put("description", operation.description());
        }
        if (!operation.parameters().isEmpty()) {
            ArrayNode parameters = json.putArray("parameters");
            operation.parameters().forEach(parameter -> add(parameters.addObject(), parameter));
        }
        if (operation.body() != null && !operation.body().isIgnored()) {
            add(json.putObject("requestBody"), operation.body());
        }
        ObjectNode responses = json.putObject("responses");
        operation.responses().forEach(response -> add(responses, response));
        addProblems(responses, operation);
        addSecurity(json.putArray("security"), operation);
    }

    private static void add(ObjectNode json, Parameter parameter) {
        json.put("name", parameter.name())
                .put("in", parameter.place().name().toLowerCase(Locale.ROOT))
                .put("description", parameter.description());
        if (parameter.place() == Parameter.Place.PATH) {
            json.put("required", true);
        }
        ObjectNode schema = json.putObject("schema");
        switch (parameter.type()) {
            case Parameter.Text(String pattern) -> {
                schema.put("type", "string");
                if (pattern != null) {
                    schema.put("pattern", pattern);
                }
            }
            case Parameter.Number(long least, long most, Long absent) -> {
                schema.put("type", "integer").put("minimum", least);
                if (most < Long.MAX_VALUE) {
                    schema.put("maximum", most);
                }
                if (absent != null) {
                    schema.put("default", absent);
                }
            }
            case Parameter.Flag flag -> schema.put("type", "boolean").put("default", false);
            case Parameter.Time time -> schema.put("type", "string").put("format", "date-time");
            case Parameter.Choice(List<String> values, String absent) -> {
                ArrayNode choices = schema.put("type", "string").putArray("enum");
                values.forEach(choices::add);
                if (absent != null) {
                    schema.put("default", absent);
                }
            }
            case Parameter.Named(String name) -> schema.put("$ref", SCHEMAS + name);
            case Parameter.Pairs pairs -> {
                schema.put("type", "array")
                        .putObject("items")
                        .put("type", "string")
                        .put("pattern", "^[^=]+=.*$");
                json.put("explode", true);
            }
        }
    }

    private static void add(ObjectNode json, Body body) {
        json.put("required", body.isRequired());
        ObjectNode content = json.putObject("content");
        String schema = body.schema();
        if (schema != null) {
            content.putObject(body.mediaTypes().getFirst()).putObject("schema").put("$ref", SCHEMAS + schema);
        } else {
            content.putObject("application/yaml")
                    .putObject("schema")
                    .put("type", "string")
                    .put("description", "The job file.");
            content.putObject("application/json")
                    .putObject("schema")
                    .put("type", "object")
                    .put("description", "The job file, in JSON.");
        }
    }

    private static void add(ObjectNode responses, Response response) {
        ObjectNode json =
                responses.putObject(String.valueOf(response.status())).put("description", response.description());
        String mediaType = response.mediaType();
        if (mediaType != null) {
            ObjectNode schema = json.putObject("content").putObject(mediaType).putObject("schema");
            Class<?> type = response.type();
            if (type != null) {
                schema.put("$ref", SCHEMAS + type.getSimpleName());
            } else {
                schema.put("type", mediaType.equals("application/json") ? "object" : "string");
            }
        }
    }

    private static void addProblems(ObjectNode responses, Operation<?> operation) {
        problem(responses, 400, "BadRequest");
        if (operation.role() != null) {
            problem(responses, 401, "Unauthorized");
            problem(responses, 403, "Forbidden");
        }
        if (operation.path().contains("{") || operation.refusals().contains(Refusal.NOT_FOUND)) {
            problem(responses, 404, "NotFound");
        }
        if (operation.body() != null) {
            problem(responses, 408, "Timeout");
            problem(responses, 413, "TooLarge");
            problem(responses, 415, "MediaType");
        }
        if (operation.refusals().contains(Refusal.REFUSED)) {
            problem(responses, 409, "Refused");
        }
        if (operation.refusals().contains(Refusal.REJECTED)) {
            problem(responses, 422, "Rejected");
        }
        problem(responses, 429, "TooMany");
        if (!operation.isOfNode()) {
            problem(responses, 503, "Unavailable");
        }
    }

    private static void problem(ObjectNode responses, int status, String response) {
        responses.putObject(String.valueOf(status)).put("$ref", "#/components/responses/" + response);
    }

    private static void addSecurity(ArrayNode security, Operation<?> operation) {
        if (operation.role() == null) {
            security.addObject();
            return;
        }
        security.addObject().putArray("token").add(operation.role().toString());
        String other = other(operation.credentials());
        if (other != null) {
            security.addObject().putArray(other);
        }
    }

    private static @Nullable String other(Credentials credentials) {
        return switch (credentials) {
            case TOKEN_OR_SESSION -> "session";
            case TOKEN_OR_CODE -> "code";
            case TOKEN -> null;
        };
    }
}
