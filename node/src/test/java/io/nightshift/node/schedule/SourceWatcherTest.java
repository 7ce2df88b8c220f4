package io.nightshift.node.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.schedule.ScheduleServices.SourceRequest;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.schedule.ScheduledJobEvent.Observation;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a node looks at for the trigger of an applied job.
final class SourceWatcherTest {

    @TempDir
    private Path folder;

    private Observation look(String input, String when) {
        String text = """
                {job: churn, model: churn@champion, source: {parquet: '%s'}, destination: {parquet: '%s'},
                 trigger: {when: %s, every: 1m}}
                """.formatted(input, folder.resolve("predictions"), when);
        Sources sources = new Sources(
                () -> {
                    throw new IllegalStateException("no query is needed");
                },
                FileRoots.only(List.of(folder), List.of(folder)));
        return new SourceWatcher(sources, Runnable::run)
                .observe(new SourceRequest("churn", text, null, Map.of()))
                .toCompletableFuture()
                .join();
    }

    private Observation marker(Path path) {
        return look(folder.resolve("*.parquet").toString(), "{marker: '%s'}".formatted(path));
    }

    @Test
    void aMarkerIsSeenWhenItIsThereAndWhenItIsReplaced() throws IOException {
        Path marker = folder.resolve("_READY");
        assertThat(marker(marker).files()).isZero();

        Files.writeString(marker, "1");
        Observation first = marker(marker);
        Files.writeString(marker, "22");
        Observation second = marker(marker);

        assertThat(first.files()).isEqualTo(1);
        assertThat(second.digest()).isNotEqualTo(first.digest());
    }

    @ParameterizedTest
    @CsvSource({"/etc/passwd", "/no/such/file"})
    void aMarkerOutsideTheFoldersOfJobsIsRefused(Path path) {
        assertThatThrownBy(() -> marker(path))
                .hasCauseInstanceOf(FailureException.class)
                .hasMessageContaining(path + " is outside the folders that jobs may read");
    }

    @Test
    void aLinkOutOfTheFoldersIsNoMarker() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("_READY"), Path.of("/etc/passwd"));

        assertThatThrownBy(() -> marker(link)).hasMessageContaining("is outside the folders that jobs may read");
    }

    @ParameterizedTest
    @CsvSource({"/etc/passwd", "/no/such.parquet", "/etc/*"})
    void aSourceOutsideOfTheFoldersOfJobsIsNotCounted(String input) {
        assertThatThrownBy(() -> look(input, "{files: 1}"))
                .hasCauseInstanceOf(FailureException.class)
                .hasMessageContaining(input + " is outside the folders that jobs may read");
    }
}
