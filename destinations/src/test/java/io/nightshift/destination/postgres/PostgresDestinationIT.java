package io.nightshift.destination.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.DestinationContract;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.storage.database.DataSources;
import io.nightshift.testing.SmallDisk;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The contract on a real PostgreSQL.
class PostgresDestinationIT extends DestinationContract {

    private static final String WAITING =
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%CREATE UNIQUE INDEX%'";

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
    protected Destination destination() throws SQLException {
        table.clear();
        return ContractTable.destination(List.of(new PostgresDestination.Index(List.of("prediction"))));
    }

    @Override
    protected DataSources dataSources() {
        return table.dataSources();
    }

    @Override
    protected Seen seen() throws SQLException {
        return table.seen();
    }

    @Override
    protected void tamper(Tampering tampering) throws SQLException {
        table.tamper(tampering);
    }

    /// In the order of a publication: before indexes, in the last transaction at its first change, and at its
    /// last.
    @Override
    protected List<Obstacle> obstacles() {
        return List.of(
                table.missingPart(),
                new Obstacle(
                        "the published name is taken",
                        () -> table.execute("CREATE TABLE %s ()".formatted(table.published())),
                        () -> table.execute("DROP TABLE " + table.published())),
                table.unmarkableBatch());
    }

    /// The part's record, the rows, and the manifest.
    @Override
    protected List<Obstacle> supplementObstacles() {
        return List.of(
                new Obstacle(
                        "a part's record is missing",
                        () -> table.execute("UPDATE nightshift_parts SET partition = 99 WHERE partition = 3"),
                        () -> table.execute("UPDATE nightshift_parts SET partition = 3 WHERE partition = 99")),
                table.constraint("the rows can't be added", table.published(), "batch_partition < 3"),
                table.constantManifest());
    }

    /// A database that answers knows its batches.
    @Override
    protected List<Obstacle> absences() {
        return List.of();
    }

    /// Tables of others, named like those of a batch that is prepared, published or cancelled.
    @Override
    protected Step neighbours() throws SQLException {
        return table.neighbours();
    }

    @Override
    protected Optional<Boolean> left() throws SQLException {
        return Optional.of(table.isLeft());
    }

    @Test
    void aTransactionInProgressReadsARemovedBatchToItsEnd() throws Exception {
        publish();
        try (Connection reader = table.connect();
                Statement statement = reader.createStatement()) {
            reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            reader.setAutoCommit(false);
            assertThat(count(statement)).isEqualTo(28);

            store().removal().unpublish(ContractBatch.ID);

            assertThat(seen()).isEqualTo(NOTHING);
            assertThatThrownBy(() -> store().removal().delete(ContractBatch.ID))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isFalse())
                    .hasMessageContaining("deleted later");
            assertThat(count(statement)).isEqualTo(28);
            reader.commit();
            store().removal().delete(ContractBatch.ID);

            assertThat(left()).contains(false);
        }
    }

    private static long count(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT count(*) FROM scores")) {
            row.next();
            return row.getLong(1);
        }
    }

    /// The session of a killed coordinator works on until its statement ends.
    @Test
    void anIndexThatAKilledCoordinatorIsStillCreatingIsUsed() throws Exception {
        CommittedBatch committed = committed();
        try (Connection killed = table.connect();
                Statement statement = killed.createStatement();
                ExecutorService publisher = Executors.newSingleThreadExecutor()) {
            killed.setAutoCommit(false);
            statement.execute("CREATE UNIQUE INDEX %sid ON %s (record_id)"
                    .formatted(table.staging().replace("nightshift_staging", "nightshift"), table.staging()));
            Future<Publication> publication = publisher.submit(() -> store().publish(committed));
            while (!publication.isDone() && table.rows(WAITING).isEmpty()) {
                Thread.onSpinWait();
            }
            killed.commit();
            assertPublished(committed, publication.get());
        }
    }

    /// Each connection is asked by a trigger, when it changes the tables of all batches. The limits are too long to
    /// end anything.
    @Test
    void noSettingOfARoleOrDatabaseAppliesToWhatWrites() throws Exception {
        Map<String, String> settings = Map.of(
                "statement_timeout", "1h",
                "synchronous_commit", "off",
                "default_transaction_isolation", "serializable");
        prepare();
        table.execute("""
                CREATE TABLE used (operation text, limited text, commits text, isolation text);
                CREATE FUNCTION used() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    INSERT INTO used VALUES (TG_TABLE_NAME || ' ' || TG_OP, current_setting('statement_timeout'),
                        current_setting('synchronous_commit'), current_setting('transaction_isolation'));
                    RETURN NULL;
                END $$;
                CREATE TRIGGER used AFTER INSERT OR UPDATE OR DELETE ON nightshift_batches
                    FOR EACH ROW EXECUTE FUNCTION used();
                CREATE TRIGGER used AFTER INSERT OR UPDATE OR DELETE ON nightshift_parts
                    FOR EACH ROW EXECUTE FUNCTION used()
                """);
        table.restrict(settings);
        try {
            CommittedBatch committed = committed();
            store().fence(ContractBatch.ID, 1);
            store().publish(committed);
            store().supplements().publishSupplement(batch.supplement(store(), committed, 2, "nightshift_row = 17"));
            store().removal().unpublish(ContractBatch.ID);
        } finally {
            table.restrict(Map.of());
        }

        assertThat(table.rows("SELECT DISTINCT operation FROM used"))
                .containsExactlyInAnyOrder(
                        "nightshift_batches UPDATE",
                        "nightshift_batches DELETE",
                        "nightshift_parts INSERT",
                        "nightshift_parts UPDATE",
                        "nightshift_parts DELETE");
        assertThat(table.rows("SELECT DISTINCT concat_ws(' ', limited, commits, isolation) FROM used"))
                .containsExactly("0 on read committed");
    }

    @Test
    void aFullDiskOfTheServerIsNoEndOfTheBatch() throws Exception {
        try (SmallDisk disk = SmallDisk.mount(folder.resolve("small"), "1m")) {
            assumeThat(disk).as("this process may mount a file system").isNotNull();
            batch.close();
            batch = new ContractBatch(folder.resolve("large"), destination(), 20_000);
            table.execute("CREATE TABLESPACE small LOCATION '%s'"
                    .formatted(Objects.requireNonNull(disk).folder()));
            table.restrict(Map.of("default_tablespace", "small"));
            try {
                prepare();
                assertThatThrownBy(() -> batch.write(store(), 0, new Epoch(1, 1)))
                        .isInstanceOfSatisfying(
                                FailureException.class,
                                e -> assertThat(e.failure().isPermanent()).isFalse())
                        .hasMessageContaining("No space left on device");
                disk.resize("100m");

                publish();

                assertThat(seen()).isEqualTo(new Seen(59_998, 59_998, 2));
            } finally {
                table.restrict(Map.of());
                table.clear();
                table.execute("DROP TABLESPACE small");
            }
        }
    }

    @Test
    void aCheckGivesEveryReason() throws SQLException {
        table.execute("CREATE TABLE scores_latest (i integer); CREATE TABLE scores_quarantine (i integer)");

        assertThat(store().check(batch.job(), ContractBatch.MODEL))
                .containsExactly(
                        "\"scores_latest\" exists, and Nightshift did not create it; name another table under destination.postgres, or rename that one",
                        "\"scores_quarantine\" exists, and Nightshift did not create it; name another table under destination.postgres, or rename that one");
    }

    @Test
    void aColumnOfAnotherTypeIsAReason() throws SQLException {
        table.execute("CREATE TABLE scores_batches (note integer, batch_id text) PARTITION BY LIST (batch_id)");

        assertThat(store().check(batch.job(), ContractBatch.MODEL))
                .singleElement()
                .asString()
                .startsWith("the column note of \"scores_batches\" is integer, but the job's is text");
    }
}
