package io.nightshift.client;

import io.nightshift.api.Problem;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A stream of events whose last one is the result. The server works on the result as long as the client
/// reads, so a stream that breaks is not resumed. The client repeats only a request that was refused for a
/// moment.
///
/// The HTTP client calls the listener on one thread at a time.
final class ResultStream<P, R> {

    private final HttpNightshiftClient client;
    private final String path;
    private final Event<P> progress;
    private final Event<R> end;
    private final Consumer<P> listener;
    private final CompletableFuture<R> result = new CompletableFuture<>();

    private volatile @Nullable ServerSentEventReader open;

    /// A kind of event.
    ///
    /// @param name the name that the server gives it
    /// @param type the record that it carries
    record Event<T>(String name, Class<T> type) {}

    ResultStream(HttpNightshiftClient client, String path, Event<P> progress, Event<R> end, Consumer<P> listener) {
        this.client = client;
        this.path = path;
        this.progress = progress;
        this.end = end;
        this.listener = listener;
    }

    /// A stream whose only event is the result.
    static <R> ResultStream<Void, R> withoutProgress(HttpNightshiftClient client, String path, Event<R> end) {
        // No event has this name.
        return new ResultStream<>(client, path, new Event<>("", Void.class), end, progress -> {});
    }

    CompletableFuture<R> start() {
        var _ = result.whenComplete((value, error) -> {
            ServerSentEventReader stream = open;
            if (stream != null) {
                stream.cancel();
            }
        });
        connect(1);
        return result;
    }

    private void connect(int attempt) {
        if (result.isDone()) {
            return;
        }
        ServerSentEventReader reader = new ServerSentEventReader("", this::onEvent);
        open = reader;
        var _ = client.stream(path, "", reader)
                .whenComplete((response, error) -> onStreamEnd(attempt, reader, response, error));
    }

    private void onEvent(ServerSentEventReader.Event event) {
        try {
            if (event.name().equals(progress.name())) {
                listener.accept(HttpNightshiftClient.read(event.data(), progress.type()));
            } else if (event.name().equals(end.name())) {
                result.complete(HttpNightshiftClient.read(event.data(), end.type()));
            } else if (event.name().equals("problem")) {
                result.completeExceptionally(
                        NightshiftException.of(HttpNightshiftClient.read(event.data(), Problem.class)));
            }
        } catch (RuntimeException e) {
            // The event can't be read, or the listener ends the stream by throwing.
            result.completeExceptionally(e);
        }
    }

    private void onStreamEnd(
            int attempt,
            ServerSentEventReader reader,
            @Nullable HttpResponse<Void> response,
            @Nullable Throwable error) {
        if (result.isDone()) {
            return;
        }
        NightshiftException failure = response == null || reader.hasBegun()
                ? client.unreachable(
                        error == null ? new java.io.IOException("the stream ended before its result") : error)
                : HttpNightshiftClient.failure(response.statusCode(), reader.errorBody());
        if (reader.hasBegun() || !failure.kind().isTransient() || attempt >= client.attempts()) {
            result.completeExceptionally(failure);
            return;
        }
        client.useNextServer();
        Duration wait = response == null ? Backoff.after(attempt) : HttpNightshiftClient.retryAfter(response, attempt);
        CompletableFuture.delayedExecutor(wait.toMillis(), TimeUnit.MILLISECONDS)
                .execute(() -> connect(attempt + 1));
    }
}
