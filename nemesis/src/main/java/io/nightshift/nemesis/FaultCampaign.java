package io.nightshift.nemesis;

import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.cluster.NodeLaunchOptions;
import io.nightshift.nemesis.cluster.TestEnvironment;
import io.nightshift.nemesis.fault.AvailableFaults;
import io.nightshift.nemesis.fault.Fault;
import io.nightshift.nemesis.fault.FaultInjector;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.nemesis.workload.BatchOutput;
import io.nightshift.nemesis.workload.Workload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/// Round after round against one cluster. After a round with a violation, the next one gets a new cluster.
public final class FaultCampaign {

    /// The kind of destination.
    public enum Destination {
        PARQUET,
        POSTGRES;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final TestEnvironment environment;
    private final AvailableFaults faults;
    private final NodeLaunchOptions options;
    private final Workload workload;
    private final Path predictions;
    private final long seed;
    private final Random random;
    private final Map<Destination, String> expectedDigests = new EnumMap<>(Destination.class);
    private int rounds;

    /// @param folder for all files of the campaign
    public FaultCampaign(
            TestEnvironment environment,
            AvailableFaults faults,
            NodeLaunchOptions options,
            Workload workload,
            Path folder,
            long seed) {
        this.environment = environment;
        this.faults = faults;
        this.options = options;
        this.workload = workload;
        this.predictions = folder.resolve("predictions");
        this.seed = seed;
        this.random = new Random(seed);
    }

    /// Runs a batch, and injects the fault while it runs.
    ///
    /// @param fault is injected once
    /// @param destination of the batch, if the fault does not need a folder
    public RoundResult round(Fault fault, Destination destination) {
        rounds++;
        RoundResult result;
        try {
            result = attack(fault, fault.needsFolder() ? Destination.PARQUET : destination);
        } catch (Exception | AssertionError e) {
            result = RoundResult.broken(rounds, seed, fault, destination.toString(), e.toString());
        }
        if (!result.isGood()) {
            environment.stopCluster(true);
        }
        return result;
    }

    private RoundResult attack(Fault fault, Destination destination) throws Exception {
        NemesisCluster cluster = environment.cluster(options, SimulatedHost.NODES);
        if (fault == Fault.KILL_TICK) {
            Path job = predictions.resolveSibling("ticks-" + rounds);
            return new ScheduleRound(cluster, job, "ticks-" + rounds, random).run(rounds, seed);
        }
        String expected = expectedDigests.get(destination);
        if (expected == null) {
            expected = workload.digestWithoutFaults(output(destination, cluster, predictions), cluster.database);
            expectedDigests.put(destination, expected);
        }
        if (fault == Fault.POWER_CUT) {
            Path home = Files.createTempDirectory(predictions.toAbsolutePath().getParent(), "power-cut-");
            return new PowerCutRound(workload, new BatchOutput.Folder(predictions), expected, home, random)
                    .run(rounds, seed);
        }
        Path path = fault == Fault.DISK_FULL ? faults.smallDisk().resolve("predictions") : predictions;
        BatchOutput output = output(destination, cluster, path);
        FaultInjector injector = new FaultInjector(faults, cluster, random);
        return new FaultRound(cluster, workload, output, expected, injector, random).run(rounds, seed, fault);
    }

    private static BatchOutput output(Destination destination, NemesisCluster cluster, Path folder) {
        return switch (destination) {
            case PARQUET -> new BatchOutput.Folder(folder);
            case POSTGRES -> new BatchOutput.Table(cluster.database);
        };
    }
}
