package io.nightshift.iceberg.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.DestinationContract;
import io.nightshift.destination.LeaveOut;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.testing.database.IcebergServer;
import java.util.Objects;
import java.util.Set;
import org.apache.iceberg.SnapshotRef;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The contract of lakes for a catalog with Iceberg's REST protocol. The catalog knows the table's metadata only:
/// it neither writes nor reads the files of attempts and batches. So the contract of all destinations runs
/// nightly, in [IcebergRestContractIT].
@LeaveOut(testsOf = DestinationContract.class)
class IcebergRestIT extends IcebergContract {

    private @Nullable IcebergServer server;
    private String token = IcebergServer.TOKEN;

    @Override
    protected Destination destination() throws Exception {
        server = new IcebergServer(warehouse());
        return TABLE;
    }

    @AfterEach
    void stopServer() {
        server().close();
    }

    private IcebergServer server() {
        return Objects.requireNonNull(server);
    }

    @Override
    CatalogSettings settings() {
        return new CatalogSettings.Rest("lake", server().uri(), null, token, null, null, null);
    }

    @Test
    void aCommitWhoseAnswerIsLostIsNotMadeAgain() throws Exception {
        CommittedBatch committed = committed();
        server().loseAnswers(1);

        assertPublished(committed, store().publish(committed));

        assertThat(history(SnapshotRef.MAIN_BRANCH)).containsExactly(ContractBatch.ID.value());
    }

    @Test
    void aCommitThatTheServerRefusesIsMadeLater() throws Exception {
        CommittedBatch committed = committed();
        server().refuse(1);
        assertThatThrownBy(() -> store().publish(committed))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isFalse());
        assertThat(seen()).isEqualTo(NOTHING);

        assertPublished(committed, store().publish(committed));

        assertThat(history(SnapshotRef.MAIN_BRANCH)).containsExactly(ContractBatch.ID.value());
    }

    @Test
    void aDecisionIsCarriedOutByTheNextCoordinator() throws Exception {
        CommittedBatch committed = committed();
        server().refuse(1);
        assertThatThrownBy(() -> store().publish(committed)).isInstanceOf(FailureException.class);
        CommittedBatch later = batch.committed(2, committed.commits(), Set.of());

        assertPublished(later, store().publish(later));
    }

    @Test
    void aDecisionIsCarriedOutByAFence() throws Exception {
        CommittedBatch committed = committed();
        server().refuse(1);
        assertThatThrownBy(() -> store().publish(committed)).isInstanceOf(FailureException.class);

        assertThat(store().fence(ContractBatch.ID, 2)).isPresent();

        assertThat(seen()).isEqualTo(ALL);
    }

    @Test
    void aWrongTokenIsAReason() {
        token = "another";

        assertThat(store().check(batch.job(), ContractBatch.MODEL))
                .first()
                .asString()
                .startsWith("the catalog lake can't be opened: ")
                .doesNotContain("another");
        token = IcebergServer.TOKEN;
    }
}
