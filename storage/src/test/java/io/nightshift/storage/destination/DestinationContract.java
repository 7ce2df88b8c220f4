package io.nightshift.storage.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.nightshift.api.QuarantinedRow;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.OutputConstant;
import io.nightshift.protocol.job.OutputDecision;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.protocol.job.Retention;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Task;
import io.nightshift.storage.Destinations;
import io.nightshift.storage.Sources;
import io.nightshift.storage.TestModels;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.Digests;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.source.files.ObjectCopies;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The promises of every [DestinationStore], tested with a batch of three partitions of ten rows. The second
/// has two bad rows. A process that crashes is a store that is abandoned at some point; its successor is a
/// new store.
///
/// A kind of destination has one subclass, which says how its readers see a batch, how it is tampered with,
/// and what can stand in the way of a publication.
@ExtendWith(OfTheFiles.Once.class)
public abstract class DestinationContract {

    /// The batch as a reader sees it.
    ///
    /// @param predictions the number of rows
    /// @param distinct the number of different record ids among them
    /// @param quarantined the number of bad rows
    public record Seen(long predictions, long distinct, long quarantined) {}

    /// What readers see of a batch that is not published.
    public static final Seen NOTHING = new Seen(0, 0, 0);
    protected static final Seen ALL = new Seen(28, 28, 2);

    /// Ways to change published output behind Nightshift's back.
    public enum Tampering {
        A_ROW_IS_MISSING,
        A_ROW_IS_DOUBLED,
        A_VALUE_IS_CHANGED,
        A_PARTITION_IS_GONE,
        THE_MANIFEST_IS_CHANGED
    }

    /// Something in the destination that makes a publication fail.
    ///
    /// @param put puts it there
    /// @param remove takes it away again
    public record Obstacle(String name, Step put, Step remove) {
        @Override
        public String toString() {
            return name;
        }
    }

    @FunctionalInterface
    public interface Step {
        void run() throws Exception;
    }

    @TempDir
    protected Path folder = Path.of("");

    protected ContractBatch batch;
    private final List<Destinations> opened = new CopyOnWriteArrayList<>();

    /// A place where nothing is.
    protected abstract Destination destination() throws Exception;

    protected DataSources dataSources() {
        return DataSources.NONE;
    }

    protected ObjectCopies objects() {
        return ObjectCopies.none();
    }

    protected abstract Seen seen() throws Exception;

    protected abstract void tamper(Tampering tampering) throws Exception;

    protected abstract List<Obstacle> obstacles();

    /// A name of a column that is as unusual as the destination allows.
    protected String columnName() {
        return "Best Class";
    }

    /// What makes the publication of the first supplement by the coordinator of incarnation 2 fail, in the
    /// order of its steps.
    protected List<Obstacle> supplementObstacles() {
        return List.of();
    }

    /// Whether the destination holds anything of a batch that was published; empty if it can't remove batches
    /// yet.
    protected Optional<Boolean> left() throws Exception {
        return Optional.empty();
    }

    @BeforeEach
    void aBatchIsPlanned() throws Exception {
        batch = new ContractBatch(folder, destination());
    }

    @AfterEach
    void close() {
        opened.forEach(destinations -> {
            destinations.catalogs().close();
            destinations.connections().close();
        });
        batch.close();
    }

    /// The store of a process that has just started.
    protected DestinationStore store() {
        return store(batch.job());
    }

    /// The store of another job in a process that has just started.
    protected final DestinationStore store(Job job) {
        Destinations destinations = new Destinations(
                () -> batch.data().duckDb,
                new Sources(() -> batch.data().duckDb, FileRoots.UNRESTRICTED, objects()),
                dataSources(),
                new ConnectionPool(2));
        opened.add(destinations);
        return destinations.of(job);
    }

    protected final void prepare() {
        store().prepare(ContractBatch.ID, batch.job(), batch.model());
    }

    private List<PartitionCommit> writeAll(int incarnation) throws Exception {
        List<PartitionCommit> commits = new ArrayList<>();
        for (int partition = 0; partition < ContractBatch.PARTITIONS; partition++) {
            commits.add(batch.write(store(), partition, new Epoch(incarnation, partition + 1)));
        }
        return commits;
    }

    protected final CommittedBatch committed() throws Exception {
        prepare();
        return batch.committed(1, writeAll(1), Set.of());
    }

    /// Publishes the batch.
    protected final void publish() throws Exception {
        store().publish(committed());
    }

    private List<Finding> proof(CommittedBatch committed, Phase phase, Publication publication) {
        List<Finding> findings = new ArrayList<>();
        try (OutputProof proof = store().verify(committed, phase, publication)) {
            proof.checkPlace(new Check("place", findings::add));
            if (proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add))) {
                Check ids = new Check("ids", findings::add);
                if (!proof.areSame(committed.commits(), batch.slices(0, 1, 2))) {
                    ids.problem("the ids are not those of the input");
                }
                if (!proof.repeated(committed.commits(), 5).isEmpty()) {
                    ids.problem("ids are repeated");
                }
                ids.proved("the ids are those of the input");
            }
            proof.checkStaging(new Check("staging", findings::add));
        }
        return findings;
    }

    protected final void assertPublished(CommittedBatch committed, Publication publication) throws Exception {
        assertThat(seen()).isEqualTo(ALL);
        List<Finding> findings = proof(committed, Phase.PUBLISHED, publication);
        assertThat(findings)
                .filteredOn(finding -> finding.outcome() != Finding.Outcome.PROVED)
                .isEmpty();
        assertThat(findings).hasSize(5);
    }

    /// What a reader sees who looks again and again while something is done.
    private List<Object> looksDuring(Step step) throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch reading = new CountDownLatch(3);
        ConcurrentLinkedQueue<Object> looks = new ConcurrentLinkedQueue<>();
        Thread reader = Thread.ofPlatform().start(() -> {
            while (!stop.get()) {
                try {
                    looks.add(seen());
                } catch (Exception e) {
                    looks.add(e);
                }
                reading.countDown();
            }
        });
        try {
            reading.await();
            step.run();
        } finally {
            stop.set(true);
            reader.join();
        }
        return List.copyOf(looks);
    }

    private void assertNothingIsStaged(CommittedBatch committed, Phase phase) {
        List<Finding> findings = new ArrayList<>();
        try (OutputProof proof = store().verify(committed, phase, null)) {
            proof.checkStaging(new Check("staging", findings::add));
        }
        assertThat(findings).extracting(Finding::outcome).containsExactly(Finding.Outcome.PROVED);
    }

    @Test
    void aCheckTouchesNothing() {
        assertThat(store().checkPlace()).isEmpty();
        assertThat(store().check(batch.job(), ContractBatch.MODEL)).isEmpty();
        assertThat(store().fence(ContractBatch.ID, 1)).isEmpty();
        assertNothingIsStaged(batch.committed(1, List.of(), Set.of()), Phase.CANCELLED);
    }

    @Nested
    class Publishing {

        @Test
        void showsEveryRowOnceAndTheBadRowsApart() throws Exception {
            CommittedBatch committed = committed();
            assertThat(seen()).isEqualTo(NOTHING);

            Publication publication = store().publish(committed);

            assertPublished(committed, publication);
        }

        @Test
        void makesItTheNewestBatchOfItsJob() throws Exception {
            CommittedBatch committed = committed();
            assertThat(store().newest("flights")).isEmpty();

            store().publish(committed);

            assertThat(store().newest("flights")).contains(ContractBatch.ID);
            assertThat(store().newest("flight")).isEmpty();
        }

        @Test
        void mayBeRepeatedAndGivesTheSame() throws Exception {
            CommittedBatch committed = committed();
            Publication publication = store().publish(committed);

            assertThat(store().publish(committed)).isEqualTo(publication);

            assertPublished(committed, publication);
        }

        @Test
        void isNothingOrAllForAReader() throws Exception {
            CommittedBatch committed = committed();
            List<Publication> publication = new ArrayList<>();

            List<Object> looks = looksDuring(() -> publication.add(store().publish(committed)));

            assertThat(looks).allSatisfy(look -> assertThat(look).isIn(NOTHING, ALL));
            assertPublished(committed, publication.getFirst());
        }

        @Test
        void thatFailsAtAnyStepShowsNothingAndCanBeRepeated() throws Exception {
            CommittedBatch committed = committed();
            for (Obstacle obstacle : obstacles()) {
                obstacle.put().run();
                assertThatThrownBy(() -> store().publish(committed))
                        .as(obstacle.name())
                        .isInstanceOf(FailureException.class);
                assertThat(seen()).as(obstacle.name()).isEqualTo(NOTHING);
                obstacle.remove().run();
            }

            assertPublished(committed, store().publish(committed));
        }

        @Test
        void usesOnlyTheNewOutputOfARescoredPartition() throws Exception {
            CommittedBatch first = committed();
            Obstacle late = obstacles().getLast();
            late.put().run();
            assertThatThrownBy(() -> store().publish(first)).isInstanceOf(FailureException.class);
            late.remove().run();
            List<PartitionCommit> commits = new ArrayList<>(first.commits());
            commits.set(1, batch.write(store(), 1, new Epoch(2, 1)));
            CommittedBatch rescored = batch.committed(2, commits, Set.of(1));

            assertPublished(rescored, store().publish(rescored));
        }

        @Test
        void refusesOutputThatIsNotWhatWasCommitted() throws Exception {
            CommittedBatch committed = committed();
            List<PartitionCommit> commits = new ArrayList<>(committed.commits());
            PartitionCommit uncommitted = batch.write(store(), 2, new Epoch(1, 9));
            commits.set(2, ContractBatch.withEpoch(uncommitted, new Epoch(1, 8)));

            assertThatThrownBy(() -> store().publish(batch.committed(1, commits, Set.of())))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isTrue());
            assertThat(seen()).isEqualTo(NOTHING);
        }
    }

    @Nested
    @OfTheFiles
    class TheFirstRows {

        @Test
        void areThoseOfTheFirstPartsInOrder() throws Exception {
            CommittedBatch committed = committed();
            Publication publication = store().publish(committed);

            FirstRows head = store().head(ContractBatch.ID, publication.destination(), 15);

            assertThat(head.columns()).startsWith("record_id", "prediction").contains("batch_id", "predicted_at");
            int batchId = head.columns().indexOf("batch_id");
            assertThat(head.rows())
                    .hasSize(15)
                    .allSatisfy(row -> assertThat(row.get(batchId)).isEqualTo(ContractBatch.ID.value()));
            assertThat(head.rows())
                    .extracting(List::getFirst)
                    .startsWith("r0", "r1")
                    .doesNotHaveDuplicates();
        }

        @Test
        void areAllRowsIfTheBatchHasNoMore() throws Exception {
            Publication publication = store().publish(committed());

            assertThat(store().head(ContractBatch.ID, publication.destination(), 1000)
                            .rows())
                    .hasSize(28);
        }
    }

    @Nested
    @OfTheFiles
    class ThePublishedPredictions {

        @Test
        void canBeReadInDuckDb() throws Exception {
            Publication publication = store().publish(committed());

            try (DuckDb duckDb = DuckDb.open(256L << 20, folder.resolve("spill"));
                    Connection connection = duckDb.connect();
                    Statement statement = connection.createStatement()) {
                store().open(ContractBatch.ID, publication.destination(), connection, "the predictions");
                try (ResultSet rows = statement.executeQuery("""
                        SELECT count(*), count(DISTINCT record_id), count(CAST(prediction AS DOUBLE)), min(batch_id)
                        FROM "the predictions"
                        """)) {
                    rows.next();
                    assertThat(rows.getLong(1)).isEqualTo(ALL.predictions());
                    assertThat(rows.getLong(2)).isEqualTo(ALL.distinct());
                    assertThat(rows.getLong(3)).isEqualTo(ALL.predictions());
                    assertThat(rows.getString(4)).isEqualTo(ContractBatch.ID.value());
                }
            }
        }
    }

    @Nested
    class TwoCoordinators {

        @Test
        void anEarlierOneMayNotPublishOnceALaterOneHasFencedIt() throws Exception {
            CommittedBatch earlier = committed();
            CommittedBatch later = batch.committed(2, earlier.commits(), Set.of());
            assertThat(store().fence(ContractBatch.ID, 2)).isEmpty();

            assertThatThrownBy(() -> store().publish(earlier)).isInstanceOf(FailureException.class);
            assertThat(seen()).isEqualTo(NOTHING);
            Publication publication = store().publish(later);

            assertPublished(later, publication);
            assertThat(store().fence(ContractBatch.ID, 1)).contains(publication);
            assertThat(store().publish(earlier)).isEqualTo(publication);
        }

        @Test
        void theLaterOneFinishesWhatTheEarlierOneBegan() throws Exception {
            CommittedBatch earlier = committed();
            for (Obstacle obstacle : obstacles()) {
                obstacle.put().run();
                assertThatThrownBy(() -> store().publish(earlier)).isInstanceOf(FailureException.class);
                obstacle.remove().run();
            }
            CommittedBatch later = batch.committed(2, earlier.commits(), Set.of());

            assertPublished(later, store().publish(later));
        }
    }

    @Nested
    @OfTheFiles
    class Attempts {

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 2, 3, 4})
        void thatEndAnywhereBeforeTheyAreKeptLeaveNothingThatIsPublished(int steps) throws Exception {
            prepare();
            batch.abandon(store(), 1, new Epoch(1, 1), steps);
            List<PartitionCommit> commits = writeAll(2);

            CommittedBatch committed = batch.committed(1, commits, Set.of());

            assertPublished(committed, store().publish(committed));
        }

        @Test
        void ofWhichSeveralWereKeptAreNotMixed() throws Exception {
            prepare();
            batch.write(store(), 0, new Epoch(1, 1));
            List<PartitionCommit> commits = writeAll(2);

            CommittedBatch committed = batch.committed(1, commits, Set.of());

            assertPublished(committed, store().publish(committed));
        }

        @Test
        void thatLostTheirLeaseAreRemovedWithoutHarmToOthers() throws Exception {
            prepare();
            Epoch lost = new Epoch(1, 1);
            batch.write(store(), 0, lost);
            List<PartitionCommit> commits = writeAll(2);
            store().remove(batch.lease(store(), 0, lost));
            store().remove(batch.lease(store(), 0, lost));

            CommittedBatch committed = batch.committed(1, commits, Set.of());

            assertPublished(committed, store().publish(committed));
        }

        @Test
        void thatWriteWhileTheBatchIsPublishedChangeNothing() throws Exception {
            CommittedBatch committed = committed();
            try (ContractBatch.Attempt late = batch.begin(store(), 0, new Epoch(1, 9))) {
                late.predictions();

                Publication publication = store().publish(batch.committed(1, committed.commits(), Set.of()));

                assertThat(seen()).isEqualTo(ALL);
                assertThatThrownBy(late::keep).isInstanceOf(Exception.class);
                assertPublished(committed, publication);
            }
        }

        @Test
        void thatComeAfterPublicationFindNowhereToWrite() throws Exception {
            CommittedBatch committed = committed();
            Publication publication = store().publish(committed);

            assertThatThrownBy(() -> batch.write(store(), 0, new Epoch(1, 9))).isInstanceOf(Exception.class);

            assertPublished(committed, publication);
        }

        @Test
        void thatComeAfterABatchWasDiscardedFindNowhereToWrite() throws Exception {
            CommittedBatch committed = committed();
            store().discard(ContractBatch.ID);

            assertThatThrownBy(() -> batch.write(store(), 0, new Epoch(1, 9))).isInstanceOf(Exception.class);

            assertNothingIsStaged(committed, Phase.CANCELLED);
            assertThat(seen()).isEqualTo(NOTHING);
        }
    }

    @Nested
    @OfTheFiles
    class QuarantinedRowsOfABatch {

        private List<QuarantinedRow> read(CommittedBatch committed) {
            List<QuarantinedRow> rows = new ArrayList<>();
            store().quarantined(committed).forEach(rows::add);
            return rows;
        }

        private void assertReadable(CommittedBatch committed) {
            List<QuarantinedRow> rows = read(committed);
            assertThat(rows)
                    .extracting(QuarantinedRow::row, QuarantinedRow::id, QuarantinedRow::value)
                    .containsExactlyInAnyOrder(tuple(13L, "r13", "19.5"), tuple(17L, "r17", "25.5"));
            assertThat(rows).allSatisfy(row -> {
                assertThat(row.file()).endsWith("in.parquet");
                assertThat(row.reason()).isEqualTo("it is bad");
                assertThat(row.message()).isEqualTo("no such number");
                assertThat(row.values()).isEqualTo("{\"f0\": 1}");
            });
            assertThat(store().quarantined(committed).places()).hasSize(1);
        }

        @Test
        void areReadableWhileTheBatchIsStagedAndWhenItIsPublished() throws Exception {
            CommittedBatch committed = committed();
            assertReadable(committed);

            store().publish(committed);

            assertReadable(committed);
        }

        @Test
        void stayReadableWhenTheBatchIsCancelled() throws Exception {
            CommittedBatch committed = committed();
            // An attempt that was kept but never committed leaves nothing that is shown.
            CommittedBatch first = batch.committed(1, committed.commits().subList(0, 2), Set.of());
            batch.write(store(), 1, new Epoch(1, 9));

            for (int repeated = 0; repeated < 2; repeated++) {
                store().keepQuarantine(first);
                store().discard(ContractBatch.ID);

                assertReadable(first);
                assertNothingIsStaged(first, Phase.CANCELLED);
            }
            assertThat(seen()).isEqualTo(NOTHING);
        }

        @Test
        void areReadOnlyAsFarAsTheReaderWants() throws Exception {
            CommittedBatch committed = committed();
            List<QuarantinedRow> rows = new ArrayList<>();

            store().quarantined(committed).forEach(row -> !rows.add(row));

            assertThat(rows).hasSize(1);
        }

        @Test
        void thatAreGoneAreMissed() throws Exception {
            CommittedBatch committed = committed();
            store().discard(ContractBatch.ID);

            assertThatThrownBy(() -> read(committed))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("gone");
        }

        @Test
        void ofABatchWithoutThemAreNone() throws Exception {
            CommittedBatch committed = committed();
            CommittedBatch without = batch.committed(1, committed.commits().subList(0, 1), Set.of());

            assertThat(read(without)).isEmpty();
            assertThat(store().quarantined(without).places()).isEmpty();
            store().keepQuarantine(without);
        }
    }

    @Nested
    class EveryKindOfColumn {

        private static final ModelDescription CLASSES = new ModelDescription(
                "test", "three", Task.MULTICLASS, List.of(TestModels.number("f0")), List.of("0", "1", "2"), Map.of());

        private final Job.Output shape = new Job.Output(
                List.of("note"),
                false,
                Map.of("0", "early", "1", "punctual", "2", "it's late"),
                2,
                List.of(
                        new OutputDecision("alert", "2", 0.5, "id", Map.of("r1", 0.7)),
                        new OutputDecision("early", "0", 0.2, null, Map.of())),
                List.of(
                        new OutputConstant("region", OutputConstant.Type.TEXT, "it's \"north\""),
                        new OutputConstant("release", OutputConstant.Type.INTEGER, "-7"),
                        new OutputConstant("weight", OutputConstant.Type.NUMBER, "0.25"),
                        new OutputConstant("final", OutputConstant.Type.BOOLEAN, "true"),
                        new OutputConstant("day", OutputConstant.Type.DATE, "2026-11-25"),
                        new OutputConstant("at", OutputConstant.Type.TIMESTAMP, "2026-11-25T22:30:05")),
                Map.of("class_1", columnName(), "early", "is_early"));

        @Test
        void isReadAsItWasWritten() throws Exception {
            batch.close();
            String outputs = "CASE output WHEN 0 THEN 2 WHEN 1 THEN 0.125 WHEN 2 THEN 0.25 WHEN 3 THEN 0.625"
                    + " WHEN 4 THEN 2 WHEN 5 THEN 1 WHEN 6 THEN 0.625 ELSE 0.25 END::DOUBLE";
            batch = new ContractBatch(folder, destination(), CLASSES, shape, outputs);
            assertThat(store().check(batch.job(), CLASSES)).isEmpty();
            CommittedBatch committed = committed();

            Publication publication = store().publish(committed);

            FirstRows head = store().head(ContractBatch.ID, publication.destination(), 2);
            assertThat(head.columns())
                    .startsWith(
                            "record_id",
                            "prediction",
                            "probability_0",
                            "probability_1",
                            "probability_2",
                            columnName(),
                            "score_1",
                            "class_2",
                            "score_2",
                            "note",
                            "alert",
                            "is_early",
                            "region",
                            "release",
                            "weight",
                            "final",
                            "day",
                            "at",
                            "model_name");
            assertThat(values(head.rows().getFirst()))
                    .startsWith(
                            "r0",
                            "it's late",
                            "0.125",
                            "0.25",
                            "0.625",
                            "it's late",
                            "0.625",
                            "punctual",
                            "0.25",
                            "null",
                            "1",
                            "0",
                            "it's \"north\"",
                            "-7",
                            "0.25",
                            "1",
                            "2026-11-25",
                            "2026-11-25 22:30:05");
            // The segment has a greater threshold.
            assertThat(values(head.rows().getLast()).get(head.columns().indexOf("alert")))
                    .isEqualTo("0");
            assertPublished(committed, publication);
            assertThat(PublishedSchema.newest(store(), batch.job().name()))
                    .contains(new PublishedSchema(ContractBatch.ID, batch.schema()));
            assertThat(batch.schema().columns())
                    .extracting(OutputSchema.Column::name)
                    .isEqualTo(
                            head.columns().subList(0, batch.schema().columns().size()));
        }

        /// As all destinations write them: MySQL has 1 and 0 for true and false.
        private List<String> values(List<@Nullable Object> row) {
            return row.stream()
                    .map(value -> String.valueOf(value)
                            .replaceAll("^([0-9-]{10})T", "$1 ")
                            .replaceAll("(:[0-9]{2})[.]0+$", "$1")
                            .replaceAll("^true$", "1")
                            .replaceAll("^false$", "0"))
                    .toList();
        }
    }

    @Nested
    class Discarding {

        @Test
        void removesWhatIsStagedAndMayBeRepeated() throws Exception {
            CommittedBatch committed = committed();

            store().discard(ContractBatch.ID);
            store().discard(ContractBatch.ID);

            assertNothingIsStaged(committed, Phase.CANCELLED);
            assertThat(seen()).isEqualTo(NOTHING);
        }

        @Test
        void removesWhatAFailedPublicationHasLeft() throws Exception {
            CommittedBatch committed = committed();
            for (Obstacle obstacle : obstacles()) {
                obstacle.put().run();
                assertThatThrownBy(() -> store().publish(committed)).isInstanceOf(FailureException.class);
                obstacle.remove().run();
            }

            store().discard(ContractBatch.ID);

            assertNothingIsStaged(committed, Phase.CANCELLED);
        }

        @Test
        void leavesAPublishedBatchAlone() throws Exception {
            CommittedBatch committed = committed();
            Publication publication = store().publish(committed);

            store().discard(ContractBatch.ID);

            assertPublished(committed, publication);
        }

        @Test
        void ofABatchThatWasNeverPreparedDoesNothing() throws Exception {
            store().discard(ContractBatch.ID);

            assertThat(seen()).isEqualTo(NOTHING);
        }
    }

    @Test
    void aRetentionIsRefusedWhereBatchesCantBeRemoved() throws Exception {
        List<String> reasons = store().check(batch.job(new Retention(3, null)), ContractBatch.MODEL);

        if (left().isPresent()) {
            assertThat(reasons).isEmpty();
        } else {
            assertThat(reasons)
                    .singleElement()
                    .asString()
                    .startsWith("destination.retention: Nightshift can't remove published batches");
        }
    }

    @Nested
    class RemovingAPublishedBatch {

        @BeforeEach
        void theDestinationCanRemoveBatches() throws Exception {
            assumeThat(left()).isPresent();
        }

        @Test
        void takesItOutOfSightAndThenDeletesIt() throws Exception {
            publish();

            store().unpublish(ContractBatch.ID);

            assertThat(seen()).isEqualTo(NOTHING);
            assertThat(store().newest("flights")).isEmpty();
            assertThat(left()).contains(true);

            store().delete(ContractBatch.ID);

            assertThat(seen()).isEqualTo(NOTHING);
            assertThat(left()).contains(false);
        }

        @Test
        void mayBeRepeatedAtEveryStep() throws Exception {
            publish();
            for (int repeated = 0; repeated < 2; repeated++) {
                store().unpublish(ContractBatch.ID);
                assertThat(seen()).isEqualTo(NOTHING);
            }
            for (int repeated = 0; repeated < 2; repeated++) {
                store().delete(ContractBatch.ID);
                store().unpublish(ContractBatch.ID);
                assertThat(left()).contains(false);
            }
        }

        @Test
        void deletesAlsoWhatReadersStillSee() throws Exception {
            publish();

            store().delete(ContractBatch.ID);

            assertThat(seen()).isEqualTo(NOTHING);
            assertThat(left()).contains(false);
        }

        @Test
        void isAllOrNothingForAReader() throws Exception {
            publish();

            List<Object> looks = looksDuring(() -> store().unpublish(ContractBatch.ID));

            // A reader that has listed files, and opens them afterwards, may fail.
            assertThat(looks).contains(ALL);
            assertThat(looks)
                    .filteredOn(Seen.class::isInstance)
                    .allSatisfy(look -> assertThat(look).isIn(NOTHING, ALL));
            assertThat(seen()).isEqualTo(NOTHING);
        }

        @Test
        void keepsAnEarlierCoordinatorFromShowingItAgain() throws Exception {
            CommittedBatch earlier = committed();
            store().publish(batch.committed(2, earlier.commits(), Set.of()));
            store().unpublish(ContractBatch.ID);

            assertThatThrownBy(() -> store().publish(earlier)).isInstanceOf(FailureException.class);
            assertThat(store().fence(ContractBatch.ID, 3)).isEmpty();
            store().delete(ContractBatch.ID);
            assertThatThrownBy(() -> store().publish(earlier)).isInstanceOf(FailureException.class);

            assertThat(seen()).isEqualTo(NOTHING);
        }

        @Test
        void doesNothingToABatchThatIsNotPublished() throws Exception {
            CommittedBatch committed = committed();

            store().unpublish(ContractBatch.ID);

            assertPublished(committed, store().publish(committed));
        }
    }

    @Test
    void aSupplementIsRefusedInASentenceWhereItCantBeTaken() throws Exception {
        Optional<String> refusal = store().supplementRefusal(batch.job());
        CommittedBatch committed = committed();
        Publication publication = store().publish(committed);
        if (refusal.isPresent()) {
            assertThat(refusal.get()).startsWith("rows can't be added yet to a published batch");
            assertThatThrownBy(() -> store().publishSupplement(committed)).isInstanceOf(FailureException.class);
        }
        assertPublished(committed, publication);
    }

    @Nested
    class Supplements {

        /// The first one heals a row, and the second one the other row.
        private static final Seen FIRST = new Seen(29, 29, 1);

        private static final Seen SECOND = new Seen(30, 30, 0);

        private CommittedBatch published;

        @BeforeEach
        void theBatchIsPublished() throws Exception {
            assumeThat(store().supplementRefusal(batch.job())).isEmpty();
            published = committed();
            store().publish(published);
        }

        private CommittedBatch first() throws Exception {
            return batch.supplement(store(), published, 2, "nightshift_row = 17");
        }

        private void assertSupplemented(Seen expected, CommittedBatch committed, Publication publication)
                throws Exception {
            assertThat(seen()).isEqualTo(expected);
            List<Finding> findings = proof(committed, Phase.PUBLISHED, publication);
            assertThat(findings).extracting(Finding::outcome).containsOnly(Finding.Outcome.PROVED);
            assertThat(findings).hasSize(5);
            try (OutputProof proof = store().verify(committed, Phase.PUBLISHED, publication)) {
                assertThat(Digests.sha256(proof.manifest())).isEqualTo(publication.manifestSha256());
            }
            assertThat(Manifest.supplements(store().manifest(ContractBatch.ID).orElseThrow()))
                    .isEqualTo(committed.supplements().size());
        }

        @Test
        void showReadersTheHealedRowsAndWhatIsStillQuarantined() throws Exception {
            CommittedBatch first = first();
            assertThat(seen()).isEqualTo(ALL);

            assertSupplemented(FIRST, first, store().publishSupplement(first));

            List<String> quarantined = new ArrayList<>();
            store().quarantined(first).forEach(row -> quarantined.add(row.id()));
            assertThat(quarantined).containsExactly("r17");
        }

        @Test
        void followEachOtherUntilNoRowIsQuarantined() throws Exception {
            CommittedBatch first = first();
            store().publishSupplement(first);
            CommittedBatch second = batch.supplement(store(), first, 3, "FALSE");

            assertSupplemented(SECOND, second, store().publishSupplement(second));
        }

        @Test
        void mayBePublishedAgainAndGiveTheSame() throws Exception {
            CommittedBatch first = first();
            Publication publication = store().publishSupplement(first);

            assertThat(store().publishSupplement(first)).isEqualTo(publication);

            assertSupplemented(FIRST, first, publication);
        }

        @Test
        void ofAnAttemptThatWasLostLeaveNothing() throws Exception {
            first();
            CommittedBatch again = batch.supplement(store(), published, 3, "nightshift_row = 13");

            assertSupplemented(FIRST, again, store().publishSupplement(again));
            List<String> quarantined = new ArrayList<>();
            store().quarantined(again).forEach(row -> quarantined.add(row.id()));
            assertThat(quarantined).containsExactly("r13");
        }

        @Test
        void thatFailedAreTakenBack() throws Exception {
            first();

            store().discardSupplement(ContractBatch.ID, 2);

            assertPublished(published, store().publish(published));
        }

        /// Another one may follow, whose partition has the same number.
        @Test
        void mayFollowOneThatFailed() throws Exception {
            first();
            store().discardSupplement(ContractBatch.ID, 2);
            CommittedBatch again = batch.supplement(store(), published, 3, "nightshift_row = 13");

            assertSupplemented(FIRST, again, store().publishSupplement(again));
        }

        @Test
        void ofALaterCoordinatorAreLeftAloneByAnEarlierOne() throws Exception {
            first();
            CommittedBatch again = batch.supplement(store(), published, 3, "nightshift_row = 13");

            store().discardSupplement(ContractBatch.ID, 2);
            assertThatThrownBy(() -> batch.prepareSupplement(store(), published, 2))
                    .isInstanceOf(FailureException.class);
            store().publish(published);
            store().discard(ContractBatch.ID);
            assertThat(seen()).isEqualTo(ALL);

            assertSupplemented(FIRST, again, store().publishSupplement(again));
        }

        @Test
        void areNotOpenToAttemptsOfThePlanNorOfEarlierCoordinators() throws Exception {
            batch.prepareSupplement(store(), published, 2);
            for (int partition : List.of(1, ContractBatch.PARTITIONS)) {
                try {
                    batch.writeLate(store(), partition, new Epoch(1, 9));
                } catch (FailureException e) {
                    // It has nowhere to write. In a folder it may write a file that nobody reads.
                }
            }
            assertThat(seen()).isEqualTo(ALL);
            CommittedBatch first = first();

            assertSupplemented(FIRST, first, store().publishSupplement(first));
        }

        @Test
        void thatCantBePublishedAreFinishedByARepetition() throws Exception {
            CommittedBatch first = first();
            for (Obstacle obstacle : supplementObstacles()) {
                fail(first, obstacle);
            }

            assertSupplemented(FIRST, first, store().publishSupplement(first));
        }

        @Test
        void areFinishedByALaterCoordinator() throws Exception {
            CommittedBatch first = first();
            for (Obstacle obstacle : supplementObstacles()) {
                fail(first, obstacle);
            }
            CommittedBatch later = batch.by(3, first);
            Publication publication = store().publishSupplement(later);

            assertSupplemented(FIRST, later, publication);
            assertThat(store().publishSupplement(first)).isEqualTo(publication);
            assertSupplemented(FIRST, later, publication);
        }

        private void fail(CommittedBatch first, Obstacle obstacle) throws Exception {
            obstacle.put().run();
            assertThatThrownBy(() -> store().publishSupplement(first))
                    .as(obstacle.name())
                    .isInstanceOf(FailureException.class);
            obstacle.remove().run();
            assertThat(seen().predictions()).as(obstacle.name()).isIn(28L, 29L);
            assertThat(seen().distinct()).as(obstacle.name()).isIn(28L, 29L);
        }

        @Test
        void goWithTheirBatch() throws Exception {
            assumeThat(left()).isPresent();
            CommittedBatch first = first();
            store().publishSupplement(first);

            store().unpublish(ContractBatch.ID);
            assertThat(seen()).isEqualTo(NOTHING);
            assertThatThrownBy(() -> store().publishSupplement(first)).isInstanceOf(FailureException.class);
            store().delete(ContractBatch.ID);

            assertThat(left()).contains(false);
        }

        @Test
        void ofAnEarlierCoordinatorChangeNothingAnyMore() throws Exception {
            CommittedBatch first = first();
            store().publishSupplement(first);
            CommittedBatch second = batch.supplement(store(), first, 3, "FALSE");
            Publication publication = store().publishSupplement(second);

            try {
                store().publishSupplement(first);
            } catch (FailureException e) {
                // It may find that it is late, or that its supplement is there.
            }

            assertSupplemented(SECOND, second, publication);
        }

        @Test
        void areAllOrNothingForAReaderOfPredictions() throws Exception {
            CommittedBatch first = first();
            List<Publication> publication = new ArrayList<>();

            List<Object> looks = looksDuring(() -> publication.add(store().publishSupplement(first)));

            assertThat(looks).filteredOn(Seen.class::isInstance).allSatisfy(look -> {
                Seen seen = (Seen) look;
                assertThat(seen.predictions()).isIn(28L, 29L);
                assertThat(seen.distinct()).isIn(28L, 29L);
            });
            assertSupplemented(FIRST, first, publication.getFirst());
        }

        @Test
        void whoseOutputIsGoneAreRefused() throws Exception {
            CommittedBatch first = first();
            store().discardSupplement(ContractBatch.ID, 2);

            assertThatThrownBy(() -> store().publishSupplement(first)).isInstanceOf(FailureException.class);

            assertThat(seen()).isEqualTo(ALL);
        }
    }

    @Test
    void aReuseIsRefusedInASentenceWhereItCantBeDone() throws Exception {
        Optional<String> refusal = store().reuseRefusal(batch.job());
        CommittedBatch committed = committed();
        Publication publication = store().publish(committed);
        if (refusal.isPresent()) {
            assertThat(refusal.get()).startsWith("parts in ").contains("can't be reused");
            assertThatThrownBy(() -> store().reuse(ContractBatch.ID, ContractBatch.NEXT, List.of()))
                    .isInstanceOf(FailureException.class);
        }
        assertPublished(committed, publication);
    }

    @Nested
    class ReusedParts {

        private CommittedBatch published;
        private Publication publication;

        @BeforeEach
        void theBatchIsPublished() throws Exception {
            assumeThat(store().reuseRefusal(batch.job())).isEmpty();
            published = committed();
            publication = store().publish(published);
            store().prepare(ContractBatch.NEXT, batch.job(), batch.model());
        }

        /// Stages the first parts under an incarnation.
        private List<PartitionCommit> reuse(int incarnation, int parts) {
            List<PartitionCommit> reused = published.commits().stream()
                    .limit(parts)
                    .map(commit -> commit.reused(incarnation))
                    .toList();
            store().reuse(ContractBatch.ID, ContractBatch.NEXT, reused);
            return new ArrayList<>(reused);
        }

        private void assertWhole(CommittedBatch next) {
            Publication shown = store().publish(next);
            assertThat(proof(next, Phase.PUBLISHED, shown))
                    .hasSize(5)
                    .extracting(Finding::outcome)
                    .containsOnly(Finding.Outcome.PROVED);
            assertThat(store().manifest(ContractBatch.NEXT).orElseThrow())
                    .contains("\"reused_from\" : \"" + ContractBatch.ID + "\"", "\"reused_model\"");
        }

        @Test
        void areTheBytesOfThePublishedBatchWhichStaysAsItIs() throws Exception {
            List<PartitionCommit> commits = reuse(1, 2);
            commits.add(batch.writeNext(store(), 2, new Epoch(1, 1)));

            assertWhole(batch.reusing(1, commits));

            assertPublished(published, publication);
        }

        @Test
        void mayBeStagedAgainAndByALaterCoordinator() throws Exception {
            reuse(1, 2);
            reuse(1, 2);
            List<PartitionCommit> commits = reuse(2, 2);
            store().fence(ContractBatch.NEXT, 2);
            commits.add(batch.writeNext(store(), 2, new Epoch(2, 1)));

            assertWhole(batch.reusing(2, commits));
        }

        @Test
        void stayWhenTheBatchTheyComeFromIsDeleted() throws Exception {
            List<PartitionCommit> commits = reuse(1, 3);
            store().unpublish(ContractBatch.ID);
            store().delete(ContractBatch.ID);

            assertWhole(batch.reusing(1, commits));
        }

        @Test
        void ofACancelledBatchLeaveNothing() throws Exception {
            CommittedBatch next = batch.reusing(1, reuse(1, 3));

            store().discard(ContractBatch.NEXT);

            assertNothingIsStaged(next, Phase.CANCELLED);
            assertPublished(published, publication);
        }

        @ParameterizedTest
        @EnumSource(names = {"A_ROW_IS_MISSING", "A_PARTITION_IS_GONE"})
        void thatWereChangedOrAreGoneAreRefused(Tampering tampering) throws Exception {
            tamper(tampering);

            assertThatThrownBy(() -> reuse(1, 3))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("can't be reused");
        }

        @Test
        void areNotStagedOnceTheBatchWasDiscarded() {
            store().discard(ContractBatch.NEXT);

            assertThatThrownBy(() -> reuse(1, 3)).isInstanceOf(FailureException.class);

            assertNothingIsStaged(batch.reusing(1, List.of()), Phase.CANCELLED);
        }
    }

    @OfTheFiles
    @ParameterizedTest
    @EnumSource
    void verificationFinds(Tampering tampering) throws Exception {
        CommittedBatch committed = committed();
        Publication publication = store().publish(committed);

        tamper(tampering);

        List<Finding> findings = new ArrayList<>(proof(committed, Phase.PUBLISHED, publication));
        try (OutputProof proof = store().verify(committed, Phase.PUBLISHED, publication)) {
            String manifest = Digests.sha256(proof.manifest());
            if (!manifest.equals(publication.manifestSha256())) {
                findings.add(new Finding(Finding.Outcome.BROKEN, "manifest", "it was changed"));
            }
        }
        assertThat(findings).extracting(Finding::outcome).contains(Finding.Outcome.BROKEN);
    }

    @Test
    void verificationProvesWhatIsCommittedBeforeItIsPublished() throws Exception {
        CommittedBatch committed = committed();
        List<Finding> findings = new ArrayList<>();
        try (OutputProof proof = store().verify(committed, Phase.RUNNING, null)) {
            assertThat(proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add)))
                    .isTrue();
            assertThat(proof.areSame(committed.commits(), batch.slices(0, 1, 2)))
                    .isTrue();
        }
        assertThat(findings).extracting(Finding::outcome).containsOnly(Finding.Outcome.PROVED);
    }
}
