package io.nightshift.node.http;

import io.nightshift.api.ApiJson;
import io.nightshift.node.gateway.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/// The answer to a request.
///
/// @param headers by name, without those about the connection or the length
public record Answer(int status, Map<String, String> headers, Content content) {

    static final String ETAG = "ETag";
    private static final String CACHE_CONTROL = "Cache-Control";
    private static final String CONTENT_TYPE = "Content-Type";
    private static final Map<String, String> ALWAYS =
            Map.of(CACHE_CONTROL, "no-store", "X-Content-Type-Options", "nosniff");

    public sealed interface Content {}

    /// @param bytes never modified
    @SuppressWarnings("ArrayRecordComponent") // answers are not compared
    public record Whole(byte[] bytes) implements Content {}

    /// Server-sent events.
    public record Events(EventStream events) implements Content {}

    public Answer {
        headers = Map.copyOf(headers);
    }

    /// @param value a record of the API
    public static Answer json(int status, Object value) {
        return json(status, ApiJson.write(value));
    }

    /// @param json a record of the API as JSON
    public static Answer json(int status, String json) {
        return text(status, "application/json", json);
    }

    /// @param type the media type, with its charset where it needs one
    public static Answer text(int status, String type, String text) {
        return new Answer(status, ALWAYS, new Whole(text.getBytes(StandardCharsets.UTF_8))).with(CONTENT_TYPE, type);
    }

    /// A text that clients may keep, if they ask each time whether it has changed.
    ///
    /// @param type the media type, with its charset where it needs one
    public static Answer cacheable(String type, String text) {
        Answer answer = text(200, type, text);
        CRC32C checksum = new CRC32C();
        checksum.update(((Whole) answer.content).bytes);
        // Weak: compressed and uncompressed bytes have the same one.
        return answer.with(ETAG, "W/\"%x-%x\"".formatted(text.length(), checksum.getValue()))
                .with(CACHE_CONTROL, "private, no-cache")
                .with("Vary", "Accept-Encoding, Authorization");
    }

    public static Answer of(ProblemException exception) {
        Answer answer =
                text(exception.problem().status(), "application/problem+json", ApiJson.write(exception.problem()));
        for (Map.Entry<String, String> header : exception.headers().entrySet()) {
            answer = answer.with(header.getKey(), header.getValue());
        }
        return answer;
    }

    public static Answer noContent() {
        return new Answer(204, Map.of(), new Whole(new byte[0]));
    }

    public static Answer of(EventStream events) {
        return new Answer(
                200,
                // Not compressed: a compressor would hold events back.
                Map.of(
                        CONTENT_TYPE,
                        "text/event-stream",
                        CACHE_CONTROL,
                        "no-store",
                        "Content-Encoding",
                        "identity",
                        "X-Accel-Buffering",
                        "no"),
                new Events(events));
    }

    public Answer with(String header, String value) {
        Map<String, String> more = new TreeMap<>(headers);
        more.put(header, value);
        return new Answer(status, more, content);
    }
}
