package io.nightshift.coordinator.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.batch.BatchState;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.NoRepeatedIdsInspector;
import io.nightshift.coordinator.batch.Publisher.Publication;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.ledger.JournalTableWriter;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a crash may leave behind is made by hand, step by step, and published again.
class ParquetPublisherTest {

    private static final int PARTITIONS = 3;

    @TempDir
    Path folder = Path.of("");

    private EmbeddedLedger ledger;
    private Job job = ExampleBatch.job();
    private ParquetPublisher publisher;
    private BatchState state = ExampleBatch.state();

    @BeforeEach
    void aBatchIsReadyToBePublished() throws IOException {
        ledger = EmbeddedLedger.open(folder.resolve("home"));
        job = ExampleBatch.job(folder.resolve("input.parquet"), folder.resolve("out"), new Job.ErrorPolicy(1, null));
        publisher = new ParquetPublisher(ledger.ledger(), new NoRepeatedIdsInspector());
        publisher.prepare(ExampleBatch.BATCH, job);
        List<PartitionCommit> commits = new ArrayList<>();
        for (int partition = PARTITIONS - 1; partition >= 0; partition--) {
            commits.add(stage(partition, new Epoch(1, 1 + partition), partition == 1 ? 2 : 0));
        }
        // What attempts that didn't win have left.
        stage(0, new Epoch(1, 9), 1);
        state = JournalTableWriter.write(
                ledger.ledger(),
                ExampleBatch.BATCH,
                new BatchEvent.Submitted(ExampleBatch.AT, ExampleBatch.BATCH, job, ExampleBatch.MODEL),
                new BatchEvent.TookOver(ExampleBatch.AT, 1, "node:1"),
                new BatchEvent.Planned(
                        ExampleBatch.AT,
                        List.of(new SourceFile("/data/a.parquet", 300, ExampleBatch.AT, 30)),
                        PartitionPlan.of(10, 10, 10)),
                new BatchEvent.Committed(ExampleBatch.AT, commits));
    }

    @AfterEach
    void close() {
        ledger.close();
    }

    private PartitionCommit stage(int partition, Epoch epoch, int quarantined) throws IOException {
        Attempt attempt = new Attempt(ExampleBatch.BATCH, partition, epoch);
        Path staging = Path.of(publisher.staging(ExampleBatch.BATCH, job));
        OutputFile part = write(staging.resolve(attempt.stagedPart()), 10L - quarantined);
        OutputFile bad = quarantined == 0 ? null : write(staging.resolve(attempt.stagedQuarantine()), quarantined);
        return new PartitionCommit(
                partition, epoch, "node:1", partition * 10L, 10, 10, part, bad, ExampleBatch.MODEL.sha256());
    }

    private static OutputFile write(Path file, long rows) throws IOException {
        Files.writeString(file, file.getFileName() + " holds " + rows);
        return new OutputFile(rows, Files.size(file), Digests.sha256(file));
    }

    private Path output() {
        return Path.of(publisher.staging(ExampleBatch.BATCH, job)).resolveSibling("output-1");
    }

    private Path destination() {
        return ParquetPublisher.destination(ExampleBatch.BATCH, job);
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

    /// What publishing without any crash gives.
    private Map<String, String> undisturbed() throws IOException {
        publisher.publish(state);
        return published();
    }

    @Test
    void aPublishedBatchHoldsTheCommittedFilesManifestAndSuccessAndNothingElse() throws IOException {
        Publication publication = publisher.publish(state);

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
        publisher.publish(state);

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
                        "\"head\" : \"" + state.head() + "\"");
        assertThat(manifest.indexOf("part-000000")).isLessThan(manifest.indexOf("part-000002"));
    }

    @Test
    void aCrashAfterAnyNumberOfFilesWereMovedIsMadeUpFor() throws IOException {
        List<String> names = List.of("part-000000", "part-000001", "_quarantine-000001", "part-000002");
        Map<String, String> expected = null;
        for (int moved = 0; moved <= names.size(); moved++) {
            if (expected != null) {
                deleteTree(folder.resolve("out"));
                publisher.prepare(ExampleBatch.BATCH, job);
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    stage(partition, new Epoch(1, 1 + partition), partition == 1 ? 2 : 0);
                }
            }
            Files.createDirectories(output());
            for (String name : names.subList(0, moved)) {
                int partition = name.charAt(name.length() - 1) - '0';
                Path staged = Path.of(publisher.staging(ExampleBatch.BATCH, job))
                        .resolve(name + ".parquet." + new Epoch(1, 1 + partition) + ".staged");
                Files.move(staged, output().resolve(name + ".parquet"));
            }
            assertThat(destination()).doesNotExist();

            publisher.publish(state);

            if (expected == null) {
                expected = published();
            }
            assertThat(published()).as("%d moved", moved).isEqualTo(expected);
            assertNothingStaged();
        }
    }

    @Test
    void aCrashInTheMiddleOfTheManifestOrBeforeTheRenameIsMadeUpFor() throws IOException {
        Map<String, String> expected = undisturbed();
        for (String half : List.of("", "{ \"manifest_version\" : 1, \"sch", "x".repeat(100_000))) {
            // Back to the instant before the rename.
            Files.createDirectories(output().resolveSibling(""));
            Files.move(destination(), output());
            Files.writeString(output().resolve("_manifest.json"), half);
            Files.deleteIfExists(output().resolve("_SUCCESS"));
            assertThat(destination()).doesNotExist();

            publisher.publish(state);

            assertThat(published()).isEqualTo(expected);
            assertNothingStaged();
        }
    }

    @Test
    void aCrashAfterTheRenameIsFoundPublished() throws IOException {
        Publication first = publisher.publish(state);
        Map<String, String> expected = published();
        publisher.prepare(ExampleBatch.BATCH, job);
        stage(0, new Epoch(1, 9), 1);

        Publication again = publisher.publish(state);

        assertThat(again).isEqualTo(first);
        assertThat(published()).isEqualTo(expected);
        assertNothingStaged();
    }

    @Test
    void aCrashWhileTheStagedOutputIsDeletedIsMadeUpFor() throws IOException {
        publisher.publish(state);
        publisher.prepare(ExampleBatch.BATCH, job);
        stage(0, new Epoch(1, 9), 1);
        Path staging = output().resolveSibling("");
        Files.move(output().getParent(), staging.resolveSibling("discarded=" + ExampleBatch.BATCH));
        publisher.prepare(ExampleBatch.BATCH, job);
        stage(1, new Epoch(1, 9), 1);

        publisher.publish(state);

        assertNothingStaged();
    }

    @Test
    void aWorkerThatIsStillWritingCanNotKeepTheStagedOutputAlive() throws Exception {
        Path attempts = Path.of(publisher.staging(ExampleBatch.BATCH, job));
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
            assertThat(written.await(10, TimeUnit.SECONDS)).isTrue();
            publisher.discard(ExampleBatch.BATCH, job);
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
        publisher.discard(ExampleBatch.BATCH, job);
        Thread ending = Thread.ofPlatform().start(() -> {
            while (!stop.get()) {
                publisher.discard(other, job);
            }
        });
        try {
            for (int i = 0; i < 150; i++) {
                assertThatCode(() -> publisher.prepare(ExampleBatch.BATCH, job)).doesNotThrowAnyException();
                publisher.discard(ExampleBatch.BATCH, job);
            }
        } finally {
            stop.set(true);
            ending.join();
        }
    }

    /// The same batch under a later coordinator.
    private BatchState takenOver(BatchState before) {
        return before.apply(LedgerEntry.after(before.head(), new BatchEvent.TookOver(ExampleBatch.AT, 2, "node:2")));
    }

    @Test
    void aLaterCoordinatorGoesOnWithWhatAnEarlierOneHasGathered() throws IOException {
        Files.createDirectories(output());
        Path staged = Path.of(publisher.staging(ExampleBatch.BATCH, job));
        Files.move(staged.resolve("part-000000.parquet.1-1.staged"), output().resolve("part-000000.parquet"));
        Files.writeString(output().resolve("_manifest.json"), "half");

        publisher.publish(takenOver(state));

        assertThat(published()).hasSize(6);
        assertThat(Files.readString(destination().resolve("part-000000.parquet")))
                .isEqualTo("part-000000.parquet.1-1.staged holds 10");
        assertNothingStaged();
    }

    @Test
    void aCoordinatorThatWakesUpLateInTheMiddleOfPublishingFindsNothingToRename() throws IOException {
        ParquetPublisher frozen = new ParquetPublisher(ledger.ledger(), new NoRepeatedIdsInspector() {
            @Override
            public List<String> repeatedIds(List<Path> files, int limit) {
                // All its files are gathered; the manifest and the rename are left.
                assertThat(publisher.fence(takenOver(state))).isEmpty();
                return List.of();
            }
        });
        Job.Source source = job.source();
        Job unique = new Job(
                job.name(),
                job.model(),
                job.features(),
                new Job.Source(source.parquet(), "id", true, source.select(), source.where()),
                job.destination(),
                job.partitions(),
                job.errors(),
                job.output());
        BatchState early = ExampleBatch.state(
                new BatchEvent.Submitted(ExampleBatch.AT, ExampleBatch.BATCH, unique, ExampleBatch.MODEL),
                new BatchEvent.TookOver(ExampleBatch.AT, 1, "node:1"));

        assertThatThrownBy(() -> frozen.publish(early)).isInstanceOf(FailureException.class);
        assertThat(destination()).doesNotExist();
        assertThatThrownBy(() -> publisher.publish(state))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("a later coordinator publishes the batch");
        assertThat(destination()).doesNotExist();

        publisher.publish(takenOver(state));
        assertThat(published()).hasSize(6);
        assertThat(publisher.fence(takenOver(state))).isPresent();
    }

    @Test
    void ofARescoredPartitionOnlyTheNewPartIsPublished() throws IOException {
        // All was gathered before the publication failed.
        Files.createDirectories(output());
        Path staged = Path.of(publisher.staging(ExampleBatch.BATCH, job));
        for (int partition = 0; partition < PARTITIONS; partition++) {
            Path part =
                    staged.resolve("part-00000%d.parquet.%s.staged".formatted(partition, new Epoch(1, 1 + partition)));
            Files.move(part, output().resolve(Attempt.partName(partition)));
        }
        Files.move(
                staged.resolve("_quarantine-000001.parquet.1-2.staged"),
                output().resolve("_quarantine-000001.parquet"));
        PartitionCommit again = stage(1, new Epoch(2, 1), 0);
        BatchState rescored = JournalTableWriter.write(
                ledger.ledger(),
                state,
                new BatchEvent.Failed(ExampleBatch.AT, Failure.permanent("the share was gone")),
                new BatchEvent.Rescored(ExampleBatch.AT, List.of(1)),
                new BatchEvent.Retried(ExampleBatch.AT),
                new BatchEvent.TookOver(ExampleBatch.AT, 2, "node:1"),
                new BatchEvent.Committed(ExampleBatch.AT, List.of(again)));

        publisher.publish(rescored);

        assertThat(published()).doesNotContainKey("_quarantine-000001.parquet").hasSize(5);
        assertThat(Files.readString(destination().resolve("part-000001.parquet")))
                .isEqualTo("part-000001.parquet.2-1.staged holds 10");
    }

    @Test
    void theOldPartOfARescoredPartitionIsNotTakenForTheNew() throws IOException {
        Path staged = Path.of(publisher.staging(ExampleBatch.BATCH, job));
        Files.createDirectories(output());
        Files.move(staged.resolve("part-000000.parquet.1-1.staged"), output().resolve("part-000000.parquet"));
        PartitionCommit again = stage(0, new Epoch(2, 1), 0);
        BatchState rescored = JournalTableWriter.write(
                ledger.ledger(),
                state,
                new BatchEvent.Failed(ExampleBatch.AT, Failure.permanent("the share was gone")),
                new BatchEvent.Rescored(ExampleBatch.AT, List.of(0)),
                new BatchEvent.Retried(ExampleBatch.AT),
                new BatchEvent.TookOver(ExampleBatch.AT, 2, "node:1"),
                new BatchEvent.Committed(ExampleBatch.AT, List.of(again)));
        Files.delete(staged.resolve("part-000000.parquet.2-1.staged"));

        assertThatThrownBy(() -> publisher.publish(rescored))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("part-000000.parquet.2-1.staged is gone")
                .hasMessageContaining("is an earlier one");
        assertThat(destination()).doesNotExist();
    }

    @Test
    void aMissingOrShortenedCommittedFileIsRefusedByNameAndNothingIsVisible() throws IOException {
        Path part = Path.of(publisher.staging(ExampleBatch.BATCH, job)).resolve("part-000002.parquet.1-3.staged");
        String content = Files.readString(part);
        Files.writeString(part, "short");
        assertThatThrownBy(() -> publisher.publish(state))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("part-000002.parquet has 5 bytes instead of " + content.length());
        assertThat(destination()).doesNotExist();

        Files.delete(output().resolve("part-000002.parquet"));
        assertThatThrownBy(() -> publisher.publish(state))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("part-000002.parquet.1-3.staged is gone");
        assertThat(destination()).doesNotExist();
    }

    @Test
    void repeatedIdsAreRefusedWhereTheJobSaysSoAndNothingIsVisible() {
        Job.Source source = job.source();
        Job strict = new Job(
                job.name(),
                job.model(),
                job.features(),
                new Job.Source(source.parquet(), "id", true, source.select(), source.where()),
                job.destination(),
                job.partitions(),
                job.errors(),
                job.output());
        BatchState strictly = ExampleBatch.state(
                new BatchEvent.Submitted(ExampleBatch.AT, ExampleBatch.BATCH, strict, ExampleBatch.MODEL),
                new BatchEvent.TookOver(ExampleBatch.AT, 1, "node:1"));
        ParquetPublisher finding = new ParquetPublisher(ledger.ledger(), new NoRepeatedIdsInspector(List.of("7 × 2")));

        assertThatThrownBy(() -> finding.publish(strictly))
                .isInstanceOf(FailureException.class)
                .hasMessage("the column id is not unique, and the job asks for source.unique-id: 7 × 2");
        assertThat(destination()).doesNotExist();
    }

    @Test
    void aDestinationThatCanNotBeMadeIsRefusedByName() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "not a folder");
        Job impossible = ExampleBatch.job(folder, file.resolve("out"), new Job.ErrorPolicy(1, null));

        assertThatThrownBy(() -> publisher.prepare(ExampleBatch.BATCH, impossible))
                .isInstanceOf(FailureException.class)
                .hasMessageStartingWith("the destination " + file.resolve("out") + " can't be written: ");
    }

    private static void deleteTree(Path root) throws IOException {
        try (Stream<Path> walk = Files.walk(root)) {
            for (Path path : walk.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
