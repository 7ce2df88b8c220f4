package io.nightshift.node.http;

import io.nightshift.api.ApiJson;
import io.nightshift.node.gateway.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/// What is answered to a request.
///
/// @param headers by their names; none of the connection, or of the length
/// @param content the whole of it, or one piece after another
record Answer(int status, Map<String, String> headers, Content content) {

    private static final String CACHE_CONTROL = "Cache-Control";
    private static final String CONTENT_TYPE = "Content-Type";
    private static final Map<String, String> ALWAYS =
            Map.of(CACHE_CONTROL, "no-store", "X-Content-Type-Options", "nosniff");

    sealed interface Content {}

    /// @param bytes that nobody changes
    @SuppressWarnings("ArrayRecordComponent") // nobody compares answers
    record Whole(byte[] bytes) implements Content {}

    /// An open end.
    record Pieces(EventStream events) implements Content {}

    Answer {
        headers = Map.copyOf(headers);
    }

    /// @param value a record of the API
    static Answer json(int status, Object value) {
        return written(status, ApiJson.write(value));
    }

    /// @param json a record of the API, written
    static Answer written(int status, String json) {
        return text(status, "application/json", json);
    }

    /// @param type with its charset, where it needs one
    static Answer text(int status, String type, String text) {
        return new Answer(status, ALWAYS, new Whole(text.getBytes(StandardCharsets.UTF_8))).with(CONTENT_TYPE, type);
    }

    static Answer of(ProblemException exception) {
        Answer answer =
                text(exception.problem().status(), "application/problem+json", ApiJson.write(exception.problem()));
        for (Map.Entry<String, String> header : exception.headers().entrySet()) {
            answer = answer.with(header.getKey(), header.getValue());
        }
        return answer;
    }

    static Answer nothing() {
        return new Answer(204, Map.of(), new Whole(new byte[0]));
    }

    static Answer of(EventStream events) {
        return new Answer(
                200,
                Map.of(CONTENT_TYPE, "text/event-stream", CACHE_CONTROL, "no-store", "X-Accel-Buffering", "no"),
                new Pieces(events));
    }

    Answer with(String header, String value) {
        Map<String, String> more = new TreeMap<>(headers);
        more.put(header, value);
        return new Answer(status, more, content);
    }
}
