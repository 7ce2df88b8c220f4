package io.nightshift.client;

import io.nightshift.client.NightshiftException.Kind;
import io.nightshift.protocol.api.ApiJson;
import io.nightshift.protocol.api.BatchDescription;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One watch: a stream of events, and another where that was cut off.
final class Watching {

    private final HttpNightshiftClient client;
    private final String path;
    private final Consumer<BatchDescription> progress;
    private final CompletableFuture<BatchDescription> result = new CompletableFuture<>();

    private volatile String last = "";
    private volatile @Nullable BatchDescription known;
    private volatile @Nullable EventLines open;

    /// How often in a row nothing was heard.
    private int silent;

    Watching(HttpNightshiftClient client, String path, Consumer<BatchDescription> progress) {
        this.client = client;
        this.path = path;
        this.progress = progress;
    }

    CompletableFuture<BatchDescription> begin() {
        var _ = result.whenComplete((done, problem) -> {
            EventLines stream = open;
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
        EventLines lines = new EventLines(last, this::heard);
        open = lines;
        var _ = client.stream(path, last, lines).whenComplete((response, problem) -> ended(lines, response, problem));
    }

    private void heard(EventLines.Event event) {
        silent = 0;
        last = event.id();
        if (!event.name().equals("progress")) {
            return;
        }
        try {
            BatchDescription batch = ApiJson.read(event.data(), BatchDescription.class);
            known = batch;
            progress.accept(batch);
        } catch (UncheckedIOException e) {
            result.completeExceptionally(new NightshiftException(
                    Kind.UNEXPECTED, "the server doesn't answer as Nightshift does: " + e.getMessage(), null, e));
        } catch (RuntimeException e) {
            // Whoever listens has had enough.
            result.completeExceptionally(e);
        }
    }

    private void ended(EventLines lines, @Nullable HttpResponse<Void> response, @Nullable Throwable problem) {
        BatchDescription batch = known;
        if (batch != null && batch.isSettled()) {
            result.complete(batch);
            return;
        }
        NightshiftException failure = null;
        if (response == null) {
            failure = client.unreachable(problem == null ? new IllegalStateException("no answer") : problem);
        } else if (response.statusCode() >= 300) {
            failure = HttpNightshiftClient.failure(response.statusCode(), lines.refusal());
        }
        boolean mayPass = failure == null || failure.kind() == Kind.UNREACHABLE || failure.kind() == Kind.UNAVAILABLE;
        silent++;
        if (failure != null && (!mayPass || silent >= client.attempts())) {
            result.completeExceptionally(failure);
            return;
        }
        client.turnAway();
        Duration wait = Backoff.before(silent);
        CompletableFuture.delayedExecutor(wait.toMillis(), TimeUnit.MILLISECONDS)
                .execute(this::connect);
    }
}
