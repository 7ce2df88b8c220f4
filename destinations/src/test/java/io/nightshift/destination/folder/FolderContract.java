package io.nightshift.destination.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.DestinationContract;
import io.nightshift.destination.FileNames;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The contract for folders of files; a format of files has one subclass.
public abstract class FolderContract extends DestinationContract {

    /// The extension of the files, with the dot.
    protected abstract String extension();

    /// The rows of files, as a reader of the format reads them: what stands after FROM.
    ///
    /// @param files a glob
    protected abstract String read(String files);

    /// Writes the rows of a query to a file of the format.
    protected abstract String copy(String query, Path file);

    protected final Path out() {
        return folder.resolve("out");
    }

    @Override
    protected Optional<Step> moveAway() {
        return Optional.of(() -> Files.move(out(), out().resolveSibling("elsewhere")));
    }

    @Test
    void aPlaceThatAnEarlierVersionHasNotMarkedIsMarkedByTheRemoval() throws Exception {
        publish();
        Files.delete(folders().marker());

        store().removal().unpublish(ContractBatch.ID);
        store().removal().delete(ContractBatch.ID);
        store().removal().delete(ContractBatch.ID);

        assertThat(folders().marker()).exists();
        assertThat(left()).isEqualTo(Optional.of(false));
    }

    @Test
    void quarantinedRowsAreNotCalledKeptWhereThePlaceIsMissing() throws Exception {
        CommittedBatch committed = committed();
        for (Obstacle absence : absences()) {
            absence.put().run();
            assertThatThrownBy(() -> store().keepQuarantine(committed)).isInstanceOf(FailureException.class);
            absence.remove().run();
        }
        store().keepQuarantine(committed);
        store().discard(ContractBatch.ID);
        store().keepQuarantine(committed);
    }

    private BatchFolders folders() {
        return new BatchFolders(out(), ContractBatch.ID);
    }

    private Path part(int partition) {
        return folders().published().resolve(new FileNames(extension()).part(partition));
    }

    @Override
    protected Seen seen() {
        String published = folders().published().toString();
        if (!Files.isDirectory(folders().published())) {
            return NOTHING;
        }
        return new Seen(
                count("count(*)", published + "/part-*" + extension()),
                count("count(DISTINCT record_id)", published + "/part-*" + extension()),
                isQuarantined() ? count("count(*)", published + "/_quarantine-*" + extension()) : 0);
    }

    private boolean isQuarantined() {
        String[] names = folders().published().toFile().list();
        if (names == null) {
            throw new IllegalStateException("the batch was removed while it was read");
        }
        return Stream.of(names).anyMatch(name -> name.startsWith("_quarantine-"));
    }

    private long count(String what, String files) {
        return Long.parseLong(batch.data()
                .rows("SELECT %s FROM %s".formatted(what, read(files)))
                .getFirst());
    }

    @Override
    protected void tamper(Tampering tampering) throws IOException, SQLException {
        switch (tampering) {
            case A_ROW_IS_MISSING -> rewrite(1, "FROM rows WHERE record_id <> 'r12'");
            case A_ROW_IS_DOUBLED -> rewrite(1, "FROM rows UNION ALL FROM rows WHERE record_id = 'r12'");
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

    private void rewrite(int partition, String query) throws IOException, SQLException {
        Path file = part(partition);
        Path other = folder.resolve("other" + extension());
        String rows = "WITH rows AS (FROM %s) %s".formatted(read(file.toString()), query);
        try (Connection connection = batch.data().duckDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(copy(rows, other));
        }
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
    }

    /// In the order of a publication: before the files are gathered, among them, and after.
    @Override
    protected List<Obstacle> obstacles() {
        return List.of(
                inTheWay("the folder to gather in", ""),
                inTheWay("a gathered part", new FileNames(extension()).part(2)),
                inTheWay("the manifest", BatchFolders.MANIFEST),
                inTheWay("_SUCCESS", BatchFolders.SUCCESS));
    }

    /// The files of the supplement, and its manifest. A folder with the name of a file is no quarantine
    /// that counts.
    @Override
    protected List<Obstacle> supplementObstacles() {
        Path published = folders().published();
        FileNames names = new FileNames(extension());
        return List.of(
                inTheWay("its part", published.resolve(names.part(3))),
                inTheWay("its manifest", folders().staged().resolve("output-2").resolve(BatchFolders.MANIFEST)));
    }

    /// A file in place of the folder that the coordinator claims.
    @Override
    protected List<Obstacle> discardObstacles() {
        Path output = folders().staged().resolve("output-2");
        return List.of(new Obstacle(
                "its own folder",
                () -> {
                    Folders.deleteTree(output);
                    Files.createFile(output);
                },
                () -> Files.delete(output)));
    }

    private static Obstacle inTheWay(String name, Path taken) {
        Path inside = taken.resolve("in the way");
        return new Obstacle(name, () -> Files.createDirectories(inside), () -> {
            Files.delete(inside);
            Files.delete(taken);
        });
    }

    @Override
    protected Optional<Boolean> left() {
        return Optional.of(
                Stream.of(folders().published(), folders().removed(), folders().staged())
                        .anyMatch(Files::exists));
    }

    @Override
    protected List<Obstacle> absences() {
        List<Obstacle> absences = new ArrayList<>(unmounted(out()));
        Path elsewhere = folder.resolve("mounted");
        absences.add(new Obstacle(
                "one in which a coordinator has prepared the batch without the file system",
                () -> {
                    Files.move(out(), elsewhere);
                    store().prepare(ContractBatch.ID, batch.job(), ContractBatch.MODEL);
                },
                () -> {
                    Folders.deleteTree(out());
                    Files.move(elsewhere, out());
                }));
        return absences;
    }

    @Override
    protected Step neighbours() throws IOException {
        return files(
                out(),
                "mine.txt",
                "batch=notours/x.csv",
                ".staging/load-42/x.csv",
                ".staging/batch=notours/x.csv",
                ".removed/other/x.csv");
    }

    @Test
    void aDeletionThatWasCutShortIsFinished() throws Exception {
        publish();
        store().removal().unpublish(ContractBatch.ID);
        Files.delete(folders().removed().resolve(BatchFolders.MANIFEST));

        store().removal().delete(ContractBatch.ID);

        assertThat(left()).contains(false);
        assertThat(folders().removedRoot()).doesNotExist();
    }

    private CommittedBatch supplement() throws Exception {
        CommittedBatch committed = committed();
        store().publish(committed);
        return batch.supplement(store(), committed, 2, "nightshift_row = 17");
    }

    @Test
    void aSupplementOfABatchWithoutAManifestIsWithdrawn() throws Exception {
        CommittedBatch supplement = supplement();
        Path part = folders().published().resolve(new FileNames(extension()).part(3));
        Path inside = Files.createDirectories(folders().staged().resolve("output-2/_manifest.json/in the way"));
        assertThatThrownBy(() -> store().supplements().publishSupplement(supplement))
                .isInstanceOf(FailureException.class);
        assertThat(part).exists();
        Files.delete(inside);
        Files.delete(folders().published().resolve(BatchFolders.MANIFEST));

        assertThatThrownBy(() -> store().supplements().publishSupplement(supplement))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isTrue())
                .hasMessageContaining("the manifest of ");
        assertThat(store().supplements().withdrawSupplement(batch.by(3, supplement)))
                .isEmpty();

        assertThat(part).doesNotExist();
        assertThat(folders().staged()).doesNotExist();
        assertThat(seen()).isEqualTo(ALL);
    }

    /// A folder that isn't empty stands where the first coordinator writes a file, or a file where it makes a
    /// folder.
    private Obstacle inTheWay(String name, String file) {
        Path output = folders().staged().resolve("output-1");
        Path taken = output.resolve(file).resolve("in the way");
        return file.isEmpty()
                ? new Obstacle(name, () -> Files.writeString(output, "in the way"), () -> Files.delete(output))
                : new Obstacle(name, () -> Files.createDirectories(taken), () -> {
                    Files.delete(taken);
                    Files.delete(taken.getParent());
                });
    }
}
