package io.nightshift.system.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.task.Publisher;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.publish.DestinationPublisher;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.Publication;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.model.ModelCache;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.scoring.Model;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.Database;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.testing.database.DatabaseProxy;
import io.nightshift.testing.database.PostgresServer;
import io.nightshift.testing.program.ProgramProcess;
import io.nightshift.worker.partition.PartitionAttempt;
import io.nightshift.worker.scoring.ScoreFunctions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Publication to PostgreSQL, interrupted between any two packets that are sent to the server, and late
/// attempts. Each test copies a database in which all partitions of a batch are committed and nothing is
/// published.
final class PostgresPublishingIT {

    private static final int ROWS = 6000;
    private static final int BAD = 6;
    private static final String PREDICTIONS = String.valueOf(ROWS - BAD);

    /// The distance of the packets at which a connection is broken off. The first one is random.
    private static final int EVERY = Boolean.getBoolean("nightshift.publishing.all-packets") ? 1 : 5;

    private static PostgresServer server;
    private static EmbeddedLedger ledger;
    private static BatchState state;
    private static String complete = "";
    private static ModelRegistry registry;

    @TempDir
    static Path folder;

    @BeforeAll
    static void runUntilAllIsCommitted() throws Exception {
        server = PostgresServer.start();
        PostgresJob job = PostgresJob.on(
                folder,
                server,
                "SELECT * REPLACE (CASE WHEN number %% 1000 = 7 THEN 'XX' ELSE origin END AS origin) FROM (SELECT *, row_number() OVER () AS number FROM flights LIMIT %d)"
                        .formatted(ROWS));
        job.flights()
                .edit(
                        "    month: month(date)",
                        "    month: CAST(CASE origin WHEN 'XX' THEN origin ELSE '1' END AS INTEGER)");
        job.flights().edit("rows: 25000", "rows: 1000");
        try (DatabaseProxy proxy = new DatabaseProxy(server.port())) {
            PostgresServer.configure(job.flights().home().resolve("nightshift.conf"), job.database(), proxy.port());
            // The first statement by which publication changes the tables.
            proxy.hold("CREATE UNIQUE INDEX");
            try (ProgramProcess program = job.starts()) {
                assertThat(program.awaitLog(job.flights().log(), Pattern.compile("is being published"), 1))
                        .as(program.err())
                        .isTrue();
                proxy.awaitHolding();
                program.kill();
                program.end();
            }
        }
        complete = job.database();
        awaitNoConnectionsTo(complete);
        ledger = EmbeddedLedger.open(job.flights().home());
        registry = new ModelRegistry(job.flights().home());
        state = ledger.ledger().state(new BatchId(job.row("SELECT batch_id FROM nightshift_batches")));
        assertThat(state.isComplete()).isTrue();
        awaitNoConnectionsTo(complete);
    }

    @AfterAll
    static void stop() throws Exception {
        ledger.close();
        server.close();
    }

    private static void awaitNoConnectionsTo(String database) {
        String connections = "SELECT count(*) FROM pg_stat_activity WHERE datname = '%s'".formatted(database);
        await().atMost(Duration.ofMinutes(2))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .untilAsserted(
                        () -> assertThat(server.row("postgres", connections)).isEqualTo("0"));
    }

    private static Publisher publisher(DataSources dataSources) {
        Destinations destinations = new Destinations(
                () -> {
                    throw new AssertionError("publishing reads no source");
                },
                dataSources);
        return new DestinationPublisher(destinations, ledger.ledger(), version -> {
            throw new AssertionError("only for preparing");
        });
    }

    private static Job job() {
        return state.submission().job();
    }

    private static int firstPacket() throws Exception {
        return packetsToConnect(complete) + ThreadLocalRandom.current().nextInt(EVERY);
    }

    /// The number of packets that opening the connection takes. Earlier interruptions test nothing.
    private static int packetsToConnect(String database) throws Exception {
        try (DatabaseProxy proxy = new DatabaseProxy(server.port());
                Database opened =
                        Database.open(dataSources(database, proxy.port()).get("db"), "test", Duration.ZERO)) {
            opened.rows(row -> 1, "SELECT 1");
            return proxy.packets();
        }
    }

    private static void assertPublished(String database, Publication publication) throws SQLException {
        assertThat(publication.destination()).isEqualTo("table flights in data source db");
        assertThat(server.row(database, "SELECT count(*) || ' ' || count(DISTINCT record_row) FROM flights"))
                .isEqualTo(PREDICTIONS + " " + PREDICTIONS);
        assertThat(server.row(database, "SELECT count(*) FROM flights_quarantine"))
                .isEqualTo(String.valueOf(BAD));
        assertThat(server.rows(database, "SELECT relname FROM pg_class WHERE relname LIKE 'nightshift\\_staging%'"))
                .isEmpty();
        assertThat(
                        server.row(
                                database,
                                "SELECT count(*) FROM pg_index JOIN pg_inherits ON indrelid = inhrelid WHERE inhparent = 'flights_batches'::regclass AND indisvalid"))
                .isEqualTo("3");
        assertThat(server.row(
                        database, "SELECT encode(sha256(convert_to(manifest, 'UTF8')), 'hex') FROM nightshift_batches"))
                .isEqualTo(publication.manifestSha256());
    }

    @Test
    void brokenOffAnywherePublishingIsNothingOrAllAndCanBeRepeated() throws Exception {
        int steps = 0;
        for (int packet = firstPacket(); ; packet += EVERY) {
            awaitNoConnectionsTo(complete);
            String database = server.create(complete);
            try (DatabaseProxy proxy = new DatabaseProxy(server.port())) {
                proxy.cutAt(packet);
                Publisher publisher = publisher(dataSources(database, proxy.port()));
                try {
                    publisher.publish(state);
                } catch (FailureException e) {
                    assertThat(e.failure().isPermanent()).as(e.getMessage()).isFalse();
                }
                if (!proxy.hasCut()) {
                    break;
                }
            }
            steps++;
            awaitNoConnectionsTo(database);
            assertThat(server.row(database, "SELECT count(*) FROM flights")).isIn("0", PREDICTIONS);
            Publication publication =
                    publisher(dataSources(database, server.port())).publish(state);
            assertPublished(database, publication);
            assertThat(publisher(dataSources(database, server.port())).publish(state))
                    .isEqualTo(publication);
            assertThat(server.row(database, "SELECT count(*) FROM flights_batches"))
                    .isEqualTo(PREDICTIONS);
        }
        assertThat(steps * EVERY).as("packets that publishing sends").isGreaterThan(20);
    }

    @Test
    void brokenOffAnywhereGivingUpCanBeRepeatedAndLeavesNothing() throws Exception {
        for (int packet = firstPacket(); ; packet += EVERY) {
            awaitNoConnectionsTo(complete);
            String database = server.create(complete);
            try (DatabaseProxy proxy = new DatabaseProxy(server.port())) {
                proxy.cutAt(packet);
                publisher(dataSources(database, proxy.port())).discard(state.batch(), job());
                if (!proxy.hasCut()) {
                    break;
                }
            }
            publisher(dataSources(database, server.port())).discard(state.batch(), job());
            assertThat(server.rows(database, "SELECT relname FROM pg_class WHERE relname LIKE 'nightshift\\_staging%'"))
                    .isEmpty();
            assertThat(
                            server.row(
                                    database,
                                    "SELECT (SELECT count(*) FROM nightshift_batches) + (SELECT count(*) FROM nightshift_parts)"))
                    .isEqualTo("0");
        }
    }

    @Test
    void aPublishedBatchIsNotCancelled() throws Exception {
        awaitNoConnectionsTo(complete);
        String database = server.create(complete);
        Publication publication =
                publisher(dataSources(database, server.port())).publish(state);
        publisher(dataSources(database, server.port())).discard(state.batch(), job());
        assertPublished(database, publication);
    }

    /// The batch after another coordinator has taken over.
    private static BatchState later() {
        BatchEvent event = new BatchEvent.TookOver(Instant.EPOCH, state.incarnation() + 1, "127.0.0.1:2");
        return state.apply(LedgerEntry.after(state.head(), event));
    }

    @Test
    void aCoordinatorOfBeforeMayNotPublishOnceALaterOneHasFencedIt() throws Exception {
        awaitNoConnectionsTo(complete);
        String database = server.create(complete);
        Publisher publisher = publisher(dataSources(database, server.port()));
        assertThat(publisher.fence(later())).isEmpty();
        assertThatThrownBy(() -> publisher.publish(state))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("is published by a later coordinator");
        assertThat(server.row(database, "SELECT count(*) FROM flights")).isEqualTo("0");
        Publication publication = publisher.publish(later());
        assertPublished(database, publication);
        assertThat(publisher.fence(state)).contains(publication);
        assertThat(publisher.publish(state)).isEqualTo(publication);
    }

    /// The publisher is frozen before or after the statement that marks the batch. After it, it holds locks.
    @Test
    void aCoordinatorThatIsFrozenInItsLastTransactionIsFenced() throws Exception {
        for (String at : List.of("SET published_at", "COMMIT")) {
            awaitNoConnectionsTo(complete);
            String database = server.create(complete);
            try (DatabaseProxy proxy = new DatabaseProxy(server.port())) {
                proxy.hold(at.equals("COMMIT") ? "SET published_at" : "IN ACCESS EXCLUSIVE MODE", at);
                CompletableFuture<Publication> frozen = CompletableFuture.supplyAsync(
                        () -> publisher(dataSources(database, proxy.port())).publish(state));
                proxy.awaitHolding();
                Publisher publisher = publisher(dataSources(database, server.port()));
                assertThat(publisher.fence(later())).as(at).isEmpty();
                proxy.release();
                assertThatThrownBy(frozen::join)
                        .as(at)
                        .isInstanceOf(CompletionException.class)
                        .hasCauseInstanceOf(FailureException.class);
                assertThat(server.row(database, "SELECT count(*) FROM flights")).isEqualTo("0");
                assertPublished(database, publisher.publish(later()));
            }
        }
    }

    @Test
    void aBatchThatWasNeverPreparedIsFencedAndCancelled() throws Exception {
        Publisher publisher = publisher(dataSources(server.create(), server.port()));
        assertThat(publisher.fence(state)).isEmpty();
        publisher.discard(state.batch(), job());
    }

    @Test
    void anAttemptThatStillWritesIsSentAwayAndLeavesNothing() throws Exception {
        awaitNoConnectionsTo(complete);
        String database = server.create(complete);
        String staging = server.row(
                database,
                "SELECT relname FROM pg_class WHERE relname LIKE 'nightshift\\_staging%' AND relkind = 'r' AND relname NOT LIKE '%q'");
        try (Connection late = server.connect(database);
                Statement statement = late.createStatement()) {
            statement.execute(
                    "SET application_name = 'nightshift late'; BEGIN; INSERT INTO %s (record_row, batch_id) VALUES (-1, '%s')"
                            .formatted(staging, state.batch()));
            assertPublished(
                    database, publisher(dataSources(database, server.port())).publish(state));
            assertThatThrownBy(() -> statement.execute("COMMIT")).isInstanceOf(SQLException.class);
        }
        assertThat(server.row(database, "SELECT count(*) FROM flights WHERE record_row = -1"))
                .isEqualTo("0");
    }

    @Test
    void rowsThatAreNotTheCommittedOnesAreNotPublished() throws Exception {
        for (String damage : new String[] {
            "DELETE FROM %s WHERE record_row = 1500",
            "INSERT INTO %s SELECT * FROM %1$s WHERE record_row = 1500",
            "UPDATE %s SET batch_partition = 3 WHERE record_row = 1500",
            "UPDATE nightshift_parts SET lease = lease + 1 WHERE partition = 2",
            "UPDATE nightshift_parts SET sha256 = 'x' WHERE partition = 2",
            "DELETE FROM nightshift_parts WHERE partition = 2",
        }) {
            awaitNoConnectionsTo(complete);
            String database = server.create(complete);
            String staging = server.row(
                    database,
                    "SELECT relname FROM pg_class WHERE relname LIKE 'nightshift\\_staging%' AND relkind = 'r' AND relname NOT LIKE '%q'");
            server.execute(database, damage.formatted(staging));
            assertThatThrownBy(() ->
                            publisher(dataSources(database, server.port())).publish(state))
                    .as(damage)
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isTrue());
            assertThat(server.row(database, "SELECT count(*) FROM flights")).isEqualTo("0");
        }
    }

    /// The attempt is frozen between its last statement and its commit, while it holds a lock.
    @Test
    void anAttemptFrozenBeforeItsCommitIsReplaced() throws Exception {
        awaitNoConnectionsTo(complete);
        String database = server.create(complete);
        try (DatabaseProxy proxy = new DatabaseProxy(server.port());
                DuckDb duckDb = DuckDb.open(128L << 20, folder.resolve("spill"))) {
            try (Connection connection = duckDb.connect()) {
                ScoreFunctions.register(connection);
                Destinations.register(connection);
            }
            proxy.hold("COMMIT");
            CompletableFuture<PartitionAttempt.Result> frozen = CompletableFuture.supplyAsync(
                    attempt(duckDb, dataSources(database, proxy.port()), new Epoch(5, 1))::run);
            proxy.awaitHolding();

            PartitionAttempt.Result later = attempt(duckDb, dataSources(database, server.port()), new Epoch(5, 2))
                    .run();

            proxy.release();
            assertThatThrownBy(frozen::join)
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(FailureException.class);
            assertThat(later.commit().predictions()).isEqualTo(999);
        }
        String staging = server.row(
                database,
                "SELECT relname FROM pg_class WHERE relname LIKE 'nightshift\\_staging%' AND relkind = 'r' AND relname NOT LIKE '%q'");
        assertThat(server.row(
                        database,
                        "SELECT count(*) || ' ' || count(DISTINCT record_row) FROM %s WHERE batch_partition = 0"
                                .formatted(staging)))
                .isEqualTo("999 999");
        assertThat(server.row(
                        database,
                        "SELECT concat_ws(' ', incarnation, lease, rows) FROM nightshift_parts WHERE partition = 0"))
                .isEqualTo("5 2 999");
    }

    private static PartitionAttempt attempt(DuckDb duckDb, DataSources dataSources, Epoch epoch) {
        Model model = new ModelCache(registry).get(state.submission().model());
        Lease lease = new Lease(
                new Attempt(state.batch(), 0, epoch),
                job(),
                state.submission().model(),
                0,
                state.pinned().index().slices(0),
                "");
        Destinations destinations = new Destinations(() -> duckDb, dataSources);
        DestinationStore destination = destinations.of(lease.job());
        return new PartitionAttempt(
                duckDb,
                destinations.sources(),
                lease,
                model,
                "127.0.0.1:1",
                destination.writer(lease, "127.0.0.1:1", 122_880),
                destination.limits(),
                new AtomicLong());
    }

    /// A database as the data source `db`.
    private static DataSources dataSources(String database, int port) {
        return new DataSources(Map.of(
                "db", new DataSourceSettings("db", PostgresServer.url(database, port), PostgresServer.OWNER, null)));
    }
}
