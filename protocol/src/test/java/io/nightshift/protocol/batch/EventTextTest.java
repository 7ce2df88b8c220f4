package io.nightshift.protocol.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.failure.Failure;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EventTextTest {

    private static final Instant AT = Instant.parse("2026-11-27T01:00:00Z");

    @Test
    void theNameHasWords() {
        BatchEvent event = new BatchEvent.TookOver(AT, 2, "node-a:1");

        assertThat(EventText.name(event)).isEqualTo("took over");
        assertThat(EventText.withCaller(event)).isEqualTo("node-a:1 took over the batch, incarnation 2");
    }

    @Test
    void theCallerStandsBeforeTheReason() {
        assertThat(EventText.withCaller(new BatchEvent.Paused(AT, "a fire", "mara")))
                .isEqualTo("by mara: a fire");
        assertThat(EventText.withCaller(new BatchEvent.Paused(AT, "", "mara"))).isEqualTo("by mara");
        assertThat(EventText.withCaller(new BatchEvent.Paused(AT, "a fire", null)))
                .isEqualTo("a fire");
        assertThat(EventText.of(new BatchEvent.Paused(AT, "a fire", "mara"))).isEqualTo("a fire");
    }

    @Test
    void theTextHasOneLine() {
        assertThat(EventText.of(new BatchEvent.Failed(AT, Failure.permanent("the disk\nis  full"))))
                .isEqualTo("the disk is full");
    }

    @Test
    void partitionsAreRanges() {
        assertThat(EventText.of(new BatchEvent.Rescored(AT, List.of(3, 0, 1))))
                .isEqualTo("partitions 0 to 1, 3 will be scored again");
        List<Integer> even = IntStream.range(0, 7).map(i -> 2 * i).boxed().toList();
        assertThat(EventText.of(new BatchEvent.Rescored(AT, even)))
                .isEqualTo("partitions 0, 2, 4, 6, 8 and more will be scored again");
    }

    @Test
    void aRemovalNamesTheRetentionOrItsReason() {
        assertThat(EventText.withCaller(new BatchEvent.RemovalBegun(AT, null, "keep: 1")))
                .isEqualTo("by retention: keep: 1");
        assertThat(EventText.withCaller(new BatchEvent.RemovalBegun(AT, "mara", "a wrong model")))
                .isEqualTo("by mara: a wrong model");
    }
}
