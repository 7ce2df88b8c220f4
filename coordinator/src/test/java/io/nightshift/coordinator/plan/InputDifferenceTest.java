package io.nightshift.coordinator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.SourceInspector.InspectedFile;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class InputDifferenceTest {

    private static final SourceFile A = new SourceFile("/a", 100, Instant.EPOCH, 10, "1");
    private static final SourceFile B = new SourceFile("/b", 100, Instant.EPOCH, 10, "1", "INTEGER");

    private static String first(SourceFile... found) {
        return InputDifference.first(
                        List.of(A, B),
                        Stream.of(found)
                                .map(file -> new InspectedFile(file, List.of(file.rows())))
                                .toList())
                .orElse("");
    }

    @Test
    void theSameFilesHaveNoDifference() {
        assertThat(first(A, B)).isEmpty();
    }

    @Test
    void aFileThatHasChangedIsNamedWithWhatHasChanged() {
        assertThat(first(A, new SourceFile("/b", 99, Instant.EPOCH.plusSeconds(1), 10, "2")))
                .isEqualTo(
                        "/b has changed: its length was 100 bytes and is 99, it was last modified at 1970-01-01T00:00:00Z and now at 1970-01-01T00:00:01Z");
        assertThat(first(A, new SourceFile("/b", 100, Instant.EPOCH, 10, "2")))
                .isEqualTo(
                        "/b has changed: its content is different, although its length and modification time are the same");
    }

    @Test
    void aFileThatHasVanishedIsNamed() {
        assertThat(first(B)).isEqualTo("/a is no longer in the source");
    }

    /// The new file is the reason, not the types that it gives the others.
    @Test
    void aFileThatWasAddedIsNamedEvenIfTheOthersAreReadInAnotherWay() {
        assertThat(first(
                        new SourceFile("/0", 1, Instant.EPOCH, 1, "1"),
                        A,
                        new SourceFile("/b", 100, Instant.EPOCH, 10, "1", "DOUBLE")))
                .isEqualTo("/0 was added");
    }
}
