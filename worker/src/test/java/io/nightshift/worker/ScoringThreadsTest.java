package io.nightshift.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScoringThreadsTest {

    private final ScoringThreads threads = new ScoringThreads(2);
    private final CompletableFuture<Void> gate = new CompletableFuture<>();
    private final List<Runnable> hanging = new ArrayList<>();

    @AfterEach
    void stop() throws InterruptedException {
        gate.complete(null);
        threads.shutdown();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    /// Starts tasks that nothing can interrupt.
    private void hang(int tasks) {
        for (int i = 0; i < tasks; i++) {
            CompletableFuture<Void> begun = new CompletableFuture<>();
            Runnable task = () -> {
                begun.complete(null);
                gate.join();
            };
            hanging.add(task);
            threads.execute(task);
            begun.join();
        }
    }

    private CompletableFuture<Void> run() {
        return CompletableFuture.runAsync(() -> {}, threads).orTimeout(10, TimeUnit.SECONDS);
    }

    @Test
    void aStuckThreadIsReplacedUntilItComesBack() throws InterruptedException {
        hang(2);
        CompletableFuture<Void> waiting = run();
        assertThat(waiting).isNotDone();

        assertThat(threads.replace(hanging.getFirst())).isTrue();

        waiting.join();
        assertThat(threads.stuck()).isOne();
        assertThat(threads.size()).isEqualTo(2);
        assertThat(threads.getMaximumPoolSize()).isEqualTo(3);
        assertThat(threads.isExhausted()).isFalse();

        gate.complete(null);
        threads.shutdown();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(threads.stuck()).isZero();
        assertThat(threads.getMaximumPoolSize()).isEqualTo(2);
    }

    @Test
    void asManyThreadsAreReplacedAsThereAre() {
        hang(2);
        hanging.forEach(threads::replace);
        run().join();
        hang(1);
        assertThat(threads.isExhausted()).isFalse();

        threads.replace(hanging.getLast());

        assertThat(threads.stuck()).isEqualTo(3);
        assertThat(threads.isExhausted()).isTrue();
        assertThat(threads.getMaximumPoolSize()).isEqualTo(4);
        run().join();
    }

    @Test
    void aTaskThatHasEndedIsNotReplaced() {
        CompletableFuture<Void> end = new CompletableFuture<>();
        Runnable task = () -> end.complete(null);
        threads.execute(task);
        assertThat(threads.endOrReplace(task, end, Duration.ofMinutes(1)).join())
                .isFalse();
        assertThat(threads.stuck()).isZero();
    }

    @Test
    void aTaskThatHasNotBegunIsRemoved() {
        hang(2);
        List<String> ran = new ArrayList<>();
        Runnable task = () -> ran.add("it ran");
        threads.execute(task);
        CompletableFuture<Void> never = new CompletableFuture<>();
        assertThat(threads.endOrReplace(task, never, Duration.ofMinutes(1)).join())
                .isFalse();
        hanging.forEach(threads::replace);
        run().join();
        assertThat(ran).isEmpty();
    }

    @Test
    void aTaskThatDoesNotEndInTimeIsReplaced() {
        hang(1);
        CompletableFuture<Void> never = new CompletableFuture<>();
        assertThat(threads.endOrReplace(hanging.getFirst(), never, Duration.ZERO)
                        .join())
                .isTrue();
        assertThat(threads.stuck()).isOne();
    }
}
