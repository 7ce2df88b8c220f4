package io.nightshift.nemesis;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.EventPage;
import io.nightshift.cli.FreePort;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.SubmitOptions;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobText;
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

/// Measures what a batch loses while many ask for it by HTTP. Run by `bench/http.sh`.
final class HttpLoad {

    private static final int PARTITION_ROWS = 100_000;
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);
    private static final double MOST_SLOWED = 1.05;
    private static final double LEAST_ANSWERED = 0.95 * Crowd.REQUESTS_PER_SECOND;

    private enum Load {
        NONE("none"),
        BESIDE("beside the node"),
        NICED("the same, at the lowest priority");

        private final String words;

        Load(String words) {
            this.words = words;
        }
    }

    /// @param seconds from the batch's submission until it was published, by its ledger
    /// @param processor seconds that the node spent on it, and on those who ask
    private record Measured(double seconds, double processor, Crowd.@Nullable Answers answers) {}

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final Node node;
    private final NightshiftClient client;
    private final String job;
    private final Output output;
    private final Map<Load, Crowd> crowds;
    private final Map<Load, List<Measured>> measured = new EnumMap<>(Load.class);

    private HttpLoad(Node node, NightshiftClient client, String job, Output output, Map<Load, Crowd> crowds) {
        this.node = node;
        this.client = client;
        this.job = job;
        this.output = output;
        this.crowds = crowds;
    }

    /// @param arguments rounds, and millions of rows
    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        int copies = Integer.parseInt(arguments[1]) * 1_000_000 / 300_000;
        Path folder = Files.createTempDirectory("nightshift-http-");
        boolean isWell;
        try (Stage stage = Stage.set(folder, true, new Random(0))) {
            isWell = measure(stage, folder, rounds, copies);
        }
        System.exit(isWell ? 0 : 1);
    }

    private static boolean measure(Stage stage, Path folder, int rounds, int copies) throws Exception {
        Workload workload = Workload.of(Files.createDirectory(folder.resolve("job")), copies, PARTITION_ROWS);
        Output output = new Output.Folder(folder.resolve("predictions"));
        int port = FreePort.any();
        URI server = URI.create("http://127.0.0.1:" + port);
        Cluster cluster = stage.cluster(shape(port), List.of(Place.A));
        try (NightshiftClient client = NightshiftClient.overHttp(server).build();
                Crowd beside = new Crowd(server.toString(), List.of());
                Crowd niced = new Crowd(server.toString(), List.of("nice", "-n", "19"))) {
            Path file = workload.job().file();
            String job = JobText.of(JobFile.parse(
                    Files.readAllBytes(file), file, List.of("partitions.rows=" + PARTITION_ROWS, output.setting())));
            HttpLoad load = new HttpLoad(
                    cluster.nodes.get(Place.A), client, job, output, Map.of(Load.BESIDE, beside, Load.NICED, niced));
            // The first are for the compiler.
            load.round();
            load.measured.clear();
            for (int round = 0; round < rounds; round++) {
                load.round();
            }
            return load.tell(workload.rows());
        }
    }

    private static Shape shape(int port) {
        String options = System.getenv("NIGHTSHIFT_OPTS");
        return new Shape(
                "nightshift.http { enabled = true, port = %d }".formatted(port),
                options == null ? List.of() : List.of(options.strip().split("\\s+")),
                Map.of(Place.A, Runtime.getRuntime().availableProcessors()),
                Map.of());
    }

    private void round() throws Exception {
        for (Load load : Load.values()) {
            measured.computeIfAbsent(load, first -> new ArrayList<>()).add(run(crowds.get(load)));
        }
    }

    private Measured run(@Nullable Crowd crowd) throws Exception {
        Duration before = node.processorTime();
        String batch = client.submit(job, SubmitOptions.DEFAULT.withFresh())
                .toCompletableFuture()
                .join()
                .batch();
        if (crowd != null) {
            crowd.begin(batch);
        }
        String state = "";
        while (!state.equals("published")) {
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
            BatchDescription description =
                    client.describe(batch).toCompletableFuture().join();
            state = description.state();
            if (description.isSettled() && !state.equals("published")) {
                throw new IOException("batch %s is %s: %s".formatted(batch, state, description.reason()));
            }
        }
        Duration spent = node.processorTime().minus(before);
        Crowd.Answers answers = crowd == null ? null : crowd.end();
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

    private boolean tell(long rows) {
        out.printf(
                "%,d rows on %d processors; %,d status requests a second and %d watches of the batch, medians of %d.%n%n",
                rows,
                Runtime.getRuntime().availableProcessors(),
                Crowd.REQUESTS_PER_SECOND,
                Crowd.WATCHES,
                of(Load.NONE).size());
        out.println("| who asks | batch, s (min–max) | to none | clients, CPU s | to none, without their share"
                + " | node, CPU s | more than for none | answers/s | median, ms | p99, ms | events |");
        out.println("|---|---|---|---|---|---|---|---|---|---|---|");
        boolean isWell = true;
        for (Load load : Load.values()) {
            isWell &= tell(load);
        }
        out.printf(
                Locale.ROOT,
                "%n%s%n",
                isWell
                        ? "Everything was answered, and the node's part in it slowed the batch down by at most %.0f %%."
                                .formatted((MOST_SLOWED - 1) * 100)
                        : "Not everything was answered, or the node's part in it slowed the batch down by more than %.0f %%."
                                .formatted((MOST_SLOWED - 1) * 100));
        return isWell;
    }

    private boolean tell(Load load) {
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
        double clients = answers(load, Crowd.Answers::processor);
        double ofNode = ratio * (1 - clients / (seconds * Runtime.getRuntime().availableProcessors()));
        double requests = answers(load, Crowd.Answers::requests);
        out.printf(
                Locale.ROOT,
                "%.2f | **%.3f** | %.2f | %.2f | %.0f | %.1f | %.1f | %.0f |%n",
                clients,
                ofNode,
                processor,
                processor - median(Load.NONE, Measured::processor),
                requests,
                answers(load, Crowd.Answers::median),
                answers(load, Crowd.Answers::p99),
                answers(load, Crowd.Answers::events));
        boolean isAnswered = of(load).stream()
                .map(one -> Objects.requireNonNull(one.answers()))
                .allMatch(one -> one.errors() == 0 && one.watches() == Crowd.WATCHES);
        return isAnswered && requests >= LEAST_ANSWERED && ofNode <= MOST_SLOWED;
    }

    private List<Measured> of(Load load) {
        return Objects.requireNonNull(measured.get(load));
    }

    private double answers(Load load, ToDoubleFunction<Crowd.Answers> value) {
        return median(load, one -> value.applyAsDouble(Objects.requireNonNull(one.answers())));
    }

    private double median(Load load, ToDoubleFunction<Measured> value) {
        double[] sorted = of(load).stream().mapToDouble(value).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
