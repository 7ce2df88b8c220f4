package io.nightshift.testing.objectstore;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Signature;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/// A server with the part of the XML API of Google Cloud Storage that Nightshift uses, and the rewriting of the
/// JSON API, written from Google's description. It keeps objects in memory. It also gives tokens: to a service
/// account with a key, and as the metadata server of a machine. Safe for several threads.
public final class GcsServer implements ObjectServer {

    private static final int LEAST_PART = 5 << 20;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private static final Pattern REWRITE =
            Pattern.compile("/storage/v1/b/([^/]+)/o/([^/]+)/rewriteTo/b/([^/]+)/o/([^/]+)");
    private static final Pattern PART = Pattern.compile("<PartNumber>([0-9]+)</PartNumber><ETag>([^<]*)</ETag>");

    /// @param encoding the content encoding; empty for none
    private record Stored(
            byte[] content,
            long generation,
            Instant modified,
            @Nullable String md5,
            String encoding) {}

    private record Upload(String bucket, String key, Map<Integer, byte[]> parts) {}

    /// An answer that is an error.
    private static final class Refusal extends Exception {
        private static final long serialVersionUID = 1L;
        private final int status;
        private final String code;

        Refusal(int status, String code) {
            this.status = status;
            this.code = code;
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final KeyPair key = keyPair();
    private final Set<String> tokens = new HashSet<>();
    private final Map<String, NavigableMap<String, Stored>> buckets = new HashMap<>();
    private final NavigableMap<String, Upload> uploads = new TreeMap<>();
    private final Set<String> rewrites = new HashSet<>();
    private long count = 1_700_000_000_000_000L;

    private GcsServer(HttpServer server) {
        this.server = server;
    }

    private static KeyPair keyPair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has RSA", e);
        }
    }

    public static GcsServer start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("localhost"), 0), 0);
        GcsServer gcs = new GcsServer(server);
        server.createContext("/", gcs::handle);
        server.setExecutor(gcs.threads);
        server.start();
        return gcs;
    }

    @Override
    public URI endpoint() {
        return URI.create("http://localhost:" + server.getAddress().getPort());
    }

    /// The file of a service account that may have tokens.
    public String keyFile() {
        String pem = "-----BEGIN PRIVATE KEY-----\\n%s\\n-----END PRIVATE KEY-----\\n"
                .formatted(Base64.getEncoder().encodeToString(key.getPrivate().getEncoded()));
        return """
                {"type": "service_account", "private_key_id": "one", "private_key": "%s",
                 "client_email": "nightshift@flights.iam.gserviceaccount.com", "token_uri": "%s/token"}
                """.formatted(pem, endpoint());
    }

    /// No token that was given so far is good any more.
    public synchronized void expireTokens() {
        tokens.clear();
    }

    @Override
    public synchronized void createBucket(String name) {
        buckets.put(name, new TreeMap<>());
    }

    @Override
    public synchronized void put(String bucket, String name, byte[] content) {
        objects(bucket).put(name, stored(content, md5(content), ""));
    }

    /// Adds an object with `Content-Encoding: gzip`.
    ///
    /// @param content compressed
    public synchronized void putCompressed(String bucket, String name, byte[] content) {
        objects(bucket).put(name, stored(content, md5(content), "gzip"));
    }

    @Override
    public synchronized void delete(String bucket, String name) {
        objects(bucket).remove(name);
    }

    @Override
    public void put(String bucket, String name, Path file) throws IOException {
        put(bucket, name, Files.readAllBytes(file));
    }

    @Override
    public String get(String bucket, String name) {
        return new String(content(bucket, name), StandardCharsets.UTF_8);
    }

    @Override
    public void get(String bucket, String name, Path file) throws IOException {
        Files.write(file, content(bucket, name));
    }

    private synchronized byte[] content(String bucket, String name) {
        Stored found = objects(bucket).get(name);
        if (found == null) {
            throw new IllegalArgumentException("no object " + name);
        }
        return found.content;
    }

    @Override
    public synchronized List<String> list(String bucket, String prefix) {
        return objects(bucket).keySet().stream()
                .filter(name -> name.startsWith(prefix))
                .toList();
    }

    @Override
    public synchronized String begin(String bucket, String name) {
        String id = "upload-" + ++count;
        uploads.put(name + "\n" + id, new Upload(bucket, name, new TreeMap<>()));
        return id;
    }

    private NavigableMap<String, Stored> objects(String bucket) {
        NavigableMap<String, Stored> objects = buckets.get(bucket);
        if (objects == null) {
            throw new IllegalArgumentException("no bucket " + bucket);
        }
        return objects;
    }

    private Stored stored(byte[] content, @Nullable String md5, String encoding) {
        return new Stored(content, ++count, Instant.now(), md5, encoding);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            try {
                answer(exchange, body);
            } catch (Refusal e) {
                exchange.getResponseHeaders().add("Content-Type", "application/xml");
                send(
                        exchange,
                        e.status,
                        "<?xml version='1.0' encoding='UTF-8'?><Error><Code>%s</Code><Message>refused</Message></Error>"
                                .formatted(e.code));
            }
        }
    }

    private static void send(HttpExchange exchange, int status, String text) throws IOException {
        send(exchange, status, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        boolean isHead = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, isHead || body.length == 0 ? -1 : body.length);
        if (!isHead && body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    private synchronized void answer(HttpExchange exchange, byte[] body) throws IOException, Refusal {
        String raw = exchange.getRequestURI().getRawPath();
        Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
        if (raw.equals("/token")) {
            giveToken(exchange, query(new String(body, StandardCharsets.UTF_8)));
            return;
        }
        if (raw.startsWith("/computeMetadata/")) {
            boolean isGoogle = "Google".equals(exchange.getRequestHeaders().getFirst("Metadata-Flavor"));
            send(exchange, isGoogle ? 200 : 403, newToken());
            return;
        }
        String authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        if (!authorization.startsWith("Bearer ") || !tokens.contains(authorization.substring("Bearer ".length()))) {
            throw new Refusal(401, "AuthenticationRequired");
        }
        Matcher rewrite = REWRITE.matcher(raw);
        if (rewrite.matches()) {
            rewrite(exchange, rewrite, query);
            return;
        }
        String[] path = raw.split("/", 3);
        String bucket = decoded(path[1]);
        NavigableMap<String, Stored> objects = buckets.get(bucket);
        if (objects == null) {
            throw new Refusal(404, "NoSuchBucket");
        }
        String name = path.length < 3 ? "" : decoded(path[2]);
        if (name.isEmpty()) {
            if (query.containsKey("uploads")) {
                listUploads(exchange, bucket, query);
            } else {
                list(exchange, objects, query);
            }
            return;
        }
        if (query.containsKey("uploads")) {
            send(
                    exchange,
                    200,
                    "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>"
                            .formatted(begin(bucket, name)));
            return;
        }
        if (query.containsKey("uploadId")) {
            ofUpload(exchange, name, query, body);
            return;
        }
        ofObject(exchange, objects, name, body);
    }

    private void ofObject(HttpExchange exchange, NavigableMap<String, Stored> objects, String name, byte[] body)
            throws IOException, Refusal {
        Stored found = objects.get(name);
        String generation = exchange.getRequestHeaders().getFirst("x-goog-if-generation-match");
        boolean isPut = exchange.getRequestMethod().equals("PUT");
        if (found == null && !isPut) {
            throw new Refusal(404, "NoSuchKey");
        }
        if (generation != null && !generation.equals(Long.toString(found == null ? 0 : found.generation))) {
            throw new Refusal(412, "PreconditionFailed");
        }
        switch (exchange.getRequestMethod()) {
            case "PUT" -> {
                checkHashes(exchange, body);
                Stored written = stored(body, md5(body), "");
                objects.put(name, written);
                describe(exchange, written);
                send(exchange, 200, new byte[0]);
            }
            case "DELETE" -> {
                objects.remove(name);
                send(exchange, 204, new byte[0]);
            }
            case "GET", "HEAD" -> get(exchange, Objects.requireNonNull(found));
            default -> throw new Refusal(405, "MethodNotAllowed");
        }
    }

    private static void describe(HttpExchange exchange, Stored object) {
        exchange.getResponseHeaders().add("ETag", '"' + tag(object) + '"');
        exchange.getResponseHeaders().add("Last-Modified", TIME.format(object.modified));
        exchange.getResponseHeaders().add("x-goog-generation", Long.toString(object.generation));
        exchange.getResponseHeaders().add("x-goog-hash", "crc32c=" + crc32c(object.content));
        if (object.md5 != null) {
            exchange.getResponseHeaders().add("x-goog-hash", "md5=" + object.md5);
        }
    }

    private static String tag(Stored object) {
        return object.md5 == null
                ? "-CJ" + object.generation
                : HexFormat.of().formatHex(Base64.getDecoder().decode(object.md5));
    }

    private static void get(HttpExchange exchange, Stored object) throws IOException, Refusal {
        describe(exchange, object);
        exchange.getResponseHeaders()
                .add("x-goog-stored-content-encoding", object.encoding.isEmpty() ? "identity" : object.encoding);
        exchange.getResponseHeaders().add("x-goog-stored-content-length", Integer.toString(object.content.length));
        if (!object.encoding.isEmpty()) {
            String accepted = String.valueOf(exchange.getRequestHeaders().getFirst("Accept-Encoding"));
            if (!accepted.contains("gzip")) {
                // Without its length, and whatever the range.
                byte[] plain = new GZIPInputStream(new ByteArrayInputStream(object.content)).readAllBytes();
                boolean isHead = exchange.getRequestMethod().equals("HEAD");
                exchange.sendResponseHeaders(200, isHead ? -1 : 0);
                if (!isHead) {
                    exchange.getResponseBody().write(plain);
                }
                return;
            }
            exchange.getResponseHeaders().add("Content-Encoding", object.encoding);
        }
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().add("Content-Length", Integer.toString(object.content.length));
        }
        String range = exchange.getRequestHeaders().getFirst("Range");
        if (range == null) {
            send(exchange, 200, object.content);
            return;
        }
        String[] ends = range.substring("bytes=".length()).split("-", 2);
        int start = Integer.parseInt(ends[0]);
        int end = Math.min(Integer.parseInt(ends[1]), object.content.length - 1);
        if (start > end) {
            throw new Refusal(416, "InvalidRange");
        }
        exchange.getResponseHeaders()
                .add("Content-Range", "bytes %d-%d/%d".formatted(start, end, object.content.length));
        send(exchange, 206, Arrays.copyOfRange(object.content, start, end + 1));
    }

    private void ofUpload(HttpExchange exchange, String name, Map<String, String> query, byte[] body)
            throws IOException, Refusal {
        String id = name + "\n" + query.get("uploadId");
        Upload upload = uploads.get(id);
        if (upload == null) {
            throw new Refusal(404, "NoSuchUpload");
        }
        switch (exchange.getRequestMethod()) {
            case "PUT" -> {
                checkHashes(exchange, body);
                upload.parts.put(Integer.parseInt(query.getOrDefault("partNumber", "")), body);
                exchange.getResponseHeaders().add("ETag", '"' + md5(body) + '"');
                send(exchange, 200, new byte[0]);
            }
            case "POST" -> {
                byte[] whole = whole(upload, new String(body, StandardCharsets.UTF_8).replace("&quot;", "\""));
                objects(upload.bucket).put(name, stored(whole, null, ""));
                uploads.remove(id);
                send(exchange, 200, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>");
            }
            case "DELETE" -> {
                uploads.remove(id);
                send(exchange, 204, new byte[0]);
            }
            default -> throw new Refusal(405, "MethodNotAllowed");
        }
    }

    private static byte[] whole(Upload upload, String list) throws Refusal {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        Matcher parts = PART.matcher(list);
        int before = LEAST_PART;
        while (parts.find()) {
            byte[] part = upload.parts.get(Integer.parseInt(parts.group(1)));
            if (part == null || !parts.group(2).equals('"' + md5(part) + '"')) {
                throw new Refusal(400, "InvalidPart");
            }
            if (before < LEAST_PART) {
                throw new Refusal(400, "EntityTooSmall");
            }
            before = part.length;
            whole.writeBytes(part);
        }
        return whole.toByteArray();
    }

    /// The first request copies nothing, as between two places.
    private void rewrite(HttpExchange exchange, Matcher path, Map<String, String> query) throws IOException, Refusal {
        Map<String, Stored> from = buckets.get(decoded(path.group(1)));
        Map<String, Stored> to = buckets.get(decoded(path.group(3)));
        Stored copied = from == null ? null : from.get(decoded(path.group(2)));
        if (copied == null || to == null) {
            send(exchange, 404, "{\"error\": {\"code\": 404, \"message\": \"Not Found\"}}");
            return;
        }
        if (!query.containsKey("rewriteToken")) {
            String token = "rewrite/" + ++count;
            rewrites.add(token);
            send(
                    exchange,
                    200,
                    "{\"kind\": \"storage#rewriteResponse\", \"done\": false, \"rewriteToken\": \"%s\"}"
                            .formatted(token));
            return;
        }
        if (!rewrites.contains(query.get("rewriteToken"))) {
            throw new Refusal(410, "Gone");
        }
        to.put(decoded(path.group(4)), stored(copied.content, copied.md5, copied.encoding));
        send(exchange, 200, "{\"kind\": \"storage#rewriteResponse\", \"done\": true}");
    }

    private static void list(HttpExchange exchange, NavigableMap<String, Stored> objects, Map<String, String> query)
            throws IOException {
        String prefix = query.getOrDefault("prefix", "");
        String delimiter = query.getOrDefault("delimiter", "");
        String token = query.getOrDefault("continuation-token", "");
        String after = token.isEmpty() ? query.getOrDefault("start-after", "") : token;
        int most = Integer.parseInt(query.getOrDefault("max-keys", "1000"));
        StringBuilder entries = new StringBuilder();
        Set<String> folders = new TreeSet<>(Set.of(token));
        String last = "";
        boolean isTruncated = false;
        int listed = 0;
        for (Map.Entry<String, Stored> object : objects.tailMap(after, false).entrySet()) {
            String name = object.getKey();
            int slash = delimiter.isEmpty() || !name.startsWith(prefix) ? -1 : name.indexOf(delimiter, prefix.length());
            String folder = slash < 0 ? "" : name.substring(0, slash + 1);
            if (!name.startsWith(prefix) || (!folder.isEmpty() && folders.contains(folder))) {
                continue;
            }
            isTruncated = listed == most;
            if (isTruncated) {
                break;
            }
            listed++;
            last = folder.isEmpty() ? name : folder;
            folders.add(folder);
            entries.append(
                    folder.isEmpty()
                            ? entry(name, object.getValue())
                            : "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>".formatted(escaped(folder)));
        }
        send(
                exchange,
                200,
                "<?xml version='1.0' encoding='UTF-8'?><ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'><IsTruncated>%s</IsTruncated>%s%s</ListBucketResult>"
                        .formatted(
                                isTruncated,
                                entries,
                                isTruncated
                                        ? "<NextContinuationToken>%s</NextContinuationToken>".formatted(escaped(last))
                                        : ""));
    }

    private static String entry(String name, Stored object) {
        return "<Contents><Key>%s</Key><Generation>%d</Generation><MetaGeneration>1</MetaGeneration><LastModified>%s</LastModified><ETag>\"%s\"</ETag><Size>%d</Size></Contents>"
                .formatted(escaped(name), object.generation, object.modified, tag(object), object.content.length);
    }

    private void listUploads(HttpExchange exchange, String bucket, Map<String, String> query) throws IOException {
        String marker = query.getOrDefault("key-marker", "") + "\n" + query.getOrDefault("upload-id-marker", "");
        int most = Integer.parseInt(query.getOrDefault("max-uploads", "1000"));
        List<Map.Entry<String, Upload>> found = uploads.tailMap(marker, false).entrySet().stream()
                .filter(upload -> upload.getValue().bucket.equals(bucket))
                .filter(upload -> upload.getValue().key.startsWith(query.getOrDefault("prefix", "")))
                .limit(most + 1L)
                .toList();
        StringBuilder entries = new StringBuilder();
        String next = "";
        for (Map.Entry<String, Upload> upload : found.subList(0, Math.min(most, found.size()))) {
            String[] names = upload.getKey().split("\n", 2);
            entries.append(
                    "<Upload><Key>%s</Key><UploadId>%s</UploadId></Upload>".formatted(escaped(names[0]), names[1]));
            next = "<NextKeyMarker>%s</NextKeyMarker><NextUploadIdMarker>%s</NextUploadIdMarker>"
                    .formatted(escaped(names[0]), names[1]);
        }
        boolean isTruncated = found.size() > most;
        send(
                exchange,
                200,
                "<ListMultipartUploadsResult><IsTruncated>%s</IsTruncated>%s%s</ListMultipartUploadsResult>"
                        .formatted(isTruncated, isTruncated ? next : "", entries));
    }

    private String newToken() {
        String token = "token-" + ++count;
        tokens.add(token);
        return "{\"access_token\": \"%s\", \"expires_in\": 3599, \"token_type\": \"Bearer\"}".formatted(token);
    }

    /// Checks that the claim has the signature of the key.
    private void giveToken(HttpExchange exchange, Map<String, String> form) throws IOException {
        String[] parts = form.getOrDefault("assertion", "").split("\\.");
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initVerify(key.getPublic());
            signature.update((parts[0] + "." + parts[parts.length - 2]).getBytes(StandardCharsets.UTF_8));
            String claim = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
            if (signature.verify(Base64.getUrlDecoder().decode(parts[2]))
                    && claim.contains(endpoint() + "/token")
                    && claim.contains("devstorage.read_write")) {
                send(exchange, 200, newToken());
                return;
            }
        } catch (GeneralSecurityException | IllegalArgumentException | ArrayIndexOutOfBoundsException _) {
            // Refused below.
        }
        send(exchange, 400, "{\"error\": \"invalid_grant\", \"error_description\": \"Invalid JWT Signature.\"}");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static void checkHashes(HttpExchange exchange, byte[] body) throws Refusal {
        for (String header : exchange.getRequestHeaders().getOrDefault("x-goog-hash", List.of())) {
            for (String hash : header.split(",")) {
                if (!hash.equals("crc32c=" + crc32c(body)) && !hash.equals("md5=" + md5(body))) {
                    throw new Refusal(400, "BadDigest");
                }
            }
        }
    }

    private static String crc32c(byte[] content) {
        CRC32C sum = new CRC32C();
        sum.update(content);
        return Base64.getEncoder()
                .encodeToString(ByteBuffer.allocate(Integer.BYTES)
                        .putInt((int) sum.getValue())
                        .array());
    }

    private static String md5(byte[] content) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("MD5").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }

    private static Map<String, String> query(@Nullable String text) {
        Map<String, String> query = new HashMap<>();
        for (String field : text == null ? new String[0] : text.split("&")) {
            String[] parts = field.split("=", 2);
            query.put(parts[0], parts.length > 1 ? URLDecoder.decode(parts[1], StandardCharsets.UTF_8) : "");
        }
        return query;
    }

    /// Decodes a path, in which `+` stands for itself.
    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
