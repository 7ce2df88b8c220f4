package io.nightshift.destination.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GatheringTest {

    private static final int ROUNDS = 200;
    private static final int COORDINATORS = 6;

    @TempDir
    Path folder = Path.of("");

    @Test
    void theLatestOfManyCoordinatorsAtOnceClaimsTheBatch() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < ROUNDS; round++) {
                Path staged = Files.createDirectory(folder.resolve("staged-" + round));
                List<Callable<Path>> claims = new ArrayList<>();
                for (int incarnation = 1; incarnation <= COORDINATORS; incarnation++) {
                    int own = incarnation;
                    claims.add(() -> Gathering.claim(staged, own));
                }

                List<Future<Path>> claimed = threads.invokeAll(claims);

                assertThat(claimed.getLast().get()).isDirectory();
                assertThat(claimed.stream()
                                .filter(claim -> claim.state() == Future.State.FAILED)
                                .map(Future::exceptionNow))
                        .as("of earlier coordinators")
                        .allMatch(FailureException.class::isInstance);
            }
        }
    }

    private Path attempts() throws IOException {
        return Files.createDirectories(folder.resolve(BatchFolders.ATTEMPTS));
    }

    @Test
    void aCoordinatorRemovesStagedAndGatheredFiles() throws Exception {
        Files.createFile(attempts().resolve("part.1-1.staged"));
        Files.createFile(Gathering.claim(folder, 1).resolve("part"));
        Files.createFile(Gathering.claim(folder, 2).resolve("part"));

        Gathering.clear(folder, 3);

        assertThat(folder).doesNotExist();
    }

    /// The later coordinator prepares a supplement after the earlier one has claimed the folder to remove it.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCoordinatorThatWakesUpWhileItRemovesLeavesALaterOneAlone(boolean hasStaged) throws Exception {
        attempts();
        Path frozen = Gathering.claim(folder, 1);
        Path later = Gathering.claim(folder, 2);
        Path staged = attempts().resolve("part.2-1.staged");
        if (hasStaged) {
            Files.createFile(staged);
        }

        assertThatThrownBy(() -> Gathering.clear(folder, 1, frozen)).isInstanceOf(NoSuchFileException.class);

        assertThat(later).isDirectory();
        assertThat(attempts()).isDirectory();
        assertThat(Files.exists(staged)).isEqualTo(hasStaged);
    }

    @Test
    void aCoordinatorRemovesNothingThatALaterOneHasClaimed() throws Exception {
        Path staged = Files.createFile(attempts().resolve("part.2-1.staged"));
        Path later = Gathering.claim(folder, 2);

        Gathering.clear(folder, 1);

        assertThat(staged).exists();
        assertThat(later).isDirectory();
        assertThat(folder.resolve("output-1")).doesNotExist();
    }

    @Test
    void anEarlierCoordinatorIsToldOfALaterOne() throws Exception {
        Gathering.claim(folder, 2);

        assertThatThrownBy(() -> Gathering.claim(folder, 1))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("a later coordinator publishes the batch");
        assertThat(Gathering.isClaimedAfter(folder, 1)).isTrue();
    }
}
