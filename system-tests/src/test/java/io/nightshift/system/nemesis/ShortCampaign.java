package io.nightshift.system.nemesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.nemesis.FaultCampaign;
import io.nightshift.nemesis.FaultCampaign.Destination;
import io.nightshift.nemesis.RoundResult;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.cluster.NodeLaunchOptions;
import io.nightshift.nemesis.cluster.TestEnvironment;
import io.nightshift.nemesis.fault.AvailableFaults;
import io.nightshift.nemesis.fault.Fault;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.nemesis.workload.RedriveTrial.Step;
import io.nightshift.nemesis.workload.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/// The short form of `bench/nemesis.sh`: plain processes on loopback, small batches, and faults that are soon
/// over. Each build draws a seed, which the message of a violation names. `-Dnightshift.nemesis.seed=N` repeats it.
final class ShortCampaign implements AutoCloseable {

    private static final long SEED = Long.getLong("nightshift.nemesis.seed", System.currentTimeMillis());

    /// In more of a hurry to give a node up than is good for a real one. A lease outlasts a commit to a slow
    /// disk, for which the heartbeats wait: no partition may be scored twice unless it was in flight at a fault.
    /// The few threads need no more than 16 workers. With the default of 256, a node takes seconds longer to start.
    private static final NodeLaunchOptions HASTY = NodeLaunchOptions.SMALL.withConfiguration("""
            nightshift.batch.lease = 15s
            nightshift.worker.count = 16
            pekko.cluster {
              split-brain-resolver.stable-after = 3s
              failure-detector.acceptable-heartbeat-pause = 3s
            }
            """);

    private final Path folder;
    private final TestEnvironment environment;
    private final NodeLaunchOptions options;
    private final FaultCampaign campaign;

    private ShortCampaign(Path folder, TestEnvironment environment, NodeLaunchOptions options, FaultCampaign campaign) {
        this.folder = folder;
        this.environment = environment;
        this.options = options;
        this.campaign = campaign;
    }

    /// @param empty the folder of all files, which stay there after a violation
    /// @param hasStorage whether the nodes share no folder, and use an object store instead
    static ShortCampaign begin(Path empty, boolean hasStorage) throws Exception {
        Path folder = Files.createDirectory(empty.resolve("nemesis"));
        TestEnvironment environment = TestEnvironment.create(folder, true, new Random(SEED));
        // A partition in an object store takes several requests.
        int partitionRows = hasStorage ? 10_000 : 6_000;
        Workload workload = Workload.of(Files.createDirectory(folder.resolve("job")), 1, partitionRows);
        if (hasStorage) {
            workload = workload.in(environment.startStorage());
        }
        NodeLaunchOptions options = HASTY.withConfiguration(workload.configuration());
        AvailableFaults faults = AvailableFaults.withoutDisk(environment);
        return new ShortCampaign(
                folder,
                environment,
                options,
                new FaultCampaign(environment, faults, options, workload, folder, SEED).withTickKills(1));
    }

    void round(Fault fault, Destination destination) {
        check(campaign.round(fault, destination));
    }

    void redriveRound(Fault fault, Destination destination, Step step) {
        check(campaign.redriveRound(fault, destination, step));
    }

    private void check(RoundResult result) {
        assertThat(result.violations())
                .as("%s; the nodes' logs are in %s", result.line(), folder)
                .isEqualTo(List.of());
    }

    NemesisCluster cluster() throws IOException {
        return environment.cluster(options, SimulatedHost.NODES);
    }

    @Override
    public void close() throws IOException {
        environment.close();
    }
}
