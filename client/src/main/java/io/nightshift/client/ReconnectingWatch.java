package io.nightshift.client;

import io.nightshift.api.BatchDescription;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A watch of a batch. It reads one stream of events after another: when a stream ends early, it reconnects
/// and sends the ID of the last event, so that it misses none.
///
/// There is one stream at a time, and the HTTP client calls its listener on one thread at a time. A stream's
/// end happens before the next one begins.
final class ReconnectingWatch {

    private final HttpNightshiftClient client;
    private final String path;
    private final Consumer<BatchDescription> progress;
    private final CompletableFuture<BatchDescription> result = new CompletableFuture<>();

    private volatile String lastEventId = "";
    private volatile @Nullable BatchDescription latest;
    private volatile @Nullable ServerSentEventReader open;

    /// Number of streams in a row that ended without an event.
    private int emptyStreams;

    ReconnectingWatch(HttpNightshiftClient client, String path, Consumer<BatchDescription> progress) {
        this.client = client;
        this.path = path;
        this.progress = progress;
    }

    CompletableFuture<BatchDescription> start() {
        var _ = result.whenComplete((batch, error) -> {
            ServerSentEventReader stream = open;
            if (stream != null) {
                stream.cancel();
            }
        });
        connect();
        return result;
    }

    private void connect() {
        if (result.isDone()) {
            return;
        }
        ServerSentEventReader reader = new ServerSentEventReader(lastEventId, this::onEvent);
        open = reader;
        var _ = client.stream(path, lastEventId, reader)
                .whenComplete((response, error) -> onStreamEnd(reader, response, error));
    }

    private void onEvent(ServerSentEventReader.Event event) {
        emptyStreams = 0;
        lastEventId = event.id();
        if (!event.name().equals("progress")) {
            return;
        }
        try {
            BatchDescription batch = HttpNightshiftClient.read(event.data(), BatchDescription.class);
            latest = batch;
            progress.accept(batch);
        } catch (RuntimeException e) {
            // The event can't be read, or the listener ends the watch by throwing.
            result.completeExceptionally(e);
        }
    }

    private void onStreamEnd(
            ServerSentEventReader reader, @Nullable HttpResponse<Void> response, @Nullable Throwable error) {
        BatchDescription batch = latest;
        if (batch != null && batch.isSettled()) {
            result.complete(batch);
            return;
        }
        NightshiftException failure = null;
        if (response == null) {
            failure = client.unreachable(error == null ? new IllegalStateException("no response") : error);
        } else if (response.statusCode() >= 300) {
            failure = HttpNightshiftClient.failure(response.statusCode(), reader.errorBody());
        }
        emptyStreams++;
        if (failure != null && (!failure.kind().isTransient() || emptyStreams >= client.attempts())) {
            result.completeExceptionally(failure);
            return;
        }
        client.useNextServer();
        Duration wait = Backoff.after(emptyStreams);
        CompletableFuture.delayedExecutor(wait.toMillis(), TimeUnit.MILLISECONDS)
                .execute(this::connect);
    }
}
