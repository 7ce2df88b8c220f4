package io.nightshift.destination.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ExactlyOncePublication;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.Publication;
import io.nightshift.destination.ScoredRows;
import io.nightshift.destination.parquet.ParquetFormat;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.TestData;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.SqlStatement;
import io.nightshift.storage.filesystem.Digests;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Publications after a crash. Each state that a crash may leave behind is made by hand, step by step, and
/// published again.
class FolderPublisherTest {

    private static final int PARTITIONS = 3;

    @TempDir
    Path folder = Path.of("");

    private static final BatchId BATCH = new BatchId("flights-1");
    private static final Instant AT = Instant.parse("2026-11-24T23:14:25Z");
    private static final ModelVersion MODEL = new ModelVersion("delays", 1, "a1".repeat(32));
    private static final FileNames NAMES = new FileNames(".parquet");

    private Path out = Path.of("");
    private FolderPublisher publisher;
    private CommittedBatch batch;

    @BeforeEach
    void aBatchIsReadyToBePublished() throws IOException {
        out = folder.resolve("out");
        publisher = publisher(new ParquetFormat());
        publisher.prepare();
        List<PartitionCommit> commits = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            commits.add(stage(partition, new Epoch(1, 1 + partition), partition == 1 ? 2 : 0));
        }
        // The output of attempts that didn't win.
        stage(0, new Epoch(1, 9), 1);
        batch = batch(TestJobBuilder.over(folder.resolve("input.parquet")).build(), 1, commits, Set.of());
    }

    private FolderPublisher publisher(FileFormat format) {
        return publisher(format, FolderPublisherTest::unread);
    }

    private static DuckDb unread() {
        throw new AssertionError("a job without unique ids reads no output");
    }

    private FolderPublisher publisher(FileFormat format, Supplier<DuckDb> duckDb) {
        return publisher(BATCH, format, duckDb);
    }

    private FolderPublisher publisher(BatchId id, FileFormat format, Supplier<DuckDb> duckDb) {
        return new FolderPublisher(out, NAMES, new OutputRows(duckDb, format, new Sources(duckDb)), id, "testing");
    }

    private static Publication publish(FolderPublisher publisher, CommittedBatch batch) {
        return ExactlyOncePublication.publish(publisher, batch, () -> {});
    }

    private static CommittedBatch batch(
            Job job, int incarnation, List<PartitionCommit> commits, Set<Integer> rescored) {
        return new CommittedBatch(
                BATCH,
                job,
                MODEL,
                AT,
                incarnation,
                List.of(new SourceFile("/data/a.parquet", 300, AT, 30, "")),
                commits,
                rescored,
                null,
                null,
                4,
                "c3".repeat(32));
    }

    private Path attempts() {
        return new BatchFolders(out, BATCH).attempts();
    }

    private PartitionCommit stage(int partition, Epoch epoch, int quarantined) throws IOException {
        Attempt attempt = new Attempt(BATCH, partition, epoch);
        OutputFile part = write(attempts().resolve(NAMES.stagedPart(attempt)), 10L - quarantined);
        OutputFile bad =
                quarantined == 0 ? null : write(attempts().resolve(NAMES.stagedQuarantine(attempt)), quarantined);
        return PartitionCommitBuilder.builder()
                .partition(partition)
                .epoch(epoch)
                .node("node:1")
                .firstRow(partition * 10L)
                .rows(10)
                .read(10)
                .part(part)
                .quarantine(bad)
                .model(MODEL.sha256())
                .build();
    }

    private static PartitionCommit valued(PartitionCommit commit, @Nullable String value) {
        return PartitionCommitBuilder.builder(commit).value(value).build();
    }

    private static OutputFile write(Path file, long rows) throws IOException {
        Files.writeString(file, file.getFileName() + " holds " + rows);
        return new OutputFile(rows, Files.size(file), Digests.sha256(file));
    }

    /// A coordinator that claims the staging folder just after an earlier one has removed it.
    private FolderPublisher afterARemoval() {
        AtomicBoolean isRemoved = new AtomicBoolean();
        return new FolderPublisher(
                out,
                NAMES,
                new OutputRows(
                        () -> {
                            throw new AssertionError("no output is read");
                        },
                        new ParquetFormat(),
                        new Sources(() -> {
                            throw new AssertionError("no input is read");
                        })),
                BATCH,
                "testing") {
            @Override
            Path claim(Path staged, int incarnation) throws IOException {
                if (isRemoved.compareAndSet(false, true)) {
                    Files.delete(staged);
                }
                return super.claim(staged, incarnation);
            }
        };
    }

    @Test
    void aSupplementIsPreparedAlthoughItsEmptyFolderIsRemoved() {
        publish(publisher, batch);

        afterARemoval().prepareSupplement(batch(batch.job(), 2, batch.commits(), Set.of()));

        assertThat(attempts()).isDirectory();
        publisher.discardSupplement(1);
        assertThat(attempts()).isDirectory();
        publisher.discardSupplement(2);
        assertThat(attempts().getParent()).doesNotExist();
    }

    /// The successor of a coordinator that publishes the batch just before the successor claims it.
    private FolderPublisher overtaken(boolean isDiscarded) {
        return new FolderPublisher(
                out,
                NAMES,
                new OutputRows(
                        () -> {
                            throw new AssertionError("no output is read");
                        },
                        new ParquetFormat(),
                        new Sources(() -> {
                            throw new AssertionError("no input is read");
                        })),
                BATCH,
                "testing") {
            @Override
            Path claim(Path staged, int incarnation) throws IOException {
                publish(publisher, batch);
                if (!isDiscarded) {
                    Files.createDirectories(staged);
                }
                return super.claim(staged, incarnation);
            }
        };
    }

    @Test
    void aBatchPublishedByAnEarlierCoordinatorLastIsPublished() {
        CommittedBatch later = batch(batch.job(), 2, batch.commits(), Set.of());

        Publication publication = publish(overtaken(false), later);

        assertThat(publication).isEqualTo(publish(publisher, batch));
        assertThat(Path.of(publication.destination())).isNotEmptyDirectory();
    }

    @Test
    void aBatchThatAnEarlierCoordinatorTidiedUpIsPublished() {
        CommittedBatch later = batch(batch.job(), 2, batch.commits(), Set.of());

        assertThat(publish(overtaken(true), later)).isEqualTo(publish(publisher, batch));
    }

    /// The first coordinator has gathered one file in the folder of its value and left another there.
    @Test
    void partsAreInFoldersWhereverAnEarlierCoordinatorLeftThem() throws IOException {
        FileNames inFolders = new FileNames(".parquet", "dt");
        List<PartitionCommit> commits = List.of(
                valued(batch.commits().get(0), "2026-11-01"),
                valued(batch.commits().get(1), null),
                valued(batch.commits().get(2), "a/b: 10%"));
        Path gathered = output().resolve("dt=2026-11-01");
        Files.createDirectories(gathered);
        Files.createFile(gathered.resolve("part-000007.parquet"));
        Files.createDirectories(output().resolve("dt=of an earlier winner"));
        Files.move(
                attempts().resolve(NAMES.stagedPart(commits.getFirst().attempt(BATCH))),
                gathered.resolve("part-000000.parquet"));
        FolderPublisher second = new FolderPublisher(
                out,
                inFolders,
                new OutputRows(
                        () -> {
                            throw new AssertionError("no output is read");
                        },
                        new ParquetFormat(),
                        new Sources(() -> {
                            throw new AssertionError("no input is read");
                        })),
                BATCH,
                "testing");

        Publication publication = publish(second, batch(batch.job(), 2, commits, Set.of()));

        List<String> files = new ArrayList<>();
        try (Stream<Path> walk = Files.walk(destination())) {
            walk.filter(Files::isRegularFile)
                    .forEach(file -> files.add(destination().relativize(file).toString()));
        }
        assertThat(files)
                .containsExactlyInAnyOrder(
                        "dt=2026-11-01/part-000000.parquet",
                        "dt=__HIVE_DEFAULT_PARTITION__/part-000001.parquet",
                        "dt=a%2Fb%3A 10%25/part-000002.parquet",
                        "_quarantine-000001.parquet",
                        "_manifest.json",
                        "_SUCCESS");
        assertThat(Files.readString(destination().resolve("_manifest.json")))
                .contains("dt=2026-11-01/part-000000.parquet");
        assertThat(destination().resolve("dt=of an earlier winner")).doesNotExist();
        assertThat(publish(second, batch(batch.job(), 3, commits, Set.of()))).isEqualTo(publication);
    }

    private Path output() {
        return attempts().resolveSibling("output-1");
    }

    private Path destination() {
        return new BatchFolders(out, BATCH).published();
    }

    private Map<String, String> published() throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> list = Files.list(destination())) {
            for (Path file : list.toList()) {
                files.put(String.valueOf(file.getFileName()), Digests.sha256(file));
            }
        }
        return files;
    }

    private void assertNothingStaged() {
        assertThat(folder.resolve("out")).isDirectoryNotContaining("glob:**.staging");
    }

    /// The output of a publication without any crash.
    private Map<String, String> undisturbed() throws IOException {
        publish(publisher, batch);
        return published();
    }

    @Test
    void aPublishedBatchHoldsCommittedFilesManifestAndSuccess() throws IOException {
        Publication publication = publish(publisher, batch);

        assertThat(published().keySet())
                .containsExactly(
                        "_SUCCESS",
                        "_manifest.json",
                        "_quarantine-000001.parquet",
                        "part-000000.parquet",
                        "part-000001.parquet",
                        "part-000002.parquet");
        assertThat(Files.readString(destination().resolve("part-000000.parquet")))
                .isEqualTo("part-000000.parquet.1-1.staged holds 10");
        assertThat(publication)
                .isEqualTo(new Publication(
                        destination().toString(), Digests.sha256(destination().resolve("_manifest.json"))));
        assertNothingStaged();
    }

    @Test
    void theManifestSaysWhatTheBatchConsistsOf() throws IOException {
        publish(publisher, batch);

        String manifest = Files.readString(destination().resolve("_manifest.json"));

        assertThat(manifest)
                .contains(
                        "\"manifest_version\" : 1",
                        "\"batch\" : \"flights-1\"",
                        "\"input\" : 30",
                        "\"predictions\" : 28",
                        "\"quarantined\" : 2",
                        "\"path\" : \"/data/a.parquet\"",
                        "\"file\" : \"_quarantine-000001.parquet\"",
                        "\"entries\" : 4",
                        "\"head\" : \"" + batch.head() + "\"");
        assertThat(manifest.indexOf("part-000000")).isLessThan(manifest.indexOf("part-000002"));
    }

    @Test
    void aPublicationResumesAfterACrashBetweenAnyTwoFiles() throws IOException {
        List<String> names = List.of("part-000000", "part-000001", "_quarantine-000001", "part-000002");
        Map<String, String> expected = null;
        for (int moved = 0; moved <= names.size(); moved++) {
            if (expected != null) {
                deleteTree(folder.resolve("out"));
                publisher.prepare();
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    stage(partition, new Epoch(1, 1 + partition), partition == 1 ? 2 : 0);
                }
            }
            Files.createDirectories(output());
            for (String name : names.subList(0, moved)) {
                int partition = name.charAt(name.length() - 1) - '0';
                Path staged = attempts().resolve(name + ".parquet." + new Epoch(1, 1 + partition) + ".staged");
                Files.move(staged, output().resolve(name + ".parquet"));
            }
            assertThat(destination()).doesNotExist();

            publish(publisher, batch);

            if (expected == null) {
                expected = published();
            }
            assertThat(published()).as("%d moved", moved).isEqualTo(expected);
            assertNothingStaged();
        }
    }

    @Test
    void aPublicationResumesAfterACrashInTheManifestOrBeforeTheRename() throws IOException {
        Map<String, String> expected = undisturbed();
        for (String half : List.of("", "{ \"manifest_version\" : 1, \"sch", "x".repeat(100_000))) {
            // Back to the instant before the rename.
            Files.createDirectories(output().resolveSibling(""));
            Files.move(destination(), output());
            Files.writeString(output().resolve("_manifest.json"), half);
            Files.deleteIfExists(output().resolve("_SUCCESS"));
            assertThat(destination()).doesNotExist();

            publish(publisher, batch);

            assertThat(published()).isEqualTo(expected);
            assertNothingStaged();
        }
    }

    @Test
    void aCrashAfterTheRenameIsFoundPublished() throws IOException {
        Publication first = publish(publisher, batch);
        Map<String, String> expected = published();
        publisher.prepare();
        stage(0, new Epoch(1, 9), 1);

        Publication again = publish(publisher, batch);

        assertThat(again).isEqualTo(first);
        assertThat(published()).isEqualTo(expected);
        assertNothingStaged();
    }

    @Test
    void aPublicationResumesAfterACrashWhileStagedOutputIsDeleted() throws IOException {
        publish(publisher, batch);
        publisher.prepare();
        stage(0, new Epoch(1, 9), 1);
        Path staging = output().resolveSibling("");
        Files.move(output().getParent(), staging.resolveSibling("discarded=" + BATCH));
        publisher.prepare();
        stage(1, new Epoch(1, 9), 1);

        publish(publisher, batch);

        assertNothingStaged();
    }

    /// A file system that goes away just after the rename.
    private FolderPublisher awayAfterTheRename(Path elsewhere) {
        return new FolderPublisher(
                out,
                NAMES,
                new OutputRows(
                        () -> {
                            throw new AssertionError("no output is read");
                        },
                        new ParquetFormat(),
                        new Sources(() -> {
                            throw new AssertionError("no input is read");
                        })),
                BATCH,
                "testing") {
            @Override
            public void discardSupplement(int incarnation) {
                try {
                    Files.move(out, elsewhere);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                super.discardSupplement(incarnation);
            }
        };
    }

    @Test
    void aPublicationEndsWhenItsStagedOutputIsRemoved() throws IOException {
        Path elsewhere = folder.resolve("elsewhere");

        assertThatThrownBy(() -> publish(awayAfterTheRename(elsewhere), batch))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isFalse());
        Files.move(elsewhere, out);
        Map<String, String> visible = published();
        assertThat(attempts()).isDirectory();
        publish(publisher, batch);

        assertThat(published()).isEqualTo(visible);
        assertNothingStaged();
    }

    /// A file system that goes away when it was just looked for, and leaves an empty folder.
    ///
    /// @param isBack whether it is back when it is looked for again
    private FolderPublisher awayAfterALook(Path elsewhere, boolean isBack) {
        return new FolderPublisher(
                out,
                NAMES,
                new OutputRows(
                        FolderPublisherTest::unread, new ParquetFormat(), new Sources(FolderPublisherTest::unread)),
                BATCH,
                "testing") {
            @Override
            void requirePlace() throws IOException {
                if (Files.exists(elsewhere)) {
                    if (isBack) {
                        Files.move(elsewhere, out, StandardCopyOption.ATOMIC_MOVE);
                    }
                    super.requirePlace();
                } else {
                    super.requirePlace();
                    Files.move(out, elsewhere);
                    Files.createDirectory(out);
                }
            }
        };
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aPublicationFailsIfItsPlaceIsAwayWhileStagedOutputIsRemoved(boolean isBack) throws IOException {
        Path elsewhere = folder.resolve("elsewhere");

        assertThatThrownBy(() -> publish(awayAfterALook(elsewhere, isBack), batch))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isFalse());
        if (!isBack) {
            Files.move(elsewhere, out, StandardCopyOption.ATOMIC_MOVE);
        }
        assertThat(attempts()).isDirectory();
        publish(publisher, batch);

        assertNothingStaged();
    }

    @Test
    void aRemovalFailsIfItsPlaceIsAwayWhileFilesAreDeleted() throws IOException {
        publish(publisher, batch);
        publisher.unpublish();
        Path removed = new BatchFolders(out, BATCH).removed();
        Path elsewhere = folder.resolve("elsewhere");

        assertThatThrownBy(() -> awayAfterALook(elsewhere, false).delete()).isInstanceOf(FailureException.class);
        Files.move(elsewhere, out, StandardCopyOption.ATOMIC_MOVE);
        assertThat(removed).isDirectory();
        publisher.delete();

        assertThat(removed).doesNotExist();
    }

    @Test
    void aWorkerThatIsStillWritingCanNotKeepTheStagedOutputAlive() throws Exception {
        Path attempts = attempts();
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch written = new CountDownLatch(300);
        Thread worker = Thread.ofPlatform().start(() -> {
            for (int i = 0; !stop.get(); i++) {
                try {
                    Files.writeString(attempts.resolve("late-" + i), "late");
                    written.countDown();
                } catch (IOException gone) {
                    // As a late attempt finds it.
                    Thread.onSpinWait();
                }
            }
        });
        try {
            assertThat(written.await(60, TimeUnit.SECONDS)).isTrue();
            publisher.discard();
        } finally {
            stop.set(true);
            worker.join();
        }

        assertThat(folder.resolve("out")).isEmptyDirectory();
    }

    @Test
    void batchesThatBeginAndEndAtOnceDoNotDisturbEachOther() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        BatchId other = new BatchId("flights-2");
        publisher.discard();
        Thread ending = Thread.ofPlatform().start(() -> {
            while (!stop.get()) {
                publisher(other, new ParquetFormat(), FolderPublisherTest::unread)
                        .discard();
            }
        });
        try {
            for (int i = 0; i < 150; i++) {
                assertThatCode(() -> publisher.prepare()).doesNotThrowAnyException();
                publisher.discard();
            }
        } finally {
            stop.set(true);
            ending.join();
        }
    }

    /// The same batch under a later coordinator.
    private static CommittedBatch takenOver(CommittedBatch before) {
        return batch(before.job(), 2, before.commits(), before.rescored());
    }

    @Test
    void aLaterCoordinatorContinuesThePublicationOfAnEarlierOne() throws IOException {
        Files.createDirectories(output());
        Path staged = attempts();
        Files.move(staged.resolve("part-000000.parquet.1-1.staged"), output().resolve("part-000000.parquet"));
        Files.writeString(output().resolve("_manifest.json"), "half");

        publish(publisher, takenOver(batch));

        assertThat(published()).hasSize(6);
        assertThat(Files.readString(destination().resolve("part-000000.parquet")))
                .isEqualTo("part-000000.parquet.1-1.staged holds 10");
        assertNothingStaged();
    }

    @Test
    void aCoordinatorThatWakesUpLateFindsNothingToRename() throws IOException {
        // All its files are gathered; the manifest and the rename are left.
        FileFormat fencing = new Reads(
                "SELECT 7 AS record_id",
                () -> assertThat(ExactlyOncePublication.fence(publisher, 2)).isEmpty());
        CommittedBatch early = batch(unique(), 1, batch.commits(), Set.of());

        try (TestData data = new TestData(folder)) {
            FolderPublisher frozen = publisher(fencing, () -> data.duckDb);
            assertThatThrownBy(() -> publish(frozen, early)).isInstanceOf(FailureException.class);
        }
        assertThat(destination()).doesNotExist();
        assertThatThrownBy(() -> publish(publisher, batch))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("a later coordinator publishes the batch");
        assertThat(destination()).doesNotExist();

        publish(publisher, takenOver(batch));
        assertThat(published()).hasSize(6);
        assertThat(ExactlyOncePublication.fence(publisher, 2)).isPresent();
    }

    /// Its files are not gone: they are where readers see them.
    @Test
    void aCoordinatorThatWakesUpAfterThePublicationMayTryAgain() {
        publisher.claim(1);
        FolderPublisher later = publisher(new ParquetFormat());
        CommittedBatch takenOver = takenOver(batch);
        later.claim(2);
        later.requireParts(takenOver);
        later.stageManifest(takenOver);
        later.decide(takenOver);

        assertThatThrownBy(() -> publisher.requireParts(batch))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        failed -> assertThat(failed.failure().kind()).isEqualTo(Failure.Kind.TRANSIENT));
        assertThat(publish(publisher, batch).manifestSha256())
                .isEqualTo(publish(later, takenOver).manifestSha256());
    }

    @Test
    void onlyTheNewPartOfARescoredPartitionIsPublished() throws IOException {
        // All was gathered before the publication failed.
        Files.createDirectories(output());
        Path staged = attempts();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            Path part =
                    staged.resolve("part-00000%d.parquet.%s.staged".formatted(partition, new Epoch(1, 1 + partition)));
            Files.move(part, output().resolve(NAMES.part(partition)));
        }
        Files.move(
                staged.resolve("_quarantine-000001.parquet.1-2.staged"),
                output().resolve("_quarantine-000001.parquet"));
        PartitionCommit again = stage(1, new Epoch(2, 1), 0);
        CommittedBatch rescored = batch(
                batch.job(),
                2,
                List.of(batch.commits().get(0), again, batch.commits().get(2)),
                Set.of(1));

        publish(publisher, rescored);

        assertThat(published()).doesNotContainKey("_quarantine-000001.parquet").hasSize(5);
        assertThat(Files.readString(destination().resolve("part-000001.parquet")))
                .isEqualTo("part-000001.parquet.2-1.staged holds 10");
    }

    @Test
    void theOldPartOfARescoredPartitionIsNotTakenForTheNew() throws IOException {
        Path staged = attempts();
        Files.createDirectories(output());
        Files.move(staged.resolve("part-000000.parquet.1-1.staged"), output().resolve("part-000000.parquet"));
        PartitionCommit again = stage(0, new Epoch(2, 1), 0);
        CommittedBatch rescored = batch(
                batch.job(),
                2,
                List.of(again, batch.commits().get(1), batch.commits().get(2)),
                Set.of(0));
        Files.delete(staged.resolve("part-000000.parquet.2-1.staged"));

        assertThatThrownBy(() -> publish(publisher, rescored))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("part-000000.parquet.2-1.staged is gone")
                .hasMessageContaining("is an earlier one");
        assertThat(destination()).doesNotExist();
    }

    /// Another node may see the folder.
    @Test
    void aNodeThatDoesNotSeeTheStagedOutputWaitsForIt() throws IOException {
        deleteTree(Objects.requireNonNull(attempts().getParent()));

        assertThatThrownBy(() -> publish(publisher, batch))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(Objects.requireNonNull(e.failure().resource())
                                        .type())
                                .isEqualTo(FailedResource.Type.MOUNT))
                .hasMessageContaining("is not there. If this node lacks the file system, mount it");
        assertThat(destination()).doesNotExist();
    }

    @Test
    void aMissingOrShortenedFileIsNamedAndNothingIsVisible() throws IOException {
        Path part = attempts().resolve("part-000002.parquet.1-3.staged");
        String content = Files.readString(part);
        Files.writeString(part, "short");
        assertThatThrownBy(() -> publish(publisher, batch))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("part-000002.parquet has 5 bytes instead of " + content.length());
        assertThat(destination()).doesNotExist();

        Files.delete(output().resolve("part-000002.parquet"));
        assertThatThrownBy(() -> publish(publisher, batch))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("part-000002.parquet.1-3.staged is gone");
        assertThat(destination()).doesNotExist();
    }

    @Test
    void repeatedIdsAreRefusedIfTheJobSaysSoAndNothingIsVisible() {
        CommittedBatch strictly = batch(unique(), 1, batch.commits(), Set.of());
        FileFormat repeated = new Reads("SELECT 7 AS record_id UNION ALL SELECT 7", () -> {});

        try (TestData data = new TestData(folder)) {
            FolderPublisher finding = publisher(repeated, () -> data.duckDb);
            assertThatThrownBy(() -> publish(finding, strictly))
                    .isInstanceOf(FailureException.class)
                    .hasMessage("the column id is not unique, and the job asks for source.unique-id: 7 × 2");
        }
        assertThat(destination()).doesNotExist();
    }

    private Job unique() {
        return TestJobBuilder.over(folder.resolve("input.parquet"))
                .uniqueId("id")
                .build();
    }

    /// Files that hold the same rows, whatever is in them.
    ///
    /// @param query for those rows
    /// @param onRead called each time that files are read
    private record Reads(String query, Runnable onRead) implements FileFormat {

        @Override
        public WarehouseFormat warehouse() {
            throw new AssertionError();
        }

        @Override
        public String extension() {
            return NAMES.extension();
        }

        @Override
        public SqlStatement copyPredictions(ScoredRows rows, Lease lease, Path file, int blockRows) {
            throw new AssertionError("nothing is written");
        }

        @Override
        public String copyQuarantine(ScoredRows rows, Path file, int blockRows) {
            throw new AssertionError("nothing is written");
        }

        @Override
        public String read(List<Path> files) {
            onRead.run();
            return "(" + query + ")";
        }
    }

    @Test
    void aDestinationThatCannotBeCreatedIsRefusedByName() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "not a folder");
        out = file.resolve("out");
        FolderPublisher impossible = publisher(new ParquetFormat());

        assertThatThrownBy(() -> impossible.prepare())
                .isInstanceOf(FailureException.class)
                .hasMessageStartingWith("the destination " + out + " can't be written: ");
    }

    private static void deleteTree(Path root) throws IOException {
        try (Stream<Path> walk = Files.walk(root)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
