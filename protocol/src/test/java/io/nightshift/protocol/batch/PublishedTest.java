package io.nightshift.protocol.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.batch.BatchEvent.Published;
import io.nightshift.protocol.batch.BatchEvent.SupplementPublished;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.failure.FailureException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Publications and commits at several destinations.
class PublishedTest {

    private static final Instant AT = Instant.parse("2026-11-25T01:02:03Z");

    private final Published published =
            new Published(AT, "/a", "1".repeat(64), List.of(new PublishedOutput("/b", "2".repeat(64))));

    @Test
    void aSupplementHasANewManifestAtEachDestination() {
        assertThat(published.with(new SupplementPublished(AT.plusSeconds(9), "3".repeat(64), List.of("4".repeat(64)))))
                .isEqualTo(new Published(AT, "/a", "3".repeat(64), List.of(new PublishedOutput("/b", "4".repeat(64)))));
    }

    @Test
    void aSupplementAtOtherDestinationsIsRefused() {
        assertThatThrownBy(() -> published.with(new SupplementPublished(AT, "3".repeat(64))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a supplement at 1 destinations, of a batch at 2");
    }

    @Test
    void outputAtAnUnknownDestinationIsRefused() {
        OutputFile file =
                new OutputFile(3, 40, "5".repeat(64), List.of(), List.of(new OutputFile(3, 2, "6".repeat(64))));

        assertThat(file.at(0)).isEqualTo(new OutputFile(3, 40, "5".repeat(64)));
        assertThat(file.at(1)).isEqualTo(new OutputFile(3, 2, "6".repeat(64)));
        assertThat(file.allBytes()).isEqualTo(42);
        assertThatThrownBy(() -> file.at(2))
                .isInstanceOf(FailureException.class)
                .hasMessage("the ledger has output at 2 destinations, and none at another one");
    }
}
