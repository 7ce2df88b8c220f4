package io.nightshift.node.dashboard;

import io.nightshift.node.http.EventStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Sends the changes of a page to its viewers as events. All viewers share one query a second, and the text of the
/// changes.
///
/// A viewer hears something every few seconds even if nothing changes: a browser does not notice by itself that its
/// connection is cut.
///
/// @param <S> what is shown at one moment; not changed later
final class LiveFeed<S> {

    /// The events between two moments.
    @FunctionalInterface
    interface News<S> {
        /// @param before what the viewer was shown last; null for the first time
        /// @return events, by [#event]; empty if nothing has changed
        String between(@Nullable S before, S now);
    }

    private static final Executor AFTER_A_SECOND = CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS);

    /// After how many silent seconds a viewer hears that the node is there.
    private static final int SILENCE = 4;

    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Supplier<? extends CompletionStage<S>> question;
    private final News<S> news;
    private final Executor pause;
    private final AtomicInteger open = new AtomicInteger();

    private volatile @Nullable CompletableFuture<S> next;
    private volatile @Nullable Moment<S> latest;
    private volatile @Nullable Rendered<S> rendered;

    /// @param at in nanoseconds, by the clock of this process
    private record Moment<S>(S value, long at) {}

    /// @param before null for a first event
    private record Rendered<S>(@Nullable S before, S now, String text) {}

    /// @param question asks for the present moment; may wait for other nodes and the database, but blocks no thread
    LiveFeed(Supplier<? extends CompletionStage<S>> question, News<S> news) {
        this(question, news, AFTER_A_SECOND);
    }

    /// @param pause runs something after the time between two questions
    LiveFeed(Supplier<? extends CompletionStage<S>> question, News<S> news, Executor pause) {
        this.question = question;
        this.news = news;
        this.pause = pause;
    }

    /// A server-sent event.
    ///
    /// @param data without line breaks
    static String event(String name, String data) {
        return "event: " + name + "\ndata: " + data + "\n\n";
    }

    /// How many viewers there are.
    int viewers() {
        return open.get();
    }

    /// The stream of one viewer.
    EventStream open() {
        open.incrementAndGet();
        return new Viewer();
    }

    private final class Viewer implements EventStream {
        private @Nullable S shown;
        private boolean isFirst = true;
        private int silent;

        @Override
        public CompletionStage<Optional<byte[]>> next() {
            CompletionStage<S> moment = isFirst ? first() : later();
            isFirst = false;
            return moment.toCompletableFuture()
                    .copy()
                    .orTimeout(SILENCE, TimeUnit.SECONDS)
                    .handle((now, problem) -> Optional.of(text(now, problem).getBytes(StandardCharsets.UTF_8)));
        }

        private String text(@Nullable S now, @Nullable Throwable problem) {
            if (problem instanceof TimeoutException) {
                return tick();
            }
            String text = now == null ? event("trouble", Trouble.json(Objects.requireNonNull(problem))) : text(now);
            silent = text.isEmpty() ? silent + 1 : 0;
            return silent == SILENCE ? tick() : text;
        }

        private String tick() {
            silent = 0;
            return event("tick", "{}");
        }

        @SuppressWarnings("ReferenceEquality") // The viewers share the moments.
        private String text(S now) {
            String text = shown == now ? "" : render(shown, now);
            shown = now;
            return text;
        }

        @Override
        public void ended() {
            open.decrementAndGet();
        }
    }

    private CompletionStage<S> first() {
        Moment<S> known = latest;
        return known != null && System.nanoTime() - known.at() < FRESH_NANOS
                ? CompletableFuture.completedFuture(known.value())
                : keep(question.get());
    }

    @SuppressWarnings("ReferenceEquality") // The viewers share the moments.
    private String render(@Nullable S before, S now) {
        Rendered<S> known = rendered;
        if (known != null && known.before() == before && known.now() == now) {
            return known.text();
        }
        String text = news.between(before, now);
        rendered = new Rendered<>(before, now, text);
        return text;
    }

    private CompletableFuture<S> keep(CompletionStage<S> moment) {
        return moment.thenApply(now -> {
                    latest = new Moment<>(now, System.nanoTime());
                    return now;
                })
                .toCompletableFuture();
    }

    private synchronized CompletableFuture<S> later() {
        CompletableFuture<S> pending = next;
        if (pending != null && !pending.isDone()) {
            return pending;
        }
        CompletableFuture<S> later =
                keep(CompletableFuture.supplyAsync(this::ask, pause).thenCompose(moment -> moment));
        next = later;
        return later;
    }

    /// Fails without a question when nobody looks, for example because the node has left.
    private CompletionStage<S> ask() {
        return open.get() == 0
                ? CompletableFuture.failedFuture(new CancellationException("nobody looks"))
                : question.get();
    }
}
