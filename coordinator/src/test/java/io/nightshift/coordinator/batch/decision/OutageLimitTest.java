package io.nightshift.coordinator.batch.decision;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OutageLimitTest {

    private static final RetryPolicy POLICY = new RetryPolicy(
            3, Duration.ZERO, Duration.ZERO, 0, Duration.ofMinutes(15), Duration.ofMinutes(20), Duration.ofMinutes(5));
    private static final Failure STORAGE = Failure.of(FailedResource.Type.STORAGE, "/data", "the share is away");
    private static final Failure DATABASE = Failure.of(FailedResource.Type.DATABASE, "warehouse", "it is down");
    private static final BatchState WELL =
            ExampleBatch.state(ExampleBatch.submitted(ExampleBatch.job()), ExampleBatch.tookOver(1));

    private static BatchState failing() {
        return ExampleBatch.after(
                WELL, new BatchEvent.StepFailed(ExampleBatch.AT, "node:1", STORAGE, ExampleBatch.AT.plusSeconds(900)));
    }

    private static DecisionTime after(long seconds) {
        return new DecisionTime(0, ExampleBatch.AT.plusSeconds(seconds));
    }

    @Test
    void theFirstFailureStartsTheTime() {
        assertThat(OutageLimit.until(WELL, POLICY, STORAGE, after(60))).isEqualTo(ExampleBatch.AT.plusSeconds(960));
        assertThat(OutageLimit.until(failing(), POLICY, STORAGE, after(60)))
                .isEqualTo(ExampleBatch.AT.plusSeconds(900));
        assertThat(OutageLimit.until(failing(), POLICY, DATABASE, after(60)))
                .isEqualTo(ExampleBatch.AT.plusSeconds(1_200));
    }

    @Test
    void theLastTryIsMadeWhenTheTimeIsOver() {
        assertThat(OutageLimit.atMost(ExampleBatch.AT.plusSeconds(30), Duration.ofSeconds(10), after(0)))
                .isEqualTo(Duration.ofSeconds(10));
        assertThat(OutageLimit.atMost(ExampleBatch.AT.plusSeconds(30), Duration.ofSeconds(10), after(25)))
                .isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void theFailureSaysHowLongTheWorkWasRetried() {
        Failure permanent = Failure.permanent("the column is missing");
        assertThat(OutageLimit.exceeded(failing(), permanent, after(900))).isSameAs(permanent);
        assertThat(OutageLimit.exceeded(WELL, STORAGE, after(900)))
                .as("not retried at all")
                .isSameAs(STORAGE);
        assertThat(OutageLimit.exceeded(failing(), STORAGE, after(0))).isSameAs(STORAGE);
        assertThat(OutageLimit.exceeded(failing(), STORAGE, after(1)))
                .isEqualTo(Failure.transientFailure("the share is away. It was retried for 1 s without success"));
        assertThat(OutageLimit.exceeded(failing(), STORAGE, after(119)).message())
                .endsWith("retried for 119 s without success");
        assertThat(OutageLimit.exceeded(failing(), STORAGE, after(120)).message())
                .endsWith("retried for 2 min without success");
    }
}
