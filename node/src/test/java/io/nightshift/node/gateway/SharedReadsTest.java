package io.nightshift.node.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedReadsTest {

    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private final AtomicInteger reads = new AtomicInteger();

    @Test
    void callersAtTheSameTimeShareARead() {
        SharedReads<String, String> shared = new SharedReads<>(key -> key + reads.incrementAndGet(), tasks::add);
        CompletableFuture<String> first = shared.get("a");
        CompletableFuture<String> second = shared.get("a");
        CompletableFuture<String> other = shared.get("b");
        assertThat(tasks).hasSize(2);
        first.cancel(false);

        tasks.forEach(Runnable::run);
        assertThat(second).isCompletedWithValue("a1");
        assertThat(other).isCompletedWithValue("b2");

        CompletableFuture<String> later = shared.get("a");
        tasks.getLast().run();
        assertThat(later).isCompletedWithValue("a3");
    }

    @Test
    void onlySoManyThingsAreReadAtTheSameTime() {
        SharedReads<String, String> limited = new SharedReads<>(key -> key, tasks::add, 1);
        CompletableFuture<String> first = limited.get("a");
        CompletableFuture<String> same = limited.get("a");

        assertThatThrownBy(limited.get("b")::join)
                .hasCauseInstanceOf(ProblemException.class)
                .hasMessageContaining("answers 1 requests of this kind already");
        tasks.removeFirst().run();

        assertThat(first).isCompletedWithValue("a");
        assertThat(same).isCompletedWithValue("a");
        CompletableFuture<String> other = limited.get("b");
        tasks.removeFirst().run();
        assertThat(other).isCompletedWithValue("b");
    }

    @Test
    void aFailureReachesAllCallersAndIsNotKept() {
        SharedReads<String, String> shared = new SharedReads<>(
                key -> {
                    if (reads.incrementAndGet() == 1) {
                        throw new IllegalStateException("not readable");
                    }
                    return key;
                },
                tasks::add);
        CompletableFuture<String> first = shared.get("a");
        CompletableFuture<String> second = shared.get("a");
        tasks.removeFirst().run();
        assertThatThrownBy(first::join).hasRootCauseMessage("not readable");
        assertThatThrownBy(second::join).hasRootCauseMessage("not readable");

        CompletableFuture<String> later = shared.get("a");
        tasks.removeFirst().run();
        assertThat(later).isCompletedWithValue("a");
    }
}
