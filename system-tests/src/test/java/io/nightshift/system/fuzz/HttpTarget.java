package io.nightshift.system.fuzz;

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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Bytes that a client sends to a node's HTTP port. A node answers any bytes, or closes the connection. A
/// finding is an answer with status 500, which reports an error of the node, or no answer at all.
final class HttpTarget implements FuzzTarget, AutoCloseable {

    private static final int MILLISECONDS = 10_000;

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
        for (String path : List.of(
                "/health/ready",
                "/metrics",
                "/batches?limit=2&phase=running",
                "/batches/flights-1",
                "/models",
                "/batches/flights-1/events?after=1",
                "/")) {
            requests.add("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + node.authorization()
                    + "Accept-Encoding: gzip\r\n\r\n");
        }
        for (String control : List.of("pause", "resume", "cancel", "retry", "rescore", "ignore-window")) {
            requests.add(post(
                    "/batches/flights-1/" + control, "application/json", "{\"reason\": \"x\", \"partitions\": [1]}"));
        }
        try {
            requests.add(
                    post("/batches", "application/yaml", HttpNode.jobText(job, "destination.parquet=/dev/null/none")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return requests.stream()
                .map(request -> request.getBytes(StandardCharsets.UTF_8))
                .toList();
    }

    private String post(String path, String type, String body) {
        return "POST %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Type: %s\r\nIdempotency-Key: \"k1\"\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(path, node.authorization(), type, body.length(), body);
    }

    @Override
    public void read(byte[] input) throws IOException {
        String answer = answer(input);
        if (answer.startsWith("HTTP/1.1 500") || answer.contains("\r\nHTTP/1.1 500")) {
            throw new IllegalStateException("the node answered: " + answer);
        }
    }

    /// The node's answer until it closes the connection; empty if it resets the connection.
    private String answer(byte[] input) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port)) {
            socket.setSoTimeout(MILLISECONDS);
            socket.getOutputStream().write(input);
            socket.shutdownOutput();
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            InputStream in = socket.getInputStream();
            in.transferTo(answer);
            return answer.toString(StandardCharsets.ISO_8859_1);
        } catch (SocketException reset) {
            return "";
        }
    }

    @Override
    public void close() {
        node.close();
    }
}
