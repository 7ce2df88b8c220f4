package io.nightshift.coordinator.batch.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeldOffNodesTest {

    /// The clock is about to overflow.
    private static final long NOW = Long.sum(Long.MAX_VALUE, -10);

    private final HeldOffNodes nodes = new HeldOffNodes();

    @Test
    void aNodeIsHeldOffUntilItsTimeIsOver() {
        nodes.failed("a:1", NOW + 100);

        assertThat(nodes.left("a:1", NOW)).isEqualTo(100);
        assertThat(nodes.left("a:1", NOW + 99)).isEqualTo(1);
        assertThat(nodes.left("a:1", NOW + 100)).isZero();
        assertThat(nodes.left("a:1", NOW + 101)).isZero();
        assertThat(nodes.left("b:1", NOW)).isZero();
    }

    @Test
    void failuresAreCountedByNodeUntilItSucceeds() {
        assertThat(nodes.failures("a:1")).isZero();
        nodes.failed("a:1", NOW + 100);
        nodes.failed("a:1", NOW + 200);
        nodes.failed("b:1", NOW + 100);

        assertThat(nodes.failures("a:1")).isEqualTo(2);
        assertThat(nodes.failures("b:1")).isEqualTo(1);
        assertThat(nodes.left("a:1", NOW + 150))
                .as("until the time of the last failure")
                .isEqualTo(50);

        nodes.succeeded("a:1");

        assertThat(nodes.failures("a:1")).isZero();
        assertThat(nodes.left("a:1", NOW)).isZero();
        assertThat(nodes.failures("b:1")).isEqualTo(1);
    }
}
