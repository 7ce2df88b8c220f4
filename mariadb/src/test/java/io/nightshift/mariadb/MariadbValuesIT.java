package io.nightshift.mariadb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.DestinationData;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.Finding;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.ScoredRows;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.MariadbDestination;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.source.TestData;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.duckdb.SqlStatement;
import io.nightshift.testing.database.MariadbServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What arrives in a real MariaDB, and what its server can refuse.
class MariadbValuesIT {

    private static final BatchId FIRST = new BatchId("flights-20261124t231425-3f9a");
    private static final BatchId SECOND = new BatchId("flights-20261125t231425-0001");
    private static final MariadbDestination TABLE = new MariadbDestination("db", null, "scores", List.of());
    private static final ModelDescription MODEL = TestModels.ofNumbers(1);
    private static final ModelVersion VERSION = new ModelVersion("delays", 3, "0".repeat(64));

    /// Characters that mean something to LOAD DATA, or that are long, or that are no characters.
    private static final int[] SPECIAL = {
        0, 1, '\b', '\t', '\n', '\r', 26, '\\', '\'', '"', '`', 'N', 'n', 't', '0', ' ', '%', ';', 0x7f, 0x80, 0xa0,
        0xdf, 0x2028, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff, 0x10000, 0x1f319, 0x10ffff
    };

    private final ConnectionPool connections = new ConnectionPool(2);
    private TestData data;
    private String database = "";

    @BeforeEach
    void start(@TempDir Path folder) throws SQLException {
        data = DestinationData.open(folder);
        data.execute("CREATE MACRO nightshift_output(ticket, output) AS ticket");
        database = MariadbServer.shared().create();
    }

    @AfterEach
    void stop() throws SQLException {
        connections.close();
        data.close();
        MariadbServer.shared().execute("mysql", "DROP DATABASE " + database);
    }

    private static void execute(String database, String sql) throws SQLException {
        MariadbServer.shared().execute(database, sql);
    }

    private List<@Nullable String> rows(String sql) throws SQLException {
        try (Connection connection = MariadbServer.shared().connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<@Nullable String> found = new ArrayList<>();
            while (rows.next()) {
                found.add(rows.getString(1));
            }
            return found;
        }
    }

    private DestinationStore store(Job job) {
        return store(job, MariadbServer.OWNER, MariadbServer.OWNER);
    }

    private DestinationStore store(Job job, String user, String password) {
        return new Destinations(
                        () -> data.duckDb,
                        new Sources(() -> data.duckDb),
                        new DataSources(Map.of(
                                "db",
                                new DataSourceSettings(
                                        "db", MariadbServer.shared().url(database), user, password))),
                        connections)
                .of(job);
    }

    private List<Slice> slices(Path file) {
        return List.of(data.whole(file));
    }

    /// Makes an attempt at a batch of one partition, which is a whole file.
    private PartitionCommit write(BatchId batch, Job job, Path file) throws Exception {
        BoundJob bound = new Sources(() -> data.duckDb).of(job.source()).bind(job, MODEL);
        StringBuilder select = new StringBuilder(
                "SELECT %s AS nightshift_file, file_row_number AS nightshift_row".formatted(Sql.text(file.toString())));
        if (bound.id() != null) {
            select.append(", (").append(bound.id().sql()).append(") AS nightshift_id");
        }
        for (int i = 0; i < bound.output().size(); i++) {
            select.append(", (")
                    .append(bound.output().get(i).sql())
                    .append(") AS nightshift_output_")
                    .append(i);
        }
        select.append(", CAST(f0 AS DOUBLE) AS nightshift_ticket FROM read_parquet(%s, file_row_number = true)"
                .formatted(Sql.text(file.toString())));
        List<Slice> slices = slices(file);
        Lease lease = new Lease(
                new Attempt(batch, 0, new Epoch(1, 1)),
                job,
                VERSION,
                0,
                slices,
                store(job).staging(batch));
        try (PartitionWriter writer = store(job).writer(lease, "127.0.0.1:1", 2048);
                Connection connection = data.duckDb.connect()) {
            long rows = writer.predictions(
                    new ScoredRows(bound, MODEL, new SqlStatement(select.toString()), () -> ""), sql -> {
                        try (Statement statement = connection.createStatement();
                                ResultSet row = statement.executeQuery(sql)) {
                            row.next();
                            return row.getLong(1);
                        }
                    });
            writer.keep();
            return PartitionCommitBuilder.builder()
                    .partition(0)
                    .epoch(lease.attempt().epoch())
                    .node("127.0.0.1:1")
                    .firstRow(0)
                    .rows(rows)
                    .read(rows)
                    .part(writer.part(rows))
                    .model(VERSION.sha256())
                    .build();
        }
    }

    private static CommittedBatch committed(BatchId batch, Job job, PartitionCommit commit, List<Slice> slices) {
        return new CommittedBatch(
                batch,
                job,
                VERSION,
                Instant.parse("2026-11-24T23:14:25Z"),
                1,
                slices.stream().map(Slice::file).toList(),
                List.of(commit),
                Set.of(),
                null,
                null,
                7,
                "c3".repeat(32));
    }

    private void publish(BatchId batch, Job job, Path file) throws Exception {
        store(job).prepare(batch, job, MODEL);
        CommittedBatch committed = committed(batch, job, write(batch, job, file), slices(file));
        store(job).publish(committed);
    }

    /// The rows have the digests that were computed while they were written, and the ids of the input.
    private void assertProved(BatchId batch, Job job, Path file, PartitionCommit commit) {
        List<Finding> findings = new ArrayList<>();
        CommittedBatch committed = committed(batch, job, commit, slices(file));
        try (OutputProof proof = store(job).verify(committed, Phase.RUNNING, null)) {
            proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add));
            assertThat(proof.areSame(committed.commits(), slices(file))).isTrue();
        }
        assertThat(findings).extracting(Finding::outcome).containsOnly(Finding.Outcome.PROVED);
    }

    @Test
    void everyTypeArrivesAsItWas() throws Exception {
        String[] types = {
            "b: true: 1",
            "i1: (-128)::TINYINT: -128",
            "u1: 255::UTINYINT: 255",
            "i2: (-32768)::SMALLINT: -32768",
            "u2: 65535::USMALLINT: 65535",
            "i4: (-2147483648)::INTEGER: -2147483648",
            "u4: 4294967295::UINTEGER: 4294967295",
            "i8: (-9223372036854775808)::BIGINT: -9223372036854775808",
            "u8: 18446744073709551615::UBIGINT: 18446744073709551615",
            "h: (-170141183460469231731687303715884105727)::HUGEINT: -170141183460469231731687303715884105727",
            "f: 1.5::FLOAT: 1.5",
            "f1: 0.1::FLOAT: 0.1",
            "f2: 3.4028235e38::FLOAT: 3.40282e38",
            "d: 0.1::DOUBLE: 0.1",
            "d1: 1.7976931348623157e308::DOUBLE: 1.7976931348623157e308",
            "d2: 2.2250738585072014e-308::DOUBLE: 2.2250738585072014e-308",
            "d3: (-0.30000000000000004)::DOUBLE: -0.30000000000000004",
            "d4: '-0'::DOUBLE: -0",
            "n1: (-12345.678)::DECIMAL(18,3): -12345.678",
            "n2: 0.0001::DECIMAL(10,4): 0.0001",
            "n3: 10000.00::DECIMAL(12,2): 10000.00",
            "n5: 99999999999999999999999999999999999999::DECIMAL(38,0): 99999999999999999999999999999999999999",
            "n6: 123456789.000012345::DECIMAL(38,9): 123456789.000012345",
            "t: 'Zürich \uD83C\uDF19 '' \"': Zürich \uD83C\uDF19 ' \"",
            "te: '': ",
            "tn: '\\N': \\N",
            "to: 'NULL': NULL",
            "e: 'a'::ENUM('a', 'b'): a",
            "u: '00112233-4455-6677-8899-aabbccddeeff'::UUID: 00112233-4455-6677-8899-aabbccddeeff",
            "da: DATE '0001-01-01': 0001-01-01",
            "db: DATE '9999-12-31': 9999-12-31",
            "ti: TIME '23:59:59.123456': 23:59:59.123456",
            "ta: TIMESTAMP '0001-01-01 00:00:00': 0001-01-01 00:00:00.000000",
            "tb: TIMESTAMP '9999-12-31 23:59:59.999999': 9999-12-31 23:59:59.999999",
            "tc: TIMESTAMP_MS '1969-12-31 23:59:59.5': 1969-12-31 23:59:59.500000",
            "td: TIMESTAMP_NS '1970-01-01 00:00:00.000001': 1970-01-01 00:00:00.000001",
            "tz: TIMESTAMPTZ '2006-01-02 03:04:05+05': 2006-01-01 22:04:05.000000",
            "tw: TIMESTAMPTZ '2099-03-28 02:30:00+01': 2099-03-28 01:30:00.000000",
        };
        Path file = data.parquet("in.parquet", "SELECT i AS f0 FROM range(2) t(i)");
        TestJobBuilder builder = TestJobBuilder.over(file).features("f0");
        List<String> names = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (String line : types) {
            String[] parts = line.split(": ", 3);
            builder.select(parts[0], "CASE WHEN f0 = 0 THEN %s END".formatted(parts[1]));
            names.add(parts[0]);
            expected.add(parts[2]);
        }
        builder.select("x", "CASE WHEN f0 = 0 THEN '\\x00\\xFF\\x09\\x5C'::BLOB END");
        names.add("x");
        Job job = builder.output(names.toArray(String[]::new)).into(TABLE).build();
        store(job).prepare(FIRST, job, MODEL);

        PartitionCommit commit = write(FIRST, job, file);

        for (int i = 0; i < expected.size(); i++) {
            assertThat(rows("SELECT CAST(`%s` AS CHAR) FROM scores_batches ORDER BY record_row"
                            .formatted(names.get(i))))
                    .as(types[i])
                    .containsExactly(expected.get(i), null);
        }
        assertThat(rows("SELECT HEX(x) FROM scores_batches ORDER BY record_row"))
                .containsExactly("00FF095C", null);
        assertThat(
                        rows(
                                "SELECT concat_ws(' ', model_name, model_version, batch_partition, prediction) FROM scores_batches ORDER BY record_row"))
                .containsExactly("delays 3 0 0", "delays 3 0 1");
        assertThat(
                        rows(
                                "SELECT ABS(TIMESTAMPDIFF(SECOND, min(predicted_at), UTC_TIMESTAMP(6))) < 600 FROM scores_batches"))
                .containsExactly("1");
        assertProved(FIRST, job, file, commit);
    }

    /// Texts of characters that are special to LOAD DATA, as ids and as values.
    @Test
    void everyTextArrivesAsItWas() throws Exception {
        Random random = new Random(17);
        data.execute("CREATE TABLE texts (id VARCHAR, t VARCHAR, f0 DOUBLE)");
        List<String> expected = new ArrayList<>();
        try (Connection connection = data.duckDb.connect();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO texts VALUES (?, ?, ?)")) {
            for (int i = 0; i < 3000; i++) {
                String text = text(random);
                insert.setString(
                        1,
                        i + "\\"
                                + text.substring(
                                        0, text.offsetByCodePoints(0, text.codePointCount(0, text.length()) / 2)));
                insert.setString(2, text);
                insert.setDouble(
                        3,
                        random.nextInt(3) == 0
                                ? Double.NaN
                                : random.nextGaussian() * Math.pow(10, random.nextInt(600) - 300));
                insert.addBatch();
                expected.add(HexFormat.of()
                        .withUpperCase()
                        .formatHex(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
            }
            insert.executeBatch();
        }
        Path file = data.parquet("in.parquet", "SELECT * FROM texts");
        Job job = TestJobBuilder.over(file)
                .id("id")
                .features("f0")
                .output("t")
                .into(TABLE)
                .build();
        store(job).prepare(FIRST, job, MODEL);

        PartitionCommit commit = write(FIRST, job, file);

        assertThat(rows("SELECT HEX(t) FROM scores_batches ORDER BY nightshift_row"))
                .isEqualTo(expected);
        assertProved(FIRST, job, file, commit);
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int length = random.nextInt(40); length > 0; length--) {
            text.appendCodePoint(
                    random.nextInt(3) == 0 ? 'a' + random.nextInt(26) : SPECIAL[random.nextInt(SPECIAL.length)]);
        }
        return text.toString();
    }

    @Test
    void aPredictionThatIsNoNumberIsNull() throws Exception {
        Path file = data.parquet(
                "in.parquet", "SELECT unnest(['NaN'::DOUBLE, 'Infinity'::DOUBLE, '-Infinity'::DOUBLE, 1]) AS f0");
        Job job = TestJobBuilder.over(file).features("f0").into(TABLE).build();
        store(job).prepare(FIRST, job, MODEL);

        PartitionCommit commit = write(FIRST, job, file);

        assertThat(rows("SELECT prediction FROM scores_batches ORDER BY record_row"))
                .containsExactly(null, null, null, "1");
        assertProved(FIRST, job, file, commit);
    }

    @Test
    void theLatestBatchIsTheOneThatBeganLastAndColumnsAreAdded() throws Exception {
        Path file = data.parquet("in.parquet", "SELECT i AS f0, 'x' AS note FROM range(3) t(i)");
        Job first = TestJobBuilder.over(file).features("f0").into(TABLE).build();
        Job second = TestJobBuilder.over(file)
                .features("f0")
                .output("note")
                .into(TABLE)
                .build();
        store(first).prepare(FIRST, first, MODEL);

        publish(SECOND, second, file);
        store(first).publish(committed(FIRST, first, write(FIRST, first, file), slices(file)));

        assertThat(rows("SELECT DISTINCT batch_id FROM scores_latest")).containsExactly(SECOND.value());
        assertThat(
                        rows(
                                "SELECT concat_ws(' ', batch_id, count(note), count(*)) FROM scores GROUP BY batch_id ORDER BY 1"))
                .containsExactly(FIRST + " 0 3", SECOND + " 3 3");
    }

    @Test
    void aWarningOfTheServerFailsTheAttempt() throws Exception {
        Path file = data.parquet("in.parquet", "SELECT i AS f0, 'longer' AS note FROM range(3) t(i)");
        Job job = TestJobBuilder.over(file)
                .features("f0")
                .output("note")
                .into(TABLE)
                .build();
        store(job).prepare(FIRST, job, MODEL);
        execute(database, "ALTER TABLE scores_batches MODIFY note varchar(3)");

        assertThatThrownBy(() -> write(FIRST, job, file))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isTrue())
                .hasMessageContaining("LOAD DATA gave a warning: ")
                .hasMessageContaining("note");
        assertThat(rows("SELECT count(*) FROM scores_batches")).containsExactly("0");
    }

    @Test
    void aServerThatRefusesLocalDataSaysSoBeforeAndMeanwhile() throws Exception {
        Path file = data.parquet("in.parquet", "SELECT i AS f0 FROM range(3) t(i)");
        Job job = TestJobBuilder.over(file).features("f0").into(TABLE).build();
        store(job).prepare(FIRST, job, MODEL);
        execute(database, "SET GLOBAL local_infile = OFF");
        try {
            assertThat(store(job).check(job, MODEL))
                    .singleElement()
                    .asString()
                    .contains("the server refuses LOAD DATA LOCAL; set local_infile = ON");
            assertThatThrownBy(() -> write(FIRST, job, file))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("Set local_infile = ON on the server");
        } finally {
            execute(database, "SET GLOBAL local_infile = ON");
        }
        assertThat(store(job).check(job, MODEL)).isEmpty();
    }

    @Test
    void aUserWithoutRightsIsToldWhichToGrant() throws Exception {
        Path file = data.parquet("in.parquet", "SELECT i AS f0 FROM range(3) t(i)");
        Job job = TestJobBuilder.over(file).features("f0").into(TABLE).build();
        execute(
                database,
                "CREATE USER IF NOT EXISTS reader@localhost IDENTIFIED BY 'r';\nGRANT SELECT, INSERT ON %s.* TO reader@localhost"
                        .formatted(database));

        assertThat(store(job, "reader", "r").check(job, MODEL))
                .singleElement()
                .asString()
                .endsWith(
                        "the user reader@localhost lacks rights on the schema %1$s; run: GRANT UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, CREATE VIEW ON `%1$s`.* TO 'reader'@'localhost'"
                                .formatted(database));
    }

    @Test
    void repeatedIdsAreRefusedIfTheJobSaysSo() throws Exception {
        Path file = data.parquet("in.parquet", "SELECT 'r' || (i // 2) AS id, i AS f0 FROM range(3) t(i)");
        Job job = TestJobBuilder.over(file)
                .uniqueId("id")
                .features("f0")
                .into(TABLE)
                .build();

        assertThatThrownBy(() -> publish(FIRST, job, file))
                .hasMessageContaining("the column id is not unique, but source.unique-id asks for that: r0 × 2");
        assertThat(rows("SELECT count(*) FROM scores")).containsExactly("0");
    }

    @Test
    void aTypeThatMariadbHasNotIsRefusedByName() {
        Job job = TestJobBuilder.over(data.parquet("in.parquet", "SELECT 1 AS f0, {'a': 1} AS s"))
                .features("f0")
                .output("s")
                .into(TABLE)
                .build();
        assertThat(store(job).check(job, MODEL))
                .containsExactly(
                        "the column s is a STRUCT(a INTEGER), for which MariaDB has no type; cast it, for example to VARCHAR");
    }

    @Test
    void anotherDatabaseIsRefused() {
        Job job = TestJobBuilder.over(data.parquet("in.parquet", "SELECT 1 AS f0"))
                .features("f0")
                .into(TABLE)
                .build();
        DestinationStore store = new Destinations(
                        () -> data.duckDb,
                        new DataSources(Map.of(
                                "db", new DataSourceSettings("db", "jdbc:postgresql://localhost/x", null, null))))
                .of(job);

        assertThat(store.checkPlace()).containsExactly("data source db is not a MariaDB or MySQL database");
    }
}
