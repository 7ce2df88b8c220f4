package io.nightshift.system.nemesis;

import static org.assertj.core.api.Assumptions.assumeThat;

import io.nightshift.nemesis.FaultCampaign.Destination;
import io.nightshift.nemesis.cluster.FakeClock;
import io.nightshift.nemesis.fault.Fault;
import io.nightshift.nemesis.workload.RedriveTrial.Step;
import io.nightshift.testing.Nightly;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A cluster that shares a folder. `ClusterIT` and `ClientIT` test such a cluster in each build.
@Nightly(
        shortForm = {
            "NoSharedDiskIT.aBatchComesOutOnceAlthoughAllNodesAreKilled",
            "NoSharedDiskIT.aBatchComesOutOnceAlthoughTheNodeOfItsCoordinatorIsKilled",
            "ClientIT.aKeyAndAWatchOutliveAKilledCoordinator"
        })
final class NemesisIT {

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder;

    private static ShortCampaign campaign;

    @BeforeAll
    static void begin() throws Exception {
        campaign = ShortCampaign.begin(folder, false);
    }

    @AfterAll
    static void end() throws Exception {
        campaign.close();
    }

    @Test
    void aBatchComesOutOnceAlthoughAllNodesAreKilled() {
        campaign.round(Fault.KILL_ALL, Destination.POSTGRES);
    }

    @Nightly(shortForm = {"NoSharedDiskIT.aBatchComesOutOnceAlthoughAllNodesAreKilled", "LeasesTest"})
    @ParameterizedTest
    @EnumSource(names = {"KILL_BATCH", "FREEZE_3"})
    void aBatchComesOutOnceAlthoughANodeIsKilledOrFrozen(Fault fault) {
        campaign.round(fault, Destination.PARQUET);
    }

    @Nightly(shortForm = "ClusterIT.withoutItsDatabaseTheClusterWaitsAndContinuesByItself")
    @Test
    void aBatchComesOutOnceAlthoughItsDatabaseIsKilled() {
        campaign.round(Fault.DATABASE_KILL, Destination.POSTGRES);
    }

    @Nightly(shortForm = "RedriveIT.fixedRowsJoinTheirBatchHoweverTheServerEnds")
    @Test
    void aRedrivenRowComesOutOnceWhateverHappens() {
        campaign.redriveRound(Fault.KILL_BATCH, Destination.POSTGRES, Step.COMMITTED);
    }

    @Nightly(
            shortForm = {
                "ThePlace.isAskedBeforeAPublishedBatchIsCalledAbsentOrRemoved",
                "NoSharedDiskIT.aBatchComesOutOnceAlthoughAllNodesAreKilled"
            })
    @Test
    void aBatchComesOutOnceAlthoughItsDestinationIsEmptyForAWhile() {
        campaign.round(Fault.DESTINATION_EMPTY, Destination.PARQUET);
    }

    @Nightly(shortForm = {"NoSharedDiskIT.aBatchComesOutOnceAlthoughAllNodesAreKilled", "GatewayTest"})
    @ParameterizedTest
    @EnumSource(names = {"DESTINATION_AWAY", "FOREIGN_WRITER", "FORBIDDEN_CALLER", "FORBIDDEN_PROMOTION"})
    void aBatchComesOutOnceWhateverOthersDoToIt(Fault fault) {
        campaign.round(fault, Destination.PARQUET);
    }

    @Nightly(shortForm = "IncrementalSimulationTest")
    @Test
    void eachRowIsScoredOnceWhereverTheClocksJump() throws IOException {
        assumeThat(FakeClock.find()).as("libfaketime").isPresent();
        campaign.round(Fault.CLOCK_INCREMENT, Destination.PARQUET);
    }

    @Test
    void eachTickHasOneRunWhateverIsKilledAroundIt() {
        campaign.round(Fault.KILL_TICK, Destination.PARQUET);
    }
}
