package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.batch.BatchId;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReadSamplesTest {

    private static final BatchId BATCH = new BatchId("flights-1");
    private static final BatchId OTHER = new BatchId("flights-2");

    private final ReadSamples samples = new ReadSamples();

    private static String profile(long bytes) {
        return "{\"io\": {\"total_bytes_read\": %d, \"total_bytes_written\": 5}, \"operator\": []}".formatted(bytes);
    }

    @Test
    void oneOfSixteenAttemptsIsProfiledForEachBatch() {
        assertThat(samples.isDue(BATCH)).isTrue();
        assertThat(samples.sampled(BATCH, profile(4_000), 1_000)).isEqualTo(4_000);

        assertThat(IntStream.range(1, 33).filter(attempt -> samples.isDue(BATCH)))
                .containsExactly(16, 32);
        assertThat(samples.isDue(OTHER)).isTrue();
    }

    @Test
    void attemptsAreProfiledUntilOneHasSucceeded() {
        assertThat(samples.isDue(BATCH)).isTrue();
        assertThat(samples.isDue(BATCH)).isTrue();
        assertThat(samples.estimate(BATCH, 500, 77)).isEqualTo(77);
    }

    @Test
    void otherAttemptsAreTakenToReadTheSameForEachRow() {
        samples.sampled(BATCH, profile(4_000), 1_000);
        samples.sampled(BATCH, profile(8_000), 1_000);

        assertThat(samples.estimate(BATCH, 500, 77)).isEqualTo(3_000);
        assertThat(samples.estimate(OTHER, 500, 77)).isEqualTo(77);
    }

    @Test
    void bytesThatDuckDbDidNotReadItselfAreNotKnown() {
        assertThat(samples.sampled(BATCH, profile(0), 1_000)).isZero();

        assertThat(samples.estimate(BATCH, 500, 77)).isEqualTo(77);
    }

    @Test
    void aProfileThatDoesNotSayIsRefused() {
        assertThatThrownBy(() -> samples.sampled(BATCH, "{}", 1)).isInstanceOf(IllegalStateException.class);
    }
}
