package io.nightshift.destination.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.DestinationContract;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.Finding;
import io.nightshift.destination.Manifest;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.Publication;
import io.nightshift.destination.folder.BatchFolders;
import io.nightshift.destination.folder.FolderStore;
import io.nightshift.destination.parquet.ParquetFormat;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The contract for the tables of a data lake, in a folder. A format of tables has one subclass, which says how its
/// readers find the files and what other programs do to a table.
public abstract class LakeContract extends DestinationContract {

    protected static final BatchId EARLIER = new BatchId("flights-20261123t231425-11aa");

    /// The batch with a supplement that has healed one of its bad rows.
    protected static final Seen HEALED = new Seen(29, 29, 1);

    /// The folder of the table.
    protected abstract Path tableFolder();

    /// The table's name in messages.
    protected abstract String tableName();

    /// The number of commits of the table.
    protected abstract int commits() throws Exception;

    /// Checks that the table has one commit for each of these batches, and no other one that shows a batch.
    protected abstract void assertShown(List<BatchId> batches) throws Exception;

    /// Checks that the table has one commit for the batch, one for its supplement, and no other one.
    protected abstract void assertSupplementedOnce() throws Exception;

    /// Another program writes a file of the batch again.
    protected abstract void rewriteAFile() throws Exception;

    /// Another program takes a file out of the table.
    ///
    /// @param file the end of its name
    protected abstract void removeFromTable(String file) throws Exception;

    /// The types of the table's columns, by their names.
    protected abstract Map<String, String> columns() throws Exception;

    protected final BatchFolders folders() {
        return new BatchFolders(tableFolder().resolve("nightshift"), ContractBatch.ID);
    }

    protected final Path part(int partition) {
        return folders().published().resolve(new FileNames(".parquet").part(partition));
    }

    /// The rows that a reader of the table finds.
    ///
    /// @param rows what stands after FROM
    protected final Seen seenIn(String rows) {
        return new Seen(
                number("SELECT count(*) FROM " + rows),
                number("SELECT count(DISTINCT record_id) FROM " + rows),
                quarantined());
    }

    private long quarantined() {
        Path published = folders().published();
        String[] names = published.toFile().list();
        return names == null || Stream.of(names).noneMatch(name -> name.startsWith("_quarantine-"))
                ? 0
                : number("SELECT count(*) FROM read_parquet(%s)"
                        .formatted(Sql.text(published + "/_quarantine-*.parquet")));
    }

    protected final long number(String sql) {
        return Long.parseLong(batch.data().rows(sql).getFirst());
    }

    @Override
    protected void tamper(Tampering tampering) throws Exception {
        switch (tampering) {
            case A_ROW_IS_MISSING -> rewrite("FROM rows WHERE record_id <> 'r12'");
            case A_ROW_IS_DOUBLED -> rewrite("FROM rows UNION ALL FROM rows WHERE record_id = 'r12'");
            case A_VALUE_IS_CHANGED -> {
                byte[] bytes = Files.readAllBytes(part(1));
                bytes[bytes.length / 2] ^= 0x40;
                Files.write(part(1), bytes);
            }
            case A_PARTITION_IS_GONE -> Files.delete(part(1));
            case THE_MANIFEST_IS_CHANGED -> {
                Path manifest = folders().published().resolve(BatchFolders.MANIFEST);
                Files.writeString(manifest, Files.readString(manifest).replace("\"read\" : 30", "\"read\" : 31"));
            }
        }
    }

    private void rewrite(String query) throws IOException, SQLException {
        Path other = folder.resolve("other.parquet");
        try (Connection connection = batch.data().duckDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (WITH rows AS (FROM read_parquet(%s)) %s) TO %s (FORMAT parquet)"
                    .formatted(Sql.text(part(1).toString()), query, Sql.text(other.toString())));
        }
        Files.move(other, part(1), StandardCopyOption.ATOMIC_MOVE);
    }

    /// In the order of a publication, up to the rename that decides. The next attempt carries out the steps after
    /// it.
    @Override
    protected List<Obstacle> obstacles() {
        return List.of(
                inTheWay("the folder to gather in", ""),
                inTheWay("a gathered part", new FileNames(".parquet").part(2)),
                inTheWay("the manifest", BatchFolders.MANIFEST));
    }

    /// The file of the supplement, and the manifest. A commit names the file afterwards.
    @Override
    protected List<Obstacle> supplementObstacles() {
        return List.of(
                folderInTheWay("its part", part(3)),
                folderInTheWay(
                        "its manifest",
                        folders().attempts().resolveSibling("output-2").resolve(BatchFolders.MANIFEST)));
    }

    private static Obstacle folderInTheWay(String name, Path taken) {
        Path inside = taken.resolve("in the way");
        return new Obstacle(name, () -> Files.createDirectories(inside), () -> {
            Files.delete(inside);
            Files.delete(taken);
        });
    }

    private Obstacle inTheWay(String name, String file) {
        Path output = folders().attempts().resolveSibling("output-1");
        Path taken = output.resolve(file).resolve("in the way");
        return file.isEmpty()
                ? new Obstacle(name, () -> Files.writeString(output, "in the way"), () -> Files.delete(output))
                : new Obstacle(name, () -> Files.createDirectories(taken), () -> {
                    Files.delete(taken);
                    Files.delete(taken.getParent());
                });
    }

    @Override
    protected Step neighbours() throws IOException {
        return files(tableFolder(), "mine.txt", "nightshift/mine.txt", "nightshift/.staging/load-42/x.csv");
    }

    @Override
    protected Optional<Boolean> left() throws IOException {
        Path all = folders().published().getParent();
        if (!Files.exists(all)) {
            return Optional.of(false);
        }
        try (Stream<Path> files = Files.walk(all)) {
            return Optional.of(
                    files.anyMatch(file -> file.getFileName().toString().equals("batch=" + ContractBatch.ID)));
        }
    }

    /// Another batch, prepared and committed.
    protected final CommittedBatch other(BatchId id, int incarnation) throws Exception {
        store().prepare(id, batch.job(), ContractBatch.MODEL);
        return batch.committedAs(store(), id, incarnation);
    }

    /// A supplement of a published batch.
    protected final CommittedBatch supplement(int incarnation) throws Exception {
        CommittedBatch committed = committed();
        store().publish(committed);
        return batch.supplement(store(), committed, incarnation, "nightshift_row = 17");
    }

    /// Publishes the files of a supplement, as a process that is killed before the commit.
    protected final Publication publishFilesOnly(CommittedBatch supplement) {
        return new FolderStore(
                        tableFolder().resolve("nightshift").toString(),
                        null,
                        new ParquetFormat(),
                        () -> batch.data().duckDb,
                        new Sources(() -> batch.data().duckDb),
                        FileRoots.UNRESTRICTED)
                .publishSupplement(supplement);
    }

    /// A job with a column `note` into the table.
    ///
    /// @param select the column in SQL
    protected final Job jobWithNote(String select) {
        return TestJobBuilder.over(input(", " + select))
                .id("id")
                .output("note")
                .into(batch.job().destination())
                .build();
    }

    private Path input(String more) {
        return batch.data().parquet("other/in.parquet", "SELECT 'r' AS id, 1.5 AS f0" + more);
    }

    /// Makes the table as a job needs it.
    protected final void make(Job job) {
        store(job).prepare(EARLIER, job, ContractBatch.MODEL);
    }

    /// Makes the table without a column `note`.
    protected final void makeWithoutNote() {
        make(TestJobBuilder.over(input(""))
                .id("id")
                .into(batch.job().destination())
                .build());
    }

    /// @return the causes of the calls that failed
    private static List<Throwable> atOnce(List<Callable<Publication>> calls) throws InterruptedException {
        List<Throwable> failures = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Publication> publication : threads.invokeAll(calls)) {
                try {
                    publication.get();
                } catch (ExecutionException e) {
                    failures.add(e.getCause());
                }
            }
        }
        return failures;
    }

    /// Whoever failed because of the others may try again. It can be all of them: each may have lost to one that a
    /// newer one has fenced since.
    private static void assertOthersFailures(List<Throwable> failures) {
        assertThat(failures)
                .allSatisfy(failure -> assertThat(failure)
                        .isInstanceOfSatisfying(
                                FailureException.class,
                                failed -> assertThat(failed.failure().kind()).isEqualTo(Failure.Kind.TRANSIENT)));
    }

    @Nested
    class Commits {

        @Test
        void areOneForEachBatchHoweverOftenItIsPublished() throws Exception {
            CommittedBatch committed = committed();
            store().publish(committed);
            store().publish(committed);
            store().fence(ContractBatch.ID, 2);
            store().publish(batch.committed(3, committed.commits(), Set.of()));

            assertShown(List.of(ContractBatch.ID));
        }

        @Test
        void areOneIfManyCoordinatorsPublishAtOnce() throws Exception {
            CommittedBatch committed = committed();
            List<Callable<Publication>> publications = new ArrayList<>();
            for (int incarnation = 1; incarnation <= 6; incarnation++) {
                CommittedBatch own = batch.committed(incarnation, committed.commits(), Set.of());
                publications.add(() -> store().publish(own));
            }
            List<Throwable> failures = atOnce(publications);
            CommittedBatch last = batch.committed(7, committed.commits(), Set.of());
            Publication publication = store().publish(last);

            assertOthersFailures(failures);
            assertShown(List.of(ContractBatch.ID));
            assertPublished(last, publication);
        }

        @Test
        void ofBatchesThatArePublishedAtOnceAreAllThere() throws Exception {
            List<CommittedBatch> batches = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                batches.add(other(new BatchId("flights-2026112%dt231425-11aa".formatted(i)), 1));
            }
            List<Callable<Publication>> publications = new ArrayList<>();
            batches.forEach(one -> publications.add(() -> store().publish(one)));

            assertThat(atOnce(publications)).isEmpty();

            assertShown(batches.stream().map(CommittedBatch::id).toList());
            assertThat(store().newest("flights")).contains(batches.getLast().id());
        }
    }

    @Nested
    class CommitsOfSupplements {

        @Test
        void areOneForEachHoweverOftenItIsPublished() throws Exception {
            CommittedBatch supplement = supplement(2);
            store().supplements().publishSupplement(supplement);
            store().supplements().publishSupplement(supplement);
            store().supplements().publishSupplement(batch.by(3, supplement));
            store().publish(batch.by(4, batch.committed(1, supplement.commits(), Set.of())));

            assertSupplementedOnce();
            assertThat(store().newest("flights")).contains(ContractBatch.ID);
        }

        @Test
        void areOneIfManyCoordinatorsPublishAtOnce() throws Exception {
            CommittedBatch supplement = supplement(2);
            List<Callable<Publication>> publications = new ArrayList<>();
            for (int incarnation = 2; incarnation <= 7; incarnation++) {
                CommittedBatch own = batch.by(incarnation, supplement);
                publications.add(() -> store().supplements().publishSupplement(own));
            }
            assertOthersFailures(atOnce(publications));
            store().supplements().publishSupplement(batch.by(8, supplement));

            assertSupplementedOnce();
        }

        /// A process that is killed between the files and the commit.
        @Test
        void followTheFilesAfterACrash() throws Exception {
            CommittedBatch supplement = supplement(2);
            publishFilesOnly(supplement);
            assertThat(seen().predictions()).isEqualTo(28);

            store().supplements().publishSupplement(batch.by(3, supplement));

            assertSupplementedOnce();
        }

        @Test
        void areRefusedIfAnotherProgramHasRewrittenFiles() throws Exception {
            CommittedBatch supplement = supplement(2);
            rewriteAFile();
            int commits = commits();

            assertThatThrownBy(() -> store().supplements().publishSupplement(supplement))
                    .as("the rows may be in the other files")
                    .hasMessageContaining("another program has rewritten its files");
            assertThat(commits()).isEqualTo(commits);

            assertThat(store().supplements().withdrawSupplement(batch.by(3, supplement)))
                    .isEmpty();
            assertThat(part(3)).doesNotExist();
            assertThat(folders().staged()).doesNotExist();
            assertThat(Manifest.supplements(store().manifest(ContractBatch.ID).orElseThrow()))
                    .isZero();
        }
    }

    @Test
    void verificationFindsRowsThatAnotherProgramHasRemoved() throws Exception {
        CommittedBatch committed = committed();
        Publication publication = store().publish(committed);
        removeFromTable("part-000001.parquet");

        List<Finding> findings = new ArrayList<>();
        try (OutputProof proof = store().verify(committed, Phase.PUBLISHED, publication)) {
            proof.checkPlace(new Check("table", findings::add));
        }
        assertThat(findings)
                .singleElement()
                .satisfies(finding -> assertThat(finding.detail())
                        .startsWith("the table %s lacks the file ".formatted(tableName()))
                        .endsWith("part-000001.parquet"));
    }

    @Test
    void columnsThatTheTableLacksAreAdded() throws Exception {
        makeWithoutNote();
        assertThat(columns()).doesNotContainKey("note");

        publish();

        assertThat(seen()).isEqualTo(ALL);
        assertThat(columns()).containsEntry("note", "string");
    }
}
