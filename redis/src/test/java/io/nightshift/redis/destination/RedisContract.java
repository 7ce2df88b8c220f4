package io.nightshift.redis.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.DestinationContract;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.redis.RedisConnection;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.testing.database.RedisServer;
import io.nightshift.testing.database.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Protocol.Command;

/// The contract on a real Redis. The first batch of a destination has the number 1.
abstract class RedisContract extends DestinationContract {

    private static final String OWN = "nightshift:scores:1";

    protected final RedisDestination destination = new RedisDestination("cache", "scores", format());
    private String url = "";
    private @Nullable TcpProxy proxy;
    private @Nullable RedisConnection connection;

    abstract RedisDestination.Format format();

    /// The command that changes the prediction of a record.
    abstract void changePrediction(String key);

    @BeforeEach
    void connect() {
        connection();
    }

    @Override
    protected Destination destination() {
        url = url.isEmpty() ? RedisServer.shared().create() : url;
        return destination;
    }

    @AfterEach
    void flush() {
        call(Command.FLUSHDB);
        connection().close();
    }

    @Override
    protected DataSources dataSources() {
        TcpProxy between = proxy;
        String reached =
                between == null ? url : url.replace(":" + RedisServer.shared().port(), ":" + between.port());
        return new DataSources(Map.of("cache", new DataSourceSettings("cache", reached, null, null)));
    }

    private DataSourceSettings settings() {
        return new DataSourceSettings("cache", url, null, null);
    }

    protected final RedisConnection connection() {
        RedisConnection open = connection;
        if (open == null) {
            open = RedisConnection.open(settings(), "a test", Duration.ofMinutes(1), () -> false);
            connection = open;
        }
        return open;
    }

    protected final @Nullable Object call(Command command, Object... arguments) {
        return connection().call(command, arguments);
    }

    private List<@Nullable String> keys(RedisConnection reader, String pattern) {
        return reader.texts(Command.KEYS, pattern);
    }

    /// Follows the pointer, as readers do. A reader of its own, since another thread may look.
    @Override
    protected Seen seen() {
        try (RedisConnection reader =
                RedisConnection.open(settings(), "a reader", Duration.ofMinutes(1), () -> false)) {
            String newest = reader.text(Command.GET, "scores:latest");
            if (newest == null) {
                return NOTHING;
            }
            List<@Nullable String> records = keys(reader, newest + ":*");
            long bad = keys(reader, "nightshift:" + newest + ":quarantine:*").stream()
                    .mapToLong(key -> reader.number(Command.LLEN, String.valueOf(key)))
                    .sum();
            return new Seen(records.size(), records.stream().distinct().count(), bad);
        }
    }

    /// A server that answers knows its batches.
    @Override
    protected List<Obstacle> absences() {
        return List.of();
    }

    @Override
    protected Step neighbours() {
        List<String> others =
                List.of("mine", "scores:mine", "scores:10:r1", "scores2:1:r1", "nightshift:scores:10:ids:0");
        others.forEach(other -> call(Command.SET, other, "mine"));
        return () -> {
            for (String other : others) {
                assertThat(connection().text(Command.GET, other)).as(other).isEqualTo("mine");
            }
        };
    }

    @Override
    protected Optional<Boolean> left() {
        return Optional.of(!keys(connection(), "scores:1*").isEmpty()
                || !keys(connection(), OWN + "*").isEmpty()
                || connection().text(Command.HGET, "nightshift:scores:batches", ContractBatch.ID.value()) != null);
    }

    @Override
    protected void tamper(Tampering tampering) {
        switch (tampering) {
            case A_ROW_IS_MISSING -> call(Command.DEL, "scores:1:r12");
            case A_ROW_IS_DOUBLED -> call(Command.COPY, "scores:1:r12", "scores:1:r99");
            case A_VALUE_IS_CHANGED -> changePrediction("scores:1:r12");
            case A_PARTITION_IS_GONE -> call(Command.DEL, OWN + ":ids:1");
            case THE_MANIFEST_IS_CHANGED -> {
                String manifest = Objects.requireNonNull(connection().text(Command.HGET, OWN, "manifest"));
                call(Command.HSET, OWN, "manifest", manifest.replace("\"read\" : 30", "\"read\" : 31"));
            }
        }
    }

    /// In the order of a publication: the comparison with the ledger, that of the lists, and the last step.
    @Override
    protected List<Obstacle> obstacles() {
        return List.of(
                new Obstacle(
                        "a part's record is missing",
                        () -> {
                            call(Command.RENAME, OWN + ":parts", "kept");
                        },
                        () -> call(Command.RENAME, "kept", OWN + ":parts")),
                new Obstacle(
                        "records are missing",
                        () -> call(Command.RENAME, OWN + ":ids:2", "kept"),
                        () -> call(Command.RENAME, "kept", OWN + ":ids:2")),
                new Obstacle(
                        "a record has expired",
                        () -> call(Command.RENAME, "scores:1:r12", "kept"),
                        () -> call(Command.RENAME, "kept", "scores:1:r12")),
                new Obstacle(
                        "the batch can't be marked",
                        () -> call(Command.SET, "nightshift:scores:published", "in the way"),
                        () -> call(Command.DEL, "nightshift:scores:published")));
    }

    /// The holder, what is recorded of the part, and the list of IDs.
    @Override
    protected List<Obstacle> supplementObstacles() {
        return List.of(
                new Obstacle(
                        "nobody holds the partition",
                        () -> call(Command.RENAME, OWN + ":held", "kept"),
                        () -> call(Command.RENAME, "kept", OWN + ":held")),
                new Obstacle(
                        "the record is there already",
                        () -> call(Command.SET, "scores:1:r13", "in the way"),
                        () -> call(Command.DEL, "scores:1:r13")),
                new Obstacle(
                        "the IDs can't be listed",
                        () -> call(Command.SET, OWN + ":ids:3", "in the way"),
                        () -> call(Command.DEL, OWN + ":ids:3")));
    }

    /// One step of the server stores all of them.
    @Test
    void aSupplementOfTooManyRowsIsRefusedBeforeItIsCommitted() throws Exception {
        batch.close();
        batch = new ContractBatch(folder.resolve("large"), destination(), RedisAttempt.MOST_ADDED + 1);
        CommittedBatch committed = committed();
        store().publish(committed);

        assertThatThrownBy(() -> batch.supplement(store(), committed, 2, "FALSE", "TRUE"))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("Redis adds at most 100,000 in one step. Select fewer rows with --where");
    }

    /// An earlier coordinator wakes up, which has not seen the first supplement, and opens its partition.
    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void aSupplementIsLeftAloneByAnEarlierCoordinatorOfTheOneBefore(int earlier) throws Exception {
        CommittedBatch published = committed();
        store().publish(published);
        CommittedBatch first = batch.supplement(store(), published, 3, "nightshift_row = 17");
        store().supplements().publishSupplement(first);
        CommittedBatch second = batch.supplement(store(), first, 5, "FALSE");

        assertThatThrownBy(() -> batch.prepareSupplement(store(), published, earlier))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("by a later coordinator");

        store().supplements().publishSupplement(second);
        assertThat(seen()).isEqualTo(new Seen(30, 30, 0));
    }

    @Test
    void noEarlierCoordinatorOpensASupplementOnceOneIsPublished() throws Exception {
        CommittedBatch published = committed();
        store().publish(published);
        store().supplements().publishSupplement(batch.supplement(store(), published, 3, "nightshift_row = 17"));

        assertThatThrownBy(() -> batch.prepareSupplement(store(), published, 2))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("by a later coordinator");

        assertThat(connection().text(Command.HGET, OWN, "supplement")).isNull();
    }

    /// More records than one step copies, and more steps than are sent ahead.
    @Test
    void largePartsAreReusedAndReadersAreToldWhereTheyComeFrom() throws Exception {
        batch.close();
        batch = new ContractBatch(folder.resolve("large"), destination(), 20_500);
        CommittedBatch published = committed();
        store().publish(published);
        store().prepare(ContractBatch.NEXT, batch.job(), batch.model());
        List<PartitionCommit> reused =
                published.commits().stream().map(commit -> commit.reused(1)).toList();
        store().reusableParts().reuse(ContractBatch.ID, ContractBatch.NEXT, reused);

        store().publish(batch.reusing(1, reused));

        assertThat(seen()).isEqualTo(new Seen(3 * 20_500 - 2, 3 * 20_500 - 2, 2));
        assertThat(connection().text(Command.GET, "scores:latest")).isEqualTo("scores:2");
        assertThat(connection().text(Command.HGET, "scores:2", "reused_from")).isEqualTo(ContractBatch.ID.value());
    }

    @Test
    void partsWhoseQuarantinedRowsAreGoneAreNotReused() throws Exception {
        CommittedBatch published = committed();
        store().publish(published);
        store().prepare(ContractBatch.NEXT, batch.job(), batch.model());
        call(Command.DEL, OWN + ":quarantine:1");

        assertThatThrownBy(() -> store().reusableParts()
                        .reuse(
                                ContractBatch.ID,
                                ContractBatch.NEXT,
                                List.of(published.commits().get(1).reused(1))))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("can't be reused: partition 1 does not have 8 records and 2 quarantined rows");
    }

    @Test
    void aPublicationFromWhoseLastStepTheServerWasDownIsRepeated() throws Exception {
        CommittedBatch committed = committed();
        try (TcpProxy server = new TcpProxy(RedisServer.shared().port())) {
            proxy = server;
            assertThatThrownBy(() -> store().publish(committed, () -> shut(server)))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isFalse());
            assertThat(seen()).isEqualTo(NOTHING);
            server.open();

            assertPublished(committed, store().publish(committed));
        }
    }

    /// The number of connections to the database of this test.
    private long connections() {
        String database = url.substring(url.lastIndexOf('/') + 1);
        return String.valueOf(connection().text(Command.CLIENT, "LIST"))
                .lines()
                .filter(line -> line.contains(" db=" + database + " "))
                .count();
    }

    /// The server notices the end of a connection before it has answered many more requests. The test waits no
    /// longer, because a garbage collection would close a connection that was left open.
    @Test
    void aBatchThatCantBeLookedForLeavesNoConnectionOpen() throws Exception {
        CommittedBatch committed = committed();
        String batches = new RedisKeys(destination.name()).batches();
        call(Command.DEL, batches);
        call(Command.SET, batches, "mine");

        assertThatThrownBy(() -> store().verify(committed, Phase.PUBLISHED, null))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("WRONGTYPE");

        for (int requests = 0; requests < 1000 && connections() > 1; requests++) {
            Thread.onSpinWait();
        }
        assertThat(connections()).isEqualTo(1);
    }

    /// A server without persistence was restarted.
    @Test
    void aForgottenBatchIsRefusedAndAnotherOneIsPublished() throws Exception {
        CommittedBatch committed = committed();
        call(Command.FLUSHDB);

        assertThatThrownBy(() -> store().publish(committed))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("it is gone from ");
        assertThat(store().fence(ContractBatch.ID, 2)).isEmpty();
        store().discard(ContractBatch.ID);

        store().prepare(ContractBatch.NEXT, batch.job(), batch.model());
        store().publish(batch.committedAs(store(), ContractBatch.NEXT, 1));

        assertThat(seen()).isEqualTo(ALL);
    }

    @Test
    void aCheckGivesTheReason() {
        call(Command.SET, "scores:latest", "of somebody else");

        assertThat(store().check(batch.job(), ContractBatch.MODEL))
                .containsExactly(
                        "the destination keys scores:* in data source cache can't be written: the key scores:latest exists, and Nightshift did not create it; choose another name under destination.redis, or delete the key");
    }
}
