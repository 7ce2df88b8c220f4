package io.nightshift.testing.objectstore;

import io.nightshift.testing.FreePort;
import io.nightshift.testing.ScratchFolder;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A real server of the S3 protocol (S3Mock) as a process of its own. Starting takes some seconds, so the
/// tests of a module share one. It accepts every key, and does not check signatures.
public final class S3Server implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Process process;
    private final String host;
    private final int port;
    private final ScratchFolder folder;
    private final HttpClient http = HttpClient.newHttpClient();

    private S3Server(Process process, String host, int port, ScratchFolder folder) {
        this.process = process;
        this.host = host;
        this.port = port;
        this.folder = folder;
    }

    /// Starts a server, and waits until it answers. It ends with this process.
    public static S3Server start() throws IOException {
        return start(List.of(), "localhost");
    }

    /// Starts a server on a simulated host.
    ///
    /// @param prefix the words that precede a command so that it runs there
    /// @param host its address
    public static S3Server start(List<String> prefix, String host) throws IOException {
        ScratchFolder folder = ScratchFolder.create("s3-server");
        Path data = folder.path();
        int port = FreePort.any();
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx384m",
                "-Djava.io.tmpdir=" + data,
                "-jar",
                program(),
                "--http.port=" + port,
                "--server.port=" + FreePort.any(),
                "--com.adobe.testing.s3mock.store.root=" + Files.createDirectory(data.resolve("buckets")),
                "--com.adobe.testing.s3mock.store.retain-files-on-exit=false"));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(data.resolve("log").toFile())
                .start();
        S3Server server = new S3Server(process, host, port, folder);
        Runtime.getRuntime().addShutdownHook(new Thread(server::end));
        server.awaitAnswer(data.resolve("log"));
        return server;
    }

    /// The program is a jar on the class path, of which only the launcher's classes are visible.
    private static String program() throws IOException {
        for (URL found : Collections.list(S3Server.class.getClassLoader().getResources("BOOT-INF/classpath.idx"))) {
            String jar = found.getPath().replaceFirst("!.*", "");
            if (jar.contains("/s3mock-")) {
                return Path.of(URI.create(jar)).toString();
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
    public URI endpoint() {
        return URI.create("http://%s:%d".formatted(host, port));
    }

    public void createBucket(String bucket) throws IOException {
        require(send(
                request("/" + bucket).PUT(HttpRequest.BodyPublishers.noBody()).build()));
    }

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

    public void put(String bucket, String key, Path file) throws IOException {
        require(send(request("/" + bucket + "/" + encoded(key))
                .PUT(HttpRequest.BodyPublishers.ofFile(file))
                .build()));
    }

    /// The content of an object, as UTF-8.
    public String get(String bucket, String key) throws IOException {
        HttpResponse<String> response =
                send(request("/" + bucket + "/" + encoded(key)).build());
        require(response);
        return response.body();
    }

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
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
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
