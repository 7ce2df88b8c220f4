package io.nightshift.nemesis.load;

import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.cluster.NodeLaunchOptions;
import io.nightshift.nemesis.cluster.TestEnvironment;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.nemesis.workload.BaselineBatches;
import io.nightshift.nemesis.workload.BatchOutput;
import io.nightshift.nemesis.workload.OutputFiles;
import io.nightshift.nemesis.workload.Workload;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/// Measures the speedup of more nodes, and how nodes share the work. Run by `bench/scaling.sh`.
final class ScalingBenchmark {

    private static final int COPIES = 10;
    private static final int PARTITION_ROWS = 10_000;
    private static final double TOLERANCE = 0.1;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final int processors = Runtime.getRuntime().availableProcessors();
    private final TestEnvironment environment;
    private final Workload workload;
    private final BatchOutput output;

    private ScalingBenchmark(TestEnvironment environment, Workload workload, BatchOutput output) {
        this.environment = environment;
        this.workload = workload;
        this.output = output;
    }

    /// @param arguments none
    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory("nightshift-scaling-");
        boolean proportional;
        try (TestEnvironment environment = TestEnvironment.create(folder, true, new Random(0))) {
            Workload workload = Workload.of(Files.createDirectory(folder.resolve("job")), COPIES, PARTITION_ROWS);
            BatchOutput output = new OutputFiles.Folder(folder.resolve("predictions"));
            proportional = new ScalingBenchmark(environment, workload, output).measure();
        }
        System.exit(proportional ? 0 : 1);
    }

    private boolean measure() throws Exception {
        out.printf(
                "%,d rows in %d partitions, nodes of one scoring thread, each pinned to one of %d processors%s.%n%n",
                workload.rows(),
                workload.partitions(),
                processors,
                processors < 4 ? "; more nodes than that, and the database, share them" : "");
        out.println("| nodes | rows/s | to one node |");
        out.println("|---|---|---|");
        double one = 0;
        for (int nodes = 1; nodes <= SimulatedHost.NODES.size(); nodes++) {
            List<SimulatedHost> hosts = SimulatedHost.NODES.subList(0, nodes);
            double rate = BaselineBatches.rowsPerSecond(commits(NodeLaunchOptions.FAST.withPins(pins(hosts)), hosts));
            one = nodes == 1 ? rate : one;
            out.printf(Locale.ROOT, "| %d | %,.0f | %.2f |%n", nodes, rate, rate / one);
        }
        return share();
    }

    private Map<SimulatedHost, String> pins(List<SimulatedHost> hosts) {
        Map<SimulatedHost, String> pins = new EnumMap<>(SimulatedHost.class);
        hosts.forEach(host -> pins.put(host, String.valueOf(hosts.indexOf(host) % processors)));
        return pins;
    }

    private List<BaselineBatches.Commit> commits(NodeLaunchOptions options, List<SimulatedHost> hosts)
            throws Exception {
        NemesisCluster cluster = environment.cluster(options, hosts);
        try {
            BaselineBatches batches = new BaselineBatches(cluster, workload, output);
            // The first batch warms up the JVMs.
            batches.run();
            return batches.run();
        } finally {
            environment.stopCluster(false);
        }
    }

    private boolean share() throws Exception {
        Map<SimulatedHost, Integer> threads = Map.of(SimulatedHost.A, 1, SimulatedHost.B, 1, SimulatedHost.C, 2);
        NemesisCluster cluster = environment.cluster(NodeLaunchOptions.FAST.withThreads(threads), SimulatedHost.NODES);
        BaselineBatches batches = new BaselineBatches(cluster, workload, output);
        batches.run();
        Map<String, Double> shares = BaselineBatches.shares(batches.run());
        out.printf("%n| node's threads | share of the rows | in proportion |%n|---|---|---|%n");
        boolean proportional = true;
        for (SimulatedHost host : SimulatedHost.NODES) {
            double share = shares.getOrDefault(cluster.nodes.get(host).name, 0.0);
            double wanted = Objects.requireNonNull(threads.get(host)) / 4.0;
            proportional &= Math.abs(share / wanted - 1) <= TOLERANCE;
            out.printf(Locale.ROOT, "| %d | %.3f | %.2f |%n", Objects.requireNonNull(threads.get(host)), share, wanted);
        }
        out.printf("%n%s%n", proportional ? "In proportion within 10 %." : "Not in proportion within 10 %.");
        environment.stopCluster(false);
        return proportional;
    }
}
