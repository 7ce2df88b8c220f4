package io.nightshift.gcs;

import io.nightshift.storage.objectstore.RequestContent;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/// A request that can be sent again.
///
/// @param path of the URL, with its query, encoded
/// @param length of the body, in bytes; negative if there is none
/// @param patience how long the server may be silent
record GcsRequest(
        String method,
        String path,
        Map<String, String> headers,
        long length,
        Supplier<InputStream> body,
        Duration patience) {

    /// A connection without a byte for this time counts as broken. Two tries take less than a minute.
    private static final Duration SILENCE = Duration.ofSeconds(25);

    static GcsRequest of(String method, String path) {
        return new GcsRequest(method, path, Map.of(), -1, InputStream::nullInputStream, SILENCE);
    }

    GcsRequest with(String header, String value) {
        Map<String, String> more = new TreeMap<>(headers);
        more.put(header, value);
        return new GcsRequest(method, path, more, length, body, patience);
    }

    /// The store compares the content with its checksums.
    GcsRequest with(RequestContent content) {
        return new GcsRequest(method, path, headers, content.length(), content::open, patience)
                .with("Content-Type", "application/octet-stream")
                .with("x-goog-hash", "crc32c=%s,md5=%s".formatted(content.crc32c(), content.md5()));
    }

    GcsRequest withBody(String type, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new GcsRequest(method, path, headers, bytes.length, () -> new ByteArrayInputStream(bytes), patience)
                .with("Content-Type", type);
    }

    /// For what Google says to take long.
    GcsRequest withPatience(Duration longer) {
        return new GcsRequest(method, path, headers, length, body, longer);
    }
}
