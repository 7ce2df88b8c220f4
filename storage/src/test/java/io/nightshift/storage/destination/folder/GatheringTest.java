package io.nightshift.storage.destination.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

    @Test
    void anEarlierCoordinatorIsToldOfALaterOne() throws Exception {
        Gathering.claim(folder, 2);

        assertThatThrownBy(() -> Gathering.claim(folder, 1))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("a later coordinator publishes the batch");
        assertThat(Gathering.isClaimedAfter(folder, 1)).isTrue();
    }
}
