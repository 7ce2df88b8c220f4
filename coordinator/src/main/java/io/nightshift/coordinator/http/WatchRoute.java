package io.nightshift.coordinator.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.coordinator.gateway.Batches;
import io.nightshift.coordinator.gateway.ProblemException;
import io.nightshift.coordinator.gateway.Role;
import io.nightshift.coordinator.jobs.JobsState;
import io.nightshift.protocol.api.ApiJson;
import io.nightshift.protocol.api.BatchDescription;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/// Follows a batch by server-sent events. An event of the ledger has its number as its id, by which who was
/// cut off goes on; progress has none. The stream ends when the batch does, or waits for somebody.
///
/// However many watch a batch, its coordinator is asked, and the ledger read, once in a while.
final class WatchRoute {

    private static final Duration KEEP_ALIVE = Duration.ofSeconds(15);
    private static final int MOST_AT_ONCE = 500;
    private static final String LAST = "last-event-id";

    private final Batches batches;
    private final AtomicInteger open = new AtomicInteger();

    WatchRoute(Batches batches) {
        this.batches = batches;
    }

    /// How far a watch is.
    ///
    /// @param number of the ledger's entry that was told last
    /// @param shown the progress that was told last, or null
    private record Position(
            JobsState.Entry entry, long number, @Nullable BatchDescription shown, boolean isFirst, boolean isDone) {}

    List<Endpoint> endpoints() {
        return List.of(Endpoint.get("/v1/batches/{batch}/watch", Role.READ, Set.of("after"), this::watch));
    }

    private CompletionStage<HttpResponse> watch(Call call) {
        long after = call.header(LAST)
                .map(WatchRoute::lastEventId)
                .orElseGet(() -> call.number("after", 0, 0, Long.MAX_VALUE));
        boolean again = call.header(LAST).isPresent();
        return batches.find(call.segment("batch"))
                .thenCompose(entry -> batches.describe(entry).thenApply(now -> {
                    if (again && now.isSettled() && now.ledger().entries() <= after) {
                        // A browser connects again for ever, but for this.
                        return HttpResponse.create().withStatus(204);
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

    private HttpResponse stream(Call call, Position start) {
        if (open.incrementAndGet() > call.limits().watches()) {
            open.decrementAndGet();
            throw ProblemException.tooMany(
                    "At most %,d watches may be open at a node."
                            .formatted(call.limits().watches()),
                    10);
        }
        Source<ByteString, NotUsed> events = Source.unfoldAsync(
                        start, position -> position.isDone() ? ended() : next(position))
                .keepAlive(KEEP_ALIVE, () -> ByteString.fromString(": still here\n\n"))
                .filter(text -> !text.isEmpty())
                .watchTermination((materialized, end) -> {
                    end.whenComplete((done, problem) -> open.decrementAndGet());
                    return materialized;
                });
        return HttpResponse.create()
                .withStatus(200)
                .addHeader(RawHeader.create("Cache-Control", "no-store"))
                .addHeader(RawHeader.create("X-Accel-Buffering", "no"))
                .withEntity(HttpEntities.createChunked(ContentTypes.create(MediaTypes.TEXT_EVENT_STREAM), events));
    }

    private static CompletionStage<Optional<Pair<Position, ByteString>>> ended() {
        return CompletableFuture.completedFuture(Optional.empty());
    }

    private CompletionStage<Optional<Pair<Position, ByteString>>> next(Position position) {
        return (position.isFirst() ? batches.describe(position.entry()) : batches.later(position.entry()))
                .thenCompose(now -> told(position, now))
                // A coordinator that moves, or a database that is away, is no reason to end.
                .exceptionally(problem -> Optional.of(Pair.create(later(position), ByteString.emptyByteString())));
    }

    private static Position later(Position position) {
        return new Position(position.entry(), position.number(), position.shown(), false, false);
    }

    private CompletionStage<Optional<Pair<Position, ByteString>>> told(Position position, BatchDescription now) {
        long last = Math.min(now.ledger().entries(), position.number() + MOST_AT_ONCE);
        CompletionStage<List<JsonNode>> entries = last > position.number()
                ? batches.part(position.entry().opened().batch(), position.number(), last)
                : CompletableFuture.completedFuture(List.of());
        return entries.thenApply(news -> {
            long number = news.isEmpty()
                    ? position.number()
                    : news.getLast().get("number").asLong();
            boolean caughtUp = number >= now.ledger().entries();
            StringBuilder text = new StringBuilder();
            if (position.isFirst()) {
                text.append("retry: 2000\n\n");
            }
            news.forEach(entry -> append(
                    text, entry.get("event").asText(), entry.get("number").asText(), entry));
            if (caughtUp && !now.equals(position.shown())) {
                append(text, "progress", null, now);
            }
            boolean isDone = caughtUp && now.isSettled();
            Position next = new Position(position.entry(), number, now, !caughtUp, isDone);
            return Optional.of(Pair.create(next, ByteString.fromString(text.toString())));
        });
    }

    private static void append(StringBuilder text, String event, @Nullable String id, Object data) {
        if (id != null) {
            text.append("id: ").append(id).append('\n');
        }
        text.append("event: ").append(event).append('\n');
        text.append("data: ").append(ApiJson.write(data)).append("\n\n");
    }
}
