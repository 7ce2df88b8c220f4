package io.nightshift.nemesis.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.nemesis.network.SystemCommand;
import io.nightshift.testing.Checkout;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// HTTP clients that request and watch a batch of a node. They run in two processes, so that their processor
/// time is not counted as the node's.
final class HttpLoadClients implements AutoCloseable {

    static final int REQUESTS_PER_SECOND = 1_000;
    static final int WATCHES = 200;

    private static final int CONNECTIONS = 64;

    /// The measurements of the clients.
    ///
    /// @param requests answered requests per second
    /// @param median response time in milliseconds
    /// @param p99 99th percentile of the response time in milliseconds
    /// @param errors requests without a response of status 200
    /// @param watches watches that ended with status 200
    /// @param events the events that all watches received
    /// @param processor processor seconds of both processes
    record Results(
            double requests, double median, double p99, long errors, long watches, long events, double processor) {}

    private final String server;
    private final String token;
    private final List<String> commandPrefix;
    private final Process watchers;
    private final BufferedReader told;
    private Duration before = Duration.ZERO;
    private @Nullable Process requester;

    /// @param server the node's URL
    /// @param token for the node
    /// @param commandPrefix words that precede the clients' commands, such as `nice`
    HttpLoadClients(String server, String token, List<String> commandPrefix) throws IOException {
        this.server = server;
        this.token = token;
        this.commandPrefix = commandPrefix;
        watchers = start(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                WatchLoadClient.class.getName(),
                server,
                String.valueOf(WATCHES)));
        told = watchers.inputReader(StandardCharsets.UTF_8);
    }

    private Process start(List<String> command) throws IOException {
        ProcessBuilder process = new ProcessBuilder(
                        Stream.concat(commandPrefix.stream(), command.stream()).toList())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        process.environment().put("NIGHTSHIFT_TOKEN", token);
        return process.start();
    }

    /// Starts to request and watch a batch.
    void begin(String batch) throws IOException {
        before = time(watchers);
        watchers.getOutputStream().write((batch + "\n").getBytes(StandardCharsets.UTF_8));
        watchers.getOutputStream().flush();
        List<String> wrk = new ArrayList<>(List.of("wrk", "--threads", "1", "--duration", "1h"));
        wrk.addAll(List.of("--connections", String.valueOf(CONNECTIONS), "--script"));
        wrk.add(Checkout.path("bench/http.lua").toString());
        wrk.addAll(List.of(server + "/v1/batches/" + batch, "--", String.valueOf(REQUESTS_PER_SECOND)));
        requester = start(wrk);
    }

    /// Stops the requests. Call it once the batch has ended, which ends its watches too.
    Results end() throws IOException {
        Process wrk = requester;
        if (wrk == null) {
            throw new IllegalStateException("the clients have not begun");
        }
        Duration spent = time(wrk);
        SystemCommand.run("kill", "-INT", String.valueOf(wrk.pid()));
        String last = wrk.inputReader(StandardCharsets.UTF_8).lines().reduce("", (first, second) -> second);
        JsonNode result = new ObjectMapper().readTree(last);
        String[] watched = told.readLine().split(" ", -1);
        requester = null;
        return new Results(
                result.get("requests").asLong() / result.get("seconds").asDouble(),
                result.get("median").asDouble(),
                result.get("p99").asDouble(),
                result.get("errors").asLong(),
                Long.parseLong(watched[0]),
                Long.parseLong(watched[1]),
                spent.plus(time(watchers)).minus(before).toMillis() / 1e3);
    }

    private static Duration time(Process process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    @Override
    public void close() {
        watchers.destroyForcibly();
        Process wrk = requester;
        if (wrk != null) {
            wrk.destroyForcibly();
        }
    }
}
