package io.nightshift.gcs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.storage.objectstore.ByteRange;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectChecksum;
import io.nightshift.storage.objectstore.ObjectStore.Condition;
import io.nightshift.storage.objectstore.ObjectStore.Upload;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.RequestContent;
import io.nightshift.storage.objectstore.StoreClient;
import io.nightshift.storage.objectstore.StoreError;
import io.nightshift.storage.objectstore.StoredObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/// The requests of Google Cloud Storage: those of its XML API, and the rewriting of its JSON API, which copies
/// objects of any size. The tag of an object is its generation. See `docs/decisions/0080-google-cloud-storage.md`.
final class GcsStoreClient implements StoreClient {

    private static final String ENDPOINT = "https://storage.googleapis.com";
    private static final String IF_GENERATION = "x-goog-if-generation-match";
    private static final String GENERATION = "x-goog-generation";

    /// Google recommends at least 30 seconds for a request that copies.
    private static final Duration COPYING = Duration.ofSeconds(60);

    /// Google says that the end of an upload in parts may take minutes.
    private static final Duration COMPLETING = Duration.ofMinutes(5);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final GcsHttp http;
    private final GcsErrors errors;

    GcsStoreClient(ObjectStoreSettings settings, @Nullable AccessTokens tokens) {
        URI endpoint = settings.endpoint();
        this.http =
                new GcsHttp(endpoint == null ? ENDPOINT : endpoint.toString().replaceFirst("/+$", ""), tokens);
        this.errors = new GcsErrors(settings);
    }

    /// Encodes a name for a path or a query. Unlike that of a form, a space is `%20`.
    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String path(ObjectAddress address) {
        return "/" + address.bucket() + "/" + encoded(address.key()).replace("%2F", "/");
    }

    /// Asks for an object as it is stored. Without the header, Google decompresses what was uploaded with
    /// `Content-Encoding: gzip`, and ignores ranges.
    private static GcsRequest stored(String method, ObjectAddress address) {
        return GcsRequest.of(method, path(address)).with("Accept-Encoding", "gzip");
    }

    private static GcsRequest pinned(String method, StoredObject object) {
        return stored(method, object.address()).with(IF_GENERATION, object.tag());
    }

    private static String path(Upload upload) {
        return path(upload.address()) + "?uploadId=" + encoded(upload.id());
    }

    @Override
    public boolean listsFromKeys() {
        return true;
    }

    @Override
    public ObjectPage list(ObjectAddress prefix, String after, boolean isLevel, int most, @Nullable String page) {
        Element answer = xml(GcsRequest.of(
                "GET",
                "/%s?list-type=2&max-keys=%d&prefix=%s%s%s%s"
                        .formatted(
                                prefix.bucket(),
                                most,
                                encoded(prefix.key()),
                                after.isEmpty() ? "" : "&start-after=" + encoded(after),
                                isLevel ? "&delimiter=%2F" : "",
                                page == null ? "" : "&continuation-token=" + encoded(page))));
        return new ObjectPage(
                Xml.children(answer, "Contents")
                        .map(object -> stored(prefix, object))
                        .toList(),
                Xml.children(answer, "CommonPrefixes")
                        .map(folder -> prefix.with(Xml.text(folder, "Prefix")))
                        .toList(),
                Xml.text(answer, "IsTruncated").equals("true") ? Xml.text(answer, "NextContinuationToken") : null);
    }

    private static StoredObject stored(ObjectAddress bucket, Element object) {
        return new StoredObject(
                bucket.with(Xml.text(object, "Key")),
                Long.parseLong(Xml.text(object, "Size")),
                Instant.parse(Xml.text(object, "LastModified")).truncatedTo(ChronoUnit.SECONDS),
                Xml.text(object, "Generation"));
    }

    @Override
    public StoredObject head(ObjectAddress address) {
        try (GcsHttp.Answer head = http.send(stored("HEAD", address))) {
            return new StoredObject(
                    address,
                    Long.parseLong(required(head, "x-goog-stored-content-length")),
                    ZonedDateTime.parse(required(head, "Last-Modified"), DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant(),
                    required(head, GENERATION));
        }
    }

    private static String required(GcsHttp.Answer answer, String header) {
        String value = answer.header(header);
        if (value == null) {
            throw new UncheckedIOException(new IOException("its answer has no header " + header));
        }
        return value;
    }

    @Override
    public @Nullable ObjectChecksum checksum(StoredObject object) {
        try (GcsHttp.Answer head = http.send(pinned("HEAD", object))) {
            String value = crc32c(head);
            return value == null ? null : new ObjectChecksum(ObjectChecksum.Algorithm.CRC32C, value);
        }
    }

    /// The header may come twice, or once with two values.
    private static @Nullable String crc32c(GcsHttp.Answer answer) {
        String begin = "crc32c=";
        return answer.headers("x-goog-hash").stream()
                .flatMap(value -> List.of(value.split(",")).stream())
                .map(String::strip)
                .filter(hash -> hash.startsWith(begin))
                .map(hash -> hash.substring(begin.length()))
                .findFirst()
                .orElse(null);
    }

    @Override
    public Bytes get(StoredObject object, ByteRange range) {
        GcsHttp.Answer answer = http.send(pinned("GET", object).with("Range", "bytes=" + range));
        String length = answer.header("Content-Length");
        String generation = answer.header(GENERATION);
        return new Bytes(
                answer.body(),
                answer.header("Content-Range"),
                length == null ? null : Long.valueOf(length),
                generation == null ? "" : generation,
                crc32c(answer),
                answer::abort);
    }

    @Override
    public void put(ObjectAddress address, RequestContent content, Condition condition) {
        GcsRequest request = GcsRequest.of("PUT", path(address)).with(content);
        done(
                switch (condition) {
                    case Condition.Always _ -> request;
                    case Condition.IfAbsent _ -> request.with(IF_GENERATION, "0");
                    case Condition.IfTag(String tag) -> request.with(IF_GENERATION, tag);
                });
    }

    private void done(GcsRequest request) {
        http.send(request).close();
    }

    @Override
    public long mostCopied(long preferred) {
        return Long.MAX_VALUE;
    }

    /// Between places or classes, each request copies a part.
    @Override
    public void copy(ObjectAddress from, ObjectAddress to) {
        String path = "/storage/v1/b/%s/o/%s/rewriteTo/b/%s/o/%s"
                .formatted(from.bucket(), encoded(from.key()), to.bucket(), encoded(to.key()));
        String token = "";
        boolean isDone = false;
        while (!isDone) {
            JsonNode answer = json(GcsRequest.of("POST", path + token)
                    .withBody("application/json", "")
                    .withPatience(COPYING));
            isDone = answer.path("done").asBoolean();
            String next = answer.path("rewriteToken").asText("");
            if (!isDone && next.isEmpty()) {
                throw new UncheckedIOException(
                        new IOException("it says neither that the copy is done, nor how it goes on"));
            }
            token = "?rewriteToken=" + encoded(next);
        }
    }

    private JsonNode json(GcsRequest request) {
        try (GcsHttp.Answer answer = http.send(request)) {
            return JSON.readTree(answer.text());
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(new IOException("its answer is no JSON", e));
        }
    }

    private Element xml(GcsRequest request) {
        try (GcsHttp.Answer answer = http.send(request)) {
            return Xml.parse(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Upload beginUpload(ObjectAddress address) {
        GcsRequest request = GcsRequest.of("POST", path(address) + "?uploads").withBody("application/octet-stream", "");
        return new Upload(address, Xml.text(xml(request), "UploadId"));
    }

    @Override
    public String uploadPart(Upload upload, int number, RequestContent content) {
        try (GcsHttp.Answer answer = http.send(
                GcsRequest.of("PUT", path(upload) + "&partNumber=" + number).with(content))) {
            return required(answer, "ETag");
        }
    }

    @Override
    public String copyPart(Upload upload, int number, ObjectAddress from, ByteRange range) {
        throw new UnsupportedOperationException("copies have no limit");
    }

    @Override
    public void complete(Upload upload, List<String> parts) {
        StringBuilder list = new StringBuilder("<CompleteMultipartUpload>");
        for (int number = 1; number <= parts.size(); number++) {
            list.append("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>"
                    .formatted(number, parts.get(number - 1).replace("\"", "&quot;")));
        }
        done(GcsRequest.of("POST", path(upload))
                .withBody(
                        "application/xml",
                        list.append("</CompleteMultipartUpload>").toString())
                .withPatience(COMPLETING));
    }

    @Override
    public void abort(Upload upload) {
        done(GcsRequest.of("DELETE", path(upload)));
    }

    @Override
    public UploadPage uploads(ObjectAddress prefix, int most, UploadPage.@Nullable Position page) {
        Element answer = xml(GcsRequest.of(
                "GET",
                "/%s?uploads&max-uploads=%d&prefix=%s%s"
                        .formatted(
                                prefix.bucket(),
                                most,
                                encoded(prefix.key()),
                                page == null
                                        ? ""
                                        : "&key-marker=%s&upload-id-marker=%s"
                                                .formatted(
                                                        encoded(page.key()),
                                                        encoded(page.id() == null ? "" : page.id())))));
        List<Upload> uploads = new ArrayList<>();
        Xml.children(answer, "Upload")
                .forEach(upload ->
                        uploads.add(new Upload(prefix.with(Xml.text(upload, "Key")), Xml.text(upload, "UploadId"))));
        return new UploadPage(
                uploads,
                Xml.text(answer, "IsTruncated").equals("true")
                        ? new UploadPage.Position(
                                Xml.text(answer, "NextKeyMarker"), Xml.text(answer, "NextUploadIdMarker"))
                        : null);
    }

    @Override
    public void delete(ObjectAddress address) {
        done(GcsRequest.of("DELETE", path(address)));
    }

    @Override
    public @Nullable StoreError error(RuntimeException thrown, ObjectAddress address, String cannot) {
        return errors.of(thrown, address, cannot);
    }

    /// The answer to HEAD has no body.
    @Override
    public boolean isWithoutReason(@Nullable Throwable thrown) {
        return thrown instanceof GcsHttp.Refused refused
                && refused.status() == 400
                && refused.code().isEmpty();
    }

    @Override
    public boolean isNotImplemented(@Nullable Throwable thrown) {
        return false;
    }

    @Override
    public void close() {
        // The JDK keeps connections for a few seconds.
    }
}
