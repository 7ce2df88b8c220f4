package io.nightshift.system.fuzz;

import io.nightshift.api.operation.Body;
import io.nightshift.api.operation.Operation;
import io.nightshift.api.operation.Operations;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.system.http.HttpNode;
import io.nightshift.testing.FlightsJob;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// Bytes that a client sends to a node's HTTP port. A node answers any bytes, or closes the connection. A
/// finding is an answer with status 500, which reports an error of the node, or no answer at all.
final class HttpTarget implements FuzzTarget {

    private static final int MILLISECONDS = 10_000;
    private static final int PATIENCE = 200;
    private static final Pattern SEGMENT = Pattern.compile("\\{[a-z]+}");
    private static final Map<String, String> QUERIES = Map.of(
            "/v1/batches", "?job=flights&state=running&limit=2&cursor=1",
            "/v1/batches/{batch}/partitions", "?state=committed&limit=2&cursor=1",
            "/v1/batches/{batch}/drift", "?against=latest",
            "/v1/batches/{batch}/events", "?after=1&limit=2",
            "/v1/batches/{batch}/quarantine/rows", "?reason=x&limit=2",
            "/v1/jobs/{job}/runs", "?from=2026-01-01T00:00:00Z&missing=true&limit=2",
            "/v1/alerts", "?state=open&limit=2");

    /// What the requests of all endpoints with JSON may contain.
    private static final String BODY = """
            {"reason": "x", "partitions": [1], "holds": false, "summary": "x", "parameters": {"day": "2026-01-01"},
             "from": "2026-01-01", "to": "2026-01-03", "parallel": 2, "all": true}
            """;

    private final HttpNode node;
    private final FlightsJob job;

    /// @param folder for the node's home and a job
    HttpTarget(Path folder) throws IOException {
        node = new HttpNode(folder.resolve("home"), HttpSettings.onLoopback(0));
        job = FlightsJob.in(folder.resolve("job"));
    }

    @Override
    public List<byte[]> seeds() {
        List<String> requests = new ArrayList<>();
        try {
            String text = HttpNode.jobText(job, "destination.parquet=/dev/null/none");
            for (Operation<?> operation : Operations.ALL) {
                String path = SEGMENT.matcher(operation.path())
                        .replaceAll(segment -> segment.group().equals("{job}") ? "flights" : "flights-1");
                requests.add(
                        operation.changes()
                                ? send(operation, path, text)
                                : get(path + QUERIES.getOrDefault(operation.path(), "")));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return requests.stream()
                .map(request -> request.getBytes(StandardCharsets.UTF_8))
                .toList();
    }

    private String get(String path) {
        return "GET %s HTTP/1.1\r\nHost: localhost\r\n%sAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
                .formatted(path, node.authorization());
    }

    private String send(Operation<?> operation, String path, String job) {
        Body read = operation.body();
        String type = read == null ? "application/json" : read.mediaTypes().getFirst();
        String body = type.equals("application/json") ? BODY : job;
        return "%s %s HTTP/1.1\r\nHost: localhost\r\n%sConnection: close\r\nContent-Type: %s\r\nIdempotency-Key: \"k1\"\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(
                        operation.method(),
                        path,
                        node.authorization(),
                        type,
                        body.getBytes(StandardCharsets.UTF_8).length,
                        body);
    }

    @Override
    public void read(byte[] input) throws IOException {
        String answer = answer(input, PATIENCE);
        if (answer.startsWith("HTTP/1.1 500") || answer.contains("\r\nHTTP/1.1 500")) {
            throw new IllegalStateException("the node answered: " + answer);
        }
    }

    /// The node's answer until it closes the connection; empty if it resets the connection. Of a stream of events,
    /// only the beginning.
    ///
    /// @param patience how long to wait for the node before telling it that nothing follows, in milliseconds. It
    ///     gives up an answer that is not ready then
    String answer(byte[] input, int patience) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port)) {
            socket.getOutputStream().write(input);
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            if (!readToEnd(socket, answer, patience)) {
                socket.shutdownOutput();
                if (!readToEnd(socket, answer, MILLISECONDS) && !isStream(answer)) {
                    throw new SocketTimeoutException("the node does not end its answer");
                }
            }
            return answer.toString(StandardCharsets.ISO_8859_1);
        } catch (SocketException reset) {
            return "";
        }
    }

    /// @return false if the connection is still open after the time, or events come
    private static boolean readToEnd(Socket socket, ByteArrayOutputStream answer, int milliseconds) throws IOException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
        InputStream in = socket.getInputStream();
        byte[] buffer = new byte[8192];
        try {
            for (long left = milliseconds; left > 0; left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
                socket.setSoTimeout((int) left);
                int count = in.read(buffer);
                if (count < 0) {
                    return true;
                }
                answer.write(buffer, 0, count);
                if (isStream(answer)) {
                    return false;
                }
            }
        } catch (SocketTimeoutException over) {
            return false;
        }
        return false;
    }

    private static boolean isStream(ByteArrayOutputStream answer) {
        return answer.toString(StandardCharsets.ISO_8859_1).contains("text/event-stream");
    }

    @Override
    public void close() {
        node.close();
    }
}
