package io.nightshift.node.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.node.gateway.Role;
import io.nightshift.protocol.batch.BatchId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Follows a batch by server-sent events. An event of the ledger has its number as its id, by which who was
/// cut off goes on; progress has none. The stream ends when the batch does, or waits for somebody.
///
/// However many watch a batch, its coordinator is asked, and the ledger read and written out, once in a while.
final class WatchRoute {

    private static final Executor A_SECOND_LATER = CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS);
    private static final int MOST_AT_ONCE = 500;
    /// Parts of histories that are kept, written, for those who watch the same batch.
    private static final int PARTS = 256;
    private static final String LAST = "last-event-id";

    private final BatchQueries batches;
    private final AtomicInteger open = new AtomicInteger();
    private final Map<BatchId, CompletableFuture<BatchQueries.Seen>> looks = new ConcurrentHashMap<>();
    private final Map<Part, CompletableFuture<String>> parts = new ConcurrentHashMap<>();

    WatchRoute(BatchQueries batches) {
        this.batches = batches;
    }

    /// Entries of a batch's ledger from the one after a number up to another.
    private record Part(BatchId batch, long after, long last) {}

    /// How far a watch is.
    ///
    /// @param number of the ledger's entry that was told last
    /// @param shown the progress that was told last, or null
    private record Position(
            BatchRegisterState.Entry entry,
            long number,
            @Nullable BatchDescription shown,
            boolean isFirst,
            boolean isDone) {}

    /// @param text what is told, maybe nothing
    private record Told(Position position, String text) {}

    List<Endpoint> endpoints() {
        return List.of(Endpoint.get("/v1/batches/{batch}/watch", Role.READ, Set.of("after"), this::watch));
    }

    private CompletionStage<Answer> watch(Call call) {
        long after = call.request()
                .header(LAST)
                .map(WatchRoute::lastEventId)
                .orElseGet(() -> call.number("after", 0, 0, Long.MAX_VALUE));
        boolean again = call.request().header(LAST).isPresent();
        return batches.find(call.segment("batch"))
                .thenCompose(entry -> batches.describe(entry).thenApply(now -> {
                    if (again && now.isSettled() && now.ledger().entries() <= after) {
                        // A browser connects again for ever, but for this.
                        return Answer.nothing();
                    }
                    return stream(call, new Position(entry, after, null, true, false));
                }));
    }

    private static long lastEventId(String id) {
        if (!id.matches("[0-9]{1,18}")) {
            throw ProblemException.badRequest("The header Last-Event-ID is the id of an event of this stream.");
        }
        return Long.parseLong(id);
    }

    private Answer stream(Call call, Position start) {
        if (open.incrementAndGet() > call.limits().watches()) {
            open.decrementAndGet();
            throw ProblemException.tooMany(
                    "At most %,d watches may be open at a node."
                            .formatted(call.limits().watches()),
                    10);
        }
        return Answer.of(new Watch(start));
    }

    /// One who watches.
    private final class Watch implements EventStream {
        private Position position;

        Watch(Position start) {
            this.position = start;
        }

        @Override
        public CompletionStage<Optional<byte[]>> next() {
            Position from = position;
            if (from.isDone()) {
                return CompletableFuture.completedFuture(Optional.empty());
            }
            return (from.isFirst() ? batches.glance(from.entry()) : later(from.entry()))
                    .thenCompose(seen -> told(from, seen))
                    // A coordinator that moves, or a database that is away, is no reason to end.
                    .exceptionally(problem -> new Told(later(from), ""))
                    .thenApply(told -> {
                        position = told.position();
                        return Optional.of(told.text().getBytes(StandardCharsets.UTF_8));
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

    /// The next look at the batch. All who watch it take it together, so that one timer and one waking of the threads
    /// do for all.
    private CompletionStage<BatchQueries.Seen> later(BatchRegisterState.Entry entry) {
        if (looks.size() > MOST_AT_ONCE) {
            looks.values().removeIf(CompletableFuture::isDone);
        }
        return looks.compute(
                entry.opened().batch(),
                (batch, next) -> next != null && !next.isDone()
                        ? next
                        : CompletableFuture.supplyAsync(() -> look(entry), A_SECOND_LATER)
                                .thenCompose(seen -> seen));
    }

    /// Where nobody watches any more, such as when the node has left, there is nothing to look for, and no ledger to
    /// open.
    private CompletionStage<BatchQueries.Seen> look(BatchRegisterState.Entry entry) {
        return open.get() == 0
                ? CompletableFuture.failedFuture(new CancellationException("nobody watches"))
                : batches.glance(entry);
    }

    private CompletionStage<Told> told(Position position, BatchQueries.Seen seen) {
        long last = Math.min(seen.batch().ledger().entries(), position.number() + MOST_AT_ONCE);
        CompletionStage<String> news = last > position.number()
                ? part(new Part(position.entry().opened().batch(), position.number(), last))
                : CompletableFuture.completedFuture("");
        return news.thenApply(text -> told(position, seen, Math.max(last, position.number()), text));
    }

    private static Told told(Position position, BatchQueries.Seen seen, long number, String news) {
        BatchDescription now = seen.batch();
        boolean caughtUp = number >= now.ledger().entries();
        String text = position.isFirst() ? "retry: 2000\n\n" + news : news;
        if (caughtUp && !now.equals(position.shown())) {
            text += event("progress", seen.json());
        }
        boolean isDone = caughtUp && now.isSettled();
        return new Told(new Position(position.entry(), number, now, !caughtUp, isDone), text);
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
