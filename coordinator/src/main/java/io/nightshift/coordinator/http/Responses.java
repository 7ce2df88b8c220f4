package io.nightshift.coordinator.http;

import io.nightshift.coordinator.gateway.ProblemException;
import io.nightshift.protocol.api.ApiJson;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/// Answers.
final class Responses {

    private static final ContentType PROBLEM = ContentTypes.create(
            MediaTypes.customWithFixedCharset("application", "problem+json", HttpCharsets.UTF_8, Map.of(), false));

    private static final List<HttpHeader> ALWAYS = List.of(
            RawHeader.create("Cache-Control", "no-store"), RawHeader.create("X-Content-Type-Options", "nosniff"));

    private Responses() {}

    /// @param value a record of the API
    static HttpResponse json(int status, Object value) {
        return written(status, ApiJson.write(value));
    }

    /// @param json a record of the API, written
    static HttpResponse written(int status, String json) {
        return text(status, ContentTypes.APPLICATION_JSON, json);
    }

    static HttpResponse text(int status, ContentType type, String text) {
        return HttpResponse.create()
                .withStatus(status)
                .addHeaders(ALWAYS)
                .withEntity(HttpEntities.create(type, text.getBytes(StandardCharsets.UTF_8)));
    }

    static HttpResponse of(ProblemException exception) {
        HttpResponse response = text(exception.problem().status(), PROBLEM, ApiJson.write(exception.problem()));
        for (Map.Entry<String, String> header : exception.headers().entrySet()) {
            response = response.addHeader(RawHeader.create(header.getKey(), header.getValue()));
        }
        return response;
    }
}
