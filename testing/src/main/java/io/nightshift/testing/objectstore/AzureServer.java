package io.nightshift.testing.objectstore;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// A server with the part of the API of Azure Blob Storage that Nightshift uses, written from Microsoft's
/// description of the API. It keeps blobs in memory, and checks signatures by the account's key. Safe for several
/// threads.
///
/// The same tests run against Azurite, the emulator of Microsoft, by `bench/azurite.sh`.
public final class AzureServer implements AutoCloseable {

    public static final String ACCOUNT = "devstoreaccount1";

    /// The account's key, which Microsoft has published for its emulator.
    public static final String KEY =
            "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// The headers that a signature covers, in this order, besides those that begin with `x-ms-`.
    private static final List<String> SIGNED = List.of(
            "Content-Encoding",
            "Content-Language",
            "Content-Length",
            "Content-MD5",
            "Content-Type",
            "Date",
            "If-Modified-Since",
            "If-Match",
            "If-None-Match",
            "If-Unmodified-Since",
            "Range");

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private static final class Blob {
        private final byte[] content;
        private final String tag;
        private final Instant modified = Instant.now();
        private final @Nullable String md5;
        private final Map<String, byte[]> blocks;
        private boolean isFolder;
        private @Nullable String copy;
        private int pendings;

        Blob(byte[] content, String tag, @Nullable String md5, Map<String, byte[]> blocks) {
            this.content = content;
            this.tag = tag;
            this.md5 = md5;
            this.blocks = blocks;
        }
    }

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
    private final Map<String, NavigableMap<String, Blob>> containers = new HashMap<>();
    private final Map<String, Map<String, byte[]>> uncommitted = new HashMap<>();
    private long tags;

    private AzureServer(HttpServer server) {
        this.server = server;
    }

    public static AzureServer start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("localhost"), 0), 0);
        AzureServer azure = new AzureServer(server);
        server.createContext("/", azure::handle);
        server.setExecutor(azure.threads);
        server.start();
        return azure;
    }

    public URI endpoint() {
        return URI.create("http://localhost:%d/%s".formatted(server.getAddress().getPort(), ACCOUNT));
    }

    public synchronized void createContainer(String name) {
        containers.put(name, new TreeMap<>());
    }

    public synchronized void put(String container, String key, byte[] content) {
        blobs(container).put(key, new Blob(content, nextTag(), md5(content), Map.of()));
    }

    /// Adds a folder as an account with a hierarchical namespace lists it.
    public synchronized void putFolder(String container, String key) {
        Blob folder = new Blob(new byte[0], nextTag(), null, Map.of());
        folder.isFolder = true;
        blobs(container).put(key, folder);
    }

    public synchronized void delete(String container, String key) {
        blobs(container).remove(key);
    }

    public synchronized List<String> keys(String container) {
        return List.copyOf(blobs(container).keySet());
    }

    private NavigableMap<String, Blob> blobs(String container) {
        NavigableMap<String, Blob> blobs = containers.get(container);
        if (blobs == null) {
            throw new IllegalArgumentException("no container " + container);
        }
        return blobs;
    }

    private String nextTag() {
        return "0x%X".formatted(0x8DE000000000000L + ++tags);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            try {
                answer(exchange, body);
            } catch (Refusal e) {
                refuse(exchange, e);
            }
        }
    }

    private static void refuse(HttpExchange exchange, Refusal e) throws IOException {
        exchange.getResponseHeaders().add("x-ms-error-code", e.code);
        exchange.getResponseHeaders().add("Content-Type", "application/xml");
        byte[] body =
                "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>%s</Code><Message>refused</Message></Error>"
                        .formatted(e.code)
                        .getBytes(StandardCharsets.UTF_8);
        send(exchange, e.status, body);
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        boolean isHead = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, isHead || body.length == 0 ? -1 : body.length);
        if (!isHead && body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    private synchronized void answer(HttpExchange exchange, byte[] body) throws IOException, Refusal {
        URI uri = exchange.getRequestURI();
        Map<String, String> query = query(uri.getRawQuery());
        String signature = exchange.getRequestHeaders().getFirst("Authorization");
        if (signature == null && !query.containsKey("sig")) {
            throw new Refusal(401, "NoAuthenticationInformation");
        }
        if (signature != null && !signature.equals("SharedKey %s:%s".formatted(ACCOUNT, signature(exchange, query)))) {
            throw new Refusal(403, "AuthenticationFailed");
        }
        String[] path = uri.getRawPath().split("/", 4);
        String container = decoded(path[2]);
        NavigableMap<String, Blob> blobs = containers.get(container);
        if (blobs == null) {
            throw new Refusal(404, "ContainerNotFound");
        }
        if (path.length < 4 || path[3].isEmpty()) {
            list(exchange, container, blobs, query);
            return;
        }
        String key = decoded(path[3]);
        String operation = exchange.getRequestMethod() + " " + query.getOrDefault("comp", "");
        switch (operation) {
            case "HEAD " -> head(exchange, found(exchange, blobs, key));
            case "GET " -> get(exchange, found(exchange, blobs, key));
            case "DELETE " -> {
                found(exchange, blobs, key);
                blobs.remove(key);
                send(exchange, 202, new byte[0]);
            }
            case "PUT block" -> {
                requireMd5(exchange, body);
                uncommitted
                        .computeIfAbsent(container + "/" + key, all -> new HashMap<>())
                        .put(query.getOrDefault("blockid", ""), body);
                send(exchange, 201, new byte[0]);
            }
            case "PUT blocklist" -> commit(exchange, container, blobs, key, body);
            case "PUT " -> {
                String source = exchange.getRequestHeaders().getFirst("x-ms-copy-source");
                if (source == null) {
                    requireMd5(exchange, body);
                    write(exchange, blobs, key, new Blob(body, nextTag(), md5(body), Map.of()), 201);
                } else {
                    copy(exchange, source, blobs, key);
                }
            }
            default -> throw new Refusal(400, "UnsupportedQueryParameter");
        }
    }

    /// The signature of a request, by the rules of «Authorize with Shared Key».
    private static String signature(HttpExchange exchange, Map<String, String> query) {
        Headers headers = exchange.getRequestHeaders();
        StringBuilder text = new StringBuilder(exchange.getRequestMethod());
        for (String name : SIGNED) {
            String value = headers.getFirst(name);
            boolean isLeftOut = value == null
                    || (name.equals("Content-Length") && value.equals("0"))
                    || (name.equals("Date") && headers.containsKey("x-ms-date"));
            text.append('\n').append(isLeftOut ? "" : value);
        }
        text.append('\n');
        new TreeMap<>(headers).forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (lower.startsWith("x-ms-")) {
                text.append(lower).append(':').append(values.getFirst()).append('\n');
            }
        });
        text.append('/').append(ACCOUNT).append(exchange.getRequestURI().getRawPath());
        new TreeMap<>(query)
                .forEach((name, value) ->
                        text.append('\n').append(name).append(':').append(value));
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(KEY), "HmacSHA256"));
            return Base64.getEncoder()
                    .encodeToString(mac.doFinal(text.toString().getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    private static Blob found(HttpExchange exchange, NavigableMap<String, Blob> blobs, String key) throws Refusal {
        Blob blob = blobs.get(key);
        if (blob == null) {
            throw new Refusal(404, "BlobNotFound");
        }
        String match = exchange.getRequestHeaders().getFirst("If-Match");
        if (match != null && !match.equals("*") && !match.equals('"' + blob.tag + '"')) {
            throw new Refusal(412, "ConditionNotMet");
        }
        return blob;
    }

    private static void write(
            HttpExchange exchange, NavigableMap<String, Blob> blobs, String key, Blob blob, int status)
            throws IOException, Refusal {
        if ("*".equals(exchange.getRequestHeaders().getFirst("If-None-Match")) && blobs.containsKey(key)) {
            throw new Refusal(409, "BlobAlreadyExists");
        }
        if (exchange.getRequestHeaders().containsKey("If-Match")) {
            if (!blobs.containsKey(key)) {
                throw new Refusal(412, "ConditionNotMet");
            }
            found(exchange, blobs, key);
        }
        blobs.put(key, blob);
        describe(exchange, blob);
        send(exchange, status, new byte[0]);
    }

    private static void describe(HttpExchange exchange, Blob blob) {
        exchange.getResponseHeaders().add("ETag", '"' + blob.tag + '"');
        exchange.getResponseHeaders().add("Last-Modified", TIME.format(blob.modified));
        exchange.getResponseHeaders().add("x-ms-request-id", "1");
    }

    private static void head(HttpExchange exchange, Blob blob) throws IOException {
        describe(exchange, blob);
        exchange.getResponseHeaders().add("x-ms-blob-type", "BlockBlob");
        exchange.getResponseHeaders().add("Content-Length", Integer.toString(blob.content.length));
        if (blob.md5 != null) {
            exchange.getResponseHeaders().add("Content-MD5", blob.md5);
        }
        if (blob.isFolder) {
            exchange.getResponseHeaders().add("x-ms-meta-hdi_isfolder", "true");
        }
        if (blob.copy != null) {
            exchange.getResponseHeaders().add("x-ms-copy-id", blob.copy);
            exchange.getResponseHeaders().add("x-ms-copy-status", blob.pendings-- > 0 ? "pending" : "success");
        }
        send(exchange, 200, new byte[0]);
    }

    private static void get(HttpExchange exchange, Blob blob) throws IOException, Refusal {
        describe(exchange, blob);
        String range = exchange.getRequestHeaders().getFirst("Range");
        if (range == null) {
            send(exchange, 200, blob.content);
            return;
        }
        String[] ends = range.substring("bytes=".length()).split("-", 2);
        int start = Integer.parseInt(ends[0]);
        int end = Math.min(Integer.parseInt(ends[1]), blob.content.length - 1);
        if (start > end) {
            throw new Refusal(416, "InvalidRange");
        }
        exchange.getResponseHeaders().add("Content-Range", "bytes %d-%d/%d".formatted(start, end, blob.content.length));
        send(exchange, 206, Arrays.copyOfRange(blob.content, start, end + 1));
    }

    private void commit(
            HttpExchange exchange, String container, NavigableMap<String, Blob> blobs, String key, byte[] body)
            throws IOException, Refusal {
        Map<String, byte[]> staged = uncommitted.getOrDefault(container + "/" + key, Map.of());
        Blob before = blobs.get(key);
        Map<String, byte[]> blocks = new HashMap<>();
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        for (String part : new String(body, StandardCharsets.UTF_8).split("<Latest>")) {
            int end = part.indexOf("</Latest>");
            if (end >= 0) {
                String id = part.substring(0, end);
                byte[] block = staged.getOrDefault(id, before == null ? null : before.blocks.get(id));
                if (block == null) {
                    throw new Refusal(400, "InvalidBlockList");
                }
                blocks.put(id, block);
                whole.write(block);
            }
        }
        write(exchange, blobs, key, new Blob(whole.toByteArray(), nextTag(), null, blocks), 201);
        uncommitted.remove(container + "/" + key);
    }

    /// The copy is there at once, but its first status is that it goes on.
    private void copy(HttpExchange exchange, String source, NavigableMap<String, Blob> blobs, String key)
            throws IOException, Refusal {
        String[] path = URI.create(source).getRawPath().split("/", 4);
        Map<String, Blob> from = containers.get(decoded(path[2]));
        Blob copied = from == null ? null : from.get(decoded(path[3]));
        if (copied == null) {
            throw new Refusal(404, "BlobNotFound");
        }
        Blob blob = new Blob(copied.content, nextTag(), copied.md5, Map.of());
        blob.copy = "copy-" + tags;
        blob.pendings = 1;
        exchange.getResponseHeaders().add("x-ms-copy-id", blob.copy);
        exchange.getResponseHeaders().add("x-ms-copy-status", "pending");
        write(exchange, blobs, key, blob, 202);
    }

    private static void list(
            HttpExchange exchange, String container, NavigableMap<String, Blob> blobs, Map<String, String> query)
            throws IOException {
        String prefix = query.getOrDefault("prefix", "");
        String delimiter = query.getOrDefault("delimiter", "");
        String marker = query.getOrDefault("marker", "");
        int most = Integer.parseInt(query.getOrDefault("maxresults", "5000"));
        StringBuilder entries = new StringBuilder();
        TreeSet<String> folders = new TreeSet<>();
        String next = "";
        int count = 0;
        for (Map.Entry<String, Blob> blob : blobs.tailMap(marker, true).entrySet()) {
            String key = blob.getKey();
            if (!key.startsWith(prefix)) {
                continue;
            }
            int slash = delimiter.isEmpty() ? -1 : key.indexOf(delimiter, prefix.length());
            String folder = slash < 0 ? "" : key.substring(0, slash + 1);
            if (folders.contains(folder)) {
                continue;
            }
            if (count == most) {
                next = key;
                break;
            }
            count++;
            if (folder.isEmpty()) {
                entries.append(entry(key, blob.getValue()));
            } else {
                folders.add(folder);
                entries.append("<BlobPrefix><Name>%s</Name></BlobPrefix>".formatted(escaped(folder)));
            }
        }
        byte[] body = """
                <?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="%s"><Blobs>%s</Blobs><NextMarker>%s</NextMarker></EnumerationResults>""".formatted(container, entries, escaped(next)).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/xml");
        send(exchange, 200, body);
    }

    private static String entry(String key, Blob blob) {
        return "<Blob><Name>%s</Name><Properties><Last-Modified>%s</Last-Modified><Etag>%s</Etag><Content-Length>%d</Content-Length><BlobType>BlockBlob</BlobType></Properties>%s</Blob>"
                .formatted(
                        escaped(key),
                        TIME.format(blob.modified),
                        blob.tag,
                        blob.content.length,
                        blob.isFolder ? "<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata>" : "");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static void requireMd5(HttpExchange exchange, byte[] body) throws Refusal {
        String expected = exchange.getRequestHeaders().getFirst("Content-MD5");
        if (expected != null && !expected.equals(md5(body))) {
            throw new Refusal(400, "Md5Mismatch");
        }
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
