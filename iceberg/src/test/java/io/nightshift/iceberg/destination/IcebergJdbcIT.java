package io.nightshift.iceberg.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.OfTheFiles;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.testing.Nightly;
import io.nightshift.testing.database.PostgresServer;
import java.io.IOException;
import java.util.Map;
import org.apache.iceberg.SnapshotRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The contract for a catalog in a PostgreSQL database. The catalog knows only the name of the table's newest
/// metadata.
@OfTheFiles.OfAnother(IcebergFolderIT.class)
@Nightly(shortForm = {"IcebergRestIT", "IcebergFolderIT"})
class IcebergJdbcIT extends IcebergContract {

    private static PostgresServer server;

    private String database = "";

    @BeforeAll
    static void startServer() throws IOException {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @Override
    protected Destination destination() throws Exception {
        database = server.create();
        return TABLE;
    }

    @Override
    CatalogSettings settings() {
        return new CatalogSettings.Jdbc("lake", "db", "file://" + warehouse());
    }

    @Override
    Map<String, DataSourceSettings> databases() {
        return Map.of("db", new DataSourceSettings("db", server.url(database), PostgresServer.OWNER, null));
    }

    @Test
    void aCommitThatTheDatabaseRefusesIsMadeLater() throws Exception {
        CommittedBatch committed = committed();
        server.execute(database, """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    RAISE EXCEPTION 'in the way';
                END $$;
                CREATE TRIGGER refuse BEFORE UPDATE ON iceberg_tables FOR EACH ROW EXECUTE FUNCTION refuse()
                """);
        assertThatThrownBy(() -> store().publish(committed))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isFalse())
                .hasMessageContaining("in the way");
        assertThat(seen()).isEqualTo(NOTHING);
        server.execute(database, "DROP FUNCTION refuse CASCADE");

        assertPublished(committed, store().publish(committed));

        assertThat(history(SnapshotRef.MAIN_BRANCH)).containsExactly(ContractBatch.ID.value());
    }

    /// As for predictions: no commit that was acknowledged is lost with the server.
    @Test
    void noSettingOfTheDatabaseAppliesToCommits() throws Exception {
        server.execute(database, "ALTER DATABASE %1$s SET synchronous_commit = off".formatted(database));
        server.execute(database, "ALTER DATABASE %1$s SET statement_timeout = '1h'".formatted(database));
        CommittedBatch committed = committed();
        server.execute(database, """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF current_setting('synchronous_commit') <> 'on' OR current_setting('statement_timeout') <> '0'
                    THEN RAISE EXCEPTION 'in the way'; END IF;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER refuse BEFORE UPDATE ON iceberg_tables FOR EACH ROW EXECUTE FUNCTION refuse()
                """);

        assertPublished(committed, store().publish(committed));
    }

    @Test
    void aDatabaseThatIsAwayIsNoReasonAgainstAJob() throws Exception {
        String there = database;
        database = "away";

        assertThat(store().check(batch.job(), ContractBatch.MODEL)).isEmpty();
        assertThat(store().newest("flights")).isEmpty();
        database = there;
    }
}
