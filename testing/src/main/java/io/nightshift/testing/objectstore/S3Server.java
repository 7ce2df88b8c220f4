package io.nightshift.testing.objectstore;

import io.nightshift.testing.FreePort;
import io.nightshift.testing.PreparedFolder;
import io.nightshift.testing.ScratchFolder;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.URL;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/// A real server of the S3 protocol (S3Mock) as a process of its own. Starting takes some seconds, so the
/// tests of a module share one. It accepts every key, and does not check signatures.
public final class S3Server implements ObjectServer {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /// The name of the file with the start-up cache.
    private static final String CACHE = "cache.aot";

    private final Process process;
    private final int port;
    private final ScratchFolder folder;
    private final HttpClient http = HttpClient.newHttpClient();

    private S3Server(Process process, int port, ScratchFolder folder) {
        this.process = process;
        this.port = port;
        this.folder = folder;
    }

    /// Starts a server, and waits until it answers. It ends with this process.
    public static S3Server start() throws IOException {
        S3Server server = start(List.of("-XX:AOTCache=" + startupCache()));
        Runtime.getRuntime().addShutdownHook(new Thread(server::end));
        return server;
    }

    /// @param options of the JVM
    private static S3Server start(List<String> options) throws IOException {
        ScratchFolder folder = ScratchFolder.create("s3-server");
        Path data = folder.path();
        int port = FreePort.any();
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
        command.addAll(options);
        command.addAll(List.of(
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx384m",
                "-Djava.io.tmpdir=" + data,
                "-jar",
                program().toString(),
                "--http.port=" + port,
                "--server.port=" + FreePort.any(),
                "--com.adobe.testing.s3mock.store.root=" + Files.createDirectory(data.resolve("buckets")),
                "--com.adobe.testing.s3mock.store.retain-files-on-exit=false"));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(data.resolve("log").toFile())
                .start();
        S3Server server = new S3Server(process, port, folder);
        server.awaitAnswer(data.resolve("log"));
        return server;
    }

    /// The program as a jar with its libraries next to it, since an AOT cache holds no classes of a jar in a jar.
    private static Path program() throws IOException {
        Path packed = packed();
        Path folder = PreparedFolder.get(
                packed.getFileName().toString(),
                empty -> run(
                        "-Djarmode=tools",
                        "-jar",
                        packed.toString(),
                        "extract",
                        "--force",
                        "--destination",
                        empty.toString()));
        return folder.resolve(packed.getFileName());
    }

    private static void run(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException(command + " fails");
        }
    }

    /// An AOT cache of the JVM, which takes half off each start of the server.
    private static Path startupCache() throws IOException {
        String name = "%s-%s".formatted(packed().getFileName(), Runtime.version());
        return PreparedFolder.get(name, S3Server::train).resolve(CACHE);
    }

    private static void train(Path folder) throws IOException {
        S3Server server = start(List.of("-XX:AOTCacheOutput=" + folder.resolve(CACHE)));
        try (server) {
            server.createBucket("bucket");
            server.put("bucket", "key", new byte[1]);
            server.get("bucket", "key");
            server.list("bucket", "");
            server.delete("bucket", "key");
            server.process.destroy();
            server.process.onExit().join();
        }
        if (!Files.exists(folder.resolve(CACHE))) {
            throw new IOException("the start-up cache of the S3 server was not created");
        }
    }

    /// The jar on the class path, of which only the launcher's classes are visible.
    private static Path packed() throws IOException {
        for (URL found : Collections.list(S3Server.class.getClassLoader().getResources("BOOT-INF/classpath.idx"))) {
            String jar = found.getPath().replaceFirst("!.*", "");
            if (jar.contains("/s3mock-")) {
                return Path.of(URI.create(jar));
            }
        }
        throw new IllegalStateException("s3mock is not on the class path");
    }

    private void awaitAnswer(Path log) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                send(HttpRequest.newBuilder(endpoint()).build());
                return;
            } catch (IOException e) {
                if (System.nanoTime() > end || !process.isAlive()) {
                    throw new IOException("the S3 server does not answer: " + Files.readString(log), e);
                }
                pause();
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// The port on which it listens.
    public int port() {
        return port;
    }

    /// The address of its API.
    @Override
    public URI endpoint() {
        return URI.create("http://localhost:" + port);
    }

    @Override
    public void createBucket(String bucket) throws IOException {
        require(send(
                request("/" + bucket).PUT(HttpRequest.BodyPublishers.noBody()).build()));
    }

    @Override
    public void put(String bucket, String key, byte[] content) throws IOException {
        require(send(request("/" + bucket + "/" + encoded(key))
                .PUT(HttpRequest.BodyPublishers.ofByteArray(content))
                .build()));
    }

    /// @param checksum a header such as `x-amz-checksum-crc32`, which the server compares and keeps
    public void put(String bucket, String key, byte[] content, String checksum, String value) throws IOException {
        require(send(request("/" + bucket + "/" + encoded(key))
                .header(checksum, value)
                .PUT(HttpRequest.BodyPublishers.ofByteArray(content))
                .build()));
    }

    @Override
    public void put(String bucket, String key, Path file) throws IOException {
        require(send(request("/" + bucket + "/" + encoded(key))
                .PUT(HttpRequest.BodyPublishers.ofFile(file))
                .build()));
    }

    /// The content of an object, as UTF-8.
    @Override
    public String get(String bucket, String key) throws IOException {
        HttpResponse<String> response =
                send(request("/" + bucket + "/" + encoded(key)).build());
        require(response);
        return response.body();
    }

    /// Copies an object to a file.
    @Override
    public void get(String bucket, String key, Path file) throws IOException {
        HttpResponse<byte[]> response =
                send(request("/" + bucket + "/" + encoded(key)).build(), HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() != 200) {
            throw new IOException("the S3 server answered " + response.statusCode() + " for " + key);
        }
        Files.write(file, response.body());
    }

    /// The keys of all objects whose key begins with a prefix, in order.
    @Override
    public List<String> list(String bucket, String prefix) throws IOException {
        List<String> keys = new ArrayList<>();
        List<String> page;
        do {
            page = list(bucket, prefix, keys.isEmpty() ? "" : keys.getLast());
            keys.addAll(page);
        } while (!page.isEmpty());
        return keys;
    }

    /// A page of the keys after one.
    private List<String> list(String bucket, String prefix, String after) throws IOException {
        HttpResponse<String> response = send(request("/%s?list-type=2&prefix=%s&start-after=%s"
                        .formatted(
                                bucket,
                                URLEncoder.encode(prefix, StandardCharsets.UTF_8),
                                URLEncoder.encode(after, StandardCharsets.UTF_8)))
                .build());
        require(response);
        try {
            NodeList found = DocumentBuilderFactory.newDefaultInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(response.body())))
                    .getElementsByTagName("Key");
            return IntStream.range(0, found.getLength())
                    .mapToObj(found::item)
                    .map(Node::getTextContent)
                    .toList();
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException(e);
        }
    }

    /// Begins an upload in parts.
    ///
    /// @return its ID
    @Override
    public String begin(String bucket, String key) throws IOException {
        HttpResponse<String> response = send(request("/" + bucket + "/" + encoded(key) + "?uploads")
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
        require(response);
        return response.body().replaceFirst("(?s).*<UploadId>([^<]*)</UploadId>.*", "$1");
    }

    @Override
    public void delete(String bucket, String key) throws IOException {
        require(send(request("/" + bucket + "/" + encoded(key)).DELETE().build()));
    }

    private static String encoded(String key) throws IOException {
        try {
            return new URI(null, null, "/" + key, null).getRawPath().substring(1);
        } catch (java.net.URISyntaxException e) {
            throw new IOException(e);
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(endpoint().resolve(path));
    }

    private static void require(HttpResponse<String> response) throws IOException {
        if (response.statusCode() / 100 != 2) {
            throw new IOException("the S3 server answered " + response.statusCode() + ": " + response.body());
        }
    }

    private HttpResponse<String> send(HttpRequest request) throws IOException {
        return send(request, HttpResponse.BodyHandlers.ofString());
    }

    private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> body) throws IOException {
        try {
            return http.send(request, body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /// Kills the server, and deletes its files.
    private void end() {
        process.destroyForcibly().onExit().join();
        folder.delete();
    }

    @Override
    public void close() {
        end();
        http.close();
    }
}
