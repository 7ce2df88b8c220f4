package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.Folders;
import io.nightshift.worker.SumModel;
import io.nightshift.worker.TestNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The folders that jobs may use, checked by the worker itself when it opens the files of a lease.
final class WorkerFoldersIT {

    private TestNode node;
    private Path sources = Path.of("");
    private Path file = Path.of("");

    @BeforeEach
    void start(@TempDir Path temp) throws IOException {
        Path folder = temp.toRealPath();
        node = new TestNode(folder);
        file = node.parquet("sources/day/in.parquet", "SELECT i AS f0 FROM range(10) t(i)");
        sources = folder.resolve("sources");
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private Lease lease() {
        Job job = TestJobBuilder.over(file).features("f0").build();
        return node.lease(job, List.of(node.whole(file)));
    }

    private PartitionAttempt attempt(Lease lease, Path read, Path write) {
        FileRoots roots = FileRoots.only(List.of(read), List.of(write));
        return node.attempt(lease, SumModel.ofNumbers(1), new Destinations(() -> node.duckDb, DataSources.NONE, roots));
    }

    private void assertRefused(PartitionAttempt attempt, Path path, String verb) {
        assertThatThrownBy(attempt::run)
                .isInstanceOf(FailureException.class)
                .hasMessage("%s is outside the folders that jobs may %s on this node (nightshift.files.%s)"
                        .formatted(path, verb, verb));
        assertThat(node.staged()).isEmpty();
    }

    @Test
    void aWorkerWithTheFoldersOfTheCoordinatorScores() {
        assertThat(attempt(lease(), sources, node.staging).run().commit().predictions())
                .isEqualTo(10);
    }

    @Test
    void aWorkerWithNarrowerFoldersThanTheCoordinatorRefusesTheLease() {
        assertRefused(attempt(lease(), sources.resolve("other"), node.staging), file, "read");
        assertThatThrownBy(() -> attempt(lease(), sources, sources).run())
                .hasMessageContaining(" is outside the folders that jobs may write on this node");
        assertThat(node.staged()).isEmpty();
    }

    @Test
    void aFolderReplacedByALinkSinceThePlanIsNotRead(@TempDir Path elsewhere) throws IOException {
        PartitionAttempt attempt = attempt(lease(), sources, node.staging);
        // Same content, length and time: only the link tells them apart.
        Files.move(sources.resolve("day"), elsewhere.resolve("day"));
        Files.createSymbolicLink(sources.resolve("day"), elsewhere.resolve("day"));

        assertRefused(attempt, file, "read");
    }

    @Test
    void aStagingFolderThatWasReplacedByALinkIsNotWritten(@TempDir Path elsewhere) throws IOException {
        PartitionAttempt attempt = attempt(lease(), sources, node.folder);
        Folders.deleteTree(node.staging);
        Files.createSymbolicLink(node.staging, elsewhere);

        assertThatThrownBy(attempt::run)
                .hasMessageContaining(" is outside the folders that jobs may write on this node");
        assertThat(elsewhere).isEmptyDirectory();
    }
}
