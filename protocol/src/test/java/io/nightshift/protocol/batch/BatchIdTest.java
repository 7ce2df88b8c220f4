package io.nightshift.protocol.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class BatchIdTest {

    private static final Instant AT = Instant.parse("2026-11-24T23:14:25.75Z");

    @Test
    void theIdSaysWhenTheBatchWasSubmitted() {
        assertThat(BatchId.of("flights", AT, null).value()).isEqualTo("flights-20261124t231425-c000");
    }

    @Test
    void theIdIsGreaterThanThatOfTheBatchBefore() {
        BatchId last = BatchId.of("flights", AT, null);

        assertThat(BatchId.of("flights", AT, last).value()).isEqualTo("flights-20261124t231425-c001");
        assertThat(BatchId.of("flights", AT.minusSeconds(60), last).value())
                .as("the clock was set back")
                .isEqualTo("flights-20261124t231425-c001");
        assertThat(BatchId.of("flights", AT.plusNanos(20_000), last).value()).isEqualTo("flights-20261124t231425-c001");
        assertThat(BatchId.of("flights", AT.plusSeconds(1), last).value()).isEqualTo("flights-20261124t231426-c000");
        assertThat(BatchId.of("flights", AT, new BatchId("flights-20261231t235959-ffff"))
                        .value())
                .isEqualTo("flights-20270101t000000-0000");
    }
}
