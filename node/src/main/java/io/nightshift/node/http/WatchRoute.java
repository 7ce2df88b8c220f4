package io.nightshift.node.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.operation.BatchApi;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.protocol.batch.BatchId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Streams a batch's events. The ID of a ledger event is its number, which a client sends to resume the
/// stream. Progress events have none. The stream ends when the batch has ended or failed.
///
/// All clients that watch a batch share one query to its coordinator a second, and one read of its ledger.
final class WatchRoute {

    private static final Executor AFTER_A_SECOND = CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS);
    private static final int MOST_ENTRIES = 500;

    /// The number of rendered parts of ledgers that are kept for other clients that watch the same batch.
    private static final int PARTS = 256;

    private static final String LAST = "last-event-id";

    private final BatchQueries batches;
    private final AtomicInteger open = new AtomicInteger();
    private final Map<BatchId, CompletableFuture<BatchQueries.RenderedBatch>> queries = new ConcurrentHashMap<>();
    private final Map<Part, CompletableFuture<String>> parts = new ConcurrentHashMap<>();

    WatchRoute(BatchQueries batches) {
        this.batches = batches;
    }

    /// Entries of a batch's ledger from the one after a number up to another.
    private record Part(BatchId batch, long after, long last) {}

    /// The position of a client in the stream.
    ///
    /// @param number the number of the last ledger entry
    /// @param shown the last progress, or null
    private record Position(
            BatchRegisterState.Entry entry,
            long number,
            @Nullable BatchDescription shown,
            boolean isFirst,
            boolean isDone) {}

    /// @param text the events to send, possibly none
    private record News(Position position, String text) {}

    List<Endpoint> endpoints() {
        return List.of(new Endpoint(BatchApi.WATCH, this::watch));
    }

    private CompletionStage<Answer> watch(Call call) {
        long after = call.header(LAST).map(WatchRoute::lastEventId).orElseGet(() -> call.number("after"));
        boolean again = call.header(LAST).isPresent();
        return batches.find(call.segment("batch"))
                .thenCompose(entry -> batches.describe(entry).thenApply(now -> {
                    if (again && now.isSettled() && now.ledger().entries() <= after) {
                        // Without this answer, a browser would reconnect forever.
                        return Answer.noContent();
                    }
                    return Answer.of(new Watch(new Position(entry, after, null, true, false)));
                }));
    }

    private static long lastEventId(String id) {
        if (!id.matches("[0-9]{1,18}")) {
            throw ProblemException.badRequest(
                    "The header Last-Event-ID is invalid. Send the ID of an event of this stream.");
        }
        return Long.parseLong(id);
    }

    /// The stream of one client.
    private final class Watch implements EventStream {
        private Position position;

        Watch(Position start) {
            this.position = start;
            open.incrementAndGet();
        }

        @Override
        public CompletionStage<Optional<byte[]>> next() {
            Position from = position;
            if (from.isDone()) {
                return CompletableFuture.completedFuture(Optional.empty());
            }
            return (from.isFirst() ? batches.cachedDescription(from.entry()) : later(from.entry()))
                    .thenCompose(seen -> news(from, seen))
                    // The stream survives a coordinator that moves and a database that is unavailable.
                    .exceptionally(problem -> new News(later(from), ""))
                    .thenApply(news -> {
                        position = news.position();
                        return Optional.of(news.text().getBytes(StandardCharsets.UTF_8));
                    });
        }

        @Override
        public void ended() {
            open.decrementAndGet();
        }
    }

    private static Position later(Position position) {
        return new Position(position.entry(), position.number(), position.shown(), false, false);
    }

    /// The batch in a second. All its watches share one timer and one query.
    private CompletionStage<BatchQueries.RenderedBatch> later(BatchRegisterState.Entry entry) {
        if (queries.size() > MOST_ENTRIES) {
            queries.values().removeIf(CompletableFuture::isDone);
        }
        return queries.compute(
                entry.batch(),
                (batch, next) -> next != null && !next.isDone()
                        ? next
                        : CompletableFuture.supplyAsync(() -> query(entry), AFTER_A_SECOND)
                                .thenCompose(seen -> seen));
    }

    /// Fails without a query when no watch is open, for example because the node has left.
    private CompletionStage<BatchQueries.RenderedBatch> query(BatchRegisterState.Entry entry) {
        return open.get() == 0
                ? CompletableFuture.failedFuture(new CancellationException("no watch is open"))
                : batches.cachedDescription(entry);
    }

    private CompletionStage<News> news(Position position, BatchQueries.RenderedBatch seen) {
        long last = Math.min(seen.batch().ledger().entries(), position.number() + MOST_ENTRIES);
        CompletionStage<String> entries = last > position.number()
                ? part(new Part(position.entry().batch(), position.number(), last))
                : CompletableFuture.completedFuture("");
        return entries.thenApply(text -> news(position, seen, Math.max(last, position.number()), text));
    }

    private static News news(Position position, BatchQueries.RenderedBatch seen, long number, String entries) {
        BatchDescription now = seen.batch();
        boolean caughtUp = number >= now.ledger().entries();
        String text = position.isFirst() ? "retry: 2000\n\n" + entries : entries;
        if (caughtUp && !now.equals(position.shown())) {
            text += event("progress", seen.json());
        }
        boolean isDone = caughtUp && now.isSettled();
        return new News(new Position(position.entry(), number, now, !caughtUp, isDone), text);
    }

    private CompletionStage<String> part(Part part) {
        CompletableFuture<String> known = parts.get(part);
        if (known != null && !known.isCompletedExceptionally()) {
            return known;
        }
        if (parts.size() > PARTS) {
            parts.clear();
        }
        return parts.compute(
                part,
                (key, before) -> before != null && !before.isCompletedExceptionally()
                        ? before
                        : batches.entries(part.batch(), part.after(), Math.toIntExact(part.last() - part.after()))
                                .thenApply(WatchRoute::text)
                                .toCompletableFuture());
    }

    private static String text(List<JsonNode> entries) {
        StringBuilder text = new StringBuilder();
        for (JsonNode entry : entries) {
            text.append("id: ").append(entry.get("number").asText()).append('\n');
            text.append(event(entry.get("event").asText(), ApiJson.write(entry)));
        }
        return text.toString();
    }

    private static String event(String name, String data) {
        return "event: " + name + "\ndata: " + data + "\n\n";
    }
}
