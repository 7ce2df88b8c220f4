package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReplayPaceTest {

    private static final String ACTOR = "batch|a";

    private final ReplayPace actor = ReplayPace.of(ACTOR);
    private ReplayPace recovery = begin();

    private static ReplayPace begin() {
        return Objects.requireNonNull(ReplayPace.begin(ACTOR));
    }

    @AfterEach
    void close() {
        actor.close();
    }

    private CompletableFuture<Void> next() {
        return recovery.next().toCompletableFuture();
    }

    private void send(int entries) {
        for (int i = 0; i < entries; i++) {
            assertThat(next()).isCompleted();
        }
    }

    @Test
    void anEntryWaitsUntilFewEnoughAreInFrontOfTheActor() {
        send(ReplayPace.AHEAD);
        CompletableFuture<Void> waiting = next();
        assertThat(waiting).isNotDone();

        actor.applied();
        assertThat(waiting).isCompleted();
        CompletableFuture<Void> afterIt = next();
        assertThat(afterIt).isNotDone();
        actor.applied();
        assertThat(afterIt).isCompleted();
    }

    @Test
    void eachRecoveryOfAnActorBeginsAnew() {
        send(250);
        for (int i = 0; i < 1_000; i++) {
            actor.applied();
        }
        recovery = begin();
        send(ReplayPace.AHEAD);
        assertThat(next()).isNotDone();
    }

    @Test
    void nothingWaitsForAnActorThatHasStoppedOrBeenReplaced() {
        send(ReplayPace.AHEAD);
        CompletableFuture<Void> waiting = next();
        ReplayPace later = ReplayPace.of(ACTOR);
        assertThat(waiting).isCompleted();
        assertThat(next()).isCompleted();

        actor.close();
        assertThat(ReplayPace.begin(ACTOR)).isSameAs(later);
        later.close();
        assertThat(ReplayPace.begin(ACTOR)).isNull();
    }
}
