package io.nightshift.nemesis.load;

import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.cluster.NodeLaunchOptions;
import io.nightshift.nemesis.cluster.TestEnvironment;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.nemesis.workload.BaselineBatches;
import io.nightshift.nemesis.workload.OutputFiles;
import io.nightshift.nemesis.workload.Workload;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Lets three nodes score at full load and checks that none of them considers another one dead. Run by
/// `bench/soak.sh`.
final class Soak {

    /// Log lines of nodes that miss heartbeats.
    private static final Pattern WARNING =
            Pattern.compile("heartbeat|unreachable|can't be reached|is removed as lost", Pattern.CASE_INSENSITIVE);

    private static final int COPIES = 10;
    private static final int PARTITION_ROWS = 20_000;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final Map<SimulatedHost, Long> first = new EnumMap<>(SimulatedHost.class);

    private Soak() {}

    /// @param arguments minutes
    public static void main(String[] arguments) throws Exception {
        System.exit(new Soak().run(Duration.ofMinutes(Long.parseLong(arguments[0]))));
    }

    private int run(Duration duration) throws Exception {
        int threads = Runtime.getRuntime().availableProcessors();
        NodeLaunchOptions options = NodeLaunchOptions.FAST.withThreads(
                Map.of(SimulatedHost.A, threads, SimulatedHost.B, threads, SimulatedHost.C, threads));
        Path folder = Files.createTempDirectory("nightshift-soak-");
        try (TestEnvironment environment = TestEnvironment.create(folder, true, new Random(0))) {
            Workload workload = Workload.of(Files.createDirectory(folder.resolve("job")), COPIES, PARTITION_ROWS);
            NemesisCluster cluster = environment.cluster(options, SimulatedHost.NODES);
            BaselineBatches batches =
                    new BaselineBatches(cluster, workload, new OutputFiles.Folder(folder.resolve("predictions")));
            long begin = System.nanoTime();
            int count = 0;
            while (System.nanoTime() - begin < duration.toNanos()) {
                batches.run();
                count++;
                if (count == 1) {
                    first.putAll(memory(cluster));
                }
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            report(cluster, workload.rows() * count, count, seconds, threads);
            List<String> warnings = warnings(cluster);
            warnings.forEach(out::println);
            out.printf("%n%s%n", warnings.isEmpty() ? "No node considered another one dead." : "Heartbeats were late.");
            return warnings.isEmpty() ? 0 : 1;
        }
    }

    private void report(NemesisCluster cluster, long rows, int batches, double seconds, int threads)
            throws IOException {
        out.printf(
                Locale.ROOT,
                "%,d rows in %d batches and %.0f s on %d processors, three nodes of %d threads each: %,.0f rows/s%n%n",
                rows,
                batches,
                seconds,
                Runtime.getRuntime().availableProcessors(),
                threads,
                rows / seconds);
        out.println("| node | memory after the first batch, MB | after the last, MB |");
        out.println("|---|---|---|");
        for (Map.Entry<SimulatedHost, Long> last : memory(cluster).entrySet()) {
            out.printf(
                    "| %s | %d | %d |%n",
                    last.getKey(), Objects.requireNonNull(first.get(last.getKey())) >> 20, last.getValue() >> 20);
        }
    }

    private static Map<SimulatedHost, Long> memory(NemesisCluster cluster) throws IOException {
        Map<SimulatedHost, Long> memory = new EnumMap<>(SimulatedHost.class);
        for (SimulatedHost host : SimulatedHost.NODES) {
            memory.put(host, cluster.nodes.get(host).residentBytes());
        }
        return memory;
    }

    private static List<String> warnings(NemesisCluster cluster) throws IOException {
        List<String> warnings = new ArrayList<>();
        for (SimulatedHost host : SimulatedHost.NODES) {
            try (Stream<String> lines = Files.lines(cluster.nodes.get(host).log())) {
                lines.filter(line -> WARNING.matcher(line).find())
                        .forEach(line -> warnings.add("node " + host + ": " + line));
            }
        }
        return warnings;
    }
}
