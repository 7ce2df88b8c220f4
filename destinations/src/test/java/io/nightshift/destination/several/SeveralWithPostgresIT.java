package io.nightshift.destination.several;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.postgres.ContractTable;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.SeveralDestinations;
import io.nightshift.storage.database.DataSources;
import io.nightshift.testing.Nightly;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Parquet files and a table of a real PostgreSQL.
@Nightly(shortForm = {"SeveralFoldersIT", "SeveralDestinationsIT"})
class SeveralWithPostgresIT extends SeveralContract {

    private static ContractTable table;

    @BeforeAll
    static void startServer() throws IOException {
        table = ContractTable.start();
    }

    @AfterAll
    static void stopServer() throws IOException {
        table.close();
    }

    @Override
    protected Destination destination() throws Exception {
        table.clear();
        return new SeveralDestinations(List.of(firstDestination(), ContractTable.destination(List.of())));
    }

    @Override
    protected DataSources dataSources() {
        return table.dataSources();
    }

    @Override
    protected Seen seenAtTheLast() throws SQLException {
        return table.seen();
    }

    @Override
    protected void tamperAtTheLast(Tampering tampering) throws SQLException {
        table.tamper(tampering);
    }

    @Override
    protected List<Obstacle> obstaclesAtTheLast() {
        return List.of(table.missingPart());
    }

    @Override
    protected List<Obstacle> supplementObstaclesAtTheLast() {
        return List.of(table.constantManifest());
    }

    /// A database that answers knows its batches.
    @Override
    protected List<Obstacle> absences() {
        return List.of();
    }

    @Override
    protected Optional<Step> moveAway() {
        return first().away();
    }

    @Override
    protected Step neighbours() throws SQLException {
        return table.neighbours();
    }

    @Override
    protected boolean isLeftAtTheLast() throws SQLException {
        return table.isLeft();
    }

    @Test
    void aFailureInTheLastStepLeavesTheFirstVisible() throws Exception {
        CommittedBatch committed = committed();
        Obstacle obstacle = table.unmarkableBatch();
        obstacle.put().run();
        for (int repeated = 0; repeated < 2; repeated++) {
            assertThatThrownBy(() -> store().publish(committed))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("in the way");
            assertThat(first().asSeen()).isEqualTo(ALL);
            assertThat(seen()).isEqualTo(NOTHING);
        }
        obstacle.remove().run();
        CommittedBatch later = batch.committed(2, committed.commits(), Set.of());

        assertPublished(later, store().publish(later));
    }
}
