package io.nightshift.source.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.DatabaseInput.Engine;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceRelation;
import io.nightshift.source.TestData;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.database.ReadConnections;
import io.nightshift.testing.database.MariadbServer;
import io.nightshift.testing.database.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What tables and queries of databases promise beyond the contract of sources, on real servers.
class SqlSourceIT {

    private static final BatchId BATCH = new BatchId("flights-1");
    private static final ModelDescription MODEL = TestModels.ofNumbers(1);

    @TempDir
    private Path folder = Path.of("");

    private TestData data;

    @BeforeEach
    void start() {
        data = new TestData(folder);
    }

    @AfterEach
    void stop() {
        data.close();
    }

    private static Job job(DatabaseInput input, int rows) {
        return TestJobBuilder.over(input).features("f0").partitions(rows).build();
    }

    private static DatabaseInput postgres(@Nullable String table, @Nullable String query, @Nullable String key) {
        return new DatabaseInput(Engine.POSTGRESQL, "db", table, query, key, null);
    }

    private static DatabaseInput mariadb(@Nullable String table, @Nullable String query, @Nullable String key) {
        return new DatabaseInput(Engine.MARIADB, "db", table, query, key, null);
    }

    private Sources ofPostgres(String database) {
        return Databases.sources(data, Databases.postgres().url(database), PostgresServer.OWNER, null);
    }

    private Sources ofMariadb(String database) {
        return Databases.sources(data, MariadbServer.shared().url(database), MariadbServer.OWNER, MariadbServer.OWNER);
    }

    private static List<Slice> whole(List<InspectedFile> files) {
        return files.stream()
                .map(InspectedFile::file)
                .filter(file -> file.rows() > 0)
                .map(file -> new Slice(file, 0, file.rows()))
                .toList();
    }

    private List<String> read(Sources sources, Job job, List<Slice> slices, String select) throws SQLException {
        SourceReader reader = sources.of(job.source());
        List<String> rows = new ArrayList<>();
        try (Connection connection = data.duckDb.connect();
                HeldSlices held = reader.hold(slices)) {
            for (SourceRelation relation : reader.relations(connection, slices)) {
                try {
                    rows.addAll(data.rows("SELECT %s FROM %s".formatted(select, relation.from())));
                } catch (IllegalStateException e) {
                    FailureException cause = held.failure();
                    throw cause == null ? e : cause;
                }
            }
        }
        return rows;
    }

    @Test
    void theFirstRowsOfAQueryAreThoseOfOneStatement() throws Exception {
        String database = Databases.postgres().create();
        SqlReader reader = (SqlReader) ofPostgres(database)
                .of(job(postgres(null, "SELECT 1.5::float8 AS f0;", null), 1000).source());
        try (Connection connection = data.duckDb.connect();
                SqlSample sample = reader.sample(connection, 10)) {
            assertThat(sample.count()).isEqualTo(1);
            assertThat(data.rows("SELECT f0 FROM " + sample.columns().relation()))
                    .containsExactly("1.5");
        }
    }

    /// The failure is met when the rows are closed, after the last one that was read.
    @Test
    @Timeout(120)
    void aConnectionIsClosedAlsoIfItsRowsCantBe() throws Exception {
        String database = Databases.postgres().create();
        String query = "SELECT 1.0::float8 / (100000 - i) AS f0 FROM generate_series(1, 100000) i";
        SqlReader reader = (SqlReader)
                ofPostgres(database).of(job(postgres(null, query, null), 1000).source());
        try (Connection connection = data.duckDb.connect()) {
            SqlSample sample = reader.sample(connection, 200_000);
            data.rows("SELECT f0 FROM %s LIMIT 1".formatted(sample.columns().relation()));

            assertThatThrownBy(sample::close)
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("division by zero");
        }
        while (!Databases.postgres()
                .row(
                        database,
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = '%s' AND application_name = 'nightshift'"
                                .formatted(database))
                .equals("0")) {
            Thread.sleep(10);
        }
    }

    @Test
    void aBlockOfLongTextsHasFewRows() throws Exception {
        String ofPostgres = Databases.postgres().create();
        Databases.postgres(
                ofPostgres,
                "CREATE TABLE wide (id int PRIMARY KEY, f0 float8, t text);INSERT INTO wide SELECT i, i, repeat('x', 50000) FROM generate_series(1, 300) i");
        String ofMariadb = MariadbServer.shared().create();
        Databases.mariadb(
                ofMariadb,
                "CREATE TABLE wide (id int PRIMARY KEY, f0 double, t longtext);\nINSERT INTO wide SELECT seq, seq, repeat('x', 50000) FROM seq_1_to_300");
        List<Sources> sources = List.of(ofPostgres(ofPostgres), ofMariadb(ofMariadb));
        List<DatabaseInput> inputs = List.of(postgres("wide", null, "id"), mariadb("wide", null, null));
        for (int i = 0; i < 2; i++) {
            Job job = TestJobBuilder.over(inputs.get(i))
                    .features("f0")
                    .output("t")
                    .partitions(1000)
                    .build();
            List<Slice> slices = whole(sources.get(i).inspect(job, MODEL));
            SourceReader reader = sources.get(i).of(job.source());
            try (Connection connection = data.duckDb.connect();
                    HeldSlices held = reader.hold(slices)) {
                String from = reader.relations(connection, slices).getFirst().from();
                assertThat(data.blocks(from)).hasSizeBetween(3, 5);
                held.restrict(17, 19);
                assertThat(data.rows("SELECT nightshift_row, f0, length(t) FROM " + from))
                        .containsExactly("17|18.0|50000", "18|19.0|50000", "19|20.0|50000");
                held.restrict(0, Long.MAX_VALUE);
                assertThat(data.rows("SELECT count(*), min(length(t)), max(length(t)) FROM " + from))
                        .containsExactly("300|50000|50000");
            }
        }
    }

    @Nested
    class Snapshots {

        private final DatabaseInput table = postgres("accounts", null, null);
        private String database = "";
        private Sources sources = new Sources(() -> data.duckDb);

        @BeforeEach
        void create() throws SQLException {
            database = Databases.postgres().create();
            Databases.postgres(
                    database,
                    "CREATE TABLE accounts (id int PRIMARY KEY, f0 float8, padding text);"
                            + "INSERT INTO accounts SELECT i, i, repeat('x', 500) FROM generate_series(1, 2000) i");
            sources = ofPostgres(database);
        }

        @AfterEach
        void release() {
            sources.release(BATCH);
        }

        /// Money moves between accounts all the time; the sum is the same in every state of the table.
        @Test
        void allPiecesAreOfOneStateWhileTheTableChanges() throws Exception {
            Databases.postgres(database, "UPDATE accounts SET f0 = 100");
            AtomicBoolean ends = new AtomicBoolean();
            CountDownLatch changed = new CountDownLatch(50);
            Thread writer = Thread.ofPlatform().start(() -> {
                Random random = new Random(1);
                try (Connection connection = Databases.postgres().connect(database);
                        Statement statement = connection.createStatement()) {
                    while (!ends.get()) {
                        statement.execute(
                                "BEGIN; UPDATE accounts SET f0 = f0 - 1 WHERE id = %d; UPDATE accounts SET f0 = f0 + 1 WHERE id = %d; INSERT INTO accounts VALUES (%d, 0); COMMIT"
                                        .formatted(
                                                1 + random.nextInt(2000),
                                                1 + random.nextInt(2000),
                                                3000 + random.nextInt(1_000_000_000)));
                        changed.countDown();
                    }
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            try {
                List<InspectedFile> files = sources.plan(BATCH, job(table, 200), MODEL);
                assertThat(changed.await(60, TimeUnit.SECONDS)).isTrue();
                assertThat(files).hasSizeGreaterThan(5);
                double sum = 0;
                long rows = 0;
                // Another node.
                Sources elsewhere = ofPostgres(database);
                for (Slice slice : whole(files)) {
                    for (String row : read(elsewhere, job(table, 200), List.of(slice), "f0")) {
                        sum += Double.parseDouble(row);
                        rows++;
                    }
                }
                assertThat(sum).isEqualTo(200_000);
                assertThat(rows)
                        .isEqualTo(files.stream()
                                .mapToLong(file -> file.file().rows())
                                .sum());
            } finally {
                ends.set(true);
                writer.join();
            }
        }

        @Test
        void withoutTheSnapshotOnlyUnchangedPiecesAreRead() throws Exception {
            List<InspectedFile> files = sources.plan(BATCH, job(table, 200), MODEL);
            List<Slice> slices = whole(files);
            Databases.postgres(database, "UPDATE accounts SET padding = 'y' WHERE id = 1");
            assertThat(read(sources, job(table, 200), slices, "id")).hasSize(2000);

            Databases.postgres(
                    "postgres",
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'".formatted(database));
            awaitNone("datname = '%s'".formatted(database));

            Sources elsewhere = ofPostgres(database);
            assertThatThrownBy(() -> read(elsewhere, job(table, 200), slices.subList(0, 1), "id"))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("the rows changed after the batch was planned")
                    .hasMessageContaining("Run again")
                    .satisfies(e -> assertThat(((FailureException) e).failure().isPermanent())
                            .isTrue());
            Slice unchanged = slices.get(2);
            assertThat(read(elsewhere, job(table, 200), List.of(unchanged), "id"))
                    .hasSize((int) unchanged.rows());
        }

        @Test
        void aTableThatIsRewrittenIsNoticedThoughItsRowsAreTheSame() throws Exception {
            List<Slice> slices = whole(sources.plan(BATCH, job(table, 200), MODEL));
            sources.release(BATCH);
            Databases.postgres(database, "CLUSTER accounts USING accounts_pkey");

            assertThatThrownBy(() -> read(sources, job(table, 200), slices, "id"))
                    .hasMessageContaining("the table was rewritten");
        }

        @Test
        void aSnapshotEndsWithItsBatch() throws Exception {
            sources.plan(BATCH, job(table, 200), MODEL);
            String open = "state = 'idle in transaction' AND datname = '%s'".formatted(database);
            assertThat(sessions(open)).isEqualTo("1");
            sources.release(BATCH);
            awaitNone(open);
        }

        private static String sessions(String condition) throws SQLException {
            return Databases.postgres().row("postgres", "SELECT count(*) FROM pg_stat_activity WHERE " + condition);
        }

        /// Waits for the end of sessions of the server.
        private static void awaitNone(String condition) throws SQLException {
            long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
            while (!sessions(condition).equals("0")) {
                assertThat(System.nanoTime())
                        .as("there are still sessions: " + condition)
                        .isLessThan(until);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            }
        }

        @Test
        void readingWritesNothing() {
            DatabaseInput writes = postgres(null, "SELECT id, f0 FROM accounts WHERE nextval('s') > 0", "id");
            Databases.postgres(database, "CREATE SEQUENCE s");
            assertThatThrownBy(() -> sources.inspect(job(writes, 200), MODEL))
                    .hasMessageContaining("read-only transaction");
        }
    }

    @Test
    void changesBetweenPlanAndReadingAreNoticedInMariadb() throws Exception {
        String database = MariadbServer.shared().create();
        Databases.mariadb(database, """
                CREATE TABLE t (id int PRIMARY KEY, f0 double, f1 float);
                INSERT INTO t SELECT seq, seq, 0.1 FROM seq_1_to_1000;
                """);
        Sources sources = ofMariadb(database);
        Job job = job(mariadb("t", null, null), 100);
        List<Slice> slices = whole(sources.plan(BATCH, job, MODEL));
        assertThat(slices).hasSizeGreaterThan(8);
        assertThat(read(sources, job, slices, "id")).hasSize(1000).doesNotHaveDuplicates();

        Databases.mariadb(database, "UPDATE t SET f1 = 0.10000001 WHERE id = 5");
        assertThatThrownBy(() -> read(sources, job, slices.subList(0, 1), "id"))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("were changed. Nothing of the changed rows was used. Run again");
        Databases.mariadb(database, "INSERT INTO t VALUES (-1, 0, 0)");
        assertThatThrownBy(() -> read(sources, job, slices.subList(0, 1), "id")).hasMessageContaining("rows and has");
        Slice other = slices.getLast();
        assertThat(read(sources, job, List.of(other), "id")).hasSize((int) other.rows());
    }

    /// Keys that a program would order otherwise than the database, repeated keys, and NULL.
    private static List<String> hardKeys() {
        List<String> keys = new ArrayList<>(List.of(
                "a", "A", "ä", "Ä", "z", "Z", "ß", "ss", "é", "e", "", " ", "a ", "_", "-", "10", "9", "中", "𝒳", "'",
                "\\", "%"));
        IntStream.range(0, 200).forEach(i -> keys.add("k" + i % 97));
        IntStream.range(0, 150).forEach(i -> keys.add("same"));
        Collections.shuffle(keys, new Random(7));
        return keys;
    }

    /// Every row is in exactly one piece, and every slice of a piece has its own rows.
    private void tile(Sources sources, DatabaseInput input, int all, String key) throws SQLException {
        for (int target : List.of(7, 40, 100, 1000)) {
            Job job = job(input, target);
            List<InspectedFile> files = sources.inspect(job, MODEL);
            assertThat(files.stream().mapToLong(file -> file.file().rows()).sum())
                    .as("%s, %d", input, target)
                    .isEqualTo(all);
            List<Slice> slices = new ArrayList<>();
            for (Slice slice : whole(files)) {
                for (long row = 0; row < slice.rows(); row += 33) {
                    slices.add(new Slice(slice.file(), row, Math.min(33, slice.rows() - row)));
                }
            }
            List<String> numbers = new ArrayList<>();
            for (Slice slice : slices) {
                List<String> rows = read(sources, job, List.of(slice), "n");
                assertThat(rows).hasSize((int) slice.rows());
                numbers.addAll(rows);
            }
            assertThat(numbers)
                    .as("%s, %d, %s", input, target, key)
                    .hasSize(all)
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void cutsTileTheRowsOfPostgresqlWhateverTheKeyIs() throws Exception {
        String database = Databases.postgres().create();
        List<String> keys = hardKeys();
        String rows = IntStream.range(0, keys.size())
                .mapToObj(i -> "(%d, 1, '%s')".formatted(i, keys.get(i).replace("'", "''")))
                .collect(Collectors.joining(", "));
        Databases.postgres(database, """
                CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
                CREATE TABLE t (n int, f0 float8, plain text, german text COLLATE "de-x-icu", folded text COLLATE folded,
                    code char(8), at timestamptz, day date, u uuid, amount numeric, flag boolean, real real);
                INSERT INTO t SELECT n, f0, k, k, k, left(k, 8), timestamptz '2026-01-01' + n * interval '1 hour',
                    date '2026-01-01' + n %% 30, md5((n %% 50)::text)::uuid, CASE n %% 5 WHEN 0 THEN 'NaN' ELSE n / 7.0 END,
                    n %% 3 = 0, CASE n %% 4 WHEN 0 THEN 'Infinity'::real ELSE n / 3.0 END FROM (VALUES %s) AS v (n, f0, k);
                INSERT INTO t (n, f0) SELECT i, 1 FROM generate_series(10000, 10019) i;
                """.formatted(rows));
        for (String key :
                List.of("n", "plain", "german", "folded", "code", "at", "day", "u", "amount", "flag", "real")) {
            Databases.postgres(database, "CREATE INDEX ON t (%s)".formatted(key));
            tile(ofPostgres(database), postgres("t", null, key), keys.size() + 20, key);
        }
        tile(ofPostgres(database), postgres("t", null, null), keys.size() + 20, "pages");
        tile(ofPostgres(database), postgres(null, "SELECT * FROM t", "german"), keys.size() + 20, "query");
    }

    @Test
    void cutsTileTheRowsOfMariadbWhateverTheKeyIs() throws Exception {
        String database = MariadbServer.shared().create();
        List<String> keys = hardKeys();
        String rows = IntStream.range(0, keys.size())
                .mapToObj(i ->
                        "(%1$d, 1, '%2$s', '%2$s', '2026-01-01' + INTERVAL %1$d HOUR, '2026-01-01' + INTERVAL %3$d DAY, UNHEX(MD5(%3$d)), %1$d / 7)"
                                .formatted(i, keys.get(i).replace("\\", "\\\\").replace("'", "''"), i % 30))
                .collect(Collectors.joining(", "));
        Databases.mariadb(database, """
                CREATE TABLE t (n int, f0 double, folded varchar(20) COLLATE utf8mb4_general_ci,
                    exact varchar(20) COLLATE utf8mb4_bin, at datetime, day date, bytes binary(16), amount decimal(20, 4));
                INSERT INTO t VALUES %s;
                INSERT INTO t (n, f0) VALUES (10000, 1), (10001, 1);
                """.formatted(rows));
        for (String key : List.of("n", "folded", "exact", "at", "day", "bytes", "amount")) {
            Databases.mariadb(database, "CREATE INDEX i_%1$s ON t (%1$s)".formatted(key));
            tile(ofMariadb(database), mariadb("t", null, key), keys.size() + 2, key);
        }
        tile(ofMariadb(database), mariadb(null, "SELECT * FROM t", "folded"), keys.size() + 2, "query");
    }

    @Test
    void valuesOfPostgresqlAreTheSameInDuckDb() throws Exception {
        String database = Databases.postgres().create();
        Databases.postgres(database, """
                CREATE TYPE mood AS ENUM ('sad', 'glad');
                CREATE TABLE t (f0 float8, b bool, i2 int2, i4 int4, i8 int8, r float4, n numeric(10, 2), w numeric(30, 4), u numeric,
                    small numeric(3, 1), s text, c char(4), v varchar(9), d date, ts timestamp, tz timestamptz, t time, id uuid,
                    j jsonb, e mood, y bytea, m money, p inet, iv interval, list int[], "Odd ""name" int);
                INSERT INTO t VALUES (1.5, true, -2, -3, 9223372036854775807, 0.25, -12345678.90, 12345678901234567890.1234, 1e20, -0.5,
                    'häé 中', 'ab', 'x', '1999-12-31', '2026-02-03 04:05:06.789', '2026-02-03 04:05:06.789+02', '23:59:59.5',
                    '123e4567-e89b-12d3-a456-426614174000', '{"a": 1}', 'glad', '\\x01ff', 12.34, '10.0.0.1', '1 day 2 hours', '{1,2}', 7),
                    (2, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, '', NULL, NULL, 'infinity', '-infinity', 'infinity', NULL, NULL, NULL, NULL, '', NULL,
                    NULL, NULL, NULL, NULL);
                """);
        Sources sources = ofPostgres(database);
        Job job = job(postgres("t", null, null), 100);
        List<Slice> slices = whole(sources.inspect(job, MODEL));
        assertThat(read(sources, job, slices, """
                b, i2, i4, i8, r, n, w, u, small, s, c, v, d, ts, tz, t, CAST(id AS VARCHAR), j, e, hex(y), m, p, iv, "Odd ""name"
                """))
                .containsExactly(
                        "true|-2|-3|9223372036854775807|0.25|-12345678.90|12345678901234567890.1234|1.0E20|-0.5|häé 中|ab|x|1999-12-31|2026-02-03 04:05:06.789|2026-02-03T02:05:06.789Z|23:59:59.500|123e4567-e89b-12d3-a456-426614174000|{\"a\": 1}|glad|01FF|12.34|10.0.0.1/32|1 day 02:00:00|7",
                        "null|null|null|null|null|0.00|0.0000|null|null||null|null|"
                                + data.rows("SELECT 'infinity'::DATE, '-infinity'::TIMESTAMP, 'infinity'::TIMESTAMPTZ")
                                        .getFirst()
                                + "|null|null|null|null||null|null|null|null");
        assertThat(read(
                        sources,
                        job,
                        slices,
                        "typeof(n) || typeof(w) || typeof(u) || typeof(tz) || typeof(id) || typeof(t)"))
                .contains("DECIMAL(10,2)DECIMAL(30,4)DOUBLETIMESTAMP WITH TIME ZONEUUIDTIME");
        assertThat(read(sources, job, slices, "count(*)")).containsExactly("2");

        Job array = TestJobBuilder.over(postgres("t", null, null))
                .features("list[1]")
                .build();
        assertThatThrownBy(() -> sources.inspect(array, MODEL))
                .hasMessageContaining(
                        "the column list is an array of int4, which can't be read; write source.postgres.query with array_to_string(list, ',')");
        Databases.postgres(database, "UPDATE t SET n = 'NaN' WHERE f0 = 2");
        assertThatThrownBy(() -> read(sources, job, whole(sources.inspect(job, MODEL)), "n"))
                .hasMessageContaining("column n holds NaN");
    }

    @Test
    void valuesOfMariadbAreTheSameInDuckDb() throws Exception {
        String database = MariadbServer.shared().create();
        Databases.mariadb(database, """
                CREATE TABLE t (f0 double, a tinyint, b tinyint unsigned, c boolean, d smallint, e mediumint, f int unsigned, g bigint,
                    h bigint unsigned, i float, k decimal(10, 2), l decimal(50, 2), m date, n datetime(6), o timestamp(3) NULL, p time, q year,
                    r char(5), s varchar(20), t text, u enum('x', 'y'), v json, w blob, x uuid, y bit(1), z bit(8), g1 point);
                INSERT INTO t VALUES (1.5, -1, 255, TRUE, -4, 5, 4000000000, -7, 18446744073709551615, 1.5, -3.25, 4.25, '2024-02-03',
                    '2024-02-03 04:05:06.789', '2024-02-03 04:05:06.7', '25:00:01', 2024, 'ab', 'häé 中', 'long', 'x', '{"a":1}', X'01ff',
                    '123e4567-e89b-12d3-a456-426614174000', b'1', b'101', NULL);
                INSERT INTO t (f0) VALUES (2);
                """);
        Sources sources = ofMariadb(database);
        Job job = job(mariadb("t", null, null), 100);
        List<Slice> slices = whole(sources.inspect(job, MODEL));
        assertThat(
                        read(
                                sources,
                                job,
                                slices,
                                "a, b, c, d, e, f, g, h, i, k, l, m, n, o, p, q, r, s, t, u, v, hex(w), CAST(x AS VARCHAR), y, z"))
                .containsExactlyInAnyOrder(
                        "-1|255|1|-4|5|4000000000|-7|18446744073709551615|1.5|-3.25|4.25|2024-02-03|2024-02-03 04:05:06.789|2024-02-03T04:05:06.700Z|25:00:01|2024|ab|häé 中|long|x|{\"a\":1}|01FF|123e4567-e89b-12d3-a456-426614174000|true|5",
                        Collections.nCopies(25, "null").stream().collect(Collectors.joining("|")));
        assertThatThrownBy(() -> sources.inspect(
                        TestJobBuilder.over(mariadb("t", null, null))
                                .features("g1")
                                .build(),
                        MODEL))
                .hasMessageContaining("the column g1 is");
        Databases.mariadb(database, "SET SESSION sql_mode = '';\nUPDATE t SET m = '0000-00-00' WHERE f0 = 2;");
        assertThatThrownBy(() -> read(sources, job, whole(sources.inspect(job, MODEL)), "m"))
                .hasMessageContaining("column m holds 0000-00-00");
    }

    @Nested
    class Mistakes {

        @Test
        void ofPostgresql() throws Exception {
            String database = Databases.postgres().create();
            Databases.postgres(database, """
                    CREATE TABLE customers (id int, name text, doc json, f0 float8); CREATE TABLE secret (f0 float8);
                    INSERT INTO customers SELECT i, i, '{}', i FROM generate_series(1, 100) i;
                    CREATE SCHEMA hidden; CREATE TABLE hidden.t (f0 float8); CREATE VIEW seen AS SELECT * FROM customers;
                    DROP USER IF EXISTS reader; CREATE USER reader; GRANT SELECT ON customers, seen TO reader
                    """);
            Sources sources = Databases.sources(data, Databases.postgres().url(database), "reader", null);
            missing(
                    sources,
                    postgres("custmers", null, null),
                    "there is no such table or view; did you mean customers?");
            missing(
                    sources,
                    postgres("public.nothing at all", null, null),
                    "there is no such table or view; there is ");
            refused(sources, postgres("secret", null, null), "the user reader may not read it; GRANT SELECT ON");
            refused(
                    sources,
                    postgres("hidden.t", null, null),
                    "may not use the schema; GRANT USAGE ON SCHEMA \"hidden\"");
            refused(
                    sources,
                    postgres("customers", null, "idd"),
                    "it has no column idd to be the key; did you mean id?");
            refused(sources, postgres("customers", null, "doc"), "the key doc is of the type json, which has no order");
            refused(sources, postgres("customers", null, "id"), "no index begins with the key id");
            refused(sources, postgres("seen", null, null), "it has 100 rows, and no key to divide them by");
            refused(
                    sources,
                    postgres(null, "SELECT f0 FROM secret", null),
                    "permission denied for table secret; grant the user reader the right to read it");
            refused(
                    sources,
                    postgres(null, "SELECT f0 FROM customers; DROP TABLE customers", null),
                    "source.postgres.query: it contains a semicolon");
            refused(sources, postgres(null, "SELECT f0 FORM customers", null), "syntax error");
            refused(
                    sources,
                    postgres(null, "SELECT 1 AS f0, 2 AS \"F0\"", null),
                    "differs from another only in upper and lower case");
            refused(
                    sources,
                    new DatabaseInput(Engine.POSTGRESQL, "dbb", "t", null, null, null),
                    "there is no data source \"dbb\"; did you mean \"db\"?");
            refused(sources, mariadb("customers", null, null), "data source db is no MariaDB or MySQL database");
            assertThat(sources.inspect(
                            job(postgres(null, "SELECT split_part('a;b', ';', 1) AS x, 1 AS f0", null), 10), MODEL))
                    .hasSize(1);
        }

        @Test
        void ofMariadb() throws Exception {
            String database = MariadbServer.shared().create();
            Databases.mariadb(database, """
                    CREATE TABLE customers (id int, f0 double);
                    CREATE TABLE secret (f0 double);
                    CREATE TABLE old (f0 double) ENGINE = MyISAM;
                    CREATE OR REPLACE USER reader@localhost IDENTIFIED BY 'r';
                    GRANT SELECT ON %1$s.customers TO reader@localhost;
                    GRANT SELECT ON %1$s.old TO reader@localhost;
                    INSERT INTO customers SELECT seq, seq FROM seq_1_to_100;
                    """.formatted(database));
            Sources sources = Databases.sources(data, MariadbServer.shared().url(database), "reader", "r");
            missing(
                    sources,
                    mariadb("custmers", null, null),
                    "there is no such table or view that the user reader may read; did you mean customers?");
            missing(
                    sources,
                    mariadb("secret", null, null),
                    "there is no such table or view that the user reader may read");
            refused(sources, mariadb("old", null, null), "its storage engine MyISAM has no transactions");
            refused(sources, mariadb("customers", null, "id"), "no index begins with the key id");
            refused(sources, mariadb("customers", null, null), "it has 100 rows, and no key to divide them by");
            refused(
                    sources,
                    mariadb(null, "SELECT f0 FROM secret", null),
                    "grant the user reader the right to read it");
        }

        @Test
        void aSemicolonAtTheEndOrInACommentIsNone() throws Exception {
            String database = Databases.postgres().create();
            Sources sources = Databases.sources(data, Databases.postgres().url(database), "postgres", null);
            for (String query : List.of(
                    "SELECT 1 AS f0;",
                    "SELECT 1 AS f0 ; -- the end; really",
                    "SELECT 1 AS f0 -- one; two\n",
                    "SELECT /* a; b */ 1 AS f0, ';' AS \";\"")) {
                assertThat(sources.inspect(job(postgres(null, query, null), 10), MODEL))
                        .as(query)
                        .hasSize(1);
            }
            for (String query : List.of(
                    "SELECT 1 AS f0; SELECT 2",
                    "SELECT 1 AS f0) AS q; DROP TABLE x; --",
                    "SELECT 'a\\'; DROP TABLE x; --' AS f0",
                    "SELECT 1 AS f0 --; \n; SELECT 2",
                    "SELECT $a$;$a$ AS f0",
                    "SELECT 1 AS f0 /*! ; */")) {
                refused(sources, postgres(null, query, null), "source.postgres.query: it contains a semicolon");
            }
        }

        /// A run waits for a table, because it may be created later.
        private void missing(Sources sources, DatabaseInput input, String message) {
            assertThatThrownBy(() -> sources.inspect(job(input, 10), MODEL))
                    .hasMessageContaining(message)
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(Objects.requireNonNull(e.failure().resource())
                                            .type())
                                    .isEqualTo(FailedResource.Type.INPUT));
        }

        private void refused(Sources sources, DatabaseInput input, String message) {
            assertThatThrownBy(() -> sources.inspect(job(input, 10), MODEL))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining(message)
                    .hasMessageNotContaining("jdbc:")
                    .satisfies(e -> assertThat(((FailureException) e).failure().isPermanent())
                            .isTrue());
        }

        @Test
        void aTimeLimitOfTheServerIsRespectedAndNamed() throws Exception {
            String database = Databases.postgres().create();
            Databases.postgres(
                    database,
                    "DROP USER IF EXISTS hurried; CREATE USER hurried; ALTER USER hurried SET statement_timeout = '300ms'");
            Sources sources = Databases.sources(data, Databases.postgres().url(database), "hurried", null);
            assertThatThrownBy(() ->
                            sources.inspect(job(postgres(null, "SELECT 1 AS f0 FROM pg_sleep(60)", null), 10), MODEL))
                    .hasMessageContaining("use smaller ones (partitions.rows)")
                    .satisfies(e -> assertThat(((FailureException) e).failure().isPermanent())
                            .isFalse());
        }

        @Test
        void aDatabaseThatIsDownIsAFaultOfTheDatabase() {
            assertThatThrownBy(() -> ReadConnections.open(
                            Databases.dataSources("jdbc:postgresql://localhost:1/x", "x", null)
                                    .get("db"),
                            Duration.ZERO))
                    .isInstanceOf(FailureException.class)
                    .hasMessageStartingWith("data source db can't be reached")
                    .satisfies(e -> assertThat(((FailureException) e).failure().resource())
                            .isNotNull());
        }
    }
}
