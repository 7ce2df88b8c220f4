package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.TestActorSystem;
import io.nightshift.coordinator.ledger.RecordedLedger;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Job;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A power cut after each write of a batch's coordinator, with any loss of what was not forced to the disk.
@Timeout(600)
class PowerCutIT {

    private static final int PARTITIONS = 3;

    /// Each commit takes several writes. How many depends on the events that share a commit.
    private static final int LEAST_CUTS = 10 * PARTITIONS;

    @TempDir
    Path folder = Path.of("");

    @Test
    void everyAcknowledgedEventSurvives() throws Exception {
        assertThat(cuts("SET RETENTION_TIME 45000", false)).isGreaterThan(LEAST_CUTS);
    }

    @Test
    void everyAcknowledgedEventSurvivesWhereTheFileReusesItsSpace() throws Exception {
        assertThat(cuts("SET RETENTION_TIME 0", false)).isGreaterThan(LEAST_CUTS);
    }

    @Test
    void everyAcknowledgedEventSurvivesWhileTheFileIsCompacted() throws Exception {
        assertThat(cuts("SET RETENTION_TIME 0", true)).isGreaterThan(LEAST_CUTS + PARTITIONS);
    }

    /// @param isCompacted whether the file is compacted after each partition
    private int cuts(String setting, boolean isCompacted) throws IOException, SQLException {
        try (RecordedLedger recorded = new RecordedLedger(folder.resolve("home"))) {
            try (Connection connection = recorded.ledger().ledger().connect();
                    Statement statement = connection.createStatement()) {
                statement.execute(setting);
            }
            try (TestActorSystem node = new TestActorSystem(recorded.ledger())) {
                BatchActorFixture batch = new BatchActorFixture(
                        node,
                        folder.resolve("job"),
                        "cut",
                        PARTITIONS,
                        BatchActorFixture.PATIENT,
                        new Job.ErrorPolicy(1, null));
                batch.open();
                for (int i = 0; i < PARTITIONS; i++) {
                    batch.complete(0);
                    recorded.acknowledged(batch.id);
                    if (isCompacted) {
                        recorded.compact();
                    }
                }
                batch.awaitPhase(Phase.PUBLISHED);
                recorded.acknowledged(batch.id);
                return recorded.cutEverywhere(
                        folder,
                        (ledger, acknowledged) ->
                                assertThat(ledger.state(batch.id).entries()).isGreaterThanOrEqualTo(acknowledged));
            }
        }
    }
}
