package io.nightshift.nemesis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.cli.FlightsJob;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Those who ask a node for a batch by HTTP, and watch it: two processes, whose processor time isn't the node's.
final class Crowd implements AutoCloseable {

    static final int REQUESTS_PER_SECOND = 1_000;
    static final int WATCHES = 200;

    private static final int CONNECTIONS = 64;

    /// What became of them.
    ///
    /// @param requests that were answered a second
    /// @param median time to an answer, in milliseconds
    /// @param p99 that of the slowest in a hundred, in milliseconds
    /// @param errors requests that weren't answered, or not with 200
    /// @param watches that ended as they should
    /// @param events that those were told, all together
    /// @param processor seconds that both processes have spent
    record Answers(
            double requests, double median, double p99, long errors, long watches, long events, double processor) {}

    private final String server;
    private final List<String> under;
    private final Process watchers;
    private final BufferedReader told;
    private Duration before = Duration.ZERO;
    private @Nullable Process asking;

    /// @param server the node's URL
    /// @param under words that go before their commands
    Crowd(String server, List<String> under) throws IOException {
        this.server = server;
        this.under = under;
        watchers = start(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                Watchers.class.getName(),
                server,
                String.valueOf(WATCHES)));
        told = watchers.inputReader(StandardCharsets.UTF_8);
    }

    private Process start(List<String> command) throws IOException {
        return new ProcessBuilder(
                        Stream.concat(under.stream(), command.stream()).toList())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    void begin(String batch) throws IOException {
        before = time(watchers);
        watchers.getOutputStream().write((batch + "\n").getBytes(StandardCharsets.UTF_8));
        watchers.getOutputStream().flush();
        List<String> wrk = new ArrayList<>(List.of("wrk", "--threads", "1", "--duration", "1h"));
        wrk.addAll(List.of("--connections", String.valueOf(CONNECTIONS), "--script"));
        wrk.add(FlightsJob.example().resolve("../../bench/http.lua").toString());
        wrk.addAll(List.of(server + "/v1/batches/" + batch, "--", String.valueOf(REQUESTS_PER_SECOND)));
        asking = start(wrk);
    }

    /// The batch has ended, and with it the watches.
    Answers end() throws IOException {
        Process wrk = asking;
        if (wrk == null) {
            throw new IllegalStateException("nobody asks");
        }
        Duration spent = time(wrk);
        Command.run("kill", "-INT", String.valueOf(wrk.pid()));
        String last = wrk.inputReader(StandardCharsets.UTF_8).lines().reduce("", (first, second) -> second);
        JsonNode result = new ObjectMapper().readTree(last);
        String[] watched = told.readLine().split(" ", -1);
        asking = null;
        return new Answers(
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
        Process wrk = asking;
        if (wrk != null) {
            wrk.destroyForcibly();
        }
    }
}
