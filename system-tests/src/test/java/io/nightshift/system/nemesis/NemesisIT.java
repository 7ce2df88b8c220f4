package io.nightshift.system.nemesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.nemesis.FaultCampaign;
import io.nightshift.nemesis.FaultCampaign.Destination;
import io.nightshift.nemesis.RoundResult;
import io.nightshift.nemesis.cluster.NodeLaunchOptions;
import io.nightshift.nemesis.cluster.TestEnvironment;
import io.nightshift.nemesis.fault.AvailableFaults;
import io.nightshift.nemesis.fault.Fault;
import io.nightshift.nemesis.workload.Workload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The short form of `bench/nemesis.sh`: plain processes on loopback, small batches, and the faults that are
/// soon over. The seed is `-Dnightshift.nemesis.seed=N`. It mostly waits, so it runs here, next to other tests.
final class NemesisIT {

    private static final long SEED = Long.getLong("nightshift.nemesis.seed", 20_261_125);

    /// In more of a hurry to give a node up than is good for a real one.
    private static final NodeLaunchOptions HASTY = new NodeLaunchOptions(
            """
            nightshift.batch.lease = 5s
            pekko.cluster {
              split-brain-resolver.stable-after = 3s
              failure-detector.acceptable-heartbeat-pause = 3s
            }
            """,
            NodeLaunchOptions.SMALL.options(),
            NodeLaunchOptions.SMALL.threads(),
            NodeLaunchOptions.SMALL.processors());

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder;

    private static TestEnvironment environment;
    private static FaultCampaign attack;

    @BeforeAll
    static void begin() throws Exception {
        Path files = Files.createDirectory(folder.resolve("nemesis"));
        environment = TestEnvironment.create(files, true, new Random(SEED));
        Workload workload = Workload.of(Files.createDirectory(files.resolve("job")), 1, 3_000);
        attack = new FaultCampaign(
                environment, AvailableFaults.withoutDiskAndClock(environment), HASTY, workload, files, SEED);
    }

    @AfterAll
    static void end() throws Exception {
        environment.close();
    }

    @ParameterizedTest
    @CsvSource({"KILL_BATCH, PARQUET", "DATABASE_KILL, POSTGRES", "FREEZE_3, PARQUET", "KILL_ALL, POSTGRES"})
    void aBatchComesOutOnceWhateverHappens(Fault fault, Destination destination) {
        check(fault, destination);
    }

    @Test
    void eachTickHasOneRunWhateverIsKilledAroundIt() {
        check(Fault.KILL_TICK, Destination.PARQUET);
    }

    private static void check(Fault fault, Destination destination) {
        RoundResult outcome = attack.round(fault, destination);
        assertThat(outcome.violations())
                .as("%s; the nodes' logs are in %s", outcome.line(), folder)
                .isEqualTo(List.of());
    }
}
