package io.nightshift.system.nemesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.nemesis.FaultCampaign.Destination;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.fault.Fault;
import io.nightshift.testing.Nightly;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/// Three nodes that have nothing in common but PostgreSQL and an object store, which has the input, the model
/// and the predictions. The tests mostly wait, so they run here, next to other tests.
final class NoSharedDiskIT {

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder;

    private static ShortCampaign campaign;

    @BeforeAll
    static void begin() throws Exception {
        campaign = ShortCampaign.begin(folder, true);
    }

    @AfterAll
    static void end() throws Exception {
        campaign.close();
    }

    @Test
    void aBatchComesOutOnceAlthoughTheNodeOfItsCoordinatorIsKilled() {
        campaign.round(Fault.KILL_BATCH, Destination.PARQUET);
    }

    @Test
    void aBatchComesOutOnceAlthoughAllNodesAreKilled() {
        campaign.round(Fault.KILL_ALL, Destination.POSTGRES);
    }

    @Test
    void eachTickHasOneRunWhateverIsKilledAroundIt() {
        campaign.round(Fault.KILL_TICK, Destination.PARQUET);
    }

    @Nightly(shortForm = {"ObjectPublicationIT", "ObjectStorageIT.predictionsAreWrittenToAStore"})
    @Test
    void aBatchComesOutOnceAlthoughTheStoreFails() {
        campaign.round(Fault.STORE_ERRORS, Destination.PARQUET);
    }

    @Test
    void theModelIsInTheStore() throws Exception {
        NemesisCluster cluster = campaign.cluster();
        assertThat(cluster.command("model", "alias", "flights@1", "champion")
                        .expect(0)
                        .out())
                .contains("flights@champion is flights@1");
        assertThat(cluster.command("model", "list").expect(0).out()).contains("flights@1", "champion");
        assertThat(cluster.command("model", "show", "flights").expect(0).out()).contains("features", "distance");
    }
}
