package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.kinds.Destinations;
import io.nightshift.destination.postgres.BatchTables;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.worker.SumModel;
import io.nightshift.worker.TestNode;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Attempts that write to a real PostgreSQL.
class PostgresPartIT {

    private static final PostgresDestination TABLE = new PostgresDestination("db", null, "scores", List.of());
    private static final Model MODEL = SumModel.ofNumbers(1);
    private static final BatchTables TABLES = BatchTables.of(TABLE, TestNode.BATCH);

    private static EmbeddedPostgres server;

    private final ConnectionPool connections = new ConnectionPool(2);
    private TestNode node;

    @BeforeAll
    static void startServer() throws IOException {
        server = EmbeddedPostgres.builder()
                .setPGStartupWait(Duration.ofMinutes(2))
                .start();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @BeforeEach
    void start(@TempDir Path temp) throws SQLException {
        node = new TestNode(temp);
        execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }

    @AfterEach
    void stop() {
        connections.close();
        node.close();
    }

    private static DataSourceSettings settings() {
        return new DataSourceSettings(
                "db", server.getJdbcUrl("postgres", "postgres").replaceFirst("\\?.*", ""), "postgres", null);
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<String> rows(String sql) throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SET TimeZone = 'UTC'");
            try (ResultSet rows = statement.executeQuery(sql)) {
                List<String> found = new ArrayList<>();
                while (rows.next()) {
                    found.add(rows.getString(1));
                }
                return found;
            }
        }
    }

    private Destinations destinations() {
        return new Destinations(
                () -> node.duckDb,
                new Sources(() -> node.duckDb),
                new DataSources(Map.of("db", settings())),
                connections);
    }

    private void prepare(Job job) {
        destinations().of(job).prepare(TestNode.BATCH, job, MODEL.description());
    }

    private Lease lease(Job job, Path file, int incarnation, int lease) {
        return new Lease(
                new Attempt(TestNode.BATCH, 0, new Epoch(incarnation, lease)),
                job,
                TestNode.VERSION,
                0,
                List.of(node.whole(file)),
                TABLES.staging());
    }

    private PartitionAttempt attempt(Lease lease) {
        return attempt(lease, MODEL);
    }

    private PartitionAttempt attempt(Lease lease, Model model) {
        return node.attempt(lease, model, destinations());
    }

    private PartitionCommit score(Job job, Path file) {
        return attempt(lease(job, file, 1, 1)).run().commit();
    }

    private static String stored() {
        return TABLES.staging();
    }

    @Test
    void everyTypeArrivesAsItWas() throws SQLException {
        String[] types = {
            "b: true: true",
            "i1: (-128)::TINYINT: -128",
            "u1: 255::UTINYINT: 255",
            "i2: (-32768)::SMALLINT: -32768",
            "u2: 65535::USMALLINT: 65535",
            "i4: (-2147483648)::INTEGER: -2147483648",
            "u4: 4294967295::UINTEGER: 4294967295",
            "i8: (-9223372036854775808)::BIGINT: -9223372036854775808",
            "u8: 18446744073709551615::UBIGINT: 18446744073709551615",
            "h: (-170141183460469231731687303715884105727)::HUGEINT: -170141183460469231731687303715884105727",
            "h0: 0::HUGEINT: 0",
            "h4: 10000::HUGEINT: 10000",
            "f: 1.5::FLOAT: 1.5",
            "d: 0.1::DOUBLE: 0.1",
            "dn: 'NaN'::DOUBLE: NaN",
            "di: '-Infinity'::DOUBLE: -Infinity",
            "n1: (-12345.678)::DECIMAL(18,3): -12345.678",
            "n2: 0.0001::DECIMAL(10,4): 0.0001",
            "n3: 10000.00::DECIMAL(12,2): 10000.00",
            "n4: (-0.05)::DECIMAL(5,2): -0.05",
            "n5: 99999999999999999999999999999999999999::DECIMAL(38,0): 99999999999999999999999999999999999999",
            "n6: 123456789.000012345::DECIMAL(38,9): 123456789.000012345",
            "t: 'Zürich \uD83C\uDF19 '' \"': Zürich \uD83C\uDF19 ' \"",
            "te: '': ",
            "e: 'a'::ENUM('a', 'b'): a",
            "u: '00112233-4455-6677-8899-aabbccddeeff'::UUID: 00112233-4455-6677-8899-aabbccddeeff",
            "x: '\\x00\\xFF'::BLOB: \\x00ff",
            "da: DATE '1969-12-31': 1969-12-31",
            "db: DATE '4000-02-29': 4000-02-29",
            "dc: DATE 'infinity': infinity",
            "dd: DATE '-infinity': -infinity",
            "ti: TIME '23:59:59.123456': 23:59:59.123456",
            "ts: TIMESTAMP '2006-01-02 03:04:05.678901': 2006-01-02 03:04:05.678901",
            "tm: TIMESTAMP_MS '1999-12-31 23:59:59.5': 1999-12-31 23:59:59.5",
            "tn: TIMESTAMP_NS '1970-01-01 00:00:00.000001': 1970-01-01 00:00:00.000001",
            "ty: TIMESTAMP 'infinity': infinity",
            "tz: TIMESTAMPTZ '2006-01-02 03:04:05+05': 2006-01-01 22:04:05+00",
            "tx: TIMESTAMPTZ '-infinity': -infinity",
        };
        TestJobBuilder builder = TestJobBuilder.over(node.parquet("in.parquet", "SELECT i AS f0 FROM range(2) t(i)"))
                .features("f0");
        List<String> names = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (String line : types) {
            String[] parts = line.split(": ", 3);
            builder.select(parts[0], "CASE WHEN f0 = 0 THEN %s END".formatted(parts[1]));
            names.add(parts[0]);
            expected.add(parts[2]);
        }
        Job job = builder.output(names.toArray(String[]::new)).into(TABLE).build();
        prepare(job);

        PartitionCommit commit = score(job, node.folder.resolve("in.parquet"));

        assertThat(commit.predictions()).isEqualTo(2);
        assertThat(commit.quarantined()).isZero();
        for (int i = 0; i < names.size(); i++) {
            String select =
                    "SELECT %s::text FROM %s ORDER BY record_row".formatted(BatchTables.quoted(names.get(i)), stored());
            assertThat(rows(select)).as(types[i]).containsExactly(expected.get(i), null);
        }
        assertThat(rows("SELECT concat_ws(' ', model_name, model_version, batch_id, batch_partition, prediction) FROM "
                        + stored() + " ORDER BY record_row"))
                .containsExactly(
                        "delays 3 %s 0 0".formatted(TestNode.BATCH), "delays 3 %s 0 1".formatted(TestNode.BATCH));
        assertThat(rows("SELECT extract(epoch FROM now() - min(predicted_at)) BETWEEN 0 AND 60 FROM " + stored()))
                .containsExactly("t");
    }

    @Test
    void aTypeThatPostgresHasNotIsRefusedByName() {
        Job job = TestJobBuilder.over(node.parquet("in.parquet", "SELECT 1 AS f0, {'a': 1} AS s"))
                .output("s")
                .into(TABLE)
                .build();
        assertThat(destinations().of(job).check(job, MODEL.description()))
                .containsExactly(
                        "the column s is a STRUCT(a INTEGER), for which PostgreSQL has no type; cast it, for example to VARCHAR");
    }

    @Test
    void badRowsGoToTheirOwnTableInTheSameTransaction() throws SQLException {
        Path file = node.parquet(
                "in.parquet",
                "SELECT i AS f0, 'r' || i AS name, CASE i WHEN 3 THEN 'a' || chr(0) ELSE 'x' END AS s FROM range(5000) t(i)");
        Job job = TestJobBuilder.over(file)
                .id("name")
                .features("CASE WHEN f0 = 1 THEN CAST('x' || name AS DOUBLE) ELSE f0 END")
                .output("s")
                .into(TABLE)
                .build();
        prepare(job);

        PartitionAttempt.Result result = attempt(lease(job, file, 1, 1)).run();

        assertThat(result.commit().predictions()).isEqualTo(4998);
        assertThat(result.commit().quarantined()).isEqualTo(2);
        assertThat(result.reasons()).hasSize(2);
        assertThat(rows("SELECT count(*) FROM " + stored())).containsExactly("4998");
        assertThat(rows("SELECT concat_ws('|', record_row, record_id, reason, values->>'f0', values->>'s') FROM "
                        + TABLES.quarantineStaging() + " ORDER BY record_row"))
                .hasSize(2)
                .satisfiesExactly(
                        first -> assertThat(first).startsWith("1|r1|feature ").endsWith("|1|x"),
                        second -> assertThat(second)
                                .isEqualTo(
                                        "3|r3|output column \"s\" holds a NUL character, which a database can't|3|a\uFFFD"));
        assertThat(rows(
                        "SELECT concat_ws(' ', rows, quarantined_rows, sha256 = '%s', quarantined_sha256 = '%s') FROM nightshift_parts"
                                .formatted(
                                        result.commit().part().sha256(),
                                        Objects.requireNonNull(result.commit().quarantine())
                                                .sha256())))
                .containsExactly("4998 2 t t");
    }

    @Test
    void theDigestDoesNotDependOnTheOrderOrTheCutOfRows() throws SQLException {
        Path file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(10000) t(i)");
        Job job = TestJobBuilder.over(file)
                .features("f0")
                .output("f0")
                .into(TABLE)
                .build();
        prepare(job);
        PartitionCommit first = score(job, file);

        PartitionCommit second = attempt(lease(job, file, 2, 1)).run().commit();

        assertThat(rows("SELECT count(*) || ' ' || count(DISTINCT record_row) FROM " + stored()))
                .containsExactly("10000 10000");
        assertThat(second.part().bytes()).isEqualTo(first.part().bytes());
        assertThat(second.part().sha256())
                .as("the time is another")
                .isNotEqualTo(first.part().sha256());
        assertThat(rows("SELECT concat_ws(' ', incarnation, lease, sha256) FROM nightshift_parts"))
                .containsExactly("2 1 " + second.part().sha256());
    }

    @Test
    void anAttemptOfALowerEpochMayNotBegin() throws SQLException {
        Path file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(10) t(i)");
        Job job = TestJobBuilder.over(file).features("f0").into(TABLE).build();
        prepare(job);
        attempt(lease(job, file, 1, 7)).run();

        assertThatThrownBy(() -> attempt(lease(job, file, 1, 6)).run())
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("a later attempt holds the partition");
        assertThat(rows("SELECT count(*) FROM " + stored())).containsExactly("10");
    }

    /// Frozen after its rows were copied; meanwhile the partition was given to another, which has
    /// begun.
    @Test
    void anAttemptWhosePartitionIsClaimedMayNotCommit() throws SQLException {
        Path file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(10) t(i)");
        Job job = TestJobBuilder.over(file).features("f0").into(TABLE).build();
        prepare(job);
        Lease frozen = lease(job, file, 1, 1);
        PartitionAttempt attempt = attempt(frozen, new ClaimingModel());

        assertThatThrownBy(attempt::run)
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("may not commit")
                .hasMessageContaining("a later attempt holds the partition");
        assertThat(rows("SELECT count(*) FROM " + stored())).containsExactly("0");
        assertThat(rows("SELECT concat_ws(' ', held_incarnation, held_lease, rows) FROM nightshift_parts"))
                .containsExactly("1 2");
    }

    /// While it scores, another attempt claims its partition.
    private record ClaimingModel() implements Model {
        @Override
        public ModelDescription description() {
            return MODEL.description();
        }

        @Override
        public Scorer scorer() {
            return (features, rows, outputs) -> {
                if (rows > 0) {
                    try {
                        execute("UPDATE nightshift_parts SET held_incarnation = 1, held_lease = 2");
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                }
                MODEL.scorer().score(features, rows, outputs);
            };
        }

        @Override
        public long heapBytes() {
            return 0;
        }

        @Override
        public String kernel() {
            return MODEL.kernel();
        }
    }

    @Test
    void aPublishedOrCancelledBatchAcceptsNoMoreCommits() throws SQLException {
        Path file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(10) t(i)");
        Job job = TestJobBuilder.over(file).features("f0").into(TABLE).build();
        prepare(job);
        execute("UPDATE nightshift_batches SET published_at = now()");
        assertThatThrownBy(() -> attempt(lease(job, file, 1, 1)).run()).hasMessageContaining("the batch is over");
        execute("DELETE FROM nightshift_batches");
        assertThatThrownBy(() -> attempt(lease(job, file, 1, 1)).run()).hasMessageContaining("the batch is over");
        assertThat(rows("SELECT count(*) FROM " + stored())).containsExactly("0");
    }

    @Test
    void aConnectionThatBrokeWhileIdleIsReplaced() throws SQLException {
        Path file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(10) t(i)");
        Job job = TestJobBuilder.over(file).features("f0").into(TABLE).build();
        prepare(job);
        score(job, file);
        execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'nightshift%'");

        attempt(lease(job, file, 1, 2)).run();

        assertThat(rows("SELECT count(*) FROM " + stored())).containsExactly("10");
    }

    @Test
    void aBrokenDatabaseIsATransientFailureAndLeavesNothing() throws SQLException {
        Path file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(200000) t(i)");
        Job job = TestJobBuilder.over(file).features("f0").into(TABLE).build();
        prepare(job);
        Lease lease = lease(job, file, 1, 1);
        Model killing = new Model() {
            private final AtomicLong blocks = new AtomicLong();

            @Override
            public ModelDescription description() {
                return MODEL.description();
            }

            @Override
            public Scorer scorer() {
                return (features, rows, outputs) -> {
                    MODEL.scorer().score(features, rows, outputs);
                    if (blocks.incrementAndGet() == 40) {
                        try {
                            execute(
                                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'nightshift%'");
                        } catch (SQLException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                };
            }

            @Override
            public long heapBytes() {
                return 0;
            }

            @Override
            public String kernel() {
                return MODEL.kernel();
            }
        };
        assertThatThrownBy(() -> attempt(lease, killing).run())
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent())
                                .as(e.getMessage())
                                .isFalse());
        assertThat(rows("SELECT count(*) FROM " + stored())).containsExactly("0");
        assertThat(attempt(lease(job, file, 1, 2)).run().commit().predictions()).isEqualTo(200_000);
    }

    @Test
    void namesAreTakenAsTheyStand() throws SQLException {
        String hostile = "a\"; DROP TABLE nightshift_parts; -- '";
        Path file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(3) t(i)");
        Job job = TestJobBuilder.over(file)
                .features("f0")
                .select(hostile, "f0 + 1")
                .output(hostile)
                .into(TABLE)
                .build();
        prepare(job);
        score(job, file);
        assertThat(rows("SELECT sum(%s) FROM %s".formatted(BatchTables.quoted(hostile), stored())))
                .containsExactly("6");
    }
}
