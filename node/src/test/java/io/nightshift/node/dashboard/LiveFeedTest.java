package io.nightshift.node.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.node.http.EventStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LiveFeedTest {

    private final AtomicInteger questions = new AtomicInteger();
    private volatile @Nullable String moment = "one";
    private final LiveFeed<String> feed = new LiveFeed<>(
            () -> {
                questions.incrementAndGet();
                String now = moment;
                return now == null
                        ? CompletableFuture.failedFuture(new IllegalStateException("no answer"))
                        : CompletableFuture.completedFuture(now);
            },
            (before, now) -> LiveFeed.event("news", before + " " + now),
            CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS));

    private static String next(EventStream viewer) {
        return new String(viewer.next().toCompletableFuture().join().orElseThrow(), StandardCharsets.UTF_8);
    }

    @Test
    void aViewerHearsTheFirstMomentAtOnceAndThenWhatIsNew() {
        EventStream viewer = feed.open();
        assertThat(next(viewer)).isEqualTo("event: news\ndata: null one\n\n");
        moment = "two";
        assertThat(next(viewer)).isEqualTo("event: news\ndata: one two\n\n");
        assertThat(next(viewer)).isEmpty();
    }

    @Test
    void manyViewersShareOneQuestion() {
        List<EventStream> viewers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            viewers.add(feed.open());
            next(viewers.getLast());
        }
        int before = questions.get();
        viewers.stream()
                .map(viewer -> viewer.next().toCompletableFuture())
                .toList()
                .forEach(CompletableFuture::join);
        assertThat(questions.get() - before).isLessThan(viewers.size() / 2);
        viewers.forEach(EventStream::ended);
        assertThat(feed.viewers()).isZero();
    }

    @Test
    void aProblemIsToldAndTheStreamGoesOn() {
        EventStream viewer = feed.open();
        next(viewer);
        moment = null;
        assertThat(next(viewer)).startsWith("event: trouble\ndata: {\"detail\":\"");
        moment = "three";
        assertThat(next(viewer)).isEqualTo("event: news\ndata: one three\n\n");
    }

    @Test
    void aViewerHearsThatTheNodeIsThereAlthoughNothingIsNew() {
        EventStream viewer = feed.open();
        next(viewer);
        await().atMost(Duration.ofMinutes(2)).until(() -> next(viewer).equals("event: tick\ndata: {}\n\n"));
    }
}
