package io.nightshift.nemesis.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.EventPage;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.SubmitOptions;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.cluster.NodeLaunchOptions;
import io.nightshift.nemesis.cluster.NodeProcess;
import io.nightshift.nemesis.cluster.TestEnvironment;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.nemesis.workload.BatchOutput;
import io.nightshift.nemesis.workload.OutputFiles;
import io.nightshift.nemesis.workload.Workload;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobText;
import io.nightshift.testing.FreePort;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// Measures how much HTTP requests for a running batch slow it down. Run by `bench/http.sh`.
final class HttpLoadBenchmark {

    private static final int PARTITION_ROWS = 100_000;
    private static final Duration POLL_INTERVAL = Duration.ofMillis(250);
    private static final double MOST_SLOWED = 1.10;
    private static final double LEAST_ANSWERED = 0.95 * HttpLoadClients.REQUESTS_PER_SECOND;

    private enum Load {
        NONE("none"),
        BESIDE("clients next to the node"),
        NICED("clients at the lowest priority");

        private final String words;

        Load(String words) {
            this.words = words;
        }
    }

    /// @param seconds from the batch's submission to its publication, by its ledger
    /// @param processor processor seconds of the node
    private record Measured(double seconds, double processor, HttpLoadClients.@Nullable Results answers) {}

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final NodeProcess node;
    private final NightshiftClient client;
    private final String job;
    private final BatchOutput output;
    private final Map<Load, HttpLoadClients> clientsByLoad;
    private final Map<Load, List<Measured>> measured = new EnumMap<>(Load.class);

    private HttpLoadBenchmark(
            NodeProcess node,
            NightshiftClient client,
            String job,
            BatchOutput output,
            Map<Load, HttpLoadClients> clientsByLoad) {
        this.node = node;
        this.client = client;
        this.job = job;
        this.output = output;
        this.clientsByLoad = clientsByLoad;
    }

    /// @param arguments rounds, and millions of rows
    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        int copies = Integer.parseInt(arguments[1]) * 1_000_000 / 300_000;
        Path folder = Files.createTempDirectory("nightshift-http-");
        boolean passed;
        try (TestEnvironment environment = TestEnvironment.create(folder, true, new Random(0))) {
            passed = measure(environment, folder, rounds, copies);
        }
        System.exit(passed ? 0 : 1);
    }

    private static boolean measure(TestEnvironment environment, Path folder, int rounds, int copies) throws Exception {
        Workload workload = Workload.of(Files.createDirectory(folder.resolve("job")), copies, PARTITION_ROWS);
        BatchOutput output = new OutputFiles.Folder(folder.resolve("predictions"));
        int port = FreePort.any();
        URI server = URI.create("http://127.0.0.1:" + port);
        NemesisCluster cluster = environment.cluster(options(port), List.of(SimulatedHost.A));
        String token = cluster.token();
        try (NightshiftClient client =
                        NightshiftClient.overHttp(server).token(token).build();
                HttpLoadClients beside = new HttpLoadClients(server.toString(), token, List.of());
                HttpLoadClients niced = new HttpLoadClients(server.toString(), token, List.of("nice", "-n", "19"))) {
            Path file = workload.job().file();
            List<String> overrides = new ArrayList<>(output.jobSettings());
            overrides.add("partitions.rows=" + PARTITION_ROWS);
            String job = JobText.of(JobFile.parse(Files.readAllBytes(file), file, overrides));
            HttpLoadBenchmark load = new HttpLoadBenchmark(
                    cluster.nodes.get(SimulatedHost.A),
                    client,
                    job,
                    output,
                    Map.of(Load.BESIDE, beside, Load.NICED, niced));
            // The first round warms up the JVM.
            load.round();
            load.measured.clear();
            for (int round = 0; round < rounds; round++) {
                load.round();
            }
            return load.report(workload.rows());
        }
    }

    private static NodeLaunchOptions options(int port) {
        String options = System.getenv("NIGHTSHIFT_OPTS");
        return new NodeLaunchOptions(
                "nightshift.http { enabled = true, port = %d }".formatted(port),
                options == null ? List.of() : List.of(options.strip().split("\\s+")),
                Map.of(SimulatedHost.A, Runtime.getRuntime().availableProcessors()),
                Map.of());
    }

    private void round() throws Exception {
        for (Load load : Load.values()) {
            measured.computeIfAbsent(load, first -> new ArrayList<>()).add(run(clientsByLoad.get(load)));
        }
    }

    private Measured run(@Nullable HttpLoadClients clients) throws Exception {
        Duration before = node.processorTime();
        String batch = client.submit(job, SubmitOptions.DEFAULT.withFresh())
                .toCompletableFuture()
                .join()
                .batch();
        if (clients != null) {
            clients.begin(batch);
        }
        String state = "";
        while (!state.equals("published")) {
            LockSupport.parkNanos(POLL_INTERVAL.toNanos());
            BatchDescription description =
                    client.describe(batch).toCompletableFuture().join();
            state = description.state();
            if (description.isSettled() && !state.equals("published")) {
                throw new IOException("batch %s is %s: %s".formatted(batch, state, description.reason()));
            }
        }
        Duration spent = node.processorTime().minus(before);
        HttpLoadClients.Results answers = clients == null ? null : clients.end();
        double seconds = seconds(batch);
        output.clear();
        Measured result = new Measured(seconds, spent.toMillis() / 1e3, answers);
        System.err.println(result);
        return result;
    }

    private double seconds(String batch) {
        List<JsonNode> events = new ArrayList<>();
        @Nullable Long after = 0L;
        while (after != null) {
            EventPage page = client.events(batch, after).toCompletableFuture().join();
            events.addAll(page.events());
            after = page.next();
        }
        Instant first = Instant.parse(events.getFirst().get("at").asText());
        Instant last = Instant.parse(events.getLast().get("at").asText());
        return Duration.between(first, last).toMillis() / 1e3;
    }

    private boolean report(long rows) {
        out.printf(
                "%,d rows on %d processors; %,d status requests a second and %d watches of the batch, medians of %d.%n%n",
                rows,
                Runtime.getRuntime().availableProcessors(),
                HttpLoadClients.REQUESTS_PER_SECOND,
                HttpLoadClients.WATCHES,
                of(Load.NONE).size());
        out.println("| load | batch, s (min–max) | relative | clients, CPU s | relative, without the clients' share"
                + " | node, CPU s | more than without load | responses/s | median, ms | p99, ms | events |");
        out.println("|---|---|---|---|---|---|---|---|---|---|---|");
        boolean passed = true;
        for (Load load : Load.values()) {
            passed &= report(load);
        }
        out.printf(
                Locale.ROOT,
                "%n%s%n",
                passed
                        ? "Every request was answered, and serving them slowed the batch down by at most %.0f %%."
                                .formatted((MOST_SLOWED - 1) * 100)
                        : "Some requests were not answered, or serving them slowed the batch down by more than %.0f %%."
                                .formatted((MOST_SLOWED - 1) * 100));
        return passed;
    }

    private boolean report(Load load) {
        double seconds = median(load, Measured::seconds);
        double ratio = seconds / median(Load.NONE, Measured::seconds);
        double[] all = of(load).stream().mapToDouble(Measured::seconds).toArray();
        out.printf(
                Locale.ROOT,
                "| %s | %.2f (%.2f–%.2f) | %.3f | ",
                load.words,
                seconds,
                Arrays.stream(all).min().orElseThrow(),
                Arrays.stream(all).max().orElseThrow(),
                ratio);
        double processor = median(load, Measured::processor);
        if (load == Load.NONE) {
            out.printf(Locale.ROOT, " | | %.2f | | | | | |%n", processor);
            return true;
        }
        double clients = answers(load, HttpLoadClients.Results::processor);
        double ofNode = ratio * (1 - clients / (seconds * Runtime.getRuntime().availableProcessors()));
        double requests = answers(load, HttpLoadClients.Results::requests);
        out.printf(
                Locale.ROOT,
                "%.2f | **%.3f** | %.2f | %.2f | %.0f | %.1f | %.1f | %.0f |%n",
                clients,
                ofNode,
                processor,
                processor - median(Load.NONE, Measured::processor),
                requests,
                answers(load, HttpLoadClients.Results::median),
                answers(load, HttpLoadClients.Results::p99),
                answers(load, HttpLoadClients.Results::events));
        boolean isAnswered = of(load).stream()
                .map(one -> Objects.requireNonNull(one.answers()))
                .allMatch(one -> one.errors() == 0 && one.watches() == HttpLoadClients.WATCHES);
        return isAnswered && requests >= LEAST_ANSWERED && ofNode <= MOST_SLOWED;
    }

    private List<Measured> of(Load load) {
        return Objects.requireNonNull(measured.get(load));
    }

    private double answers(Load load, ToDoubleFunction<HttpLoadClients.Results> value) {
        return median(load, one -> value.applyAsDouble(Objects.requireNonNull(one.answers())));
    }

    private double median(Load load, ToDoubleFunction<Measured> value) {
        double[] sorted = of(load).stream().mapToDouble(value).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
