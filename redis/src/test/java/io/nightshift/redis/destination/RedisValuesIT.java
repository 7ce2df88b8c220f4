package io.nightshift.redis.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.DestinationData;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.Finding;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.ScoredRows;
import io.nightshift.destination.ValueLimit;
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
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.protocol.job.RedisDestination.Format;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.redis.RedisConnection;
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
import io.nightshift.testing.database.RedisServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Protocol.Command;

/// What arrives in a real Redis, what a late attempt can't change there, and what servers are refused.
class RedisValuesIT {

    private static final BatchId FIRST = new BatchId("flights-20261124t231425-3f9a");
    private static final BatchId SECOND = new BatchId("flights-20261125t231425-0001");
    private static final ModelDescription MODEL = TestModels.ofNumbers(1);
    private static final ModelVersion VERSION = new ModelVersion("delays", 3, "0".repeat(64));

    private final ConnectionPool connections = new ConnectionPool(2);
    private TestData data;
    private String url = "";
    private RedisConnection connection;

    @BeforeEach
    void start(@TempDir Path folder) {
        data = DestinationData.open(folder);
        data.execute("CREATE MACRO nightshift_output(ticket, output) AS ticket");
        url = RedisServer.shared().create();
        connection = connect(new DataSourceSettings("cache", url, null, null));
    }

    @AfterEach
    void stop() {
        connection.call(Command.FLUSHDB);
        connection.close();
        connections.close();
        data.close();
    }

    private static RedisConnection connect(DataSourceSettings settings) {
        return RedisConnection.open(settings, "a test", Duration.ofMinutes(1), () -> false);
    }

    private DestinationStore store(Job job) {
        return store(job, new DataSourceSettings("cache", url, null, null));
    }

    private DestinationStore store(Job job, DataSourceSettings settings) {
        return new Destinations(
                        () -> data.duckDb,
                        new Sources(() -> data.duckDb),
                        new DataSources(Map.of("cache", settings)),
                        connections)
                .of(job);
    }

    private static RedisDestination into(Format format) {
        return new RedisDestination("cache", "scores", format);
    }

    private Job job(Path file, Format format) {
        return TestJobBuilder.over(file)
                .id("id")
                .features("f0")
                .into(into(format))
                .build();
    }

    private Lease lease(BatchId batch, Job job, Path file, int partition, Epoch epoch) {
        return new Lease(
                new Attempt(batch, partition, epoch),
                job,
                VERSION,
                0,
                List.of(data.whole(file)),
                store(job).staging(batch));
    }

    /// An attempt at a partition that is a whole file.
    private final class Writing implements AutoCloseable {
        private final Lease lease;
        private final PartitionWriter writer;
        private final BoundJob bound;
        private long rows;

        Writing(BatchId batch, Job job, Path file, int partition, Epoch epoch) {
            lease = lease(batch, job, file, partition, epoch);
            writer = store(job).writer(lease, "127.0.0.1:1", 2048);
            bound = new Sources(() -> data.duckDb).of(job.source()).bind(job, MODEL);
            StringBuilder select = new StringBuilder(
                    "SELECT %s AS nightshift_file, file_row_number AS nightshift_row, (%s) AS nightshift_id"
                            .formatted(
                                    Sql.text(file.toString()),
                                    Objects.requireNonNull(bound.id()).sql()));
            for (int i = 0; i < bound.output().size(); i++) {
                select.append(", (%s) AS nightshift_output_%d"
                        .formatted(bound.output().get(i).sql(), i));
            }
            select.append(", CAST(f0 AS DOUBLE) AS nightshift_ticket FROM read_parquet(%s, file_row_number = true)"
                    .formatted(Sql.text(file.toString())));
            scored = select.toString();
        }

        private final String scored;

        void predictions() throws SQLException {
            try (Connection duckDb = data.duckDb.connect()) {
                rows = writer.predictions(new ScoredRows(bound, MODEL, new SqlStatement(scored), () -> ""), sql -> {
                    try (Statement statement = duckDb.createStatement();
                            ResultSet row = statement.executeQuery(sql)) {
                        row.next();
                        return row.getLong(1);
                    }
                });
            }
        }

        PartitionCommit keep() throws Exception {
            writer.keep();
            return PartitionCommitBuilder.builder()
                    .partition(lease.attempt().partition())
                    .epoch(lease.attempt().epoch())
                    .node("127.0.0.1:1")
                    .firstRow(0)
                    .rows(rows)
                    .read(rows)
                    .part(writer.part(rows))
                    .model(VERSION.sha256())
                    .build();
        }

        @Override
        public void close() {
            writer.close();
        }
    }

    private PartitionCommit write(BatchId batch, Job job, Path file, int partition, Epoch epoch) throws Exception {
        try (Writing writing = new Writing(batch, job, file, partition, epoch)) {
            writing.predictions();
            return writing.keep();
        }
    }

    private CommittedBatch committed(BatchId batch, Job job, Path file, List<PartitionCommit> commits) {
        Slice slice = data.whole(file);
        return new CommittedBatch(
                batch,
                job,
                VERSION,
                Instant.parse(batch.equals(FIRST) ? "2026-11-24T23:14:25Z" : "2026-11-25T23:14:25Z"),
                1,
                List.of(slice.file()),
                commits,
                Set.of(),
                null,
                null,
                7,
                "c3".repeat(32));
    }

    private CommittedBatch batch(BatchId batch, Job job, Path file) throws Exception {
        store(job).prepare(batch, job, MODEL);
        return committed(batch, job, file, List.of(write(batch, job, file, 0, new Epoch(1, 1))));
    }

    private void assertProved(CommittedBatch committed, Path file) {
        List<Finding> findings = new ArrayList<>();
        try (OutputProof proof = store(committed.job()).verify(committed, Phase.RUNNING, null)) {
            proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add));
            assertThat(proof.areSame(committed.commits(), List.of(data.whole(file))))
                    .isTrue();
        }
        assertThat(findings).extracting(Finding::outcome).containsOnly(Finding.Outcome.PROVED);
    }

    private Map<String, @Nullable String> record(String key, Format format) throws Exception {
        Map<String, @Nullable String> fields = new HashMap<>();
        if (format == Format.JSON) {
            JsonNode object = new ObjectMapper().readTree(String.valueOf(connection.text(Command.GET, key)));
            object.fieldNames()
                    .forEachRemaining(name -> fields.put(
                            name,
                            object.get(name).isNull() ? null : object.get(name).asText()));
        } else {
            List<@Nullable String> found = connection.texts(Command.HGETALL, key);
            for (int i = 0; i < found.size(); i += 2) {
                fields.put(String.valueOf(found.get(i)), found.get(i + 1));
            }
        }
        return fields;
    }

    @ParameterizedTest
    @EnumSource
    void everyTypeArrivesAsItWas(Format format) throws Exception {
        String[] types = {
            "b: true: true",
            "i1: (-128)::TINYINT: -128",
            "u4: 4294967295::UINTEGER: 4294967295",
            "i8: (-9223372036854775808)::BIGINT: -9223372036854775808",
            "u8: 18446744073709551615::UBIGINT: 18446744073709551615",
            "f1: 0.1::FLOAT: 0.1",
            "d: 0.1::DOUBLE: 0.1",
            "d3: (-0.30000000000000004)::DOUBLE: -0.30000000000000004",
            "n1: (-12345.678)::DECIMAL(18,3): -12345.678",
            "t: 'Zürich \uD83C\uDF19 '' \"\\' || chr(9) || chr(1): Zürich \uD83C\uDF19 ' \"\\\t\u0001",
            "te: '': ",
            "tn: 'null': null",
            "e: 'a'::ENUM('a', 'b'): a",
            "u: '00112233-4455-6677-8899-aabbccddeeff'::UUID: 00112233-4455-6677-8899-aabbccddeeff",
            "da: DATE '0001-01-01': 0001-01-01",
            "ti: TIME '23:59:59.123456': 23:59:59.123456",
            "ta: TIMESTAMP '2026-11-24 23:14:25.5': 2026-11-24T23:14:25.5",
            "tz: TIMESTAMPTZ '2006-01-02 03:04:05+05': 2006-01-01T22:04:05Z",
            "x: '\\x00\\xFF'::BLOB: AP8=",
        };
        Path file = data.parquet("in.parquet", "SELECT 'k ' || i AS id, i AS f0 FROM range(2) t(i)");
        TestJobBuilder builder = TestJobBuilder.over(file).id("id").features("f0");
        List<String> names = new ArrayList<>();
        Map<String, String> expected = new HashMap<>();
        for (String line : types) {
            String[] parts = line.split(": ", 3);
            builder.select(parts[0], "CASE WHEN f0 = 0 THEN %s END".formatted(parts[1]));
            names.add(parts[0]);
            expected.put(parts[0], parts[2]);
        }
        Job job =
                builder.output(names.toArray(String[]::new)).into(into(format)).build();

        CommittedBatch committed = batch(FIRST, job, file);

        Map<String, @Nullable String> first = record("scores:1:k 0", format);
        expected.forEach((name, value) -> assertThat(first).containsEntry(name, value));
        assertThat(first).containsEntry("prediction", "0.0");
        Map<String, @Nullable String> second = record("scores:1:k 1", format);
        names.forEach(name -> assertThat(second.get(name)).as(name).isNull());
        assertThat(second).containsEntry("prediction", "1.0");
        assertProved(committed, file);
    }

    @ParameterizedTest
    @EnumSource
    void aPredictionThatIsNoNumberIsReadAsSuch(Format format) throws Exception {
        Path file = data.parquet(
                "in.parquet",
                "SELECT i AS id, CASE i WHEN 0 THEN 'NaN'::DOUBLE ELSE '-inf'::DOUBLE END AS f0 FROM range(2) t(i)");
        Job job = job(file, format);

        CommittedBatch committed = batch(FIRST, job, file);

        assertThat(record("scores:1:0", format).get("prediction")).isEqualTo(format == Format.HASH ? "NaN" : null);
        assertThat(record("scores:1:1", format).get("prediction"))
                .isEqualTo(format == Format.HASH ? "-Infinity" : null);
        assertProved(committed, file);
        List<Double> seen = new ArrayList<>();
        try (OutputProof proof = store(job).verify(committed, Phase.RUNNING, null)) {
            assertThat(proof.predictions(committed.commits(), seen::add)).isTrue();
        }
        assertThat(seen).containsExactly(Double.NaN, format == Format.HASH ? Double.NEGATIVE_INFINITY : Double.NaN);
    }

    @Test
    void valuesThatDontFitHaveALimit() {
        Path file = data.parquet("in.parquet", "SELECT 1 AS id, 1 AS f0");

        ValueLimit id =
                Objects.requireNonNull(store(job(file, Format.HASH)).limits().of("BIGINT", true));
        assertThat(id.on("x")).isEqualTo("x IS NULL");
        assertThat(store(job(file, Format.HASH)).limits().of("DOUBLE", false)).isNull();
        assertThat(store(job(file, Format.JSON)).limits().of("DOUBLE", false)).isNotNull();
        assertThat(store(job(file, Format.JSON)).limits().of("VARCHAR", false)).isNull();
    }

    /// More rows than one piece has.
    private Path many(int from, int to) {
        return data.parquet(
                "in-%d.parquet".formatted(from),
                "SELECT 'r' || i AS id, i * 0.5 AS f0 FROM range(%d, %d) t(i)".formatted(from, to));
    }

    @Test
    void aRecordIdThatComesTwiceIsRefusedAndHarmsNoOtherPartition() throws Exception {
        Path file = many(0, 3000);
        Path other = many(2990, 5000);
        Job job = job(file, Format.HASH);
        store(job).prepare(FIRST, job, MODEL);
        PartitionCommit commit = write(FIRST, job, file, 0, new Epoch(1, 1));
        for (int repeated = 1; repeated < 3; repeated++) {
            Epoch epoch = new Epoch(1, repeated);
            assertThatThrownBy(() -> write(FIRST, job, other, 1, epoch))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isTrue())
                    .hasMessageContaining("the column id is not unique: there are several rows with r2990");
        }

        assertProved(committed(FIRST, job, file, List.of(commit)), file);
        Path twice = data.parquet("twice.parquet", "SELECT 7 AS id, i AS f0 FROM range(2) t(i)");
        assertThatThrownBy(() -> write(FIRST, job, twice, 2, new Epoch(1, 3))).hasMessageContaining("rows with 7");
        store(job).discard(FIRST);
        assertThat(connection.texts(Command.KEYS, "*")).containsExactly("nightshift:scores:numbers");
    }

    @Test
    void anAttemptThatEndsWhileItIsKeptIsReplaced() throws Exception {
        Path file = many(0, 10_000);
        Job job = job(file, Format.HASH);
        store(job).prepare(FIRST, job, MODEL);
        try (Writing dying = new Writing(FIRST, job, file, 0, new Epoch(1, 1))) {
            dying.predictions();
            // Its second piece meets a record that is there already.
            connection.call(Command.HSET, "scores:1:r5000", "x", "y");
            assertThatThrownBy(dying::keep).isInstanceOf(FailureException.class);
            connection.call(Command.DEL, "scores:1:r5000");
        }
        assertThat(connection.texts(Command.KEYS, "scores:1:*")).isNotEmpty().hasSizeLessThan(10_000);

        PartitionCommit commit = write(FIRST, job, file, 0, new Epoch(1, 2));

        assertThat(connection.texts(Command.KEYS, "scores:1:*")).hasSize(10_000);
        assertProved(committed(FIRST, job, file, List.of(commit)), file);
    }

    @Test
    void anAttemptThatALaterOneHasReplacedChangesNothing() throws Exception {
        Path file = many(0, 3000);
        Job job = job(file, Format.JSON);
        store(job).prepare(FIRST, job, MODEL);
        try (Writing late = new Writing(FIRST, job, file, 0, new Epoch(1, 9));
                Writing early = new Writing(FIRST, job, file, 0, new Epoch(2, 1))) {
            late.predictions();
            early.predictions();
            PartitionCommit commit = early.keep();

            assertThatThrownBy(late::keep).hasMessageContaining("a later attempt holds the partition");
            assertThatThrownBy(late::predictions).hasMessageContaining("a later attempt holds the partition");

            CommittedBatch committed = committed(FIRST, job, file, List.of(commit));
            assertProved(committed, file);
            store(job).publish(committed);
            assertThat(connection.texts(Command.KEYS, "*:staged:*")).isEmpty();
        }
    }

    @Test
    void aBatchNeverReplacesANewerOne() throws Exception {
        Path file = many(0, 10);
        Job job = job(file, Format.HASH);
        CommittedBatch older = batch(FIRST, job, file);
        CommittedBatch newer = batch(SECOND, job, file);

        store(job).publish(newer);
        assertThat(connection.text(Command.GET, "scores:latest")).isEqualTo("scores:2");
        store(job).publish(older);

        assertThat(connection.text(Command.GET, "scores:latest")).isEqualTo("scores:2");
        assertThat(store(job).newest("flights")).contains(SECOND);
        assertThat(record("scores:1", Format.HASH))
                .containsEntry("batch_id", FIRST.value())
                .containsEntry("predictions", "10")
                .containsEntry("model_name", "delays");
        store(job).removal().unpublish(SECOND);
        assertThat(connection.text(Command.GET, "scores:latest")).isEqualTo("scores:1");
    }

    @Test
    void aScriptThatTheServerHasForgottenIsSentAgain() throws Exception {
        Path file = many(0, 3000);
        Job job = job(file, Format.HASH);
        CommittedBatch committed = batch(FIRST, job, file);
        connection.call(Command.SCRIPT, "FLUSH");

        store(job).publish(committed);

        assertThat(connection.text(Command.GET, "scores:latest")).isEqualTo("scores:1");
    }

    @Test
    void aJobThatCantBeWrittenIsRefused() {
        Path file = data.parquet("in.parquet", "SELECT 1 AS id, 1 AS f0, [1, 2] AS list");

        assertThat(store(job(file, Format.HASH))
                        .check(
                                TestJobBuilder.over(file)
                                        .features("f0")
                                        .into(into(Format.HASH))
                                        .build(),
                                MODEL))
                .containsExactly(
                        "source.id: missing; a key of Redis holds one record, so name the column that identifies a row");
        assertThat(store(job(file, Format.HASH))
                        .check(
                                TestJobBuilder.over(file)
                                        .id("id")
                                        .features("f0")
                                        .output("list")
                                        .into(into(Format.HASH))
                                        .build(),
                                MODEL))
                .containsExactly(
                        "the column list is a INTEGER[], which can't be written to Redis; cast it, for example to VARCHAR");
    }

    @Test
    void anotherKindOfServerIsRefused() {
        Path file = many(0, 10);
        Job job = job(file, Format.HASH);
        DataSourceSettings database = new DataSourceSettings("cache", "jdbc:postgresql://localhost/x", null, null);

        assertThat(store(job, database).checkPlace())
                .containsExactly("data source cache is not a Redis or Valkey server");
    }

    @Test
    void aServerThatCouldLoseRecordsIsRefused() {
        Path file = many(0, 10);
        Job job = job(file, Format.HASH);
        connection.call(Command.CONFIG, "SET", "maxmemory-policy", "allkeys-lru");
        try {
            assertThat(store(job).checkPlace())
                    .singleElement()
                    .asString()
                    .contains("maxmemory-policy allkeys-lru")
                    .contains("noeviction");
            assertThatThrownBy(() -> store(job).prepare(FIRST, job, MODEL)).hasMessageContaining("allkeys-lru");
        } finally {
            connection.call(Command.CONFIG, "SET", "maxmemory-policy", "noeviction");
        }
        assertThat(store(job).checkPlace()).isEmpty();
    }

    @Test
    void aServerInClusterModeAndAReplicaAreRefused() {
        Path file = many(0, 10);
        Job job = job(file, Format.HASH);
        try (RedisServer cluster = RedisServer.start("--save", "", "--cluster-enabled", "yes");
                RedisServer replica = RedisServer.start(
                        "--save",
                        "",
                        "--replicaof",
                        "127.0.0.1",
                        String.valueOf(RedisServer.shared().port()))) {
            assertThat(store(job, new DataSourceSettings("cache", cluster.url(), null, null))
                            .checkPlace())
                    .singleElement()
                    .asString()
                    .contains("the server is a node of a cluster");
            assertThat(store(job, new DataSourceSettings("cache", replica.url(), null, null))
                            .checkPlace())
                    .singleElement()
                    .asString()
                    .contains("the server is a replica");
        }
    }

    @Test
    void aUserNeedsTheKeysOfTheDestinationOnly() throws Exception {
        connection.call(
                Command.ACL,
                "SETUSER",
                "nightshift",
                "on",
                ">hush",
                "~scores:*",
                "~nightshift:scores:*",
                "+@all",
                "-@dangerous",
                "+info");
        DataSourceSettings user = new DataSourceSettings("cache", url, "nightshift", "hush");
        Path file = many(0, 10);
        Job job = job(file, Format.HASH);
        try {
            assertThat(store(job, user).checkPlace()).isEmpty();
            store(job, user).prepare(FIRST, job, MODEL);
            CommittedBatch committed =
                    committed(FIRST, job, file, List.of(write(FIRST, job, file, 0, new Epoch(1, 1))));
            store(job, user).publish(committed);
            store(job, user).removal().delete(FIRST);
            assertThat(store(job, new DataSourceSettings("cache", url, "nightshift", "wrong"))
                            .checkPlace())
                    .singleElement()
                    .asString()
                    .contains("WRONGPASS");
            Job elsewhere = TestJobBuilder.over(file)
                    .id("id")
                    .features("f0")
                    .into(new RedisDestination("cache", "other", Format.HASH))
                    .build();
            assertThat(store(elsewhere, user).checkPlace())
                    .singleElement()
                    .asString()
                    .contains("NOPERM");
        } finally {
            connection.call(Command.ACL, "DELUSER", "nightshift");
        }
    }

    @Test
    void aServerThatCantBeReachedIsWaitedForAndNoReasonAgainstAJob() {
        Path file = many(0, 10);
        Job job = job(file, Format.HASH);
        DataSourceSettings nowhere = new DataSourceSettings("cache", "redis://127.0.0.1:1", null, null);

        assertThat(store(job, nowhere).checkPlace()).isEmpty();
        assertThatThrownBy(() -> RedisConnection.open(nowhere, "a test", Duration.ZERO, () -> false))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isFalse())
                .hasMessageContaining("a test: data source cache can't be reached");
    }
}
